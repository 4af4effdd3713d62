import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { evaluateFlags, Events, Flags, PostHog } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"

const main = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  const host = server.url

  // #region runtime
  const runtime = ManagedRuntime.make(
    PostHog.layer({ apiKey: Redacted.make("phc_test"), host }).pipe(Layer.provide(FetchHttpClient.layer))
  )

  const respond = (user: string) =>
    Effect.gen(function*() {
      const flags = yield* evaluateFlags({ distinctId: user }).pipe(Flags.orPartial)
      const greeting = (yield* flags.isEnabled("warm-greeting")) ? "Welcome back!" : "Hello."
      yield* Events.capture({ event: "greeted", distinctId: user, flags })
      return new Response(greeting)
    })
  // #endregion

  // #region flush
  const handler = (user: string): Promise<Response> =>
    runtime.runPromise(respond(user).pipe(Effect.exit, Effect.zipLeft(Events.flush), Effect.flatten))
  // #endregion

  // #region waitUntil
  const edgeHandler = async (user: string, context: { readonly waitUntil: (promise: Promise<unknown>) => void }) => {
    try {
      return await runtime.runPromise(respond(user))
    } finally {
      context.waitUntil(runtime.runPromise(Events.flush))
    }
  }
  // #endregion

  // #region lambda
  // Outside the handler: an instance of the function keeps its client from one invocation to the next.
  const posthog = PostHogPromise.make({
    apiKey: "phc_test",
    host,
    runtime: "worker",
    flags: { requestTimeout: "1 second", maxRetries: 0 },
    events: { requestTimeout: "1 second", maxRetries: 1, retryBase: "100 millis" }
  })

  const lambda = async (event: { readonly user: string }) => {
    try {
      const flags = await posthog.evaluateFlags(event.user)
      const greeting = flags.isEnabled("warm-greeting") ? "Welcome back!" : "Hello."
      void posthog.capture({ event: "greeted", distinctId: event.user, flags })
      return { statusCode: 200, body: greeting }
    } finally {
      // Also when the handler fails: Lambda freezes the process once it has the result.
      await posthog.flush()
    }
  }
  // #endregion

  const pending: Array<Promise<unknown>> = []
  yield* Effect.promise(() => handler("ada"))
  assert.equal((yield* server.events).filter(({ event }) => event === "greeted").length, 1)
  yield* Effect.promise(() => edgeHandler("bob", { waitUntil: (promise) => pending.push(promise) }))
  yield* Effect.promise(() => Promise.all(pending))
  assert.equal((yield* server.events).filter(({ event }) => event === "greeted").length, 2)
  assert.equal((yield* Effect.promise(() => lambda({ user: "eve" }))).statusCode, 200)
  assert.equal((yield* server.events).filter(({ event }) => event === "greeted").length, 3)
  yield* Effect.promise(() => posthog.shutdown())
  yield* Effect.promise(() => runtime.dispose())
})

await Effect.runPromise(Effect.provide(main, PostHogServer.layer()))
