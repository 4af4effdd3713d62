import { PostHogServer, PostHogTest } from "@effect-posthog/testkit"
import { Effect, Option } from "effect"
import { evaluateFlags, Events, FlagOverrides, Flags, LocalEvaluator } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"

// #region one
const oneFlag = Effect.gen(function*() {
  const isOn = yield* Flags.isFeatureEnabled({ key: "new-checkout", distinctId: "ada" })
  const variant = yield* Flags.getFeatureFlag({ key: "pricing", distinctId: "ada" })
  const payload = yield* Flags.getFeatureFlagPayload({ key: "pricing", distinctId: "ada" })
  return { isOn, variant, payload }
})
// #endregion

// #region snapshot
const perRequest = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada", flagKeys: ["new-checkout", "pricing"] })
  const isOn = yield* flags.isEnabled("new-checkout")
  const variant = yield* flags.getFlag("pricing")
  const payload = flags.getFlagPayload("pricing")
  yield* Events.capture({ event: "paid", distinctId: "ada", flags })
  return { isOn, variant, payload }
})
// #endregion

// #region promises
const withPromises = async (posthog: PostHogPromise.PromiseClient) => {
  const flags = await posthog.evaluateFlags("ada", { flagKeys: ["new-checkout", "pricing"] })
  const isOn = flags.isEnabled("new-checkout")
  const variant = flags.getFlag("pricing")
  const payload = flags.getFlagPayload("pricing")
  void posthog.capture({ event: "paid", distinctId: "ada", flags })
  return { isOn, variant, payload }
}
// #endregion

// Every call of the table.
const calls = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  const result = Option.getOrThrow(yield* Flags.getFeatureFlagResult({ key: "pricing", distinctId: "ada" }))
  assert.deepStrictEqual([result.enabled, result.variant], [true, Option.some("annual")])
  assert.deepStrictEqual([...yield* Flags.getAllFlags({ distinctId: "ada" })], [
    ["new-checkout", true],
    ["pricing", "annual"]
  ])
  const { payloads } = yield* Flags.getAllFlagsAndPayloads({ distinctId: "ada" })
  assert.deepStrictEqual(payloads.get("pricing"), { discount: 10 })

  yield* Events.captureWithFlags({ event: "paid", distinctId: "ada", flagKeys: ["pricing"] })
  yield* Events.captureAi({ event: "$ai_generation", distinctId: "ada" })
  yield* Events.identify({ distinctId: "ada", set: { plan: "scale" }, setOnce: { signed_up_at: "2026-01-01" } })
  yield* Events.alias({ distinctId: "ada", alias: "ada@example.com" })
  yield* Events.groupIdentify({ groupType: "company", groupKey: "acme", properties: { plan: "scale" } })
  yield* Events.setPersonProperties({ distinctId: "ada", set: { plan: "free" }, unset: ["trial"] })
  yield* Events.flush
  yield* LocalEvaluator.readyWithin("5 seconds")
  yield* Effect.flatMap(LocalEvaluator, ({ reload }) => reload)

  const paid = yield* posthog.expectEvent({ event: "paid" })
  assert.equal(paid.properties["$feature/pricing"], "annual")
  assert.equal(paid.properties["$feature/new-checkout"], undefined)
  const identify = yield* posthog.expectEvent({ event: "$identify", distinctId: "ada" })
  assert.deepStrictEqual(identify.properties["$set"], { plan: "scale" })
  assert.deepStrictEqual(identify.properties["$set_once"], { signed_up_at: "2026-01-01" })
  const person = yield* posthog.expectEvent({ event: "$set", distinctId: "ada" })
  assert.deepStrictEqual(person.properties["$unset"], ["trial"])
  yield* posthog.expectEvent({ event: "$create_alias", properties: { alias: "ada@example.com" } })
  yield* posthog.expectEvent({ event: "$groupidentify", distinctId: "$company_acme" })
  yield* posthog.expectEvent({ event: "$ai_generation" })
})

const program = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  assert.deepStrictEqual(yield* oneFlag, yield* perRequest)
  // Three requests for three calls, one for the snapshot.
  assert.equal((yield* posthog.remoteRequests).length, 4)
  yield* posthog.forget
  yield* calls
  const forced = yield* Effect.provide(perRequest, FlagOverrides.layer({ pricing: "monthly" }))
  assert.deepStrictEqual(forced.variant, Option.some("monthly"))
})

await Effect.runPromise(
  Effect.provide(
    program,
    PostHogTest.layer({
      flags: { "new-checkout": true, pricing: "annual" },
      payloads: { pricing: { discount: 10 } }
    })
  )
)

// The same three answers, without Effect.
const promised = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  const answers = yield* Effect.promise(async () => {
    const posthog = PostHogPromise.make({ apiKey: "phc_test", host: server.url })
    const answers = await withPromises(posthog)
    await posthog.shutdown()
    return answers
  })
  assert.deepEqual(answers, { isOn: true, variant: "annual", payload: { discount: 10 } })
  assert.equal((yield* server.flagRequests).length, 1)
  const paid = (yield* server.events).find(({ event }) => event === "paid")
  assert.equal(paid?.properties["$feature/pricing"], "annual")
})

const remoteFlags = { "new-checkout": true, pricing: { value: "annual", payload: { discount: 10 } } }
await Effect.runPromise(Effect.provide(promised, PostHogServer.layer({ remoteFlags })))
