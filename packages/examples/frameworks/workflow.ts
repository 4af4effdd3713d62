import { PostHogTest } from "@effect-posthog/testkit"
import * as Workflow from "@effect/workflow/Workflow"
import * as WorkflowEngine from "@effect/workflow/WorkflowEngine"
import { Effect, Layer, Schema } from "effect"
import { Flag } from "effect-posthog"
import * as FlagActivity from "effect-posthog/FlagActivity"
import { strict as assert } from "node:assert"

// #region workflow
const flags = Flag.registry({
  newInvoice: Flag.boolean("new-invoice").pipe(Flag.withDefault(false))
})

const SendInvoice = Workflow.make({
  name: "SendInvoice",
  payload: { customer: Schema.String },
  success: Schema.Literal("new", "classic"),
  idempotencyKey: ({ customer }) => customer
})

const SendInvoiceLive = SendInvoice.toLayer(({ customer }) =>
  Effect.gen(function*() {
    const snapshot = yield* FlagActivity.make({ name: "Flags", flags, request: { distinctId: customer } })
    return (yield* snapshot.flags.newInvoice) ? "new" : "classic"
  })
)
// #endregion

const program = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  assert.equal(yield* SendInvoice.execute({ customer: "acme" }), "new")
  yield* posthog.setFlag("new-invoice", false)
  assert.equal(yield* SendInvoice.execute({ customer: "acme" }), "new")
  assert.equal((yield* posthog.exposures).length, 1)
})

await Effect.runPromise(
  Effect.provide(
    program,
    SendInvoiceLive.pipe(
      Layer.provideMerge(WorkflowEngine.layerMemory),
      Layer.provideMerge(PostHogTest.layer({ flags: { "new-invoice": true } }))
    )
  )
)
