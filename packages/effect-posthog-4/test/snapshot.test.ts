// Generated from packages/effect-posthog/test/snapshot.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import { makeLogger } from "./support/standIns.ts"
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertNone, assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect, Logger, LogLevel, Option } from "effect"
import { DeciderError, evaluateFlags, FlagSnapshot } from "effect-posthog-4"
import * as Doubles from "./support/doubles.ts"

const user = { distinctId: "user-17" }

const warnings = () => {
  const lines: Array<string> = []
  return {
    lines,
    layer: Logger.layer([makeLogger(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))])
  }
}

const snapshotOf = (local: Parameters<typeof Doubles.evaluation>[0]) => {
  const { layer, queue } = Doubles.services({ local: Doubles.evaluation(local) })
  return { queue, snapshot: Effect.provide(evaluateFlags(user), layer) }
}

describe("FlagSnapshot", () => {
  it.effect("isEnabled: any variant is on, and the default is for a missing key alone", () =>
    Effect.gen(function*() {
      const snapshot = yield* snapshotOf({ on: true, off: false, variant: "control" }).snapshot
      strictEqual(yield* snapshot.isEnabled("on"), true)
      strictEqual(yield* snapshot.isEnabled("variant"), true)
      strictEqual(yield* snapshot.isEnabled("off", { defaultValue: true }), false)
      strictEqual(yield* snapshot.isEnabled("gone"), false)
      strictEqual(yield* snapshot.isEnabled("gone", {}), false)
      strictEqual(yield* snapshot.isEnabled("gone", { defaultValue: true }), true)
    }))

  it.effect("keys are sorted by code unit", () =>
    Effect.gen(function*() {
      const snapshot = yield* snapshotOf({ b: true, "ä": true, Z: false, a: "x", "10": true, "9": true }).snapshot
      deepStrictEqual(snapshot.keys, ["10", "9", "Z", "a", "b", "ä"])
      deepStrictEqual(snapshot.eventProperties["$active_feature_flags"], ["10", "9", "a", "b", "ä"])
    }))

  it.effect("only: keeps what there is and warns once, naming what there is not", () => {
    const { layer, lines } = warnings()
    return Effect.gen(function*() {
      const { queue, snapshot } = snapshotOf({ a: true, b: false, c: "x" })
      const parent = yield* snapshot
      const child = yield* parent.only(["z", "a", "y", "b", "a"])
      deepStrictEqual(child.keys, ["a", "b"])
      deepStrictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /^WARN .*"y", "z"$/)
      strictEqual(child.distinctId, parent.distinctId)
      strictEqual(child.requestId, parent.requestId)
      const grandchild = yield* child.only(new Set(["c", "a"]))
      deepStrictEqual(grandchild.keys, ["a"])
      strictEqual(lines.length, 2)
      yield* parent.only([])
      yield* parent.only(["a"])
      strictEqual(lines.length, 2)
      strictEqual(queue.offers.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("can be read through functions that were taken off it", () =>
    Effect.gen(function*() {
      const { detail, getFlag, getFlagPayload, isEnabled, only } = FlagSnapshot.fromValues(
        { a: "x" },
        { payloads: { a: 1 } }
      )
      strictEqual(yield* isEnabled("a"), true)
      deepStrictEqual(yield* getFlag("a"), Option.some("x"))
      deepStrictEqual(getFlagPayload("a"), Option.some(1))
      strictEqual(Option.isSome(detail("a")), true)
      deepStrictEqual((yield* only(["a"])).keys, ["a"])
    }))

  it.effect("a read by what is neither a key nor a flag has no value, reports nothing and is said once", () => {
    const { layer, lines } = warnings()
    return Effect.gen(function*() {
      const { queue, snapshot } = snapshotOf({ a: true })
      const flags = yield* snapshot
      for (const key of [undefined, null, 17, {}, [], Symbol("a")] as ReadonlyArray<unknown> as ReadonlyArray<never>) {
        strictEqual(yield* flags.isEnabled(key), false)
        strictEqual(yield* flags.isEnabled(key, { defaultValue: true }), true)
        assertNone(yield* flags.getFlag(key))
        assertNone((yield* flags.get(key)) as Option.Option<unknown>)
        assertNone((yield* flags.payload(key)) as Option.Option<unknown>)
        assertNone(flags.getFlagPayload(key))
        assertNone(flags.detail(key))
        strictEqual(yield* flags.match(key, { on: () => "on", off: () => "off" }), "off")
        deepStrictEqual(flags.toBootstrap(key, null as never).featureFlags, {})
      }
      strictEqual(lines.length, 1)
      strictEqual(queue.offers.length, 0)
      assertSome((yield* flags.get("a" as never)) as Option.Option<unknown>, true)
    }).pipe(Effect.provide(layer))
  })

  it.effect("only: the log level silences the warning", () => {
    const { layer, lines } = warnings()
    return Effect.gen(function*() {
      const snapshot = yield* snapshotOf({ a: true }).snapshot
      yield* snapshot.only(["z"])
      strictEqual(lines.length, 0)
    }).pipe(Effect.provide(layer), Effect.provideService(References.MinimumLogLevel, "Error"))
  })

  it.effect("onlyAccessed: empty when nothing was read, and missing keys are not in it", () =>
    Effect.gen(function*() {
      const snapshot = yield* snapshotOf({ a: true, b: false }).snapshot
      deepStrictEqual((yield* snapshot.onlyAccessed).keys, [])
      yield* snapshot.getFlag("gone")
      yield* snapshot.getFlag("b")
      const accessed = yield* snapshot.onlyAccessed
      deepStrictEqual(accessed.keys, ["b"])
      deepStrictEqual(accessed.eventProperties, { "$feature/b": false })
      yield* snapshot.getFlag("a")
      deepStrictEqual(accessed.keys, ["b"])
    }))

  it.effect("what is read through a child is reported like through its parent", () =>
    Effect.gen(function*() {
      const { queue, snapshot } = snapshotOf({ a: true, b: true })
      const parent = yield* snapshot
      const child = yield* parent.only(["a"])
      yield* child.isEnabled("a")
      yield* parent.isEnabled("a")
      strictEqual(queue.offers.length, 1)
      yield* parent.isEnabled("missing")
      strictEqual(queue.offers.length, 2)
      yield* child.isEnabled("missing")
      strictEqual(queue.offers.length, 2)
    }))

  it.effect("detail says who decided, and why", () => {
    const { layer } = Doubles.services({
      local: Doubles.evaluation({
        local: Doubles.resolved("dark", { reason: "condition_match", conditionIndex: 2 }),
        remote: Doubles.inconclusive
      }, {
        metadata: (key) => ({ key, id: 7, version: 3, hasExperiment: false, active: true, runtime: "all" })
      }),
      server: {
        flags: {
          remote: {
            enabled: true,
            reason: { code: "condition_match", description: "Matched condition set 1", conditionIndex: 0 },
            id: 8,
            version: 4,
            hasExperiment: true
          },
          failed: { enabled: false, failed: true, id: 9 }
        }
      }
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      assertSome(snapshot.detail("local"), {
        key: "local",
        value: "dark",
        source: "local",
        reasonCode: "condition_match",
        reason: "Evaluated locally",
        conditionIndex: 2,
        id: 7,
        version: undefined,
        hasExperiment: false
      })
      assertSome(snapshot.detail("remote"), {
        key: "remote",
        value: true,
        source: "remote",
        reasonCode: "condition_match",
        reason: "Matched condition set 1",
        conditionIndex: 0,
        id: 8,
        version: 4,
        hasExperiment: true
      })
      strictEqual(Option.getOrThrow(snapshot.detail("failed")).value, undefined)
      deepStrictEqual(snapshot.keys, ["local", "remote"])
      assertNone(snapshot.detail("gone"))
    }).pipe(Effect.provide(layer))
  })

  it.effect("payloads of the server are decoded, each time anew, and falsy ones are kept", () => {
    const payloads = { object: `{"a":[1]}`, zero: "0", no: "false", text: "plain", empty: "", nothing: null }
    const { layer } = Doubles.services({
      server: {
        flags: Object.fromEntries(
          Object.entries(payloads).map(([key, payload]) => [key, { enabled: true, payload }])
        )
      }
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      const first = Option.getOrThrow(snapshot.getFlagPayload("object")) as { a: Array<number> }
      first.a.push(2)
      assertSome(snapshot.getFlagPayload("object"), { a: [1] })
      assertSome(snapshot.getFlagPayload("zero"), 0)
      assertSome(snapshot.getFlagPayload("no"), false)
      assertSome(snapshot.getFlagPayload("text"), "plain")
      assertNone(snapshot.getFlagPayload("empty"))
      assertNone(snapshot.getFlagPayload("nothing"))
    }).pipe(Effect.provide(layer))
  })

  it.effect("payloads that the server sends as they are belong to each reader alone", () => {
    const { layer, queue } = Doubles.services({
      server: { flags: { a: { enabled: true, payload: { list: [1] } }, b: { enabled: true, payload: [0] } } }
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      const first = Option.getOrThrow(snapshot.getFlagPayload("a")) as { list: Array<number> }
      first.list.push(2)
      assertSome(snapshot.getFlagPayload("a"), { list: [1] })
      assertSome(snapshot.getFlagPayload("b"), [0])
      yield* snapshot.isEnabled("a")
      deepStrictEqual(queue.taken[0]?.properties?.["$feature_flag_payload"], { list: [1] })
    }).pipe(Effect.provide(layer))
  })

  it.effect("fromValues is silent, and records access", () =>
    Effect.gen(function*() {
      const snapshot = FlagSnapshot.fromValues({ a: true, b: "x", ["__proto__"]: false }, {
        distinctId: "user-17",
        payloads: { b: { c: 1 } },
        errors: ["timeout"]
      })
      strictEqual(snapshot.distinctId, "user-17")
      deepStrictEqual(snapshot.errors, ["timeout"])
      assertSome(yield* snapshot.getFlag("b"), "x")
      assertSome(snapshot.getFlagPayload("b"), { c: 1 })
      assertNone(snapshot.getFlagPayload("a"))
      deepStrictEqual((yield* snapshot.onlyAccessed).keys, ["b"])
      assert.isTrue(FlagSnapshot.isFlagSnapshot(snapshot))
      assert.isFalse(FlagSnapshot.isFlagSnapshot({ ...snapshot }))
    }))

  it.effect("two projects' services are not mixed up: a snapshot reports where it was evaluated", () => {
    const first = Doubles.services({ local: Doubles.evaluation({ a: true }) })
    const second = Doubles.services({ server: new DeciderError({ reason: "Timeout" }) })
    return Effect.gen(function*() {
      const snapshot = yield* Effect.provide(evaluateFlags(user), first.layer)
      yield* Effect.provide(snapshot.isEnabled("a"), second.layer)
      strictEqual(first.queue.offers.length, 1)
      strictEqual(second.queue.offers.length, 0)
    })
  })
})
