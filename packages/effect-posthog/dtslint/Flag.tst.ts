import type { Effect, Option } from "effect"
import { Schema } from "effect"
import { Flag, type FlagPayloadError, type FlagSnapshot } from "effect-posthog"
import { describe, expect, test } from "tstyche"

declare const snapshot: FlagSnapshot

class Rates extends Schema.Class<Rates>("Rates")({ percent: Schema.NumberFromString }) {}

describe("Flag", () => {
  test("constructors give exact types", () => {
    expect(Flag.boolean("a")).type.toBe<Flag.Flag<boolean, unknown>>()
    expect(Flag.variants("a", ["control", "annual"])).type.toBe<Flag.Flag<"control" | "annual" | false, unknown>>()
    expect(Flag.variants("a", [])).type.toBe<Flag.Flag<false, unknown>>()
  })

  test("a payload has the type of its schema, whichever way it is given", () => {
    expect(Flag.boolean("a").pipe(Flag.withPayload(Rates))).type.toBe<Flag.Flag<boolean, Rates>>()
    expect(Flag.withPayload(Flag.variants("a", ["x"]), Schema.Number)).type.toBe<Flag.Flag<"x" | false, number>>()
    expect(snapshot.payload(Flag.boolean("a").pipe(Flag.withPayload(Rates)))).type.toBe<
      Effect.Effect<Option.Option<Rates>, FlagPayloadError>
    >()
    expect(snapshot.payload(Flag.boolean("a"))).type.toBe<Effect.Effect<Option.Option<unknown>, FlagPayloadError>>()
  })

  test("a schema that needs services is refused", () => {
    const needy = null as never as Schema.Schema<string, string, "service">
    expect(Flag.withPayload).type.not.toBeCallableWith(Flag.boolean("a"), needy)
  })

  test("a registry keeps every flag's own type", () => {
    const flags = Flag.registry({
      checkout: Flag.boolean("new-checkout"),
      pricing: Flag.variants("pricing", ["control", "annual"])
    })
    expect(flags.checkout).type.toBe<Flag.Flag<boolean, unknown>>()
    expect<Flag.Value<typeof flags.pricing>>().type.toBe<"control" | "annual" | false>()
    expect<Flag.Payload<typeof flags.pricing>>().type.toBe<unknown>()
    expect(flags).type.not.toHaveProperty("other")
  })

  test("a flag can be used where a wider one is wanted", () => {
    expect<Flag.Flag<"x", string>>().type.toBeAssignableTo<Flag.Flag<string, unknown>>()
    expect<Flag.Flag<string, string>>().type.not.toBeAssignableTo<Flag.Flag<"x", string>>()
  })
})
