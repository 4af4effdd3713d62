import { assert, describe, it } from "@effect/vitest"
import { assertLeft, assertNone, assertSome, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, Option, ParseResult, Schema } from "effect"
import { evaluateFlags, Flag, FlagPayloadError, FlagSnapshot, FlagValueError } from "effect-posthog"
import * as Doubles from "./support/doubles.ts"

const checkout = Flag.boolean("new-checkout")
const pricing = Flag.variants("pricing", ["control", "annual"])

const read = <A, P>(flag: Flag.Flag<A, P>, value: boolean | string) =>
  Effect.either(FlagSnapshot.fromValues({ [flag.key]: value }).get(flag))

describe("typed flags", () => {
  it.effect("accept what they declare", () =>
    Effect.gen(function*() {
      const values = yield* Effect.all([
        read(checkout, true),
        read(checkout, false),
        read(pricing, "annual"),
        read(pricing, false)
      ])
      const seen = values.map((value) => Option.flatten(Option.getRight<Option.Option<unknown>, unknown>(value)))
      deepStrictEqual(seen, [Option.some(true), Option.some(false), Option.some("annual"), Option.some(false)])
      assertNone(yield* FlagSnapshot.fromValues({}).get(checkout))
      assertNone(yield* FlagSnapshot.fromValues({}).payload(checkout))
    }))

  it.effect("refuse the rest, naming kinds and never the value", () =>
    Effect.gen(function*() {
      const secret = "secret-variant"
      const errors = yield* Effect.all([read(checkout, secret), read(pricing, secret), read(pricing, true)])
      deepStrictEqual(errors, [
        Either.left(new FlagValueError({ flag: "new-checkout", wanted: "a boolean", seen: "a variant" })),
        Either.left(
          new FlagValueError({ flag: "pricing", wanted: `"control", "annual" or false`, seen: "an undeclared variant" })
        ),
        Either.left(
          new FlagValueError({
            flag: "pricing",
            wanted: `"control", "annual" or false`,
            seen: "true without a variant"
          })
        )
      ])
      const [first] = errors
      strictEqual(
        Either.isLeft(first) && first.left.message,
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
    until: Schema.optional(Schema.Date),
    codes: Schema.optional(Schema.Array(Schema.Struct({ code: Schema.String.pipe(Schema.minLength(3)) }))),
    byEmail: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Number }))
  })
  const discounted = pricing.pipe(Flag.withPayload(Discount))

  const payload = (payload: unknown) =>
    Effect.either(
      FlagSnapshot.fromValues({ pricing: "annual" }, { payloads: { pricing: payload } }).payload(discounted)
    )

  it.effect("decode payloads with their schema", () =>
    Effect.gen(function*() {
      const decoded = yield* payload({ percent: 10, until: "2026-01-01T00:00:00.000Z", more: "ignored" })
      deepStrictEqual(
        decoded.pipe(Either.getOrThrow),
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
          Effect.zipRight(
            Effect.promise(() => Promise.resolve()),
            text === "" ? ParseResult.fail(new ParseResult.Type(ast, text)) : ParseResult.succeed(text.length)
          ),
        encode: (length) => ParseResult.succeed("x".repeat(length))
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
      ], (given) => Effect.map(Effect.flip(Effect.flatten(payload(given))), (error) => error))
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
        Either.mapLeft(yield* read(discounted, "monthly"), ({ seen }) => seen),
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
    assert.isTrue(Either.isRight(odd.decodeValue("constructor")))
    assert.isTrue(Either.isLeft(odd.decodeValue("toString")))
  })
})
