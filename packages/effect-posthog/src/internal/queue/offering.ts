import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { OfferResult, Prepared, RejectReason } from "../../Delivery.ts"
import type { EventDraft, EventId, PostHogEvent } from "../../EventDraft.ts"
import type { WhenFull } from "../../PostHogConfig.ts"
import { clockOf, withNow } from "../eventLoop.ts"
import { quote } from "../quote.ts"
import { wake } from "../wake.ts"
import type { Warnings } from "../warnings.ts"
import type { CallerDriver } from "./callerDriver.ts"
import type { Counters } from "./counters.ts"
import { makeOffer } from "./immediateOffer.ts"
import type { Preparation, PrepareEvent, Verdict } from "./prepareEvent.ts"
import { QueuedEvent } from "./queuedEvent.ts"
import type { Route } from "./queuedEvent.ts"
import type { EventReports } from "./reports.ts"
import type { RouteQueue, Waiter } from "./routeQueue.ts"

const accepted = (id: EventId): Exit.Exit<OfferResult> => Exit.succeed({ _tag: "Accepted", id })

type Rejected = Extract<OfferResult, { readonly _tag: "Rejected" }>

const rejected = (reason: RejectReason): Exit.Exit<Rejected> => Exit.succeed({ _tag: "Rejected", reason })

const after = <A>(log: Effect.Effect<void>, self: Effect.Effect<A>): Effect.Effect<A> =>
  log === Effect.void ? self : Effect.zipRight(log, self)

const forgotten =
  "Events are queued, but nothing has sent any for a minute: on this runtime they are sent by a flush, " +
  "which belongs at the end of each request"

/**
 * While a queue drains, events are still taken where there is room, but none waits for it.
 *
 * @internal
 */
export type QueueState = "open" | "draining" | "closed"

interface OfferingParts {
  readonly prepare: PrepareEvent
  readonly whenFull: WhenFull
  readonly counters: Counters
  readonly warnings: Warnings
  readonly reports: EventReports
  readonly queueOf: (route: Route) => RouteQueue
  readonly state: () => QueueState
  readonly inBackground: (effect: Effect.Effect<void>) => void
  /** Absent: the queue has fibers of its own. */
  readonly driver: CallerDriver | undefined
}

/**
 * How events get into the queues of their routes: prepared, and accepted, rejected or made to wait.
 *
 * @internal
 */
