// Generated from packages/effect-posthog/test/captureWithFlags.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "./support/standIns.ts"
import { Fault } from "@effect-posthog/testkit"
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect, Fiber, HashMap, Layer, Logger, Option } from "effect"
import * as TestClock from "./support/testClock.ts"
import { Decider, DeciderError, evaluateFlags, Events, FlagSnapshot, RequestContext } from "effect-posthog-4"
import * as Doubles from "./support/doubles.ts"

/** What capturing logs; evaluating logs beside it. */
const recordedLogs = () => {
  const logs: Array<string> = []
  const layer = Logger.layer([makeLogger(({ annotations, logLevel, message }) => {
      if (Option.contains(HashMap.get(annotations, "module"), "Events")) {
        logs.push(`${logLevel.label} ${String(message)}`)
      }
    })])
  return { logs, layer }
}

const flagProperties = {
  "$feature/a": true,
  "$feature/b": "one",
  "$feature/c": false,
  $active_feature_flags: ["a", "b"]
}

describe("Events.captureWithFlags", () => {
  it.effect("attaches what it evaluates, with one request and no exposure", () => {
    const { layer, queue, requests } = Doubles.services({
      local: Doubles.evaluation({ c: false, b: Doubles.inconclusive }),
      server: { flags: { b: { enabled: true, variant: "one" }, a: { enabled: true } } }
    })
    return Effect.gen(function*() {
      yield* Events.captureWithFlags({
        event: "paid",
        distinctId: "user-17",
        groups: { workspace: "ws-1" },
        personProperties: { plan: "pro" },
        groupProperties: { workspace: { seats: 3 } },
        flagKeys: ["c", "b", "a"],
        disableGeoip: false
      })
      deepStrictEqual(requests, [{
        distinctId: "user-17",
        deviceId: undefined,
        groups: { workspace: "ws-1" },
        personProperties: { plan: "pro" },
        groupProperties: { workspace: { seats: 3 } },
        flagKeys: ["c", "b", "a"],
        disableGeoip: false
      }])
      strictEqual(queue.offers.length, 1)
      deepStrictEqual(queue.taken[0]?.flagProperties, flagProperties)
      deepStrictEqual(queue.taken[0]?.groups, { workspace: "ws-1" })
    }).pipe(Effect.provide(layer))
  })

  it.effect("a snapshot wins, with a warning each time and no evaluation", () => {
    const { layer, queue, requests } = Doubles.services()
    const logs = recordedLogs()
    return Effect.gen(function*() {
      const flags = FlagSnapshot.fromValues({ a: true, b: "one", c: false })
      yield* Events.captureWithFlags({ event: "paid", distinctId: "user-17", flags, flagKeys: ["z"] })
      yield* Events.captureWithFlags({ event: "paid", distinctId: "user-17", flags })
      deepStrictEqual(queue.taken.map((draft) => draft.flagProperties), [flagProperties, flagProperties])
      strictEqual(requests.length, 0)
      strictEqual(logs.logs.length, 2)
      assert.match(logs.logs[0] ?? "", /^WARN .*snapshot/)
    }).pipe(Effect.provide(layer), Effect.provide(logs.layer))
  })

  it.live("a failed evaluation does not lose the event, nor what was decided locally", () => {
    const { layer, queue } = Doubles.withServer({
      local: Doubles.evaluation({ a: true, b: Doubles.inconclusive })
    })
    const logs = recordedLogs()
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* server.always("flags", Fault.status(503))
      assert.isTrue(Option.isSome(yield* Events.captureWithFlags({ event: "paid", distinctId: "user-17" })))
      deepStrictEqual(queue.taken.map(({ event, flagProperties }) => [event, flagProperties]), [
        ["paid", { "$feature/a": true, $active_feature_flags: ["a"] }]
      ])
      strictEqual(logs.logs.length, 1)
    }).pipe(Effect.provide(layer), Effect.provide(logs.layer))
  })

  it.effect("nor does an evaluation that breaks", () => {
    const { layer, queue } = Doubles.services()
    const broken = Layer.succeed(Decider, { enabled: true, decide: () => Effect.die(new Error("broken")) })
    return Effect.gen(function*() {
      yield* Events.captureWithFlags({ event: "paid", distinctId: "user-17" })
      deepStrictEqual(queue.taken.map(({ event, flagProperties }) => [event, flagProperties]), [["paid", undefined]])
    }).pipe(Effect.provide(Layer.merge(layer, broken)), Effect.provide(recordedLogs().layer))
  })

  it.effect("an event of nobody carries no flags", () => {
    const { layer, queue, requests } = Doubles.services({ server: { flags: { a: { enabled: true } } } })
    return Effect.gen(function*() {
      yield* Events.captureWithFlags({ event: "paid" })
      strictEqual(requests.length, 0)
      strictEqual(queue.taken[0]?.distinctId, undefined)
      yield* Events.captureWithFlags({ event: "paid" }).pipe(RequestContext.with({ distinctId: "user-17" }))
      strictEqual(requests.length, 1)
      strictEqual(queue.taken[1]?.distinctId, "user-17")
    }).pipe(Effect.provide(layer))
  })

  it.effect("an event without a name is refused before anything is evaluated", () => {
    const { layer, queue, requests } = Doubles.services()
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Events.strict.captureWithFlags({ event: "", distinctId: "user-17" }))
      strictEqual(error.field, "event")
      strictEqual(requests.length + queue.offers.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("the event has the time at which it was captured, not at which its flags came", () => {
    const { layer, queue } = Doubles.services({
      server: () => Effect.delay(Effect.succeed({ flags: {} }), "2 seconds")
    })
    return Effect.gen(function*() {
      yield* TestClock.setTime(1_000_000)
      const fiber = yield* Effect.forkChild(Events.captureWithFlags({ event: "paid", distinctId: "user-17" }), { uninterruptible: "inherit" })
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
      const [draft] = queue.taken
      strictEqual(String(draft?.timestamp).includes("1970-01-01T00:16:40"), true)
    }).pipe(Effect.provide(layer))
  })
})

describe("law 8: the caller's own properties lie over those of the snapshot", () => {
  it.effect("the draft keeps both apart, and capturing is silent", () => {
    const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: true, b: "one", c: false }) })
    return Effect.gen(function*() {
      const flags = yield* evaluateFlags({ distinctId: "user-17" })
      yield* Events.capture({ event: "paid", flags, properties: { "$feature/a": "mine" } })
      deepStrictEqual(queue.offers.length, 1)
      deepStrictEqual(queue.taken[0]?.flagProperties, flagProperties)
      deepStrictEqual(queue.taken[0]?.properties, { "$feature/a": "mine" })
      deepStrictEqual((yield* flags.onlyAccessed).keys, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("an empty snapshot adds nothing, a filtered one only what it kept", () => {
    const { layer, queue } = Doubles.services({
      local: Doubles.evaluation({ a: true, b: false }),
      server: new DeciderError({ reason: "Timeout" })
    })
    return Effect.gen(function*() {
      const flags = yield* evaluateFlags({ distinctId: "user-17" })
      yield* Events.capture({ event: "paid", flags: yield* flags.only([]) })
      yield* Events.capture({ event: "paid", flags: yield* flags.only(["b"]) })
      deepStrictEqual(queue.taken.map((draft) => draft.flagProperties), [{}, { "$feature/b": false }])
      assertSome(yield* flags.getFlag("b"), false)
    }).pipe(Effect.provide(layer))
  })
})
