// Generated from packages/effect-posthog/test/typedFlags.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertLeft, assertNone, assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect, Option, Schema } from "effect"
import * as Result from "effect/Result"
import * as SchemaIssue from "effect/SchemaIssue"
import { evaluateFlags, Flag, FlagPayloadError, FlagSnapshot, FlagValueError } from "effect-posthog-4"
import * as Doubles from "./support/doubles.ts"

const checkout = Flag.boolean("new-checkout")
const pricing = Flag.variants("pricing", ["control", "annual"])

const read = <A, P>(flag: Flag.Flag<A, P>, value: boolean | string) =>
  Effect.result(FlagSnapshot.fromValues({ [flag.key]: value }).get(flag))

describe("typed flags", () => {
  it.effect("accept what they declare", () =>
    Effect.gen(function*() {
      const values = yield* Effect.all([
        read(checkout, true),
        read(checkout, false),
        read(pricing, "annual"),
        read(pricing, false)
      ])
      const seen = values.map((value) => Option.flatten(Option.getSuccess<Option.Option<unknown>, unknown>(value)))
      deepStrictEqual(seen, [Option.some(true), Option.some(false), Option.some("annual"), Option.some(false)])
      assertNone(yield* FlagSnapshot.fromValues({}).get(checkout))
      assertNone(yield* FlagSnapshot.fromValues({}).payload(checkout))
    }))

  it.effect("refuse the rest, naming kinds and never the value", () =>
    Effect.gen(function*() {
      const secret = "secret-variant"
      const errors = yield* Effect.all([read(checkout, secret), read(pricing, secret), read(pricing, true)])
      deepStrictEqual(errors, [
        Result.fail(new FlagValueError({ flag: "new-checkout", wanted: "a boolean", seen: "a variant" })),
        Result.fail(
          new FlagValueError({ flag: "pricing", wanted: `"control", "annual" or false`, seen: "an undeclared variant" })
        ),
        Result.fail(
          new FlagValueError({
            flag: "pricing",
            wanted: `"control", "annual" or false`,
            seen: "true without a variant"
          })
        )
      ])
      const [first] = errors
      strictEqual(
        Result.isFailure(first) && first.failure.message,
        `Flag "new-checkout": wanted a boolean, saw a variant`
      )
      assert.notInclude(JSON.stringify(errors) + errors.map(String).join(), secret)
    }))

  it.effect("report the exposure before they refuse, and payloads are silent", () => {
    const { layer, queue } = Doubles.services({
      local: Doubles.evaluation({ "new-checkout": Doubles.resolved("surprise", { payload: 5 }) })
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags({ distinctId: "user-17" })
      assertSome(yield* snapshot.payload(checkout), 5)
      strictEqual(queue.offers.length, 0)
      assert.instanceOf(yield* Effect.flip(snapshot.get(checkout)), FlagValueError)
      deepStrictEqual(queue.taken.map(({ properties }) => properties?.["$feature_flag_response"]), ["surprise"])
      deepStrictEqual((yield* snapshot.onlyAccessed).keys, ["new-checkout"])
    }).pipe(Effect.provide(layer))
  })

  const Discount = Schema.Struct({
    percent: Schema.Number,
    until: Schema.optional(Schema.DateFromString),
    codes: Schema.optional(Schema.Array(Schema.Struct({ code: Schema.String.check(Schema.isMinLength(3)) }))),
    byEmail: Schema.optional(Schema.Record(Schema.String, Schema.Number))
  })
  const discounted = pricing.pipe(Flag.withPayload(Discount))

  const payload = (payload: unknown) =>
    Effect.result(
      FlagSnapshot.fromValues({ pricing: "annual" }, { payloads: { pricing: payload } }).payload(discounted)
    )

  it.effect("decode payloads with their schema", () =>
    Effect.gen(function*() {
      const decoded = yield* payload({ percent: 10, until: "2026-01-01T00:00:00.000Z", more: "ignored" })
      deepStrictEqual(
        decoded.pipe(Result.getOrThrow),
        yield* Effect.succeedSome({
          percent: 10,
          until: new Date("2026-01-01T00:00:00.000Z")
        })
      )
    }))

  it.effect("decode payloads with schemas that take their time", () =>
    Effect.gen(function*() {
      const Length = Schema.transformOrFail(Schema.String, Schema.Number, {
        decode: (text, _, ast) =>
          Effect.andThen(
            Effect.promise(() => Promise.resolve()),
            text === "" ? SchemaIssue.fail(new SchemaIssue.Type(ast, text)) : SchemaIssue.succeed(text.length)
          ),
        encode: (length) => SchemaIssue.succeed("x".repeat(length))
      })
      const slow = Flag.boolean("slow").pipe(Flag.withPayload(Length))
      const read = (text: string) => FlagSnapshot.fromValues({ slow: true }, { payloads: { slow: text } }).payload(slow)
      assertSome(yield* read("abc"), 3)
      assert.instanceOf(yield* Effect.flip(read("")), FlagPayloadError)
    }))

  it.effect("say where a payload does not fit, and nothing of what it holds", () =>
    Effect.gen(function*() {
      const secret = "secret@example.com"
      const problems = yield* Effect.forEach([
        secret,
        null,
        [secret],
        { percent: secret },
        { percent: 1, until: secret },
        { percent: 1, codes: [{ code: "long enough" }, { code: "s" }] },
        { percent: 1, byEmail: { [secret]: "no number" } }
      ], (given) => Effect.map(Effect.flip(Effect.flatMap(payload(given), Effect.fromResult)), (error) => error))
      deepStrictEqual(problems.map(({ path, seen }) => [seen, path]), [
        ["a string", ""],
        ["null", ""],
        ["an array", ""],
        ["an object", "percent"],
        ["an object", "until"],
        ["an object", "codes[1].code"],
        ["an object", "byEmail.*"]
      ])
      for (const problem of problems) {
        assert.instanceOf(problem, FlagPayloadError)
        assert.notInclude(`${problem.message}${JSON.stringify(problem)}${String(problem.stack)}`, secret)
        assert.match(problem.message, /^Payload of flag "pricing": wanted .*, saw an? |saw null/)
      }
    }))

  it.effect("keep their value type beside a payload type", () =>
    Effect.gen(function*() {
      assertLeft(
        Result.mapError(yield* read(discounted, "monthly"), ({ seen }) => seen),
        "an undeclared variant"
      )
      assertSome(yield* FlagSnapshot.fromValues({ pricing: "control" }).get(discounted), "control")
    }))

  it("are listed once in a registry", () => {
    const flags = Flag.registry({ checkout, pricing, again: Flag.boolean("pricing") })
    deepStrictEqual(Flag.keys(flags), ["new-checkout", "pricing"])
    strictEqual(flags.checkout, checkout)
    assert.isTrue(Object.isFrozen(flags))
    assert.isTrue(Flag.isFlag(flags.pricing))
    assert.isFalse(Flag.isFlag({ key: "pricing" }))
  })

  it("may declare variants called like parts of every object", () => {
    const odd = Flag.variants("odd", ["__proto__", "constructor"])
    assert.isTrue(Result.isSuccess(odd.decodeValue("constructor")))
    assert.isTrue(Result.isFailure(odd.decodeValue("toString")))
  })

  const withDefault = {
    checkout: checkout.pipe(Flag.withDefault(true)),
    pricing: Flag.withDefault(pricing, "control")
  }

  it.effect("with a default yield the value itself, also when PostHog's value is missing or not declared", () =>
    Effect.gen(function*() {
      const read = (values: Record<string, boolean | string>) => {
        const snapshot = FlagSnapshot.fromValues(values)
        return Effect.all([
          snapshot.get(withDefault.checkout),
          snapshot.get(withDefault.pricing),
          snapshot.isEnabled(withDefault.checkout),
          snapshot.isEnabled(withDefault.pricing),
          snapshot.match(withDefault.pricing, { on: (variant) => `on ${variant}`, off: () => "off" })
        ])
      }
      deepStrictEqual(yield* read({ "new-checkout": false, pricing: "annual" }), [
        false,
        "annual",
        false,
        true,
        "on annual"
      ])
      deepStrictEqual(yield* read({}), [true, "control", true, true, "on control"])
      deepStrictEqual(yield* read({ "new-checkout": "surprise", pricing: true }), [
        true,
        "control",
        true,
        true,
        "on control"
      ])
      deepStrictEqual(yield* read({ pricing: false }), [true, false, true, false, "off"])
    }))

  it.effect("`isEnabled` and `get` never disagree, whatever the value and the default", () =>
    Effect.gen(function*() {
      const flags = [
        checkout,
        pricing,
        withDefault.checkout,
        withDefault.pricing,
        checkout.pipe(Flag.withDefault(false)),
        pricing.pipe(Flag.withDefault(false))
      ]
      for (const flag of flags) {
        for (const value of [undefined, true, false, "annual", "control", "surprise"]) {
          const snapshot = FlagSnapshot.fromValues(value === undefined ? {} : { [flag.key]: value })
          const got = yield* Effect.result(
            snapshot.get(flag as Flag.Any) as Effect.Effect<Option.Option<unknown> | boolean | string, FlagValueError>
          )
          const isOn = Result.match(got, {
            onFailure: () => false,
            onSuccess: (read) => Option.isOption(read) ? Option.exists(read, (found) => found !== false) : read !== false
          })
          strictEqual(yield* snapshot.isEnabled(flag), isOn, `${flag.key} ${value}`)
        }
      }
    }))

  it.effect("the call's default comes before the flag's", () =>
    Effect.gen(function*() {
      const nothing = FlagSnapshot.fromValues({})
      strictEqual(yield* nothing.isEnabled(withDefault.checkout, { defaultValue: false }), false)
      strictEqual(yield* nothing.isEnabled(checkout, { defaultValue: true }), true)
      strictEqual(yield* nothing.isEnabled("new-checkout", { defaultValue: true }), true)
    }))

  it.effect("a payload has a default of its own", () =>
    Effect.gen(function*() {
      const banner = checkout.pipe(
        Flag.withPayload(Schema.Struct({ text: Schema.String })),
        Flag.withPayloadDefault({ text: "Welcome" })
      )
      const payload = (payloads: Record<string, unknown>) =>
        FlagSnapshot.fromValues({ "new-checkout": true }, { payloads }).payload(banner)
      deepStrictEqual(yield* payload({}), { text: "Welcome" })
      deepStrictEqual(yield* payload({ "new-checkout": 3 }), { text: "Welcome" })
      deepStrictEqual(yield* payload({ "new-checkout": { text: "Hello" } }), { text: "Hello" })
    }))

  it.effect("are accepted wherever a key is", () =>
    Effect.gen(function*() {
      const snapshot = FlagSnapshot.fromValues({ "new-checkout": true, pricing: "annual", other: true })
      const registry = Flag.registry({ checkout, pricing })
      deepStrictEqual((yield* snapshot.only(registry)).keys, ["new-checkout", "pricing"])
      deepStrictEqual((yield* snapshot.only([pricing, "other"])).keys, ["other", "pricing"])
      deepStrictEqual((yield* snapshot.only(new Set([checkout]))).keys, ["new-checkout"])
      // What code without types means by a text.
      deepStrictEqual((yield* snapshot.only("pricing" as never)).keys, ["pricing"])
      strictEqual(Option.getOrThrow(snapshot.detail(pricing)).value, "annual")
    }))

  it.effect("become the bootstrap of posthog-js", () =>
    Effect.gen(function*() {
      const snapshot = FlagSnapshot.fromValues(
        { "new-checkout": true, pricing: "annual", secret: true },
        { distinctId: "user-17", payloads: { pricing: { months: 12 } } }
      )
      deepStrictEqual(snapshot.toBootstrap([checkout, pricing, "absent"]), {
        distinctID: "user-17",
        featureFlags: { "new-checkout": true, pricing: "annual" }
      })
      deepStrictEqual(
        JSON.parse(JSON.stringify(snapshot.toBootstrap(["pricing"], { payloads: true, isIdentified: true }))),
        {
          distinctID: "user-17",
          isIdentifiedID: true,
          featureFlags: { pricing: "annual" },
          featureFlagPayloads: { pricing: { months: 12 } }
        }
      )
      deepStrictEqual(FlagSnapshot.fromValues({}).toBootstrap([]), { featureFlags: {} })
    }))

  it.effect("of a registry are evaluated alone and read by name, with an exposure for each read", () => {
    const { layer, queue } = Doubles.services({
      local: Doubles.evaluation({
        "new-checkout": Doubles.resolved(true),
        pricing: Doubles.resolved("annual")
      })
    })
    return Effect.gen(function*() {
      const flags = Flag.registry({ checkout: withDefault.checkout, pricing })
      const snapshot = yield* evaluateFlags({ distinctId: "user-17", flags })
      strictEqual(queue.offers.length, 0)
      strictEqual(yield* snapshot.flags.checkout, true)
      assertSome(yield* snapshot.flags.pricing, "annual")
      strictEqual(queue.offers.length, 2)
      deepStrictEqual((yield* snapshot.onlyAccessed).keys, ["new-checkout", "pricing"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("can be read without an exposure; the read still counts as an access", () => {
    const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ pricing: Doubles.resolved("annual") }) })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags({ distinctId: "user-17" })
      const silent = { sendFeatureFlagEvents: false }
      assertSome(yield* snapshot.get(pricing, silent), "annual")
      assertSome(yield* snapshot.getFlag("pricing", silent), "annual")
      strictEqual(yield* snapshot.isEnabled("pricing", silent), true)
      strictEqual(queue.offers.length, 0)
      deepStrictEqual((yield* snapshot.onlyAccessed).keys, ["pricing"])
    }).pipe(Effect.provide(layer))
  })
})
