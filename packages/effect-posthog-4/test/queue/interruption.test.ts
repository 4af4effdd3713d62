// Generated from packages/effect-posthog/test/queue/interruption.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { interruptFiber } from "../support/standIns.ts"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Chunk, Context, Effect, Exit, Fiber, Layer, Logger, Scheduler, Scope, Stream, Utils } from "effect"
import * as TestClock from "../support/testClock.ts"
import type { EventBatch, SendOutcome } from "effect-posthog-4"
import { EventQueue } from "effect-posthog-4"
import type { WhenFull } from "effect-posthog-4/PostHogConfig"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import { queueLayer, recordDeliveries, ScriptedTransport, settled } from "../support/queue.ts"
import { tally } from "../support/tally.ts"

/** `npx pnpm check` runs 1,000 seeds, and `npx pnpm faults` 10,000. */
const runs = Number(process.env["INTERRUPTION_RUNS"] ?? 400)

/**
 * Runs a resumed fiber on the stack of the fiber that resumes it, as Effect 4 does; up to some depth, as fibers that yield
 * would otherwise nest without an end.
 */
const makeInlineScheduler = (): Scheduler.Scheduler => {
  let depth = 0
  return {
    shouldYield: () => false,
    scheduleTask: (task) => {
      if (depth === 3) return queueMicrotask(task)
      depth++
      try {
        task()
      } finally {
        depth--
      }
    }
  }
}

/** One run: fibers capture and flush, are interrupted at random points, and the scope closes at one, too. */
const run = (seed: number) =>
  Effect.gen(function*() {
    const bytes = new Uint32Array(1)
    let state = seed
    const integer = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      bytes[0] = state
      return Math.floor(bytes[0]! / 2 ** 32 * below)
    }
    const random = { integer }
    const chance = (percent: number) => integer(100) < percent
    const pause = Effect.suspend(() => Effect.repeat(Effect.yieldNow, { times: integer(12) }))
    const hangs = chance(20)
    const acknowledged: Array<string> = []

    const answer = (batch: EventBatch): Effect.Effect<SendOutcome | void> =>
      Effect.andThen(
        pause,
        Effect.suspend((): Effect.Effect<SendOutcome | void> => {
          if (hangs && chance(30)) return Effect.never
          const ids = batch.events.map((event) => event.uuid)
          switch (random.integer(6)) {
            case 0:
              return Effect.succeed({ _tag: "Retry", details: "timeout" })
            case 1:
              return Effect.succeed({ _tag: "TooLarge", details: "api_error_413" })
            case 2: {
              const retry = ids.filter(() => chance(40))
              const dropped = ids.filter((id) => !retry.includes(id) && chance(30)).map((id) => ({ id }))
              acknowledged.push(...ids.filter((id) => !retry.includes(id)))
              return Effect.succeed({ _tag: "Delivered", retry, dropped })
            }
            case 3:
              return chance(10) ? Effect.die("broken") : Effect.succeed({ _tag: "Rejected", details: "api_error_400" })
            default:
              acknowledged.push(...ids)
              return Effect.void
          }
        })
      )

    const transport = new ScriptedTransport()
    transport.always(answer)
    const policies: ReadonlyArray<WhenFull> = ["dropOldest", "dropNewest", "backpressure"]
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(
      queueLayer(transport, {
        flushAt: 1 + random.integer(6),
        queueSize: 2 + random.integer(12),
        maxBatchSize: 1 + random.integer(5),
        whenFull: policies[random.integer(3)],
        retryBase: 0,
        shutdownTimeout: hangs ? 0 : "1 hour",
        ...(chance(30)
          ? { beforeSend: (event) => Effect.as(pause, chance(20) ? null : event) }
          : {})
      }),
      scope
    )
    const queue = Context.get(context, EventQueue)
    const seen = yield* Effect.forkChild(Stream.runCollect(queue.deliveries), { uninterruptible: "inherit" })
    yield* Effect.yieldNow

    const answered = new Set<string>()
    const capture = (index: number) =>
      Effect.gen(function*() {
        const draft = { event: `e${index}`, distinctId: "ada" }
        const offered = yield* chance(50) ? queue.offer(draft) : queue.tryOffer(draft)
        if (offered._tag === "Accepted") answered.add(offered.id)
        yield* pause
      })
    const capturing = yield* Effect.forEach(
      [0, 1, 2],
      () => Effect.forkChild(Effect.forEach(Array.from({ length: 6 }, (_, index) => index), capture, { discard: true }), { uninterruptible: "inherit" })
    )
    const flushing = yield* Effect.forEach([0, 1], () => Effect.forkChild(Effect.andThen(pause, queue.flush), { uninterruptible: "inherit" }))
    for (const fiber of [...capturing, ...flushing]) {
      yield* pause
      if (chance(60)) yield* interruptFiber(fiber)
    }
    yield* Scope.close(scope, Exit.void)
    yield* Fiber.interruptAll([...capturing, ...flushing])

    const deliveries = Array.from(yield* Fiber.join(seen))
    const counts = yield* queue.counts
    const at = `seed ${seed}`
    const ended = deliveries.flatMap((delivery) => (delivery._tag === "Missed" ? [] : [delivery.id as string]))
    assert.strictEqual(new Set(ended).size, ended.length, at)
    assert.strictEqual(ended.length, counts.accepted, at)
    assert.strictEqual(counts.accepted, counts.delivered + counts.dropped, at)
    for (const id of answered) assert.isTrue(ended.includes(id), at)
    assert.strictEqual(new Set(acknowledged).size, acknowledged.length, at)
    for (const delivery of deliveries) {
      if (delivery._tag === "Delivered") assert.isTrue(acknowledged.includes(delivery.id), at)
    }
    assert.strictEqual(
      (yield* queue.offer({ event: "late", distinctId: "ada" }))._tag,
      "Rejected",
      at
    )
    tally("fibers that capture and flush are interrupted at random points", "both", counts, {
      requests: transport.batches.length,
      repeated: acknowledged.length - new Set(acknowledged).size
    })
    return counts.accepted
  })

