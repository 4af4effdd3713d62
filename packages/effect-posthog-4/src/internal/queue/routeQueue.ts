// Generated from packages/effect-posthog/src/internal/queue/routeQueue.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Delivery, DropReason, OfferResult } from "../../Delivery.ts"
import type { WhenFull } from "../../PostHogConfig.ts"
import { turns } from "../eventLoop.ts"
import { RingBuffer } from "../ringBuffer.ts"
import type { Subscribers } from "../subscribers.ts"
import { Alarm } from "./alarm.ts"
import { Batch, takeEvents } from "./batch.ts"
import type { Counters } from "./counters.ts"
import { Flushes } from "./flushes.ts"
import { Occupancy } from "./occupancy.ts"
import type { QueuedEvent, Route } from "./queuedEvent.ts"

/**
 * A fiber that waits for room, and how to tell it what became of its event.
 *
 * @internal
 */
export interface Waiter {
  readonly event: QueuedEvent
  readonly offeredAt: number
  /** `answer`: what to wait for before the event counts as accepted, when there is something. */
  readonly accepted: (answer: Effect.Effect<OfferResult> | undefined) => void
  readonly closed: () => void
}

/** @internal */
export interface RouteQueueOptions {
  readonly route: Route
  readonly capacity: number
  readonly flushAt: number
  readonly flushIntervalMillis: number
  readonly maxBatchSize: number
  readonly whenFull: WhenFull
  readonly counters: Counters
  readonly subscribers: Subscribers<Delivery>
}

const isBefore = (event: QueuedEvent | undefined, other: QueuedEvent): boolean =>
  event === undefined || other.order < event.order

/**
 * The events of one route, from acceptance to end. Everything here is synchronous, so that every method leaves the queue
 * in a state that interruption cannot spoil, and fibers are resumed last, through `wake`. It knows neither the fibers that
 * offer nor those that send: they call its methods.
 *
 * An event is accepted, waits in the buffer, is on its way in a batch, and ends; a batch that is released before all of it
 * has ended goes back to the front of the buffer. An event whose hook is still deciding has been accepted and is not in the
 * buffer yet.
 *
 * What is protected here is what a queue on a disk does in its own way, and what it does that with.
 *
 * @internal
 */
export class RouteQueue {
  protected readonly options: RouteQueueOptions
  /** Accepted events that wait to be sent, in order of acceptance. */
  protected readonly buffer = new RingBuffer<QueuedEvent>()
  protected readonly occupancy: Occupancy
  protected readonly onTheirWay = new Set<Batch>()
  protected readonly flushes = new Flushes()
  private readonly waiters = new Set<Waiter>()
  /** Room is about to be given to those who wait. */
  private isAdmitting = false
  private readonly alarm = new Alarm()
  /** Entries whose hook decided late, or has not yet: the only ones that are not in order of acceptance. */
  private readonly lateDecisions = new Set<QueuedEvent>()
  /** Those of them whose hook has not decided yet. They are not in the buffer. */
  private readonly undecided = new Set<QueuedEvent>()
  protected lastOrder = 0
  /** Entries up to this one are to be sent without further waiting. */
  protected dueOrder = 0

  constructor(options: RouteQueueOptions) {
    this.options = options
    this.occupancy = new Occupancy(options.capacity, options.whenFull === "dropOldest")
  }

  get route(): Route {
    return this.options.route
  }

  /** The order of the event that was accepted last. */
  get lastAccepted(): number {
    return this.lastOrder
  }

  /** Whether events that were accepted have not ended. */
  get hasLive(): boolean {
    return this.occupancy.live > 0
  }

  /** The number of events that wait to be sent. */
  get queued(): number {
    return this.buffer.length
  }

  // ------------------------------------------------------------------------------------------------------ acceptance

  /** Makes room for an event, by giving up the oldest where that is the policy. */
  makeRoom(estimate: number): boolean {
    if (this.options.whenFull !== "dropOldest") return this.waiters.size === 0 && !this.isFull(estimate)
    if (!this.isFull(estimate)) return true
    do this.giveUpOldest()
    while (this.isFull(estimate))
    this.resolveFlushes()
    return true
  }

