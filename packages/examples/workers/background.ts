// #region all
import { FetchHttpClient } from "@effect/platform"
import { env } from "cloudflare:workers"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { evaluateFlags, Events, Flags, PostHog } from "effect-posthog"

// Once for the isolate: all of its requests share the client.
const runtime = ManagedRuntime.make(
  PostHog.layer({
    apiKey: Redacted.make(env.POSTHOG_API_KEY),
    host: env.POSTHOG_HOST,
    flags: { requestTimeout: "1 second", maxRetries: 0 },
    events: { requestTimeout: "2 seconds" }
  }).pipe(Layer.provide(FetchHttpClient.layer))
)

const respond = (user: string) =>
  Effect.gen(function*() {
    const flags = yield* evaluateFlags({ distinctId: user }).pipe(Flags.orPartial)
    const greeting = (yield* flags.isEnabled("warm-greeting")) ? "Welcome back!" : "Hello."
    yield* Events.capture({ event: "greeted", distinctId: user, flags })
    return new Response(greeting)
  })

export default {
  async fetch(request: Request, _: unknown, context: { readonly waitUntil: (promise: Promise<unknown>) => void }) {
    const user = new URL(request.url).searchParams.get("user") ?? "nobody"
    try {
      return await runtime.runPromise(respond(user))
    } finally {
      context.waitUntil(runtime.runPromise(Events.flush))
    }
  }
}
// #endregion
