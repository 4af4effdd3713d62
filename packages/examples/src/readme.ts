import { FetchHttpClient } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { evaluateFlags, Events, Flags, PostHog } from "effect-posthog"

const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags({
    distinctId: "user-17",
    personProperties: { plan: "scale" }
  }).pipe(Flags.orPartial)

  const total = (yield* flags.isEnabled("new-checkout")) ? 39 : 42

  yield* Events.capture({ event: "checkout finished", distinctId: "user-17", properties: { total }, flags })
})

// POSTHOG_API_KEY, and POSTHOG_SECRET_KEY for local evaluation
const PostHogLive = PostHog.layerFromEnv.pipe(Layer.provide(FetchHttpClient.layer))

checkout.pipe(Effect.provide(PostHogLive), NodeRuntime.runMain)
