import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Delivery, EventBatch, EventCounts, OfferResult, RejectReason, SendOutcome } from "../../Delivery.ts"
import type { EventDraft, EventId, PostHogEvent } from "../../EventDraft.ts"
import type { EventIdSource } from "../../EventIds.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { clockOf } from "../eventLoop.ts"
import { annotated } from "../library.ts"
import { quote } from "../quote.ts"
import { Counters } from "./counters.ts"
import { makeOffer } from "./immediateOffer.ts"
import { makePrepareEvent } from "./prepareEvent.ts"
import type { Prepared, Verdict } from "./prepareEvent.ts"
import { QueuedEvent } from "./queuedEvent.ts"
import type { Route } from "./queuedEvent.ts"
import { EventReports, Warnings } from "./reports.ts"
import { RouteQueue } from "./routeQueue.ts"
import type { Waiter } from "./routeQueue.ts"
import { Subscribers } from "./subscribers.ts"
import { makeDeliver } from "./worker.ts"

const leastSubscriberCapacity = 1024

const accepted = (id: EventId): Exit.Exit<OfferResult> => Exit.succeed({ _tag: "Accepted", id })

const rejected = (reason: RejectReason): Exit.Exit<OfferResult> => Exit.succeed({ _tag: "Rejected", reason })

const after = <A>(log: Effect.Effect<void> | undefined, self: Effect.Effect<A>): Effect.Effect<A> =>
  log === undefined ? self : Effect.zipRight(log, self)

interface Queue {
  readonly offer: (draft: EventDraft) => Effect.Effect<OfferResult>
  readonly tryOffer: (draft: EventDraft) => Effect.Effect<OfferResult>
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
  const subscribers = new Subscribers(leastSubscriberCapacity)
  const refuse = Effect.suspend(() => {
    counters.reject("Disabled")
    return rejected("Disabled")
  })
  return {
    offer: () => refuse,
    tryOffer: () => refuse,
    flush: Effect.void,
    deliveries: subscribers.stream,
    counts: Effect.sync(() => counters.counts)
  }
}

/**
 * The event queue. Closing its scope refuses new events, drains what is queued for at most the shutdown timeout, and
 * gives what is left an end.
 *
 * @internal
 */