  protected isFull(estimate: number): boolean {
    return this.occupancy.isFull(estimate)
  }

  private giveUpOldest(): void {
    const queued = this.buffer.peek(0)
    for (const undecided of this.undecided) {
      if (isBefore(queued, undecided)) return this.end(undecided, "Overflow")
      break
    }
    if (queued === undefined) return
    this.buffer.shift()
    this.end(queued, "Overflow")
  }

  /** Gives what to wait for before the event counts as accepted, when there is something. */
  accept(event: QueuedEvent, now: number): Effect.Effect<OfferResult> | undefined {
    this.enter(event, now)
    this.enqueue(event)
    this.ringAlarm()
    return undefined
  }

  /** Accepts an event whose hook still runs. */
  acceptUndecided(event: QueuedEvent, now: number): void {
    this.enter(event, now)
    this.lateDecisions.add(event)
    this.undecided.add(event)
  }

  /** The hook let the event pass. */
  decide(event: QueuedEvent, decided: QueuedEvent): void {
    if (!event.live) return
    this.undecided.delete(event)
    this.occupancy.resize(decided.estimate - event.estimate)
    event.become(decided)
    // A flush began while the hook was still deciding.
    if (event.order <= this.dueOrder) this.makeDue()
    this.enqueue(event)
    this.ringAlarm()
  }

  protected enter(event: QueuedEvent, now: number): void {
    event.order = ++this.lastOrder
    event.acceptedAt = now
    this.occupancy.enter(event)
    this.options.counters.accept()
  }

  protected enqueue(event: QueuedEvent): void {
    this.buffer.push(event)
    if (this.buffer.length >= this.options.flushAt || this.occupancy.isDue) this.makeDue()
  }

  // ------------------------------------------------------------------------------------------------- waiting for room

  addWaiter(waiter: Waiter): void {
    this.waiters.add(waiter)
    this.makeDue()
    this.ringAlarm()
  }

  removeWaiter(waiter: Waiter): void {
    this.waiters.delete(waiter)
  }

  /** Rejects the events that wait for room. */
  rejectWaiters(): void {
    const rejected = [...this.waiters]
    this.waiters.clear()
    for (const { closed } of rejected) closed()
  }

  private admitSoon(): void {
    if (this.waiters.size === 0 || this.isAdmitting) return
    this.isAdmitting = true
    // Behind the next request: see decision 0015.
    turns.scheduleTask(() => turns.scheduleTask(this.admit, 0), 0)
  }

  private readonly admit = (): void => {
    this.isAdmitting = false
    const admitted: Array<() => void> = []
    for (const waiter of this.waiters) {
      if (this.isFull(waiter.event.estimate)) break
      this.waiters.delete(waiter)
      const answer = this.accept(waiter.event, waiter.offeredAt)
      admitted.push(() => waiter.accepted(answer))
    }
    for (const resume of admitted) resume()
  }

  // ------------------------------------------------------------------------------------------------------------ ends

  /** The event ends: delivered, as a duplicate, or dropped for a reason. Later calls for the same event do nothing. */
  end(event: QueuedEvent, reason?: DropReason | "Duplicate", details?: string): void {
    if (!event.live) return
    this.occupancy.end(event)
    if (this.lateDecisions.size > 0) {
      this.lateDecisions.delete(event)
      this.undecided.delete(event)
    }
    const { subscribers, counters } = this.options
    if (reason === undefined) counters.deliver()
    else if (reason === "Duplicate") counters.duplicate()
    else counters.drop(reason)
    if (subscribers.silent) return
    const { id, name } = event
    subscribers.publish(
      reason === undefined
        ? { _tag: "Delivered", id, event: name }
        : reason === "Duplicate"
        ? { _tag: reason, id, event: name }
        : { _tag: "Dropped", id, event: name, reason, ...(details === undefined ? {} : { details }) }
    )
  }

  /** To be called after ends: resumes the fibers that waited for them. */
  settle(): void {
    this.resolveFlushes()
    this.admitSoon()
  }

