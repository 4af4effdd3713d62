import { Fault, PostHogServer, PostHogTest } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import type { Context } from "effect"
import {
  Decider,
  DeciderError,
  DedupCache,
  DedupStore,
  evaluateFlags,
  EventQueue,
  Events,
  EventTransport,
  Flags,
  FlagSnapshot,
  LocalEvaluator,
  PostHog,
  PostHogConfig
} from "effect-posthog"
import type { PostHogEvent } from "effect-posthog"
import { strict as assert } from "node:assert"

// #region program
const totalOf = (flags: FlagSnapshot) => Effect.map(flags.isEnabled("new-checkout"), (isNew) => (isNew ? 39 : 42))

const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada" }).pipe(Flags.orPartial)
  const total = yield* totalOf(flags)
  yield* Events.capture({ event: "paid", distinctId: "ada", properties: { total }, flags })
  return total
})
// #endregion

// #region values
assert.equal(await Effect.runPromise(totalOf(FlagSnapshot.fromValues({ "new-checkout": true }))), 39)
// #endregion

// #region memory
const test = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  assert.equal(yield* checkout, 39)
  yield* posthog.expectExposure({ flag: "new-checkout", value: true, distinctId: "ada" })
  yield* posthog.expectEvent({ event: "paid", properties: { total: 39, "$feature/new-checkout": true } })

  yield* posthog.setFlag("new-checkout", false)
  assert.equal(yield* checkout, 42)

  yield* posthog.failRemote("Timeout")
  assert.equal(yield* checkout, 42)
  yield* posthog.expectExposure({ flag: "new-checkout", value: null })
})

await Effect.runPromise(Effect.provide(test, PostHogTest.layer({ flags: { "new-checkout": true } })))
// #endregion

const failing = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  yield* checkout
  return (yield* Effect.flip(posthog.expectEvent({ event: "paid", properties: { total: 42 } }))).message
})

assert.equal(
  await Effect.runPromise(Effect.provide(failing, PostHogTest.layer({ flags: { "new-checkout": true } }))),
  `
No event as expected
  wanted:     paid with {"total":42}
  nearest:    paid of "ada" with {"total":39}
  difference: properties.total: wanted 42, got 39
  captured:   $feature_flag_called, paid
`.trim()
)

// #region swap
const everyone = { groups: [{ properties: [], rollout_percentage: 100 }] }
const Shipped = LocalEvaluator.layerStatic({
  flags: [{ key: "new-checkout", active: true, filters: everyone }]
})

// Flags from a document, decided in the process; no requests and no events.
const Swapped = Layer.provideMerge(Shipped, PostHog.layerDisabled)

assert.equal(await Effect.runPromise(Effect.provide(checkout, Swapped)), 39)
// #endregion

// #region hand
const answers = Layer.succeed(Decider, {
  enabled: true,
  decide: () => Effect.succeed({ flags: { "new-checkout": { enabled: true } } })
})

const down = Layer.succeed(Decider, {
  enabled: true,
  decide: () => Effect.fail(new DeciderError({ reason: "ApiError", httpStatus: 503 }))
})

// Production's queue, which hands its batches to the test.
const sent: Array<PostHogEvent> = []
const recorded = Layer.succeed(EventTransport, {
  send: ({ events }) => Effect.sync(() => void sent.push(...events))
})

const byHand = (decider: Layer.Layer<Decider>) =>
  Layer.mergeAll(
    decider,
    LocalEvaluator.layerNoop,
    DedupCache.layer.pipe(Layer.provide(DedupStore.layerMemoryWith({ capacity: 100 }))),
    EventQueue.layer.pipe(
      Layer.provide(recorded),
      Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test") }))
    )
  )

assert.equal(await Effect.runPromise(Effect.provide(checkout, byHand(answers))), 39)
assert.equal(await Effect.runPromise(Effect.provide(checkout, byHand(down))), 42)
// Closing the layer has delivered them.
assert.deepStrictEqual(sent.map(({ event }) => event), ["$feature_flag_called", "paid", "$feature_flag_called", "paid"])
// #endregion

// #region queue
const offered: Array<string> = []
const offer: Context.Tag.Service<EventQueue>["offer"] = ({ event }) =>
  Effect.sync(() => {
    offered.push(event)
    return { _tag: "Accepted", id: `event-${offered.length}` }
  })

const Remembered = Layer.mock(EventQueue, { offer, tryOffer: offer, flush: Effect.void })

await Effect.runPromise(
  Effect.provide(Events.capture({ event: "paid", distinctId: "ada" }), Remembered)
)
assert.deepStrictEqual(offered, ["paid"])
// #endregion

// #region server
const Served = Layer.unwrapEffect(
  Effect.map(PostHogServer.PostHogServer, ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), host: url }))
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(PostHogServer.layer({ remoteFlags: { "new-checkout": true } }))
)

const overHttp = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  yield* server.script("flags", Fault.status(502)) // the first attempt; the second is answered
  assert.equal(yield* checkout, 39)
  assert.equal((yield* server.flagRequests).length, 2)
  yield* Events.flush
  assert.deepStrictEqual((yield* server.events).map(({ event }) => event), ["$feature_flag_called", "paid"])
})

await Effect.runPromise(Effect.provide(overHttp, Served))
// #endregion
