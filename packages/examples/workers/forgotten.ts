// What not to do: nothing keeps the request alive until its flush has ended. `?wait` does it right.
import { FetchHttpClient } from "@effect/platform"
import { env } from "cloudflare:workers"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { Events, PostHog } from "effect-posthog"

const runtime = ManagedRuntime.make(
  PostHog.layer({
    apiKey: Redacted.make(env.POSTHOG_API_KEY),
    host: env.POSTHOG_HOST,
    events: { requestTimeout: "2 seconds" }
  }).pipe(Layer.provide(FetchHttpClient.layer))
)

export default {
  async fetch(request: Request) {
    const { searchParams } = new URL(request.url)
    const flushed = runtime.runPromise(
      Effect.zipRight(
        Events.capture({ event: "greeted", distinctId: searchParams.get("user") ?? "nobody" }),
        Events.flush
      )
    )
    if (searchParams.has("wait")) await flushed
    return new Response("Hello.")
  }
}
