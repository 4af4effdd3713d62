import { FetchHttpClient } from "@effect/platform"
import { env } from "cloudflare:workers"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { evaluateFlags, Events, Flags, PostHog } from "effect-posthog"

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
  fetch(request: Request) {
    const user = new URL(request.url).searchParams.get("user") ?? "nobody"
    // #region flush
    const flush = Effect.timeoutOption(Events.flush, "10 seconds")
    return runtime.runPromise(respond(user).pipe(Effect.exit, Effect.zipLeft(flush), Effect.flatten))
    // #endregion
  }
}
