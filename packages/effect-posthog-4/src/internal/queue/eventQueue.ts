// Generated from packages/effect-posthog/src/internal/queue/eventQueue.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Delivery, EventBatch, EventCounts, OfferResult, Prepared, SendOutcome } from "../../Delivery.ts"
import type { EventDraft } from "../../EventDraft.ts"
import type { EventIdSource } from "../../EventIds.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { withNow } from "../eventLoop.ts"
import { annotated } from "../library.ts"
import { quote } from "../quote.ts"
import { Subscribers } from "../subscribers.ts"
import { Warnings } from "../warnings.ts"
import { makeCallerDriver } from "./callerDriver.ts"
import { Counters } from "./counters.ts"
import { makeDelivery } from "./delivery.ts"
import { makeOffering } from "./offering.ts"
import type { QueueState } from "./offering.ts"
import { makePrepareEvent } from "./prepareEvent.ts"
import type { QueuedEvent, Route } from "./queuedEvent.ts"
import type { QueueStorage } from "./queueStorage.ts"
import { EventReports } from "./reports.ts"
import { RouteQueue } from "./routeQueue.ts"
import { makeDrainOnce, work } from "./worker.ts"

const leastSubscriberCapacity = 1024

const openSubscribers = (capacity: number): Subscribers<Delivery> =>
  new Subscribers<Delivery>({ capacity, missed: (count) => ({ _tag: "Missed", count }) })

type Rejected = Extract<OfferResult, { readonly _tag: "Rejected" }>

interface Queue {
  readonly offer: (draft: EventDraft) => Effect.Effect<OfferResult>
  readonly tryOffer: (draft: EventDraft) => Effect.Effect<OfferResult>
  readonly prepare: (draft: EventDraft) => Effect.Effect<Prepared | Rejected>
  readonly flush: Effect.Effect<void>
  readonly deliveries: Stream.Stream<Delivery>
  readonly counts: Effect.Effect<EventCounts>
}

/**
 * A queue that takes nothing and says so.
 *
 * @internal
 */
export const makeDisabledQueue = (): Queue => {
  const counters = new Counters()
  const subscribers = openSubscribers(leastSubscriberCapacity)
  const reject = Effect.sync((): Rejected => {
    counters.reject("Disabled")
    return { _tag: "Rejected", reason: "Disabled" }
  })
  return {
    offer: () => reject,
    tryOffer: () => reject,
    prepare: () => reject,
    flush: Effect.void,
    deliveries: subscribers.stream,
    counts: Effect.sync(() => counters.counts)
  }
}

/**
 * The event queue: puts the parts together. Offering puts events into the queue of their route, where a worker for each
 * route takes them out in batches and delivers them.
 *
 * Closing the scope drains what is queued for at most the shutdown timeout, and gives what is left an end. What is
 * captured while the queue drains is still taken; nothing waits for room any more. What a storage holds is left to the
 * next process.
 *
 * @internal
 */
export const makeEventQueue = (
  settings: Settings,
  ids: EventIdSource,
  send: (batch: EventBatch) => Effect.Effect<SendOutcome | void>,
  storage?: QueueStorage
): Effect.Effect<Queue, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { flushAt, flushInterval, maxBatchSize, queueSize, shutdownTimeout, whenFull } = settings.events
    const counters = storage?.counters ?? new Counters()
    const subscribers = openSubscribers(Math.max(leastSubscriberCapacity, queueSize))
    const warnings = new Warnings("EventQueue", 10_000)
    const reports = new EventReports(counters, warnings)
    const report = withNow(reports.publish)
    const warnOfSize = ({ bytes, name }: QueuedEvent): Effect.Effect<void> =>
      withNow((now) =>
        warnings.warn("TooLarge", `The event ${quote(name)} is too large for the server: ${bytes} bytes`, now)
      )
    // Work of the queue runs with the fiber references of its layer, not with those of the fiber that captures.
    const fork = yield* FiberSet.makeRuntime<never>()
    const inBackground = (effect: Effect.Effect<void>): void => {
      fork(Effect.andThen(Effect.yieldNow, Effect.interruptible(effect)))
    }
    const driver = settings.runtime === "worker" ? makeCallerDriver(flushAt) : undefined
    let state: QueueState = "open"

    const routeQueues = new Map<Route, RouteQueue>()
    const openQueue = (route: Route): RouteQueue => {
      const options = {
        route,
        capacity: queueSize,
        flushAt: Math.min(flushAt, queueSize),
        flushIntervalMillis: Duration.toMillis(flushInterval),
        maxBatchSize,
        whenFull,
        counters,
        subscribers
      }
      const queue = storage?.open(options) ?? new RouteQueue(options)
      const deliver = makeDelivery({ queue, settings: settings.events, ids, send, warnOfSize, reports })
      routeQueues.set(route, queue)
      const drainOnce = makeDrainOnce(queue, deliver, report)
      if (driver === undefined) {
        inBackground(work(queue, drainOnce))
      } else driver.opened(queue, drainOnce)
      return queue
    }
    const queueOf = (route: Route): RouteQueue => routeQueues.get(route) ?? openQueue(route)

    const { offer, prepare, tryOffer } = makeOffering({
      prepare: makePrepareEvent(settings, ids),
      whenFull,
      counters,
      warnings,
      reports,
      queueOf,
      state: () => state,
      inBackground,
      driver
    })

    const flushInBackground = Effect.suspend(() => {
      const pending: Array<Effect.Effect<void>> = []
      for (const queue of routeQueues.values()) {
        const done = queue.flush()
        if (done !== undefined) pending.push(Deferred.await(done))
      }
      return Effect.all(pending, { discard: true })
    })

    const flush = driver === undefined ? flushInBackground : driver.flush
    const drainAll = driver === undefined ? flushInBackground : driver.drainAll

    const abandon = Effect.suspend(() => {
      let left = 0
      for (const queue of routeQueues.values()) left += queue.abandon("ShutdownTimeout")
      return left === 0
        ? Effect.void
        : annotated("EventQueue")(
          Effect.logError(`The event queue closed with ${left} undelivered ${left === 1 ? "event" : "events"}`)
        )
    })

    // At first the program still runs: what it captures while the queue drains is taken, and drained after it.
    const drain = Effect.gen(function*() {
      state = "draining"
      for (const queue of routeQueues.values()) queue.rejectWaiters()
      yield* drainAll
      state = "closed"
      yield* drainAll
    })

    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        yield* Effect.timeoutOption(Effect.interruptible(drain), shutdownTimeout)
        state = "closed"
        if (storage !== undefined) yield* storage.close
        // A logger that throws does not keep the queue from closing.
        yield* Effect.exit(abandon)
        yield* Effect.exit(report)
        yield* Effect.exit(reports.finalAccount)
        subscribers.end()
      })
    )

    storage?.start(queueOf, inBackground)
    return {
      offer,
      tryOffer,
      prepare,
      flush,
      deliveries: subscribers.stream,
      counts: Effect.sync(() => counters.counts)
    }
  })