export const makeOffering = (
  { counters, driver, inBackground, prepare, queueOf, reports, state, warnings, whenFull }: OfferingParts
) => {
  const reject = (reason: RejectReason, warning: string | undefined, now: number): Effect.Effect<Rejected> => {
    counters.reject(reason)
    return warning === undefined ? rejected(reason) : after(warnings.warn(reason, warning, now), rejected(reason))
  }

  const waitForRoom = (queue: RouteQueue, event: QueuedEvent, now: number): Effect.Effect<OfferResult> =>
    Effect.async((resume) => {
      const waiter: Waiter = {
        event,
        offeredAt: now,
        accepted: (answer) => wake(() => resume(answer ?? accepted(event.id))),
        closed: () => {
          counters.reject("Closed")
          wake(() => resume(rejected("Closed")))
        }
      }
      queue.addWaiter(waiter)
      return Effect.sync(() => queue.removeWaiter(waiter))
    })

  // The caller does the work that makes room.
  const workForRoom = (
    driver: CallerDriver,
    queue: RouteQueue,
    event: QueuedEvent,
    now: number
  ): Effect.Effect<OfferResult> =>
    Effect.flatMap(driver.makeRoom(queue), () => {
      if (state() !== "open") return reject("Closed", undefined, now)
      if (!queue.makeRoom(event.estimate)) return workForRoom(driver, queue, event, now)
      return queue.accept(event, now) ?? accepted(event.id)
    })

  const enqueue = (
    queue: RouteQueue,
    verdict: Verdict,
    now: number,
    mayWait: boolean
  ): Effect.Effect<OfferResult> => {
    if (!(verdict instanceof QueuedEvent)) return reject(verdict.reason, verdict.warning, now)
    if (state() === "closed") return reject("Closed", undefined, now)
    if (queue.makeRoom(verdict.estimate)) {
      const answer = queue.accept(verdict, now)
      return answer !== undefined && mayWait ? answer : accepted(verdict.id)
    }
    if (!mayWait || whenFull !== "backpressure") return reject("Overflow", undefined, now)
    if (state() !== "open") return reject("Closed", undefined, now)
    return driver === undefined ? waitForRoom(queue, verdict, now) : workForRoom(driver, queue, verdict, now)
  }

  // The hook finishes in the background; the answer is given before its decision is known.
  const acceptUndecided = (
    queue: RouteQueue,
    stamped: PostHogEvent,
    decision: Effect.Effect<Verdict>,
    now: number
  ): Effect.Effect<OfferResult> => {
    if (!queue.makeRoom(0)) return reject("Overflow", undefined, now)
    const event = new QueuedEvent(stamped, 0)
    queue.acceptUndecided(event, now)
    const decided = Effect.flatMap(decision, (verdict) => {
      if (verdict instanceof QueuedEvent) {
        queue.decide(event, verdict)
        return Effect.void
      }
      queue.end(event, verdict.reason === "Hook" || verdict.reason === "TooLarge" ? verdict.reason : "HookFailed")
      queue.settle()
      return verdict.warning === undefined ? Effect.void : warnings.warn(verdict.reason, verdict.warning, now)
    })
    if (driver === undefined) inBackground(decided)
    else driver.decideLater(queue, event, decided)
    return accepted(event.id)
  }

  const answer = (
    draft: EventDraft,
    { event, verdict }: Preparation,
    now: number,
    mayWait: boolean
  ): Effect.Effect<OfferResult> => {
    const queue = queueOf(draft.route ?? "analytics")
    if (!Effect.isEffect(verdict)) return enqueue(queue, verdict, now, mayWait)
    return mayWait
      ? Effect.flatMap(verdict, (decided) => enqueue(queue, decided, now, true))
      : acceptUndecided(queue, event, verdict, now)
  }

  const withRepairs = <A>(
    { event, repaired }: Preparation,
    now: number,
    self: Effect.Effect<A>
  ): Effect.Effect<A> =>
    repaired === undefined
      ? self
      : after(warnings.warn(repaired, `The event ${quote(event.event)} has an ${repaired}`, now), self)

  const offerWith = (mayWait: boolean) =>
    makeOffer((fiber, draft) => {
      const now = clockOf(fiber).unsafeCurrentTimeMillis()
      if (state() === "closed") return reject("Closed", undefined, now)
      const prepared = prepare(draft, now)
      const offered = answer(draft, prepared, now, mayWait)
      // Not in the fiber that happens to capture: it has a logger and annotations of its own.
      const losses = reports.publishNowAndThen(now)
      if (losses !== undefined) inBackground(losses)
      const { route = "analytics" } = draft
      if (driver?.isForgotten(queueOf(route), now) === true) inBackground(warnings.warn("forgotten", forgotten, now))
      return withRepairs(prepared, now, offered)
    })

  const handOver = (draft: EventDraft, verdict: Verdict, now: number): Effect.Effect<Prepared | Rejected> =>
    verdict instanceof QueuedEvent
      ? Effect.succeed({ _tag: "Prepared", route: draft.route ?? "analytics", event: verdict.event })
      : reject(verdict.reason, verdict.warning, now)

  const prepareOnly = (draft: EventDraft): Effect.Effect<Prepared | Rejected> =>
    withNow((now) => {
      if (state() === "closed") return reject("Closed", undefined, now)
      const prepared = prepare(draft, now)
      const { verdict } = prepared
      return withRepairs(
        prepared,
        now,
        Effect.isEffect(verdict)
          ? Effect.flatMap(verdict, (decided) => handOver(draft, decided, now))
          : handOver(draft, verdict, now)
      )
    })

  return { offer: offerWith(true), tryOffer: offerWith(false), prepare: prepareOnly }
}