  /** Ends all that is left and rejects the events that wait for room. Gives the number of events that ended. */
  abandon(reason: DropReason): number {
    const left = this.occupancy.live
    for (let next = this.buffer.shift(); next !== undefined; next = this.buffer.shift()) this.end(next, reason)
    for (const { events } of this.onTheirWay) {
      for (const event of events) this.end(event, reason)
    }
    for (const event of this.lateDecisions) this.end(event, reason)
    this.rejectWaiters()
    this.resolveFlushes()
    return left - this.occupancy.live
  }

  // ----------------------------------------------------------------------------------------------------------- flush

  /** Makes all that is queued due. The result ends when that has ended; `undefined` when nothing is queued. */
  flush(): Deferred.Deferred<void> | undefined {
    if (!this.hasLive) return undefined
    this.makeDue()
    const done = this.flushes.add(this.lastOrder)
    this.ringAlarm()
    return done
  }

  protected resolveFlushes(): void {
    if (!this.flushes.isEmpty) this.flushes.resolveBefore(this.lowestLive())
  }

  /** The order of the oldest event that has not ended. */
  protected lowestLive(): number {
    let lowest = this.buffer.peek(0)?.order ?? Number.POSITIVE_INFINITY
    for (const batch of this.onTheirWay) {
      const first = batch.firstLive
      if (first !== undefined && first.order < lowest) lowest = first.order
    }
    for (const late of this.lateDecisions) return Math.min(lowest, late.order)
    return lowest
  }

  // -------------------------------------------------------------------------------------------------- when to send

  /** In how many milliseconds the next batch is due; `undefined`: nothing waits to be sent. */
  dueIn(now: number): number | undefined {
    const head = this.buffer.peek(0)
    if (head === undefined) return undefined
    if (head.order <= this.dueOrder) return 0
    const { flushIntervalMillis } = this.options
    // The clock may have jumped; the interval is the longest wait in any case.
    return Math.min(flushIntervalMillis, Math.max(0, head.acceptedAt + flushIntervalMillis - now))
  }

  /** Ends when a batch is due before its time; when nothing is queued, with the next event. */
  setAlarm(): Deferred.Deferred<void> {
    return this.alarm.set(this.buffer.length === 0)
  }

  /** The interval has passed: everything queued is due. */
  intervalPassed(): void {
    this.alarm.clear()
    this.makeDue()
  }

  private makeDue(): void {
    this.dueOrder = this.lastOrder
  }

  protected ringAlarm(): void {
    const head = this.buffer.peek(0)
    if (head !== undefined) this.alarm.ring(head.order <= this.dueOrder)
  }

  // --------------------------------------------------------------------------------------------------------- sending

  /** Whether an event up to this one, in order of acceptance, waits to be sent. */
  hasQueued(upTo: number): boolean {
    const head = this.buffer.peek(0)
    return head !== undefined && head.order <= upTo
  }

  /**
   * Takes the events of the next request, oldest first, none after the given one. They are on their way until `release`.
   */
  take(upTo = Number.POSITIVE_INFINITY): Batch | undefined {
    const events = takeEvents(this.buffer, this.mostInRequest(), upTo)
    if (events.length === 0) return undefined
    for (const event of events) this.occupancy.depart(event)
    const batch = new Batch(events)
    this.onTheirWay.add(batch)
    return batch
  }

  protected mostInRequest(): number {
    return this.options.maxBatchSize
  }

  /** The batch is not on its way any more. What of it has not ended waits again, before everything else. */
  release(batch: Batch): void {
    if (!this.onTheirWay.delete(batch) || batch.firstLive === undefined) return
    for (let index = batch.events.length - 1; index >= 0; index--) {
      const event = batch.events[index]
      if (event !== undefined && event.live) this.sendAgain(event)
    }
    this.ringAlarm()
  }

  /** An event that is not on its way any more waits before all others. */
  protected sendAgain(event: QueuedEvent): void {
    this.occupancy.comeBack(event)
    if (event.order > this.dueOrder) this.dueOrder = event.order
    this.buffer.unshift(event)
  }

  /** Takes back the batches of fibers that have shown no sign of life for too long. */
  reclaim(now: number): void {
    const silent = [...this.onTheirWay].filter(({ heldUntil }) => heldUntil <= now)
    // What was taken last goes back first, so that the oldest comes first again.
    for (const batch of silent.reverse()) this.release(batch)
  }
}
