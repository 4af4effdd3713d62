import { PostHogTest } from "@effect-posthog/testkit"
import { Effect, Option, Schema } from "effect"
import { evaluateFlags, Flag, Flags, FlagSnapshot } from "effect-posthog"
import { strict as assert } from "node:assert"

// #region declare
export const newCheckout = Flag.boolean("new-checkout").pipe(Flag.withDefault(false))

export const pricing = Flag.variants("pricing", ["control", "annual"]).pipe(
  Flag.withDefault("control"),
  Flag.withPayload(Schema.Struct({ headline: Schema.String })),
  Flag.withPayloadDefault({ headline: "Simple prices" })
)
// #endregion

// #region read
const page = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada", flagKeys: [newCheckout, pricing] }).pipe(Flags.orPartial)

  const isNew: boolean = yield* flags.get(newCheckout)
  const plan: "control" | "annual" | false = yield* flags.get(pricing)
  const { headline } = yield* flags.payload(pricing)
  return { isNew, plan, headline }
})
// #endregion

// #region undefaulted
const tour = Flag.variants("tour", ["short", "long"])

const tourOf = (flags: FlagSnapshot) =>
  flags.get(tour).pipe(
    Effect.map(Option.getOrElse(() => false as const)),
    // PostHog has a variant that this declaration does not know.
    Effect.catchTag("FlagValueError", (error) => Effect.as(Effect.logWarning(error.message), false as const))
  )
// #endregion

// #region registry
const registry = Flag.registry({ newCheckout, pricing })

const total = Effect.gen(function*() {
  const { flags } = yield* evaluateFlags({ distinctId: "ada", flags: registry }).pipe(Flags.orPartial)
  return (yield* flags.newCheckout) ? 39 : 42
})
// #endregion

const test = Effect.gen(function*() {
  assert.deepStrictEqual(yield* page, { isNew: true, plan: "annual", headline: "Two months free" })
  assert.equal(yield* total, 39)
  assert.equal(yield* tourOf(FlagSnapshot.fromValues({ tour: "short" })), "short")
  assert.equal(yield* tourOf(FlagSnapshot.fromValues({ tour: "guided" })), false)
  assert.equal(yield* tourOf(FlagSnapshot.fromValues({})), false)
})

await Effect.runPromise(Effect.provide(
  test,
  PostHogTest.layer({
    flags: { "new-checkout": true, "pricing": { value: "annual", payload: { headline: "Two months free" } } }
  })
))