describe("interruption", () => {
  it.effect(
    `law 11: at any point loses no accepted event, in ${runs} seeded runs`,
    () =>
      Effect.gen(function*() {
        let events = 0
        for (let seed = 0; seed < runs; seed++) events += yield* run(seed)
        assert.isAbove(events, runs * 5)
      }).pipe(Effect.provide(Logger.layer([]))),
    300_000
  )

  it.effect(
    "law 11 holds where resumed fibers run on the stack of those that resume them",
    () =>
      Effect.gen(function*() {
        let events = 0
        for (let seed = 0; seed < runs / 2; seed++) {
          events += yield* run(seed)
          if (seed % 50 === 0) yield* yieldToEventLoop
        }
        assert.isAbove(events, runs * 2)
      }).pipe(Effect.provide(Logger.layer([]))),
    300_000
  )
})

describe("time", () => {
  it.effect("a server that is gone for a minute costs what it took the retries to give up, and no more", () => {
    const transport = new ScriptedTransport()
    let up = true
    transport.always(() => (up ? Effect.void : Effect.succeed({ _tag: "Retry", details: "connection_error" })))
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      const { seen } = yield* recordDeliveries
      for (let second = 0; second < 120; second++) {
        up = second < 20 || second >= 80
        yield* queue.offer({ event: `e${second}`, distinctId: "ada" })
        yield* TestClock.adjust("1 second")
      }
      yield* Effect.tap(queue.flush, settled)
      const counts = yield* queue.counts
      assert.strictEqual(counts.accepted, 120)
      assert.strictEqual(counts.delivered + counts.droppedBy.RetriesExhausted, 120)
      assert.isAbove(counts.delivered, 60)
      yield* settled
      assert.strictEqual(seen.length, 120)
      tally("a server that is gone for a minute of the clock", "both", counts)
    }).pipe(Effect.provide(queueLayer(transport)), Effect.scoped, Effect.provide(Logger.layer([])))
  })

  it.effect("a clock that jumps back does not keep events longer than the interval", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      yield* TestClock.setTime(1e12)
      yield* queue.offer({ event: "before", distinctId: "ada" })
      yield* TestClock.setTime(5e11)
      yield* queue.offer({ event: "after", distinctId: "ada" })
      yield* TestClock.adjust("5 seconds")
      yield* settled
      yield* TestClock.setTime(2e12)
      yield* settled
      assert.deepStrictEqual(transport.names.flat(), ["before", "after"])
      assert.deepStrictEqual(
        transport.batches.flatMap(({ events }) => events.map(({ timestamp }) => timestamp)),
        [new Date(1e12).toISOString(), new Date(5e11).toISOString()]
      )
      tally("a clock that jumps back and forth", "both", yield* queue.counts)
    }).pipe(Effect.provide(queueLayer(transport)))
  })
})
