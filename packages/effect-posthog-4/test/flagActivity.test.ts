// Generated from packages/effect-posthog/test/flagActivity.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogTest } from "@effect-posthog/testkit"
import { describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import * as Workflow from "effect/workflow/Workflow"
import * as WorkflowEngine from "effect/workflow/WorkflowEngine"
import { Effect, Layer, Option, Schema } from "effect"
import { Events, Flag } from "effect-posthog-4"
import * as FlagActivity from "effect-posthog-4/FlagActivity"

const flags = Flag.registry({
  newInvoice: Flag.boolean("new-invoice").pipe(Flag.withDefault(false)),
  layout: Flag.variants("layout", ["classic", "modern"]).pipe(
    Flag.withPayload(Schema.Struct({ columns: Schema.Number }))
  )
})

const Invoice = Workflow.make("Invoice", {
  payload: { customer: Schema.String },
  success: Schema.Tuple([Schema.Boolean, Schema.NullOr(Schema.String), Schema.NullOr(Schema.Number)]),
  idempotencyKey: ({ customer }) => customer
})

const invoices = Invoice.toLayer(({ customer }) =>
  Effect.gen(function*() {
    const snapshot = yield* FlagActivity.make({ name: "Flags", flags, request: { distinctId: customer } })
    const columns = yield* snapshot.payload(flags.layout)
    return [
      yield* snapshot.flags.newInvoice,
      Option.getOrNull(Option.map(yield* snapshot.flags.layout, String)),
      Option.getOrNull(Option.map(columns, (payload) => payload.columns))
    ] as const
  }).pipe(Effect.orDie)
)

const layer = invoices.pipe(
  Layer.provideMerge(WorkflowEngine.layerMemory),
  Layer.provideMerge(
    PostHogTest.layer({ flags: { "new-invoice": true, layout: { value: "modern", payload: { columns: 2 } } } })
  )
)

describe("FlagActivity", () => {
  it.live("evaluates once, reports each exposure once, and yields the stored values", () =>
    Effect.gen(function*() {
      const posthog = yield* PostHogTest.PostHogTest
      deepStrictEqual(yield* Invoice.execute({ customer: "acme" }), [true, "modern", 2])
      yield* posthog.setFlags({ "new-invoice": false })
      // The same execution again: nothing is evaluated.
      deepStrictEqual(yield* Invoice.execute({ customer: "acme" }), [true, "modern", 2])
      yield* Events.flush
      const exposures = (yield* posthog.events).filter(({ event }) => event === "$feature_flag_called")
      deepStrictEqual(exposures.map(({ properties }) => properties["$feature_flag"]), ["new-invoice", "layout"])
    }).pipe(Effect.provide(layer)))

  it.effect("stores what JSON carries", () =>
    Effect.sync(() => {
      const stored = {
        distinctId: "acme",
        values: { "new-invoice": true },
        payloads: { "new-invoice": { a: [1] } },
        errors: ["timeout"]
      }
      const encoded = JSON.parse(JSON.stringify(Schema.encodeSync(FlagActivity.StoredFlags)(stored)))
      deepStrictEqual(Schema.decodeUnknownSync(FlagActivity.StoredFlags)(encoded), stored)
      strictEqual(Schema.is(FlagActivity.StoredFlags)({}), false)
    }))
})
