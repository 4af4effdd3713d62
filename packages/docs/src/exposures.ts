import { PostHogTest } from "@effect-posthog/testkit"
import { Effect } from "effect"
import { evaluateFlags, Events } from "effect-posthog"
import { strict as assert } from "node:assert"

const whenAndOnce = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest

  // #region once
  const flags = yield* evaluateFlags({ distinctId: "user-17" })
  yield* posthog.expectNoExposure() // evaluating reports nothing

  flags.getFlagPayload("pricing") // nor does a payload, a detail, or the list of keys
  yield* posthog.expectNoExposure()

  yield* flags.getFlag("pricing")
  yield* flags.getFlag("pricing")
  yield* Effect.flatMap(evaluateFlags({ distinctId: "user-17" }), (later) => later.isEnabled("pricing"))
  assert.equal((yield* posthog.exposures).length, 1) // the same person, flag and value: one

  yield* posthog.setFlag("pricing", "control")
  yield* Effect.flatMap(evaluateFlags({ distinctId: "user-17" }), (changed) => changed.getFlag("pricing"))
  assert.equal((yield* posthog.exposures).length, 2) // another value: one more
  // #endregion
})

const children = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest

  // #region children
  const flags = yield* evaluateFlags({ distinctId: "user-17" })
  yield* flags.getFlag("pricing")

  const read = yield* flags.onlyAccessed // "pricing"
  const two = yield* flags.only(["beta-export", "new-checkout"])
  assert.deepStrictEqual([read.keys, two.keys], [["pricing"], ["beta-export", "new-checkout"]])

  yield* two.isEnabled("beta-export") // an exposure, as from the snapshot itself
  yield* two.getFlag("pricing") // filtered out: no value, and no exposure
  assert.deepStrictEqual((yield* posthog.exposures).map(({ flag }) => flag), ["pricing", "beta-export"])
  // #endregion
})

const capturing = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest

  // #region capture
  const flags = yield* evaluateFlags({ distinctId: "user-17" })
  yield* flags.getFlag("pricing")
  yield* Events.capture({
    event: "checkout finished",
    distinctId: "user-17",
    properties: { total: 39, "$feature/new-checkout": "overridden" },
    flags
  })
  // #endregion

  const { properties } = yield* posthog.expectEvent({ event: "checkout finished" })
  assert.equal(properties["$feature/pricing"], "annual")
  assert.equal(properties["$feature/beta-export"], false)
  assert.equal(properties["$feature/new-checkout"], "overridden")
  assert.deepStrictEqual(properties["$active_feature_flags"], ["new-checkout", "pricing"])
  // Attaching a snapshot reads nothing.
  assert.deepStrictEqual((yield* posthog.exposures).map(({ flag }) => flag), ["pricing"])
})

const precedence = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  const flags = yield* evaluateFlags({ distinctId: "user-17" })
  yield* Events.capture({
    event: "ordered",
    distinctId: "user-17",
    flags,
    properties: { region: "event", $lib: "mine" },
    groups: { company: "acme" }
  })
  const { properties } = yield* posthog.expectEvent({ event: "ordered" })
  assert.equal(properties["region"], "event")
  assert.equal(properties["$feature/pricing"], "from the client's properties")
  assert.equal(properties["$lib"], "effect-posthog")
  assert.deepStrictEqual(properties["$groups"], { company: "acme" })
})

// Of these two flags "beta-export" is part of no experiment, and the project wants minimal exposures.
const definitions = {
  minimal_flag_called_events: true,
  flags: [
    { key: "beta-export", active: true, has_experiment: false, filters: { groups: [{}] } },
    { key: "pricing", active: true, has_experiment: true, filters: { groups: [{}] } }
  ]
}

const minimal = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  const flags = yield* evaluateFlags({ distinctId: "user-17" })
  yield* flags.isEnabled("beta-export")
  yield* flags.isEnabled("pricing")
  const [less, all] = yield* posthog.exposures
  assert.equal(less?.event.properties["$feature/beta-export"], undefined)
  assert.equal(less?.event.properties["region"], undefined)
  assert.equal(all?.event.properties["$feature/pricing"], true)
  assert.equal(all?.event.properties["region"], "eu")
})

const flags = { "new-checkout": true, pricing: "annual", "beta-export": false }

for (const program of [whenAndOnce, children, capturing]) {
  await Effect.runPromise(
    Effect.provide(program, PostHogTest.layer({ flags, payloads: { pricing: { discount: 10 } } }))
  )
}
await Effect.runPromise(
  Effect.provide(
    precedence,
    PostHogTest.layer({
      flags,
      client: { properties: { region: "client", "$feature/pricing": "from the client's properties" } }
    })
  )
)
await Effect.runPromise(
  Effect.provide(minimal, PostHogTest.layer({ definitions, client: { properties: { region: "eu" } } }))
)
