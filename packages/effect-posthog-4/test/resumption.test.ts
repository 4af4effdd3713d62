// Generated from packages/effect-posthog/test/resumption.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "./support/effectVitest.ts"
import { Deferred, Duration, Effect, Exit, Fiber, Metric, Scheduler } from "effect"
import * as TestClock from "./support/testClock.ts"
import { EventQueue, PostHogMetrics } from "effect-posthog-4"
import { boundedStore } from "../src/internal/dedup/boundedStore.ts"
import { offerNames, queueLayer, ScriptedTransport, settled } from "./support/queue.ts"
import { makeTimeLimit } from "./support/timeLimit.ts"

/** Runs what is resumed at once, on the stack of whoever resumes it, as Effect 4 does for fibers that wait. */
const resumedAtOnce = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => self

const flush = Effect.flatMap(EventQueue, (queue) => queue.flush)

describe("fibers that are resumed on the stack of whoever resumes them", () => {
  it.effect("the scheduler of these tests does that", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const waiting = yield* Deferred.make<void>()
      yield* Effect.forkChild(Effect.andThen(Deferred.await(waiting), Effect.sync(() => log.push("resumed"))), { uninterruptible: "inherit" })
      yield* Effect.yieldNow
      Deferred.doneUnsafe(waiting, Exit.void)
      log.push("returned")
      assert.deepStrictEqual(log, ["resumed", "returned"])
    }).pipe(resumedAtOnce))

  it.effect("a flush that follows a flush waits for its own event", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const first = yield* Deferred.make<void>()
      transport.next(Deferred.await(first))
      yield* offerNames("a")
      const outcome: Array<ReadonlyArray<string>> = []
      const waiting = yield* Effect.forkChild(Effect.gen(function*() {
        yield* flush
        yield* offerNames("b")
        yield* flush
        outcome.push(...transport.names)
      }), { uninterruptible: "inherit" })
      yield* settled
      yield* Deferred.succeed(first, undefined)
      yield* Fiber.join(waiting)
      assert.deepStrictEqual(outcome, [["a"], ["b"]])
      const { counts } = yield* EventQueue
      assert.strictEqual((yield* counts).delivered, 2)
    }).pipe(Effect.provide(queueLayer(transport)), resumedAtOnce)
  })

  it.effect("a flush wakes a worker that sleeps, again and again", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      for (const name of ["a", "b", "c"]) {
        yield* offerNames(name)
        yield* settled
        yield* flush
      }
      assert.deepStrictEqual(transport.names, [["a"], ["b"], ["c"]])
    }).pipe(Effect.provide(queueLayer(transport)), resumedAtOnce)
  })

  it.live("fibers that wait for room, and offer again when they have it, are all served", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const twice = Effect.andThen(offerNames("first"), offerNames("second"))
      yield* Effect.all(Array.from({ length: 200 }, () => twice), { concurrency: "unbounded" })
      yield* flush
      const { counts } = yield* EventQueue
      const { accepted, delivered, queued } = yield* counts
      assert.deepStrictEqual({ accepted, delivered, queued }, { accepted: 400, delivered: 400, queued: 0 })
    }).pipe(
      Effect.provide(queueLayer(transport, { queueSize: 10, flushAt: 10, whenFull: "backpressure" })),
      resumedAtOnce
    )
  })

  it.effect("a time limit interrupts what is late, and starts again for what its end begins", () =>
    Effect.gen(function*() {
      const limit = makeTimeLimit(Duration.seconds(1), "process")
      const late = limit(Effect.as(Effect.never, "never"), () => Exit.succeed("late"))
      const both = yield* Effect.forkChild(Effect.all([Effect.zip(late, late), late], { concurrency: "unbounded" }), { uninterruptible: "inherit" })
      yield* TestClock.adjust("1 seconds")
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(yield* Fiber.join(both), [["late", "late"], "late"])
    }).pipe(resumedAtOnce))

  it.effect("a store that is late is one failure, though it fails when it is interrupted", () =>
    Effect.gen(function*() {
      const counted = (reason: string) =>
        Effect.map(
          Metric.value(Metric.withAttributes(PostHogMetrics.dedupStoreFailures, { ["reason"]: reason })),
          ({ count }) => count
        )
      const before = [yield* counted("timeout"), yield* counted("defect")]
      const store = boundedStore({ claim: () => Effect.never, release: () => Effect.void, clear: Effect.void })
      const claim = yield* Effect.forkChild(store.claim("key"), { uninterruptible: "inherit" })
      yield* TestClock.adjust("50 millis")
      assert.isTrue(yield* Fiber.join(claim))
      yield* settled
      const after = [yield* counted("timeout"), yield* counted("defect")]
      assert.deepStrictEqual(after.map((count, index) => count - before[index]!), [1, 0])
    }).pipe(resumedAtOnce))
})
