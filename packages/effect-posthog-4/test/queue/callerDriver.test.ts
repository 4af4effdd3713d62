// Generated from packages/effect-posthog/test/queue/callerDriver.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import { interruptFiber } from "../support/standIns.ts"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Exit, Fiber, FiberRef, Layer, Scope } from "effect"
import * as TestClock from "../support/testClock.ts"
import type { SendOutcome } from "effect-posthog-4"
import { EventQueue } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"
import { gate, offerNames, queueLayer, ScriptedTransport, settled } from "../support/queue.ts"

const onWorker = (transport: ScriptedTransport, events: Options["events"] = {}) =>
  queueLayer(transport, events, { runtime: "worker" })

const counts = Effect.flatMap(EventQueue, (queue) => queue.counts)
const flush = Effect.flatMap(EventQueue, (queue) => queue.flush)

// A request that the runtime cut off: its fiber neither goes on nor is interrupted.
const cutOff: Effect.Effect<SendOutcome> = Effect.never

describe("the event queue on a worker", () => {
  it.effect("sends nothing by itself, and leaves nothing sleeping", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      yield* offerNames("a", "b", "c")
      yield* TestClock.adjust("1 hour")
      yield* settled
      assert.deepStrictEqual(transport.names, [])
      assert.deepInclude(yield* counts, { accepted: 3, queued: 3 })
      assert.deepStrictEqual(yield* TestClock.sleeps().pipe(Effect.map((sleeps) => [...sleeps])), [])
    }).pipe(Effect.provide(onWorker(transport, { flushAt: 2 })))
  })

  it.effect("sends in the fiber that flushes, in batches", () => {
    const transport = new ScriptedTransport()
    const request = Context.Reference("test/request", { defaultValue: () => "nobody" })
    const senders: Array<string> = []
    transport.always(() => Effect.map(Effect.service(request), (sender) => void senders.push(sender)))
    return Effect.gen(function*() {
      yield* offerNames("a", "b", "c")
      yield* Effect.provideService(flush, request, "me")
      assert.deepStrictEqual(transport.names, [["a", "b"], ["c"]])
      assert.deepStrictEqual(senders, ["me", "me"])
      assert.deepInclude(yield* counts, { delivered: 3, queued: 0 })
    }).pipe(Effect.provide(onWorker(transport, { maxBatchSize: 2 })))
  })

  it.effect("does not wait for what another flush is sending", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const { answer, open } = yield* gate()
      transport.next(answer)
      yield* offerNames("a")
      const other = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* offerNames("b")
      yield* flush
      assert.deepStrictEqual(transport.names, [["a"], ["b"]])
      assert.deepInclude(yield* counts, { delivered: 1, queued: 1 })
      yield* flush
      assert.strictEqual(transport.batches.length, 2)
      yield* open
      yield* Fiber.join(other)
      assert.deepInclude(yield* counts, { delivered: 2, queued: 0 })
    }).pipe(Effect.provide(onWorker(transport)))
  })

  it.effect("waits for retries in the fiber that flushes", () => {
    const transport = new ScriptedTransport()
    transport.next({ _tag: "Retry", details: "503" })
    return Effect.gen(function*() {
      yield* offerNames("a")
      const flushing = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* flush
      assert.strictEqual(transport.batches.length, 1)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(flushing)
      assert.deepStrictEqual(transport.batches.map(({ attempt }) => attempt), [1, 2])
    }).pipe(Effect.provide(onWorker(transport)))
  })

  it.effect("takes over what a request was sending when it was cut off, once it has been silent for too long", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      transport.next(cutOff)
      yield* offerNames("a", "b")
      const lost = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* TestClock.adjust("14 seconds")
      yield* flush
      assert.deepStrictEqual(transport.names, [["a", "b"]])
      yield* TestClock.adjust("1 seconds")
      yield* flush
      assert.deepStrictEqual(transport.names, [["a", "b"], ["a", "b"]])
      const [first, second] = transport.batches.map(({ events }) => events.map(({ uuid }) => uuid))
      assert.deepStrictEqual(second, first)
      assert.deepInclude(yield* counts, { accepted: 2, delivered: 2, queued: 0 })
      yield* interruptFiber(lost)
      assert.deepInclude(yield* counts, { accepted: 2, delivered: 2, queued: 0 })
    }).pipe(Effect.provide(onWorker(transport, { requestTimeout: "10 seconds" })))
  })

  it.effect("counts an event once when the request that was given up ends after all", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const { answer, open } = yield* gate()
      transport.next(answer)
      yield* offerNames("a", "b")
      const late = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* TestClock.adjust("15 seconds")
      const { answer: held, open: release } = yield* gate()
      transport.next(held)
      const taker = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* open
      yield* Fiber.join(late)
      assert.deepInclude(yield* counts, { delivered: 2, queued: 0 })
      yield* release
      yield* Fiber.join(taker)
      yield* offerNames("c")
      yield* flush
      assert.deepStrictEqual(transport.names, [["a", "b"], ["a", "b"], ["c"]])
      assert.deepInclude(yield* counts, { accepted: 3, delivered: 3, queued: 0 })
    }).pipe(Effect.provide(onWorker(transport)))
  })

  it.effect("does not send again what ended after it was taken back", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const { answer, open } = yield* gate()
      const { answer: held, open: release } = yield* gate()
      transport.next(cutOff, answer, held)
      yield* offerNames("a", "b")
      yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* offerNames("c", "d")
      const late = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* TestClock.adjust("15 seconds")
      const taker = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* open
      yield* Fiber.join(late)
      yield* release
      yield* Fiber.join(taker)
      assert.deepStrictEqual(transport.names, [["a", "b"], ["c", "d"], ["a", "b"]])
      assert.deepInclude(yield* counts, { accepted: 4, delivered: 4, queued: 0 })
    }).pipe(Effect.provide(onWorker(transport, { maxBatchSize: 2 })))
  })

  it.effect("leaves what it was sending to the next flush when it is interrupted", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      transport.next(cutOff)
      yield* offerNames("a")
      const flushing = yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      yield* interruptFiber(flushing)
      yield* flush
      assert.deepInclude(yield* counts, { delivered: 1, queued: 0 })
    }).pipe(Effect.provide(onWorker(transport)))
  })

  it.effect("makes room by sending under back-pressure", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const results = yield* offerNames("a", "b", "c", "d", "e")
      assert.isTrue(results.every(({ _tag }) => _tag === "Accepted"))
      assert.deepStrictEqual(transport.names, [["a", "b"], ["c", "d"]])
      assert.deepInclude(yield* counts, { accepted: 5, delivered: 4, queued: 1 })
    }).pipe(Effect.provide(onWorker(transport, { queueSize: 2, whenFull: "backpressure" })))
  })

  it.effect("waits on its own clock while others hold all the room, and not for ever", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      transport.next(cutOff)
      yield* offerNames("a", "b")
      yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* settled
      const offering = yield* Effect.forkChild(offerNames("c"), { uninterruptible: "inherit" })
      for (let second = 0; second < 16; second++) {
        yield* TestClock.adjust("1 seconds")
        yield* settled
      }
      assert.deepStrictEqual((yield* Fiber.join(offering)).map(({ _tag }) => _tag), ["Accepted"])
      assert.deepStrictEqual(transport.names, [["a", "b"], ["a", "b"]])
    }).pipe(Effect.provide(onWorker(transport, { queueSize: 2, whenFull: "backpressure" })))
  })

  it.effect("runs the hooks of exposures in the fiber that flushes", () => {
    const transport = new ScriptedTransport()
    let hooks = 0
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      yield* queue.tryOffer({ event: "kept", distinctId: "ada" })
      yield* queue.tryOffer({ event: "dropped", distinctId: "ada" })
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(hooks, 0)
      const flushing = yield* Effect.forkChild(queue.flush, { uninterruptible: "inherit" })
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(flushing)
      assert.strictEqual(hooks, 2)
      assert.deepStrictEqual(transport.names, [["kept"]])
      assert.deepInclude(yield* counts, { accepted: 2, delivered: 1, dropped: 1, queued: 0 })
    }).pipe(Effect.provide(onWorker(transport, {
      beforeSend: (event) =>
        Effect.suspend(() => {
          hooks++
          return Effect.delay(Effect.succeed(event.event === "dropped" ? null : event), "100 millis")
        })
    })))
  })

  it.effect("drains when its scope closes, and gives up what others hold at the limit", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(onWorker(transport, { shutdownTimeout: "2 seconds" }), scope)
      const use = <A>(effect: Effect.Effect<A, never, EventQueue>) => Effect.provide(effect, context)
      transport.next(cutOff)
      yield* use(offerNames("held"))
      yield* Effect.forkChild(use(flush), { uninterruptible: "inherit" })
      yield* settled
      yield* use(offerNames("queued"))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { uninterruptible: "inherit" })
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(closing)
      assert.deepInclude(yield* use(counts), { accepted: 2, delivered: 1, dropped: 1, queued: 0 })
    })
  })
})
