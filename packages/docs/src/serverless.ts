import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { evaluateFlags, Events, Flags, PostHog } from "effect-posthog"
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
  const handler = (user: string): Promise<Response> => runtime.runPromise(Effect.zipLeft(respond(user), Events.flush))
  // #endregion

  // #region waitUntil
  const edgeHandler = async (user: string, context: { readonly waitUntil: (promise: Promise<unknown>) => void }) => {
    const response = await runtime.runPromise(respond(user))
    context.waitUntil(runtime.runPromise(Events.flush))
    return response
  }
  // #endregion

  const pending: Array<Promise<unknown>> = []
  yield* Effect.promise(() => handler("ada"))
  assert.equal((yield* server.events).filter(({ event }) => event === "greeted").length, 1)
  yield* Effect.promise(() => edgeHandler("bob", { waitUntil: (promise) => pending.push(promise) }))
  yield* Effect.promise(() => Promise.all(pending))
  assert.equal((yield* server.events).filter(({ event }) => event === "greeted").length, 2)
  yield* Effect.promise(() => runtime.dispose())
})

await Effect.runPromise(Effect.provide(main, PostHogServer.layer()))
