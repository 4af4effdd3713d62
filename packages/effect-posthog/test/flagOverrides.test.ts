import { PostHogTest } from "@effect-posthog/testkit"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Effect, Layer, Logger, Option } from "effect"
import { evaluateFlags, Flag, FlagOverrides, FlagOverridesError } from "effect-posthog"

const everyone = { groups: [{ properties: [], rollout_percentage: 100 }] }

const definitions = {
  flags: [
    { id: 1, key: "local", active: true, has_experiment: true, filters: everyone },
    { id: 2, key: "server-only", active: true, ensure_experience_continuity: true, filters: everyone }
  ]
}

const overridden = (overrides: FlagOverrides.Overrides, options: PostHogTest.Options = { definitions }) =>
  FlagOverrides.layer(overrides).pipe(Layer.provideMerge(PostHogTest.layer(options)))

const failure = <A, R>(layer: Layer.Layer<A, unknown, R>) => Effect.flip(Effect.scoped(Layer.build(layer)))

describe("FlagOverrides.layer", () => {
  it.effect("forces values and payloads, visibly, and leaves the rest to evaluation", () =>
    Effect.gen(function*() {
      const test = yield* PostHogTest.PostHogTest
      const flags = yield* evaluateFlags({ distinctId: "ada", flagKeys: ["local", "new", "unforced"] })
      deepStrictEqual(yield* flags.getFlag("local"), Option.some(false))
      deepStrictEqual(yield* flags.getFlag("new"), Option.some("annual"))
      deepStrictEqual(flags.getFlagPayload("new"), Option.some({ months: 2 }))
      deepStrictEqual(
        Option.map(flags.detail("local"), ({ id, reason, reasonCode, source }) => [source, reasonCode, reason, id]),
        Option.some(["local", "override", "Overridden", 1])
      )
      deepStrictEqual(Option.map(flags.detail("unforced"), ({ source }) => source), Option.some("remote"))
      strictEqual((yield* test.remoteRequests).length, 1)
      const { event, locallyEvaluated, value } = yield* test.expectExposure({ flag: "new" })
      strictEqual(value, "annual")
      strictEqual(locallyEvaluated, true)
      strictEqual(event.properties["$feature_flag_reason"], "Overridden")
    }).pipe(
      Effect.provide(
        overridden(
          { local: false, new: { value: "annual", payload: { months: 2 } } },
          { definitions, flags: { unforced: true, local: true } }
        )
      )
    ))

  it.effect("hands out payloads that nobody can change", () => {
    const payload = { months: [2] }
    return Effect.gen(function*() {
      const flags = yield* evaluateFlags({ distinctId: "ada" })
      payload.months.push(3)
      const given = Option.getOrThrow(flags.getFlagPayload("new")) as typeof payload
      assert.throws(() => given.months.push(4), TypeError)
      deepStrictEqual((yield* evaluateFlags({ distinctId: "bob" })).getFlagPayload("new"), Option.some({ months: [2] }))
    }).pipe(Effect.provide(overridden({ new: { value: "annual", payload } })))
  })

  it.effect("does not reach flags that depend on an overridden one", () => {
    const onParent = {
      key: "parent",
      type: "flag",
      operator: "flag_evaluates_to",
      value: true,
      dependency_chain: ["parent"]
    }
    const child = { groups: [{ properties: [onParent], rollout_percentage: 100 }] }
    const document = {
      flags: [
        { id: 1, key: "parent", active: false, filters: everyone },
        { id: 2, key: "child", active: true, filters: child }
      ]
    }
    return Effect.gen(function*() {
      const flags = yield* evaluateFlags({ distinctId: "ada", onlyEvaluateLocally: true })
      deepStrictEqual(
        [yield* flags.getFlag("parent"), yield* flags.getFlag("child")],
        [Option.some(true), Option.some(false)]
      )
    }).pipe(Effect.provide(overridden({ parent: true }, { definitions: document })))
  })

  it.effect("keeps what is forced beneath it: stacked overrides are overrides, and the outer one wins", () =>
    Effect.gen(function*() {
      const test = yield* PostHogTest.PostHogTest
      const flags = yield* evaluateFlags({ distinctId: "ada" })
      const reasonOf = (key: string) => Option.map(flags.detail(key), ({ reasonCode, value }) => [reasonCode, value])
      deepStrictEqual(reasonOf("inner"), Option.some(["override", true]))
      deepStrictEqual(reasonOf("both"), Option.some(["override", "outer"]))
      yield* flags.isEnabled("inner")
      const { event } = yield* test.expectExposure({ flag: "inner" })
      strictEqual(event.properties["$feature_flag_reason"], "Overridden")
    }).pipe(
      Effect.provide(
        FlagOverrides.layer({ outer: true, both: "outer" }).pipe(
          Layer.provideMerge(overridden({ inner: true, both: "inner" }))
        )
      )
    ))

  it.effect("asks the server for no flag that is overridden", () =>
    Effect.gen(function*() {
      const test = yield* PostHogTest.PostHogTest
      const all = yield* evaluateFlags({ distinctId: "ada" })
      deepStrictEqual(all.keys, ["local", "server-only"])
      yield* evaluateFlags({ distinctId: "ada", flagKeys: ["server-only"] })
      yield* test.expectNoRequest
    }).pipe(Effect.provide(overridden({ "server-only": true }))))

  it.effect("without definitions asks for the other flags, and never lets the server overwrite an override", () =>
    Effect.gen(function*() {
      const test = yield* PostHogTest.PostHogTest
      yield* evaluateFlags({ distinctId: "ada", flagKeys: ["forced"] })
      yield* test.expectNoRequest
      const flags = yield* evaluateFlags({ distinctId: "ada" })
      deepStrictEqual(flags.keys, ["forced", "other"])
      strictEqual(yield* flags.isEnabled("forced"), false)
      const [snapshot] = [yield* evaluateFlags({ distinctId: "ada", flagKeys: ["other"] })]
      deepStrictEqual(snapshot.keys, ["other"])
    }).pipe(Effect.provide(overridden({ forced: false }, { flags: { forced: true, other: true } }))))

  it.effect("says once which flags are overridden", () =>
    Effect.gen(function*() {
      const logged: Array<string> = []
      const logger = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => logged.push(String(message))))
      yield* Effect.forEach([1, 2, 3], () => evaluateFlags({ distinctId: "ada" })).pipe(
        Effect.provide(Layer.provide(overridden({ local: true, another: "a" }), logger)),
        Effect.provide(logger)
      )
      deepStrictEqual(logged.filter((line) => line.includes("overridden")), [
        "Feature flags are overridden by FlagOverrides.layer: \"another\", \"local\""
      ])
    }))

  const logOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      const logged: Array<string> = []
      const logger = Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => logged.push(String(message))))
      return Effect.as(Effect.provide(effect, logger), logged)
    })

  const wrong: ReadonlyArray<readonly [unknown, string]> = [
    [{ beta: 1 }, `the override of "beta" must be true, false, the key of a variant`],
    [{ beta: "" }, `"beta"`],
    [{ beta: null }, `"beta"`],
    [{ beta: { value: 3 } }, `the override of "beta" has a value that must be true, false`],
    [{ beta: { value: true, payloads: 1 } }, `the override of "beta" has an unknown property "payloads"`],
    [[], "must be an object whose keys are the keys of flags"]
  ]

  it.effect("leaves out an override that cannot be used, says which one and keeps the others", () =>
    Effect.forEach(wrong, ([overrides, message]) =>
      Effect.gen(function*() {
        const given = Array.isArray(overrides) ? overrides : { ...overrides as object, local: false }
        const evaluated = Effect.provide(
          Effect.flatMap(evaluateFlags({ distinctId: "ada" }), (flags) => flags.getFlag("local")),
          overridden(given as FlagOverrides.Overrides)
        )
        const logged = yield* logOf(Effect.tap(evaluated, (value) =>
          Effect.sync(() => {
            deepStrictEqual(value, Option.some(Array.isArray(overrides)))
          })))
        assert.include(logged.join("\n"), message)
      })))

  it.effect("fails when the environment has one that cannot be used", () =>
    Effect.forEach(wrong, ([overrides, message]) =>
      Effect.gen(function*() {
        const error = yield* failure(
          FlagOverrides.layerFromEnv.pipe(
            Layer.provide(PostHogTest.layer({ definitions })),
            Layer.provide(Layer.setConfigProvider(
              ConfigProvider.fromMap(new Map([["POSTHOG_FLAG_OVERRIDES", JSON.stringify(overrides)]]))
            ))
          )
        )
        assert(error instanceof FlagOverridesError)
        assert.include(error.message, message)
      })))

  it.effect("warns of an override that no definition knows", () =>
    Effect.gen(function*() {
      const logged = yield* logOf(
        Effect.provide(
          Effect.zipRight(evaluateFlags({ distinctId: "ada" }), Effect.yieldNow()),
          overridden({ local: true, lokal: true })
        )
      )
      assert.include(logged.join("\n"), `overrides flags that the definitions do not have: "lokal"`)
    }))

  it.effect("are typed by a registry", () =>
    Effect.gen(function*() {
      const registry = Flag.registry({
        local: Flag.boolean("local").pipe(Flag.withDefault(false)),
        pricing: Flag.variants("pricing", ["control", "annual"]).pipe(Flag.withDefault("control"))
      })
      const flags = yield* Effect.provide(
        evaluateFlags({ distinctId: "ada", flags: registry }),
        FlagOverrides.layer(registry, { pricing: { value: "annual", payload: 3 } }).pipe(
          Layer.provideMerge(PostHogTest.layer({ definitions }))
        )
      )
      strictEqual(yield* flags.flags.pricing, "annual")
      strictEqual(yield* flags.flags.local, true)
      deepStrictEqual(flags.getFlagPayload("pricing"), Option.some(3))
    }))

  it.effect("reads them from the environment", () =>
    Effect.gen(function*() {
      const layer = (value: string | undefined) =>
        FlagOverrides.layerFromEnv.pipe(
          Layer.provideMerge(PostHogTest.layer({ definitions })),
          Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(
            new Map(value === undefined ? [] : [["POSTHOG_FLAG_OVERRIDES", value]])
          )))
        )
      const local = (value: string | undefined) =>
        evaluateFlags({ distinctId: "ada", flagKeys: ["local"] }).pipe(
          Effect.flatMap((flags) => flags.getFlag("local")),
          Effect.provide(layer(value))
        )
      deepStrictEqual(yield* local(undefined), Option.some(true))
      deepStrictEqual(yield* local(" "), Option.some(true))
      deepStrictEqual(yield* local(`{"local":"annual"}`), Option.some("annual"))
      const error = yield* failure(layer("{local"))
      assert(error instanceof FlagOverridesError)
      strictEqual(error.message, "POSTHOG_FLAG_OVERRIDES: is not JSON")
    }))

  it.effect("reads them from a file", () =>
    Effect.gen(function*() {
      const files = FileSystem.layerNoop({
        readFileString: (path) => Effect.succeed(path === "flags.json" ? `{"local":{"value":"annual"}}` : "{")
      })
      const layer = (path: string) =>
        FlagOverrides.layerFile(path).pipe(
          Layer.provideMerge(PostHogTest.layer({ definitions })),
          Layer.provide(files)
        )
      const flags = yield* Effect.provide(evaluateFlags({ distinctId: "ada" }), layer("flags.json"))
      deepStrictEqual(yield* flags.getFlag("local"), Option.some("annual"))
      const error = yield* failure(layer("broken.json"))
      assert(error instanceof FlagOverridesError)
      strictEqual(error.origin, "broken.json")
    }))
})