export const makeEventQueue = (
  settings: Settings,
  ids: EventIdSource,
  send: (batch: EventBatch) => Effect.Effect<SendOutcome | void>
): Effect.Effect<Queue, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { capacity, flushAt } = {
      capacity: settings.events.queueSize,
      flushAt: Math.min(settings.events.flushAt, settings.events.queueSize)
    }
    const counters = new Counters()
    const subscribers = new Subscribers(Math.max(leastSubscriberCapacity, capacity))
    const warnings = new Warnings()
    const reports = new EventReports(counters, warnings)
    const admit = makePrepareEvent(settings, ids)
    const warnOfSize = ({ bytes, name }: QueuedEvent): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        warnings.warn("TooLarge", `The event ${quote(name)} is too large for the server: ${bytes} bytes`, now) ??
          Effect.void)
    const deliver = makeDeliver(settings.events, ids, send, warnOfSize)
    // Work of the queue runs with the fiber references of its layer, not of whoever happened to capture an event.
    const fork = yield* FiberSet.makeRuntime<never>()
    const inBackground = (effect: Effect.Effect<void>): void => {
      fork(Effect.interruptible(effect), { immediate: false })
    }
    const routeQueues = new Map<Route, RouteQueue>()
    let closed = false

    const report = Effect.flatMap(Clock.currentTimeMillis, reports.publish)

    const sleep = (routeQueue: RouteQueue, millis: number): Effect.Effect<void> =>
      Effect.timeoutTo(Deferred.await(routeQueue.setAlarm()), {
        duration: millis,
        onSuccess: () =>
          undefined,
        onTimeout: () =>
          routeQueue.becomeDue()
      })

    // Whatever breaks, a logger that throws included, the worker goes on with the next batch.
    const sendBatch = (routeQueue: RouteQueue, route: Route): Effect.Effect<void> =>
      Effect.catchAllCause(
        Effect.zipRight(deliver(routeQueue, route, routeQueue.takeBatch()), report),
        (cause) =>
          Cause.isInterrupted(cause)
            ? Effect.failCause(cause)
            : Effect.sync(() => routeQueue.endBatch("RetriesExhausted", "unknown_error"))
      )

    const work = (routeQueue: RouteQueue, route: Route): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const wait = routeQueue.nextBatchIn(now)
        if (wait === undefined) return Effect.void
        const step = wait > 0 ? sleep(routeQueue, wait) : sendBatch(routeQueue, route)
        return Effect.zipRight(step, work(routeQueue, route))
      })

    const laneOf = (route: Route): RouteQueue => {
      const known = routeQueues.get(route)
      if (known !== undefined) return known
      const routeQueue = new RouteQueue({
        capacity,
        flushAt,
        flushIntervalMillis: Duration.toMillis(settings.events.flushInterval),
        maxBatchSize: settings.events.maxBatchSize,
        whenFull: settings.events.whenFull,
        counters,
        subscribers,
        startWorker: (started) => inBackground(work(started, route))
      })
      routeQueues.set(route, routeQueue)
      return routeQueue
    }

    const refuse = (reason: RejectReason, warning: string | undefined, now: number): Effect.Effect<OfferResult> => {
      counters.reject(reason)
      const log = warning === undefined ? undefined : warnings.warn(reason, warning, now)
      return after(log, rejected(reason))
    }

    const waitForRoom = (routeQueue: RouteQueue, event: QueuedEvent, now: number): Effect.Effect<OfferResult> =>
      Effect.async((resume) => {
        const waiter: Waiter = {
          event,
          offeredAt: now,
          accepted: () => resume(accepted(event.id)),
          closed: () => {
            counters.reject("Closed")
            resume(rejected("Closed"))
          }
        }
        routeQueue.addWaiter(waiter)
        return Effect.sync(() => routeQueue.removeWaiter(waiter))
      })

    const enqueue = (
      routeQueue: RouteQueue,
      verdict: Verdict,
      now: number,
      mayWait: boolean
    ): Effect.Effect<OfferResult> => {
      if (!(verdict instanceof QueuedEvent)) return refuse(verdict.reason, verdict.warning, now)
      if (closed) return refuse("Closed", undefined, now)
      if (routeQueue.makeRoom(verdict.estimate)) {
        routeQueue.accept(verdict, now)
        return accepted(verdict.id)
      }
      return mayWait && settings.events.whenFull === "backpressure"
        ? waitForRoom(routeQueue, verdict, now)
        : refuse("Overflow", undefined, now)
    }

    // The hook finishes in the background; the answer is given before its decision is known.
    const acceptUndecided = (
      routeQueue: RouteQueue,
      stamped: PostHogEvent,
      decision: Effect.Effect<Verdict>,
      now: number
    ): Effect.Effect<OfferResult> => {
      if (!routeQueue.makeRoom(0)) return refuse("Overflow", undefined, now)
      const event = new QueuedEvent(stamped, 0)
      routeQueue.acceptUndecided(event, now)
      inBackground(Effect.flatMap(decision, (verdict) => {
        if (verdict instanceof QueuedEvent) {
          routeQueue.decide(event, verdict)
          return Effect.void
        }
        routeQueue.end(
          event,
          verdict.reason === "Hook" || verdict.reason === "TooLarge" ? verdict.reason : "HookFailed"
        )
        routeQueue.settle()
        return (verdict.warning === undefined ? undefined : warnings.warn(verdict.reason, verdict.warning, now)) ??
          Effect.void
      }))
      return accepted(event.id)
    }

    const answer = (
      draft: EventDraft,
      admitted: Prepared,
      now: number,
      mayWait: boolean
    ): Effect.Effect<OfferResult> => {
      const routeQueue = laneOf(draft.route ?? "analytics")
      const { event, verdict } = admitted
      if (!Effect.isEffect(verdict)) return enqueue(routeQueue, verdict, now, mayWait)
      return mayWait
        ? Effect.flatMap(verdict, (decided) => enqueue(routeQueue, decided, now, true))
        : acceptUndecided(routeQueue, event, verdict, now)
    }

    const offerWith = (mayWait: boolean) =>
      makeOffer((fiber, draft) => {
        const now = clockOf(fiber).unsafeCurrentTimeMillis()
        if (closed) return refuse("Closed", undefined, now)
        const admitted = admit(draft, now)
        const offered = answer(draft, admitted, now, mayWait)
        const { repaired } = admitted
        // Not in the fiber that happens to capture: it has a logger and annotations of its own.
        const losses = reports.publishNowAndThen(now)
        if (losses !== undefined) inBackground(losses)
        return repaired === undefined
          ? offered
          : after(warnings.warn(repaired, `The event ${quote(admitted.event.event)} has an ${repaired}`, now), offered)
      })

    const flush = Effect.suspend(() => {
      const pending: Array<Effect.Effect<void>> = []
      for (const routeQueue of routeQueues.values()) {
        const done = routeQueue.flush()
        if (done !== undefined) pending.push(Deferred.await(done))
      }
      return Effect.all(pending, { discard: true })
    })

    const abandon = Effect.gen(function*() {
      let left = 0
      for (const routeQueue of routeQueues.values()) left += routeQueue.abandon("ShutdownTimeout")
      if (left > 0) {
        yield* annotated("EventQueue")(Effect.logError(`The event queue closed with ${left} events undelivered`))
      }
    })

    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        closed = true
        for (const routeQueue of routeQueues.values()) routeQueue.reject()
        yield* Effect.timeoutOption(Effect.interruptible(flush), settings.events.shutdownTimeout)
        yield* abandon
        yield* report
        subscribers.end()
      })
    )

    return {
      offer: offerWith(true),
      tryOffer: offerWith(false),
      flush,
      deliveries: subscribers.stream,
      counts: Effect.sync(() => counters.counts)
    }
  })
