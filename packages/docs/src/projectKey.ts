import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { evaluateFlags, Flags, LocalEvaluator, PostHog } from "effect-posthog"

export const PostHogLive = PostHog.layerFromEnv.pipe(Layer.provide(FetchHttpClient.layer))

export const program = Effect.gen(function*() {
  // Otherwise the first evaluations may ask the server, because the definitions are still loading.
  yield* LocalEvaluator.readyWithin("10 seconds")
  const { flags, neverLocal } = yield* Effect.flatMap(LocalEvaluator, ({ status }) => status)
  yield* Effect.log(`${flags} flags are loaded, ${neverLocal} of them may need the server`)

  const snapshot = yield* evaluateFlags({ distinctId: "my-laptop" }).pipe(Flags.orPartial)
  yield* Effect.log("flags of my-laptop", snapshot)
})
