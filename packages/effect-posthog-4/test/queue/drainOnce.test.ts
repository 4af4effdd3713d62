// Generated from packages/effect-posthog/test/queue/drainOnce.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { interruptFiber } from "../support/standIns.ts"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Deferred, Effect, Exit, Fiber } from "effect"
import type { Batch } from "../../src/internal/queue/batch.ts"
import { Counters } from "../../src/internal/queue/counters.ts"
import { QueuedEvent } from "../../src/internal/queue/queuedEvent.ts"
import { RouteQueue } from "../../src/internal/queue/routeQueue.ts"
import { makeDrainOnce } from "../../src/internal/queue/worker.ts"
import { Subscribers } from "../../src/internal/subscribers.ts"
import { settled } from "../support/queue.ts"

const make = (names: ReadonlyArray<string>, maxBatchSize = 2) => {
  const counters = new Counters()
  const queue = new RouteQueue({
    route: "analytics",
    capacity: 100,
    flushAt: 100,
    flushIntervalMillis: 5000,
    maxBatchSize,
    whenFull: "dropNewest",
    counters,
    subscribers: new Subscribers({ capacity: 16 })
  })
  for (const event of names) {
    queue.accept(
      new QueuedEvent({ event, distinctId: "ada", properties: {}, timestamp: "", uuid: `id-${event}` }, 100),
      0
    )
  }
  return { counters, queue }
}

const namesOf = (events: ReadonlyArray<QueuedEvent>) => events.map(({ name }) => name)

const delivers = (queue: RouteQueue, seen: Array<ReadonlyArray<string>>) => ({ events }: Batch) =>
  Effect.sync(() => {
    seen.push(namesOf(events))
    for (const event of events) queue.end(event)
    queue.settle()
  })

describe("drainOnce", () => {
  it.effect("delivers one batch, whichever fiber runs it, and nothing when nothing is queued", () =>
    Effect.gen(function*() {
      const { counters, queue } = make(["a", "b", "c"])
      const seen: Array<ReadonlyArray<string>> = []
      const drainOnce = makeDrainOnce(queue, delivers(queue, seen), Effect.void)
      yield* drainOnce()
      assert.deepStrictEqual(seen, [["a", "b"]])
      yield* Fiber.join(yield* Effect.forkChild(drainOnce(), { uninterruptible: "inherit" }))
      yield* drainOnce()
      assert.deepStrictEqual(seen, [["a", "b"], ["c"]])
      assert.deepInclude(counters.counts, { delivered: 3, queued: 0 })
    }))

  it.effect("lets two steps at a time take different batches, and a flush waits for both", () =>
    Effect.gen(function*() {
      const { queue } = make(["a", "b", "c", "d"])
      const gates = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const seen: Array<ReadonlyArray<string>> = []
      const drainOnce = makeDrainOnce(queue, (batch) => {
        const gate = gates[seen.length]
        seen.push(namesOf(batch.events))
        return Effect.andThen(gate === undefined ? Effect.void : Deferred.await(gate), delivers(queue, [])(batch))
      }, Effect.void)
      const first = yield* Effect.forkChild(drainOnce(), { uninterruptible: "inherit" })
      yield* settled
      const second = yield* Effect.forkChild(drainOnce(), { uninterruptible: "inherit" })
      yield* settled
      assert.deepStrictEqual(seen, [["a", "b"], ["c", "d"]])
      const flushed = queue.flush()
      assert.isDefined(flushed)
      yield* Deferred.succeed(gates[1]!, undefined)
      yield* Fiber.join(second)
      assert.isFalse(yield* Deferred.isDone(flushed))
      yield* Deferred.succeed(gates[0]!, undefined)
      yield* Fiber.join(first)
      yield* settled
      assert.isTrue(yield* Deferred.isDone(flushed))
    }))

  it.effect("leaves what has not ended at the front of the queue when it is interrupted", () =>
    Effect.gen(function*() {
      const { counters, queue } = make(["a", "b", "c"])
      const seen: Array<ReadonlyArray<string>> = []
      const hangs = makeDrainOnce(
        queue,
        ({ events: [first] }) => {
          if (first !== undefined) queue.end(first)
          return Effect.never
        },
        Effect.void
      )
      const step = yield* Effect.forkChild(hangs(), { uninterruptible: "inherit" })
      yield* settled
      assert.isTrue(Exit.hasInterrupts(yield* interruptFiber(step)))
      assert.deepInclude(counters.counts, { delivered: 1, queued: 2 })
      yield* makeDrainOnce(queue, delivers(queue, seen), Effect.void)()
      assert.deepStrictEqual(seen, [["b", "c"]])
      assert.deepInclude(counters.counts, { delivered: 3, queued: 0 })
    }))

  it.effect("ends the events of a step that breaks, and goes on", () =>
    Effect.gen(function*() {
      const { counters, queue } = make(["a", "b", "c"])
      yield* makeDrainOnce(queue, () => Effect.die("broken"), Effect.void)()
      assert.deepInclude(counters.counts, { dropped: 2, queued: 1 })
      yield* makeDrainOnce(queue, delivers(queue, []), Effect.void)()
      assert.deepInclude(counters.counts, { delivered: 1, dropped: 2, queued: 0 })
    }))
})
