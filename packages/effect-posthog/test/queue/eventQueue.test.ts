import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Logger, Option, Random, Scope, Stream, TestClock } from "effect"
import type { Delivery, OfferResult, RejectReason } from "effect-posthog"
import { EventQueue } from "effect-posthog"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import {
  countSleeps,
  gate,
  offerNames,
  queueLayer,
  recordDeliveries,
  ScriptedTransport,
  settled
} from "../support/queue.ts"

const retry = { _tag: "Retry", details: "timeout" } as const

const reasonsOf = (offers: ReadonlyArray<OfferResult>) =>
  offers.map((offered) => (offered._tag === "Accepted" ? "Accepted" : offered.reason))

const endsOf = (deliveries: ReadonlyArray<Delivery>) =>
  deliveries.map((delivery) =>
    delivery._tag === "Missed"
      ? `missed ${delivery.count}`
      : delivery._tag === "Delivered"
      ? `${delivery.event} delivered`
      : delivery._tag === "Duplicate"
      ? `${delivery.event} duplicate`
      : `${delivery.event} ${delivery.reason}`
  )

const collectLogs = (lines: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => {
      lines.push(String(message))
    })
  )

const counts = Effect.flatMap(EventQueue, (queue) => queue.counts)
const flush = Effect.flatMap(EventQueue, (queue) => queue.flush)

const balance = Effect.map(counts, ({ accepted, delivered, dropped, droppedBy, duplicates, queued }) => {
  assert.strictEqual(accepted, delivered + duplicates + dropped + queued)
  assert.strictEqual(dropped, Object.values(droppedBy).reduce((sum, count) => sum + count, 0))
})

