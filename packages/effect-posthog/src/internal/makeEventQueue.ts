import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Counts, Delivery, Offered, RejectReason } from "../Delivery.ts"
import type { EventBatch, SendOutcome } from "../EventBatch.ts"
import type { EventDraft, EventId, PostHogEvent } from "../EventDraft.ts"
import type { EventIdSource } from "../EventIds.ts"
import type { Settings } from "../Options.ts"
import { type Admitted, makeAdmission, type Verdict } from "./admission.ts"
import { clockOf } from "./clockOf.ts"
import { makeDeliver } from "./deliver.ts"
import { DeliveryHub } from "./deliveryHub.ts"
import { EventReports, Warnings } from "./eventReports.ts"
import { makeOffer } from "./immediateOffer.ts"
import { Lane, type Waiter } from "./lane.ts"
import { Ledger } from "./ledger.ts"
import { annotated } from "./library.ts"
import { QueuedEvent, type Route } from "./queuedEvent.ts"

const leastSubscriberCapacity = 1024

const accepted = (id: EventId): Exit.Exit<Offered> => Exit.succeed({ _tag: "Accepted", id })

const rejected = (reason: RejectReason): Exit.Exit<Offered> => Exit.succeed({ _tag: "Rejected", reason })

const after = <A>(log: Effect.Effect<void> | undefined, self: Effect.Effect<A>): Effect.Effect<A> =>
  log === undefined ? self : Effect.zipRight(log, self)

interface Queue {
  readonly offer: (draft: EventDraft) => Effect.Effect<Offered>
  readonly tryOffer: (draft: EventDraft) => Effect.Effect<Offered>
  readonly flush: Effect.Effect<void>
  readonly deliveries: Stream.Stream<Delivery>
  readonly counts: Effect.Effect<Counts>
}

/**
 * A queue that takes nothing and says so.
 *
 * @internal
 */
