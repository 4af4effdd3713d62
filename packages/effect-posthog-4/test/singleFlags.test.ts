// Generated from packages/effect-posthog/test/singleFlags.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertNone, assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect, Option } from "effect"
import { DeciderError, evaluateFlags, Flag, Flags } from "effect-posthog-4"
import * as Doubles from "./support/doubles.ts"

const user = { distinctId: "user-17" }

const served = () =>
  Doubles.services({
    local: (_, keys) =>
      Doubles.evaluation(Object.fromEntries(
        (keys ?? ["local", "off", "remote"]).map((key) => [
          key,
          key === "local"
            ? Doubles.resolved("dark", { payload: { size: 3 } })
            : key === "off"
            ? false
            : key === "remote"
            ? Doubles.inconclusive
            : Doubles.unknown
        ])
      )),
    server: { flags: { remote: { enabled: true, payload: "[1]" } } }
  })

describe("the single-flag path", () => {
  it.effect("decides locally, else by one request for the key alone", () => {
    const { layer, requests } = served()
    return Effect.gen(function*() {
      strictEqual(yield* Flags.isFeatureEnabled({ ...user, key: "local" }), true)
      strictEqual(yield* Flags.isFeatureEnabled({ ...user, key: "off", defaultValue: true }), false)
      strictEqual(requests.length, 0)
      strictEqual(yield* Flags.isFeatureEnabled({ ...user, key: "remote" }), true)
      assertSome(yield* Flags.getFeatureFlag({ ...user, key: "remote" }), true)
      deepStrictEqual(requests.map(({ flagKeys }) => flagKeys), [["remote"], ["remote"]])
    }).pipe(Effect.provide(layer))
  })

  it.effect("has no value for a key nobody knows", () => {
    const { absent, layer } = served()
    return Effect.gen(function*() {
      strictEqual(yield* Flags.isFeatureEnabled({ ...user, key: "ghost" }), false)
      strictEqual(yield* Flags.isFeatureEnabled({ ...user, key: "ghost", defaultValue: true }), true)
      assertNone(yield* Flags.getFeatureFlag({ ...user, key: "ghost" }))
      assertNone(yield* Flags.getFeatureFlagPayload({ ...user, key: "ghost" }))
      assertNone(yield* Flags.getFeatureFlagResult({ ...user, key: "ghost" }))
      deepStrictEqual(new Set(absent), new Set(["ghost"]))
    }).pipe(Effect.provide(layer))
  })

  it.effect("never asks when it must not", () => {
    const { layer, requests } = served()
    return Effect.gen(function*() {
      assertNone(yield* Flags.getFeatureFlag({ ...user, key: "remote", onlyEvaluateLocally: true }))
      assertNone(yield* Flags.getFeatureFlag({ key: "remote" }))
      strictEqual(requests.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives results with variant and payload", () => {
    const { layer } = served()
    return Effect.gen(function*() {
      assertSome(yield* Flags.getFeatureFlagResult({ ...user, key: "local" }), {
        key: "local",
        enabled: true,
        variant: Option.some("dark"),
        payload: Option.some({ size: 3 })
      })
      assertSome(yield* Flags.getFeatureFlagResult({ ...user, key: "off" }), {
        key: "off",
        enabled: false,
        variant: Option.none(),
        payload: Option.none()
      })
      assertSome(yield* Flags.getFeatureFlagResult({ ...user, key: "remote" }), {
        key: "remote",
        enabled: true,
        variant: Option.none(),
        payload: Option.some([1])
      })
      assertSome(yield* Flags.getFeatureFlagPayload({ ...user, key: "local" }), { size: 3 })
    }).pipe(Effect.provide(layer))
  })

  it.effect("reports values once, with snapshots; payloads and lists are silent; reporting can be switched off", () => {
    const { layer, queue } = served()
    return Effect.gen(function*() {
      yield* Flags.getFeatureFlagPayload({ ...user, key: "local" })
      yield* Flags.getAllFlags(user)
      yield* Flags.getAllFlagsAndPayloads(user)
      yield* Flags.isFeatureEnabled({ ...user, key: "local", sendFeatureFlagEvents: false })
      yield* Flags.getFeatureFlag({ ...user, key: "local", sendFeatureFlagEvents: false })
      yield* Flags.getFeatureFlagResult({ ...user, key: "local", sendFeatureFlagEvents: false })
      strictEqual(queue.offers.length, 0)
      yield* Flags.isFeatureEnabled({ ...user, key: "local" })
      yield* Flags.getFeatureFlag({ ...user, key: "local" })
      yield* Flags.getFeatureFlagResult({ ...user, key: "local" })
      yield* (yield* evaluateFlags(user)).getFlag("local")
      strictEqual(queue.offers.length, 1)
      strictEqual(queue.taken[0]?.properties?.["$feature_flag_response"], "dark")
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails when the server cannot be asked, having reported why", () => {
    const { layer, queue } = Doubles.services({ server: new DeciderError({ reason: "ApiError", httpStatus: 500 }) })
    return Effect.gen(function*() {
      const error = yield* Effect.flip(Flags.getFeatureFlag({ ...user, key: "remote" }))
      strictEqual(error._tag, "RemoteFlagsError")
      strictEqual(queue.taken[0]?.properties?.["$feature_flag_error"], "api_error_500,flag_missing")
      yield* Effect.flip(Flags.getFeatureFlagPayload({ ...user, key: "other" }))
      strictEqual(queue.offers.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("are answered by the default after a failed request, and report why", () => {
    const { layer, queue } = Doubles.services({ server: new DeciderError({ reason: "ApiError", httpStatus: 500 }) })
    return Effect.gen(function*() {
      strictEqual(yield* Flags.isFeatureEnabled({ ...user, key: "remote", defaultValue: true }), true)
      strictEqual(queue.taken[0]?.properties?.["$feature_flag_error"], "api_error_500,flag_missing")
      const typed = Flag.boolean("other").pipe(Flag.withDefault(true))
      strictEqual(yield* Flags.isFeatureEnabled({ ...user, key: typed }), true)
      const error = yield* Effect.flip(Flags.isFeatureEnabled({ ...user, key: "remote" }))
      strictEqual(error.reason, "ApiError")
    }).pipe(Effect.provide(layer))
  })

  it.effect("lists all values and payloads", () => {
    const { layer } = served()
    return Effect.gen(function*() {
      deepStrictEqual([...yield* Flags.getAllFlags(user)], [["local", "dark"], ["off", false], ["remote", true]])
      const { flags, payloads } = yield* Flags.getAllFlagsAndPayloads({ ...user, flagKeys: ["remote", "local"] })
      deepStrictEqual([...flags], [["local", "dark"], ["remote", true]])
      deepStrictEqual([...payloads], [["local", { size: 3 }], ["remote", [1]]])
      assert.isTrue(flags instanceof Map)
    }).pipe(Effect.provide(layer))
  })
})
