import { FetchHttpClient } from "@effect/platform"
import { NodeFileSystem, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"
import { PostHog } from "effect-posthog"
import * as Exceptions from "effect-posthog/Exceptions"

const program = Effect.void

// #region main
const PostHogLive = PostHog.layer({
  apiKey: Redacted.make("phc_project"),
  exceptions: {
    root: import.meta.dirname,
    inApp: ({ filename }) => !filename.includes("/vendor/"),
    logAnnotations: ["tenant"]
  }
}).pipe(Layer.provide(FetchHttpClient.layer))

const ExceptionsLive = Layer.merge(
  Exceptions.layerLogger,
  Exceptions.layerSourceContext.pipe(Layer.provide(NodeFileSystem.layer))
)

program.pipe(
  Exceptions.main,
  Effect.provide(Layer.provideMerge(ExceptionsLive, PostHogLive)),
  NodeRuntime.runMain
)
// #endregion
