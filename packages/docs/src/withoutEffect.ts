import { PostHogServer } from "@effect-posthog/testkit"
import { Effect, Redacted } from "effect"
import { RemoteFlagsError } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"

const main = async (host: string) => {
  // #region program
  await using posthog = PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host })

  const flags = await posthog.evaluateFlags({ distinctId: "ada" }).catch((error: unknown) => {
    if (error instanceof RemoteFlagsError) return posthog.snapshot(error.snapshot) // what resolved locally
    throw error
  })
  const total = flags.isEnabled("new-checkout") ? 39 : 42
  await posthog.capture({ event: "paid", distinctId: "ada", properties: { total }, flags })
  // #endregion
  return total
}

const served = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  assert.equal(yield* Effect.promise(() => main(server.url)), 39)
  assert.deepEqual((yield* server.events).map(({ event }) => event), ["$feature_flag_called", "paid"])
})

await Effect.runPromise(Effect.provide(served, PostHogServer.layer({ remoteFlags: { "new-checkout": true } })))
