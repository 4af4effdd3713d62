import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { ConfigProvider, Effect, Layer, Option, Redacted } from "effect"
import { evaluateFlags, FlagOverrides, PostHog } from "effect-posthog"
import { strict as assert } from "node:assert"

const PostHogLive = Layer.unwrapEffect(
  Effect.map(PostHogServer.PostHogServer, ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), host: url }))
).pipe(Layer.provide(FetchHttpClient.layer))

// #region record
const PostHogDevelopment = FlagOverrides.layer({
  "new-checkout": true,
  pricing: { value: "annual", payload: { headline: "Two months free" } }
}).pipe(Layer.provideMerge(PostHogLive))

const program = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada", flagKeys: ["new-checkout", "pricing"] })
  assert.equal(yield* flags.isEnabled("new-checkout"), true)
  assert.deepEqual(Option.map(flags.detail("pricing"), ({ reasonCode }) => reasonCode), Option.some("override"))
})
// #endregion

const served = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  yield* Effect.provide(program, PostHogDevelopment)
  assert.deepEqual(yield* server.flagRequests, [])
  assert.equal((yield* server.events)[0]?.properties["$feature_flag_reason"], "Overridden")

  const fromEnv = FlagOverrides.layerFromEnv.pipe(Layer.provideMerge(PostHogLive))
  yield* Effect.provide(program, fromEnv).pipe(
    Effect.withConfigProvider(
      ConfigProvider.fromMap(new Map([["POSTHOG_FLAG_OVERRIDES", `{"new-checkout":true,"pricing":"annual"}`]]))
    )
  )
})

await Effect.runPromise(Effect.provide(served, PostHogServer.layer()))
