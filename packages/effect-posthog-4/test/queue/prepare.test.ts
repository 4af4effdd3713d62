// Generated from packages/effect-posthog/test/queue/prepare.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Exit, Layer, Scope } from "effect"
import { EventQueue } from "effect-posthog-4"
import { queueLayer, ScriptedTransport } from "../support/queue.ts"

describe("prepare", () => {
  const transport = new ScriptedTransport()
  const layer = queueLayer(transport, {
    beforeSend: (event) =>
      event.event === "rejected"
        ? null
        : event.event === "slow"
        ? Effect.succeed({ ...event, properties: { ...event.properties, hooked: true } })
        : event
  }, { properties: { plan: "pro" } })

  it.effect("does all that offering does, and queues nothing", () =>
    Effect.gen(function*() {
      const queue = yield* EventQueue
      const draft = { event: "slow", distinctId: "ada", properties: { amount: 1 }, route: "ai" } as const
      const prepared = yield* queue.prepare(draft)
      assert.deepInclude(prepared, { _tag: "Prepared", route: "ai" })
      if (prepared._tag !== "Prepared") return
      assert.deepInclude(prepared.event, { event: "slow", distinctId: "ada", timestamp: "1970-01-01T00:00:00.000Z" })
      assert.deepInclude(prepared.event.properties, { amount: 1, plan: "pro", hooked: true, $lib: "effect-posthog" })
      assert.deepStrictEqual(yield* queue.prepare({ event: "rejected", distinctId: "ada" }), {
        _tag: "Rejected",
        reason: "Hook"
      })
      const counts = yield* queue.counts
      assert.deepInclude(counts, { accepted: 0, queued: 0 })
      assert.strictEqual(counts.rejected.Hook, 1)
      yield* queue.flush
      assert.deepStrictEqual(transport.batches, [])
    }).pipe(Effect.provide(layer)))

  it.effect("rejects when the queue is closed or disabled", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const queue = yield* Effect.map(Layer.buildWithScope(layer, scope), (context) =>
        EventQueue.pipe(Effect.provide(context))).pipe(Effect.flatten)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* queue.prepare({ event: "e" }), { _tag: "Rejected", reason: "Closed" })
      const disabled = yield* Effect.provide(EventQueue, EventQueue.layerNoop)
      assert.deepStrictEqual(yield* disabled.prepare({ event: "e" }), { _tag: "Rejected", reason: "Disabled" })
    }))
})
