import { PostHogServer } from "@effect-posthog/testkit"
import { Effect } from "effect"
import { Flag } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"

const main = async (host: string) => {
  // #region program
  const posthog = PostHogPromise.make({ apiKey: "phc_test", host })
  const newCheckout = Flag.boolean("new-checkout").pipe(Flag.withDefault(false))

  const flags = await posthog.evaluateFlags("ada", { personProperties: { plan: "scale" } })
  const total = flags.get(newCheckout) ? 39 : 42
  void posthog.capture({ event: "paid", distinctId: "ada", properties: { total }, flags })

  await posthog.shutdown() // once, when the process ends
  // #endregion
  assert.equal(total, 39)
}

const more = async (host: string) => {
  const posthog = PostHogPromise.make({ apiKey: "phc_test", host })

  // #region with
  const ada = posthog.with({ distinctId: "ada", personProperties: { plan: "scale" }, groups: { company: "acme" } })

  const flags = await ada.evaluateFlags({ flagKeys: ["new-checkout"] }) // of ada
  void ada.capture({ event: "viewed", flags }) // by ada, of acme
  // #endregion

  // #region outage
  if (flags.error !== undefined) console.warn(`flags are incomplete: ${flags.error.reason}`)

  const complete = await posthog.strict.evaluateFlags("ada") // rejects with RemoteFlagsError
  // #endregion
  assert.equal(flags.isEnabled("new-checkout"), true)
  assert.deepEqual(complete.keys, ["new-checkout"])

  // #region limits
  const impatient = await posthog.evaluateFlags("ada", { timeout: "200 millis", signal: AbortSignal.timeout(500) })
  // #endregion
  assert.deepEqual(impatient.errors, [])

  // #region bootstrap
  const bootstrap = JSON.stringify(flags.toBootstrap(["new-checkout"]))
  // #endregion
  assert.equal(bootstrap, `{"distinctID":"ada","featureFlags":{"new-checkout":true}}`)
  await posthog.shutdown()
}

const served = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  yield* Effect.promise(() => main(server.url))
  assert.deepEqual((yield* server.events).map(({ event }) => event), ["$feature_flag_called", "paid"])
  yield* Effect.promise(() => more(server.url))
  const viewed = (yield* server.events).find(({ event }) => event === "viewed")
  assert.equal(viewed?.distinct_id, "ada")
  assert.equal(viewed?.properties["$feature/new-checkout"], true)
})

await Effect.runPromise(Effect.provide(served, PostHogServer.layer({ remoteFlags: { "new-checkout": true } })))