describe("EventQueue", () => {
  describe("when it sends", () => {
    it.effect("sends nothing before there is a reason to", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        yield* offerNames("a", "b")
        yield* TestClock.adjust("4999 millis")
        assert.deepStrictEqual(transport.names, [])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(transport.names, [["a", "b"]])
      }).pipe(Effect.provide(queueLayer(transport)))
    })

    it.effect("sends when flushAt events are queued, without an explicit flush", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        yield* offerNames("a", "b", "c")
        yield* settled
        assert.deepStrictEqual(transport.names, [["a", "b", "c"]])
      }).pipe(Effect.provide(queueLayer(transport, { flushAt: 3 })))
    })

    it.effect("sends what half fills it, however few events that are", () => {
      const transport = new ScriptedTransport()
      const text = "x".repeat(700 * 1024)
      return Effect.gen(function*() {
        const queue = yield* EventQueue
        for (let index = 0; index < 46; index++) {
          yield* queue.offer({ event: "large", distinctId: "ada", properties: { text } })
        }
        yield* settled
        assert.deepStrictEqual(transport.names, [])
        yield* queue.offer({ event: "large", distinctId: "ada", properties: { text } })
        // Large requests go out in turns of their own.
        yield* Effect.repeat(yieldToEventLoop, { until: () => transport.names.length === 7 })
        assert.deepStrictEqual(transport.names.map((names) => names.length), [7, 7, 7, 7, 7, 7, 5])
      }).pipe(Effect.provide(queueLayer(transport, { flushAt: 1000 })))
    })

    it.effect("leaves room in a request for what v1 adds to each of many small events", () => {
      const transport = new ScriptedTransport()
      const events = 40_000
      return Effect.gen(function*() {
        yield* offerNames(...Array.from({ length: events }, () => "small"))
        yield* flush
        const sizes = transport.batches.map(({ events }) =>
          events.reduce((sum, event) => sum + JSON.stringify(event).length + 15, 0)
        )
        assert.isAbove(sizes.length, 1)
        for (const size of sizes) assert.isBelow(size, 5 * 1024 * 1024)
      }).pipe(Effect.provide(queueLayer(transport, { flushAt: 100_000, maxBatchSize: 100_000, queueSize: events })))
    })

    it.effect("wakes from the interval when flushAt is reached", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        yield* offerNames("a")
        yield* settled
        yield* offerNames("b")
        yield* settled
        assert.deepStrictEqual(transport.names, [["a", "b"]])
      }).pipe(Effect.provide(queueLayer(transport, { flushAt: 2 })))
    })

    it.effect("sends all that reached flushAt, in batches of maxBatchSize, oldest first", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        yield* offerNames("a", "b", "c", "d", "e")
        yield* settled
        assert.deepStrictEqual(transport.names, [["a", "b"], ["c", "d"], ["e"]])
      }).pipe(Effect.provide(queueLayer(transport, { flushAt: 5, maxBatchSize: 2 })))
    })

    it.effect("measures the interval from the oldest event", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        yield* offerNames("a")
        yield* TestClock.adjust("3 seconds")
        yield* offerNames("b")
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(transport.names, [["a", "b"]])
        yield* offerNames("c")
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(transport.names.length, 1)
        yield* TestClock.adjust("1 seconds")
        assert.deepStrictEqual(transport.names[1], ["c"])
      }).pipe(Effect.provide(queueLayer(transport)))
    })

    it.effect("keeps a timer only while something is queued", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { clock, sleeping } = yield* countSleeps
        yield* Effect.gen(function*() {
          assert.strictEqual(yield* sleeping, 0)
          yield* offerNames("a")
          yield* settled
          assert.strictEqual(yield* sleeping, 1)
          yield* flush
          yield* settled
          assert.strictEqual(yield* sleeping, 0)
        }).pipe(Effect.provide(queueLayer(transport)), Effect.withClock(clock))
        assert.strictEqual(yield* sleeping, 0)
      })
    })

    it.effect("splits a batch before its JSON exceeds five mebibytes", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const queue = yield* EventQueue
        for (let index = 0; index < 8; index++) {
          yield* queue.offer({ event: `e${index}`, distinctId: "ada", properties: { text: "x".repeat(800 * 1024) } })
        }
        yield* queue.flush
        assert.deepStrictEqual(transport.batches.map((batch) => batch.events.length), [6, 2])
        for (const batch of transport.batches) {
          assert.isBelow(JSON.stringify(batch.events).length, 5 * 1024 * 1024)
        }
      }).pipe(Effect.provide(queueLayer(transport)))
    })
  })

  describe("flush", () => {
    it.effect("makes no request when nothing is queued", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        yield* flush
        assert.deepStrictEqual(transport.names, [])
      }).pipe(Effect.provide(queueLayer(transport)))
    })

    it.effect("sends an event once when flushAt has just sent it", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        yield* offerNames("a")
        yield* Effect.all([flush, flush], { concurrency: "unbounded" })
        yield* flush
        assert.deepStrictEqual(transport.names, [["a"]])
      }).pipe(Effect.provide(queueLayer(transport, { flushAt: 1 })))
    })

    it.effect("waits for what was accepted before it, and for nothing else", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const first = yield* gate()
        const second = yield* gate()
        transport.next(first.answer, second.answer)
        yield* offerNames("a")
        const flushed = yield* Effect.fork(flush)
        yield* settled
        yield* offerNames("b")
        assert.isTrue(Option.isNone(yield* Fiber.poll(flushed)))
        yield* first.open
        yield* Fiber.join(flushed)
        assert.deepStrictEqual(transport.names, [["a"]])
        const later = yield* Effect.fork(flush)
        yield* settled
        yield* second.open
        yield* Fiber.join(later)
        assert.deepStrictEqual(transport.names, [["a"], ["b"]])
      }).pipe(Effect.provide(queueLayer(transport)))
    })

    it.effect("goes on when the flushing fiber is interrupted", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const held = yield* gate()
        transport.next(held.answer)
        yield* offerNames("a")
        const flushed = yield* Effect.fork(flush)
        yield* settled
        yield* Fiber.interrupt(flushed)
        yield* held.open
        yield* flush
        assert.strictEqual((yield* counts).delivered, 1)
        assert.strictEqual(transport.names.length, 1)
      }).pipe(Effect.provide(queueLayer(transport)))
    })

    it.effect("resolves when the events were dropped, too", () => {
      const transport = new ScriptedTransport()
      transport.next({ _tag: "Rejected", details: "api_error_401" })
      return Effect.gen(function*() {
        yield* offerNames("a", "b")
        yield* flush
        assert.strictEqual((yield* counts).droppedBy.Rejected, 2)
        yield* balance
      }).pipe(Effect.provide(queueLayer(transport)))
    })
  })

  describe("when it is full", () => {
    it.effect("gives up its oldest events under dropOldest, and says so", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { seen } = yield* recordDeliveries
        const offers = yield* offerNames("a", "b", "c", "d", "e")
        assert.deepStrictEqual(reasonsOf(offers), Array.from({ length: 5 }, () => "Accepted"))
        assert.strictEqual((yield* counts).queued, 3)
        yield* flush
        yield* settled
        assert.deepStrictEqual(transport.names, [["c", "d", "e"]])
        assert.deepStrictEqual(endsOf(seen), [
          "a Overflow",
          "b Overflow",
          "c delivered",
          "d delivered",
          "e delivered"
        ])
        yield* balance
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 3, whenFull: "dropOldest" })), Effect.scoped)
    })

    it.effect("never gives up what is on its way", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const held = yield* gate()
        transport.next(held.answer)
        yield* offerNames("a", "b")
        yield* settled
        yield* offerNames("c", "d", "e")
        yield* held.open
        yield* flush
        assert.deepStrictEqual(transport.names, [["a", "b"], ["d", "e"]])
        assert.strictEqual((yield* counts).droppedBy.Overflow, 1)
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 2, flushAt: 2, whenFull: "dropOldest" })))
    })

    it.effect("refuses new events under dropNewest", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        assert.deepStrictEqual(reasonsOf(yield* offerNames("a", "b", "c")), ["Accepted", "Accepted", "Overflow"])
        assert.strictEqual((yield* counts).rejected.Overflow, 1)
        yield* flush
        assert.deepStrictEqual(transport.names, [["a", "b"]])
        assert.deepStrictEqual(reasonsOf(yield* offerNames("d")), ["Accepted"])
        yield* balance
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 2, whenFull: "dropNewest" })))
    })

    it.effect("makes the capturing fiber wait under backpressure, in order of arrival", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const held = yield* gate()
        transport.next(held.answer)
        yield* offerNames("a", "b")
        const third = yield* Effect.fork(offerNames("c"))
        const fourth = yield* Effect.fork(offerNames("d"))
        yield* settled
        assert.isTrue(Option.isNone(yield* Fiber.poll(third)))
        assert.strictEqual((yield* counts).accepted, 2)
        yield* held.open
        assert.deepStrictEqual(reasonsOf(yield* Fiber.join(third)), ["Accepted"])
        yield* Fiber.join(fourth)
        yield* flush
        assert.deepStrictEqual(transport.names, [["a", "b"], ["c", "d"]])
        yield* balance
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 2, whenFull: "backpressure" })))
    })

    it.effect("does not queue the event of a waiting fiber that is interrupted", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const held = yield* gate()
        transport.next(held.answer)
        yield* offerNames("a")
        const waiting = yield* Effect.fork(offerNames("b"))
        yield* settled
        yield* Fiber.interrupt(waiting)
        yield* held.open
        yield* flush
        yield* settled
        assert.deepStrictEqual(transport.names, [["a"]])
        assert.strictEqual((yield* counts).accepted, 1)
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 1, whenFull: "backpressure" })))
    })

    it.effect("lets nobody overtake those who wait, not even before they took their room", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const held = yield* gate()
        transport.next(held.answer)
        yield* offerNames("a")
        const waiting = yield* Effect.fork(offerNames("b"))
        yield* settled
        const flushing = yield* Effect.fork(Effect.zipRight(flush, offerNames("c")))
        yield* settled
        yield* held.open
        yield* Fiber.join(waiting)
        yield* Fiber.join(flushing)
        yield* flush
        assert.deepStrictEqual(transport.names, [["a"], ["b"], ["c"]])
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 1, whenFull: "backpressure" })))
    })

    it.effect("lets those who wait go on behind the next request, also when its client writes a turn later", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const seen: Array<string> = []
        transport.always(({ events }) =>
          Effect.async((resume) => {
            setImmediate(() => {
              seen.push(`${events[0]?.event} written`)
              resume(Effect.void)
            })
          })
        )
        yield* offerNames("a", "b")
        yield* offerNames("c")
        seen.push("c accepted")
        yield* flush
        assert.deepStrictEqual(seen, ["a written", "b written", "c accepted", "c written"])
      }).pipe(
        Effect.provide(queueLayer(transport, { queueSize: 2, maxBatchSize: 1, whenFull: "backpressure" }))
      )
    })

    it.effect("tryOffer refuses rather than waits", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const queue = yield* EventQueue
        yield* offerNames("a")
        assert.deepStrictEqual(yield* queue.tryOffer({ event: "b", distinctId: "ada" }), {
          _tag: "Rejected",
          reason: "Overflow"
        })
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 1, flushAt: 9, whenFull: "backpressure" })))
    })

    it.effect("lets everybody in in the end when it is full of few large events", () => {
      const transport = new ScriptedTransport()
      const text = "x".repeat(7 * 1024 * 1024)
      return Effect.gen(function*() {
        const queue = yield* EventQueue
        const offers = yield* Effect.forEach(
          Array.from({ length: 30 }),
          () => queue.offer({ event: "large", distinctId: "ada", properties: { text }, route: "ai" }),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(new Set(reasonsOf(offers)), new Set(["Accepted"]))
        yield* flush
        assert.strictEqual((yield* counts).delivered, 30)
      }).pipe(Effect.provide(queueLayer(transport, { whenFull: "backpressure" })))
    })

    it.effect("holds no more than sixty-four mebibytes", () => {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.never)
      return Effect.gen(function*() {
        const queue = yield* EventQueue
        const text = "x".repeat(700 * 1024)
        for (let index = 0; index < 120; index++) {
          yield* queue.tryOffer({ event: "large", distinctId: "ada", properties: { text } })
        }
        const { accepted, rejected } = yield* queue.counts
        assert.isBelow(accepted * text.length, 64 * 1024 * 1024)
        assert.strictEqual(accepted + rejected.Overflow, 120)
      }).pipe(Effect.provide(queueLayer(transport, { whenFull: "dropNewest", flushAt: 200, shutdownTimeout: 0 })))
    })

    it.effect("says that it loses events while a request is on its way", () => {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.never)
      const messages: Array<string> = []
      const logger = Logger.make(({ message }) => void messages.push(String(message)))
      return Effect.gen(function*() {
        yield* offerNames("a")
        yield* settled
        yield* offerNames("b", "c", "d")
        yield* TestClock.adjust("1 seconds")
        // The log is that of the queue, not of whoever meets it full.
        yield* Effect.provide(offerNames("e"), Logger.remove(logger))
        yield* settled
        assert.deepStrictEqual(messages, ["Events were lost: 3 refused (Overflow)"])
      }).pipe(
        Effect.provide(queueLayer(transport, { queueSize: 2, flushAt: 1, whenFull: "dropNewest", shutdownTimeout: 0 })),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
    })
  })

  describe("retries", () => {
    it.effect("backs off exponentially with jitter upward only, then gives up: four attempts", () => {
      const transport = new ScriptedTransport()
      transport.always(() => Effect.succeed(retry))
      return Effect.gen(function*() {
        const { seen } = yield* recordDeliveries
        yield* offerNames("a", "b")
        const flushed = yield* Effect.fork(flush)
        yield* settled
        let attempts = 1
        for (const millis of [1125, 2250, 4500]) {
          yield* TestClock.adjust(millis - 1)
          assert.strictEqual(transport.batches.length, attempts)
          yield* TestClock.adjust(1)
          assert.strictEqual(transport.batches.length, ++attempts)
        }
        yield* Fiber.join(flushed)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(transport.batches.length, 4)
        assert.deepStrictEqual(transport.batches.map((batch) => batch.attempt), [1, 2, 3, 4])
        assert.strictEqual(new Set(transport.batches.map((batch) => batch.requestId)).size, 1)
        assert.strictEqual(new Set(transport.batches.map((batch) => batch.createdAt)).size, 1)
        for (const batch of transport.batches) assert.deepStrictEqual(batch.events, transport.batches[0]!.events)
        assert.deepStrictEqual(endsOf(seen), ["a RetriesExhausted", "b RetriesExhausted"])
        assert.deepInclude(seen[0], { details: "timeout" })
        yield* balance
      }).pipe(Effect.provide(queueLayer(transport)), Effect.scoped, Effect.withRandom(Random.fixed([0.5])))
    })

    it.effect("waits as long as the server asks, at most thirty seconds", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        for (const [wished, waited] of [[3_000, 3_000], [86_400_000, 30_000]] as const) {
          transport.batches.length = 0
          transport.next({ ...retry, retryAfter: Duration.millis(wished) })
          yield* offerNames("a")
          const flushed = yield* Effect.fork(flush)
          yield* settled
          yield* TestClock.adjust(waited - 1)
          assert.strictEqual(transport.batches.length, 1)
          yield* TestClock.adjust(1)
          yield* Fiber.join(flushed)
          assert.strictEqual(transport.batches.length, 2)
        }
      }).pipe(Effect.provide(queueLayer(transport)))
    })

    it.effect("sends again only what the server asks for, within one budget", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { seen } = yield* recordDeliveries
        const ids = (yield* offerNames("a", "b", "c", "d")).map((offered) =>
          offered._tag === "Accepted" ? offered.id : ""
        )
        transport.next(
          { _tag: "Delivered", dropped: [{ id: ids[1]!, details: "invalid_event" }], retry: [ids[2]!, ids[3]!] },
          retry,
          { _tag: "Delivered", retry: [ids[3]!.toUpperCase()] },
          { _tag: "Delivered", retry: [ids[3]!] }
        )
        const flushed = yield* Effect.fork(flush)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(flushed)
        assert.deepStrictEqual(transport.names, [["a", "b", "c", "d"], ["c", "d"], ["c", "d"], ["d"]])
        assert.strictEqual(new Set(transport.batches.map((batch) => batch.requestId)).size, 1)
        assert.deepStrictEqual(endsOf(seen), ["a delivered", "b Rejected", "c delivered", "d RetriesExhausted"])
        assert.deepInclude(seen[1], { details: "invalid_event" })
        yield* balance
      }).pipe(Effect.provide(queueLayer(transport)), Effect.scoped)
    })

    it.effect("ends duplicates as such: counted, not sent again, and no loss", () => {
      const lines: Array<string> = []
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { seen } = yield* recordDeliveries
        const ids = (yield* offerNames("a", "b", "c")).map((offered) => offered._tag === "Accepted" ? offered.id : "")
        transport.next(
          { _tag: "Delivered", duplicates: [ids[0]!.toUpperCase()], retry: [ids[1]!] },
          { _tag: "Delivered", duplicates: [ids[1]!] }
        )
        const flushed = yield* Effect.fork(flush)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(flushed)
        assert.deepStrictEqual(transport.names, [["a", "b", "c"], ["b"]])
        assert.deepStrictEqual(endsOf(seen), ["a duplicate", "c delivered", "b duplicate"])
        assert.deepInclude(yield* counts, { accepted: 3, delivered: 1, duplicates: 2, dropped: 0, queued: 0 })
        yield* balance
        assert.deepStrictEqual(lines, [])
      }).pipe(Effect.provide(queueLayer(transport)), Effect.provide(collectLogs(lines)), Effect.scoped)
    })

    it.effect("halves a request that is too large until single events are, and keeps the order", () => {
      const lines: Array<string> = []
      const transport = new ScriptedTransport()
      transport.always((batch) =>
        Effect.succeed(
          batch.events.length > 2 || batch.events.some((event) => event.event === "huge")
            ? { _tag: "TooLarge", details: "api_error_413" }
            : undefined
        )
      )
      return Effect.gen(function*() {
        const { seen } = yield* recordDeliveries
        yield* offerNames("a", "b", "huge", "c", "d")
        yield* flush
        assert.deepStrictEqual(
          transport.names.map((names) => names.join(" ")),
          ["a b huge c d", "a b huge", "a b", "huge", "c d"]
        )
        yield* settled
        assert.deepStrictEqual(endsOf(seen), [
          "a delivered",
          "b delivered",
          "huge TooLarge",
          "c delivered",
          "d delivered"
        ])
        assert.include(lines.join(), "The event \"huge\" is too large for the server: ")
        assert.match(lines.join(), /: \d+ bytes/)
        yield* balance
      }).pipe(
        Effect.provide(queueLayer(transport)),
        Effect.scoped,
        Effect.provide(collectLogs(lines))
      )
    })

    it.effect("does not keep later events back longer than one batch needs", () => {
      const transport = new ScriptedTransport()
      transport.next(retry)
      return Effect.gen(function*() {
        yield* offerNames("a")
        const flushed = yield* Effect.fork(flush)
        yield* settled
        yield* offerNames("b")
        const later = yield* Effect.fork(flush)
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(flushed)
        yield* Fiber.join(later)
        assert.deepStrictEqual(transport.names, [["a"], ["a"], ["b"]])
      }).pipe(Effect.provide(queueLayer(transport)))
    })

    it.effect("survives a transport that breaks", () => {
      const transport = new ScriptedTransport()
      transport.next(Effect.die("broken"), Effect.interrupt)
      return Effect.gen(function*() {
        yield* offerNames("a")
        const flushed = yield* Effect.fork(flush)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(flushed)
        assert.strictEqual((yield* counts).delivered, 1)
        assert.strictEqual(transport.batches.length, 3)
      }).pipe(Effect.provide(queueLayer(transport)))
    })
  })

  describe("deliveries", () => {
    it.effect("tells a slow subscriber how many ends it missed", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const queue = yield* EventQueue
        const held = yield* gate()
        const seen: Array<Delivery> = []
        const slow = yield* queue.deliveries.pipe(
          Stream.rechunk(1),
          Stream.tap(() => (seen.length === 0 ? held.answer : Effect.void)),
          Stream.takeUntil((delivery) => delivery._tag !== "Missed" && delivery.event === "last"),
          Stream.runForEach((delivery) => Effect.sync(() => seen.push(delivery))),
          Effect.fork
        )
        yield* settled
        yield* offerNames("first")
        yield* flush
        yield* settled
        for (let index = 0; index < 1500; index++) yield* queue.offer({ event: "e", distinctId: "ada" })
        yield* offerNames("last")
        yield* flush
        yield* held.open
        yield* Fiber.join(slow)
        const missed = seen.flatMap((delivery) => (delivery._tag === "Missed" ? [delivery.count] : []))
        assert.strictEqual(missed.length, 1)
        assert.strictEqual(seen.length - 1 + missed[0]!, 1502)
        assert.strictEqual((yield* counts).delivered, 1502)
      }).pipe(Effect.provide(queueLayer(transport, { queueSize: 1000, whenFull: "backpressure" })))
    })

    it.effect("reports to every subscriber from the moment it subscribes", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const early = yield* recordDeliveries
        yield* offerNames("a")
        yield* flush
        const late = yield* recordDeliveries
        yield* offerNames("b")
        yield* flush
        yield* settled
        assert.deepStrictEqual(endsOf(early.seen), ["a delivered", "b delivered"])
        assert.deepStrictEqual(endsOf(late.seen), ["b delivered"])
      }).pipe(Effect.provide(queueLayer(transport)), Effect.scoped)
    })
  })

  describe("closing", () => {
    const build = (transport: ScriptedTransport, events?: Parameters<typeof queueLayer>[1]) =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(queueLayer(transport, events), scope)
        return { context, close: Scope.close(scope, Exit.void) }
      })

    it.effect("drains what is queued and ends the deliveries", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { close, context } = yield* build(transport, { maxBatchSize: 2 })
        yield* Effect.gen(function*() {
          const { ended, seen } = yield* recordDeliveries
          yield* offerNames("a", "b", "c")
          yield* close
          yield* ended
          assert.deepStrictEqual(transport.names, [["a", "b"], ["c"]])
          assert.deepStrictEqual(endsOf(seen), ["a delivered", "b delivered", "c delivered"])
          yield* close
          assert.deepStrictEqual(reasonsOf(yield* offerNames("d")), ["Closed"])
          yield* flush
          assert.strictEqual(transport.names.length, 2)
          yield* balance
        }).pipe(Effect.provide(context), Effect.scoped)
      })
    })

    it.effect("takes what is captured while it drains, and drains that too", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { close, context } = yield* build(transport, { maxBatchSize: 2 })
        yield* Effect.gen(function*() {
          const held = yield* gate()
          transport.next(held.answer)
          yield* offerNames("a")
          const closing = yield* Effect.fork(close)
          yield* settled
          assert.deepStrictEqual(reasonsOf(yield* offerNames("b")), ["Accepted"])
          yield* held.open
          yield* Fiber.join(closing)
          assert.deepStrictEqual(transport.names, [["a"], ["b"]])
          assert.deepStrictEqual(reasonsOf(yield* offerNames("c")), ["Closed"])
          assert.deepInclude(yield* counts, { accepted: 2, delivered: 2, queued: 0 })
        }).pipe(Effect.provide(context))
      })
    })

    it.effect("gives the account of its life when something was lost", () => {
      const lines: Array<string> = []
      const transport = new ScriptedTransport()
      transport.always((batch) =>
        batch.events.length === 1 ? Effect.void : Effect.succeed({ _tag: "Rejected", details: "api_error_401" })
      )
      return Effect.gen(function*() {
        const { close, context } = yield* build(transport, { flushAt: 10_000 })
        yield* Effect.provide(offerNames(...Array.from({ length: 1000 }, (_, index) => `e${index}`)), context)
        yield* Effect.provide(flush, context)
        yield* Effect.provide(offerNames("last"), context)
        yield* close
        assert.strictEqual(
          lines.at(-1),
          "The event queue has closed: 1 of 1001 events were delivered; 1000 dropped (Rejected)"
        )
      }).pipe(Effect.provide(collectLogs(lines)))
    })

    it.effect("is bounded, and reports what it could not send, the batch that was cut off included", () => {
      const transport = new ScriptedTransport()
      transport.next(Effect.never)
      return Effect.gen(function*() {
        const { close, context } = yield* build(transport, { maxBatchSize: 2, shutdownTimeout: "10 seconds" })
        yield* Effect.gen(function*() {
          const { ended, seen } = yield* recordDeliveries
          yield* offerNames("a", "b", "c")
          const closing = yield* Effect.fork(close)
          yield* TestClock.adjust("9 seconds")
          assert.isTrue(Option.isNone(yield* Fiber.poll(closing)))
          yield* TestClock.adjust("1 seconds")
          yield* Fiber.join(closing)
          yield* ended
          assert.deepStrictEqual(endsOf(seen).sort(), ["a ShutdownTimeout", "b ShutdownTimeout", "c ShutdownTimeout"])
          assert.strictEqual((yield* counts).droppedBy.ShutdownTimeout, 3)
          assert.deepStrictEqual(Array.from(yield* TestClock.sleeps()), [])
          yield* balance
        }).pipe(Effect.provide(context), Effect.scoped)
      })
    })

    it.effect("knows, in the middle of retries, which events had ended", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { close, context } = yield* build(transport, { shutdownTimeout: "10 seconds" })
        yield* Effect.gen(function*() {
          const offers = yield* offerNames("a", "b")
          const second = offers[1]!._tag === "Accepted" ? offers[1]!.id : ""
          transport.next({ _tag: "Delivered", retry: [second] }, Effect.never)
          const closing = yield* Effect.fork(close)
          yield* TestClock.adjust("10 seconds")
          yield* Fiber.join(closing)
          assert.deepInclude(yield* counts, { delivered: 1, dropped: 1, queued: 0 })
        }).pipe(Effect.provide(context))
      })
    })

    it.effect("turns waiting fibers away", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const { close, context } = yield* build(transport, { queueSize: 1, whenFull: "backpressure" })
        const held = yield* gate()
        transport.next(held.answer)
        yield* Effect.provide(offerNames("a"), context)
        const waiting = yield* Effect.fork(Effect.provide(offerNames("b"), context))
        yield* settled
        const closing = yield* Effect.fork(close)
        assert.deepStrictEqual(reasonsOf(yield* Fiber.join(waiting)), ["Closed" satisfies RejectReason])
        yield* held.open
        yield* Fiber.join(closing)
        assert.deepInclude(yield* Effect.provide(counts, context), { accepted: 1, delivered: 1 })
      })
    })
  })

  describe("the AI route", () => {
    it.effect("has a queue of its own that failures of the other do not touch", () => {
      const transport = new ScriptedTransport()
      return Effect.gen(function*() {
        const queue = yield* EventQueue
        transport.always((batch) => (batch.route === "analytics" ? Effect.never : Effect.void))
        yield* offerNames("a")
        yield* queue.offer({ event: "$ai_generation", distinctId: "ada", route: "ai" })
        yield* Effect.fork(queue.flush)
        yield* settled
        assert.deepStrictEqual(transport.batches.map((batch) => batch.route).sort(), ["ai", "analytics"])
        assert.deepInclude(yield* queue.counts, { accepted: 2, delivered: 1, queued: 1 })
        transport.always(() => Effect.void)
      }).pipe(Effect.provide(queueLayer(transport, { shutdownTimeout: 0 })))
    })
  })

  it.effect("law 9: every accepted event ends exactly once, and the books always add up", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const { seen } = yield* recordDeliveries
      transport.next({ _tag: "Rejected", details: "api_error_400" }, { _tag: "TooLarge", details: "api_error_413" })
      const accepted = new Set<string>()
      for (let index = 0; index < 300; index++) {
        for (const offered of yield* offerNames(`e${index}`)) {
          if (offered._tag === "Accepted") accepted.add(offered.id)
        }
        if (index % 50 === 0) yield* settled
        yield* balance
      }
      yield* flush
      yield* settled
      const ended = seen.flatMap((delivery) => (delivery._tag === "Missed" ? [] : [delivery.id as string]))
      assert.strictEqual(new Set(ended).size, ended.length)
      assert.deepStrictEqual(new Set(ended), accepted)
      assert.strictEqual((yield* counts).queued, 0)
    }).pipe(Effect.provide(queueLayer(transport, { queueSize: 30, flushAt: 20, maxBatchSize: 7 })), Effect.scoped)
  })

  it.effect("a disabled client queues nothing", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      assert.deepStrictEqual(reasonsOf(yield* offerNames("a")), ["Disabled"])
      assert.deepInclude(yield* counts, { accepted: 0 })
      yield* flush
      assert.deepStrictEqual(transport.names, [])
    }).pipe(Effect.provide(queueLayer(transport, {}, { enabled: false })))
  })
})
