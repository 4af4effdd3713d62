import { FetchHttpClient } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { PostHog } from "effect-posthog"
import { checkout } from "./checkout.ts"

// POSTHOG_API_KEY and POSTHOG_HOST; POSTHOG_SECRET_KEY for local evaluation
const PostHogLive = PostHog.layerFromEnv.pipe(Layer.provide(FetchHttpClient.layer))

checkout.pipe(
  Effect.tap((total) => Console.log(`total: ${total}`)),
  Effect.provide(PostHogLive),
  NodeRuntime.runMain
)