export const makeDisabledQueue = (): Queue => {
  const ledger = new Ledger()
  const hub = new DeliveryHub(leastSubscriberCapacity)
  const refuse = Effect.suspend(() => {
    ledger.reject("Disabled")
    return rejected("Disabled")
  })
  return {
    offer: () => refuse,
    tryOffer: () => refuse,
    flush: Effect.void,
    deliveries: hub.stream,
    counts: Effect.sync(() => ledger.counts)
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
    const ledger = new Ledger()
    const hub = new DeliveryHub(Math.max(leastSubscriberCapacity, capacity))
    const warnings = new Warnings()
    const reports = new EventReports(ledger, warnings)
    const admit = makeAdmission(settings, ids)
    const warnOfSize = ({ bytes, name }: QueuedEvent): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        warnings.warn("TooLarge", `The event "${name}" is too large for the server: ${bytes} bytes`, now) ??
          Effect.void)
    const deliver = makeDeliver(settings.events, ids, send, warnOfSize)
    // Work of the queue runs with the fiber references of its layer, not of whoever happened to capture an event.
    const fork = yield* FiberSet.makeRuntime<never>()
    const inBackground = (effect: Effect.Effect<void>): void => {
      fork(Effect.interruptible(effect), { immediate: false })
    }
    const lanes = new Map<Route, Lane>()
    let closed = false

    const report = Effect.flatMap(Clock.currentTimeMillis, reports.publish)

    const sleep = (lane: Lane, millis: number): Effect.Effect<void> =>
      Effect.timeoutTo(Deferred.await(lane.setAlarm()), {
        duration: millis,
        onSuccess: () =>
          undefined,
        onTimeout: () =>
          lane.becomeDue()
      })

    // Whatever breaks, a logger that throws included, the worker goes on with the next batch.
    const sendBatch = (lane: Lane, route: Route): Effect.Effect<void> =>
      Effect.catchAllCause(
        Effect.zipRight(deliver(lane, route, lane.takeBatch()), report),
        (cause) =>
          Cause.isInterrupted(cause)
            ? Effect.failCause(cause)
            : Effect.sync(() => lane.endBatch("RetriesExhausted", "unknown_error"))
      )

    const work = (lane: Lane, route: Route): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const wait = lane.nextBatchIn(now)
        if (wait === undefined) return Effect.void
        const step = wait > 0 ? sleep(lane, wait) : sendBatch(lane, route)
        return Effect.zipRight(step, work(lane, route))
      })

    const laneOf = (route: Route): Lane => {
      const known = lanes.get(route)
      if (known !== undefined) return known
      const lane = new Lane({
        capacity,
        flushAt,
        flushIntervalMillis: Duration.toMillis(settings.events.flushInterval),
        maxBatchSize: settings.events.maxBatchSize,
        whenFull: settings.events.whenFull,
        ledger,
        hub,
        startWorker: (started) => inBackground(work(started, route))
      })
      lanes.set(route, lane)
      return lane
    }

    const refuse = (reason: RejectReason, warning: string | undefined, now: number): Effect.Effect<Offered> => {
      ledger.reject(reason)
      const log = warning === undefined ? undefined : warnings.warn(reason, warning, now)
      return after(log, rejected(reason))
    }

    const waitForRoom = (lane: Lane, event: QueuedEvent, now: number): Effect.Effect<Offered> =>
      Effect.async((resume) => {
        const waiter: Waiter = {
          event,
          offeredAt: now,
          accepted: () => resume(accepted(event.id)),
          closed: () => {
            ledger.reject("Closed")
            resume(rejected("Closed"))
          }
        }
        lane.addWaiter(waiter)
        return Effect.sync(() => lane.removeWaiter(waiter))
      })

    const enqueue = (lane: Lane, verdict: Verdict, now: number, mayWait: boolean): Effect.Effect<Offered> => {
      if (!(verdict instanceof QueuedEvent)) return refuse(verdict.reason, verdict.warning, now)
      if (closed) return refuse("Closed", undefined, now)
      if (lane.makeRoom(verdict.estimate)) {
        lane.accept(verdict, now)
        return accepted(verdict.id)
      }
      return mayWait && settings.events.whenFull === "backpressure"
        ? waitForRoom(lane, verdict, now)
        : refuse("Overflow", undefined, now)
    }

    // The hook finishes in the background; the answer is given before its decision is known.
    const acceptUndecided = (
      lane: Lane,
      stamped: PostHogEvent,
      decision: Effect.Effect<Verdict>,
      now: number
    ): Effect.Effect<Offered> => {
      if (!lane.makeRoom(0)) return refuse("Overflow", undefined, now)
      const event = new QueuedEvent(stamped, 0)
      lane.acceptUndecided(event, now)
      inBackground(Effect.flatMap(decision, (verdict) => {
        if (verdict instanceof QueuedEvent) {
          lane.decide(event, verdict)
          return Effect.void
        }
        lane.end(event, verdict.reason === "Hook" || verdict.reason === "TooLarge" ? verdict.reason : "HookFailed")
        lane.settle()
        return (verdict.warning === undefined ? undefined : warnings.warn(verdict.reason, verdict.warning, now)) ??
          Effect.void
      }))
      return accepted(event.id)
    }

    const answer = (draft: EventDraft, admitted: Admitted, now: number, mayWait: boolean): Effect.Effect<Offered> => {
      const lane = laneOf(draft.route ?? "analytics")
      const { event, verdict } = admitted
      if (!Effect.isEffect(verdict)) return enqueue(lane, verdict, now, mayWait)
      return mayWait
        ? Effect.flatMap(verdict, (decided) => enqueue(lane, decided, now, true))
        : acceptUndecided(lane, event, verdict, now)
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
          : after(warnings.warn(repaired, `The event "${admitted.event.event}" has an ${repaired}`, now), offered)
      })

    const flush = Effect.suspend(() => {
      const pending: Array<Effect.Effect<void>> = []
      for (const lane of lanes.values()) {
        const done = lane.flush()
        if (done !== undefined) pending.push(Deferred.await(done))
      }
      return Effect.all(pending, { discard: true })
    })

    const abandon = Effect.gen(function*() {
      let left = 0
      for (const lane of lanes.values()) left += lane.abandon("ShutdownTimeout")
      if (left > 0) {
        yield* annotated("EventQueue")(Effect.logError(`The event queue closed with ${left} events undelivered`))
      }
    })

    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        closed = true
        for (const lane of lanes.values()) lane.turnAway()
        yield* Effect.timeoutOption(Effect.interruptible(flush), settings.events.shutdownTimeout)
        yield* abandon
        yield* report
        hub.end()
      })
    )

    return {
      offer: offerWith(true),
      tryOffer: offerWith(false),
      flush,
      deliveries: hub.stream,
      counts: Effect.sync(() => ledger.counts)
    }
  })
