// Generated from packages/effect-posthog/src/internal/queue/routeQueue.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { DropReason, OfferResult } from "../../Delivery.ts"
import type { WhenFull } from "../../PostHogConfig.ts"
import { turns } from "../eventLoop.ts"
import { wake } from "../wake.ts"
import type { Counters } from "./counters.ts"
import type { QueuedEvent, Route } from "./queuedEvent.ts"
import { RingBuffer } from "./ringBuffer.ts"
import type { Subscribers } from "./subscribers.ts"

/**
 * Characters of JSON that a queue holds in memory, roughly; with more it counts as full.
 *
 * @internal
 */
export const maxSize = 64 * 1024 * 1024

/** Half of it is sent without further waiting: a few large events would fill the queue before they are `flushAt`. */
const dueSize = maxSize / 2

/** Bytes of JSON that the events of one request come to, unless a single event is larger; the rest is for the envelope. */
const maxBatchBytes = 5 * 1024 * 1024 - 1024

/** What an event of a batch may take besides its own JSON: a comma, and `"options":{},` with the `v1` protocol. */
const besideEvent = 14

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

/**
 * Events that are on their way together. Not a literal: see decision 0014.
 *
 * @internal
 */
export class Batch {
  readonly events: ReadonlyArray<QueuedEvent>
  /**
   * Until when, in epoch milliseconds, nobody else may take the events: whoever delivers them was cut off if it gave no
   * sign of life by then.
   */
  heldUntil = Number.POSITIVE_INFINITY
  /** Those before this index have ended. */
  private from = 0

  constructor(events: ReadonlyArray<QueuedEvent>) {
    this.events = events
  }

  /** The first event, in order of acceptance, that has not ended. */
  get firstLive(): QueuedEvent | undefined {
    let first = this.events[this.from]
    while (first !== undefined && !first.live) first = this.events[++this.from]
    return first
  }
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
  readonly subscribers: Subscribers
}

// Ids that the library makes are unique. The others, in whatever case, are compared with those before them.
const makeIsRepeated = (earlier: ReadonlyArray<QueuedEvent>) => {
  let ids: Set<string> | undefined
  return (event: QueuedEvent): boolean => {
    if (ids === undefined && !event.hasGivenId) return false
    ids ??= new Set(earlier.map(({ id }) => id.toLowerCase()))
    const { size } = ids
    return ids.add(event.id.toLowerCase()).size === size
  }
}

const bytesOf = (events: ReadonlyArray<QueuedEvent>): number => {
  let bytes = 0
  for (const event of events) bytes += event.bytes + besideEvent
  return bytes
}

const isBefore = (event: QueuedEvent | undefined, other: QueuedEvent): boolean =>
  event === undefined || other.order < event.order

/**
 * The events of one route, from acceptance to end. Everything here is synchronous, so that every method leaves the queue
 * in a state that interruption cannot spoil, and fibers are resumed last, through `wake`. Knows nothing of those who
 * offer and of those who send: they call its methods.
 *
 * @internal
 */
export class RouteQueue {
  protected readonly options: RouteQueueOptions
  protected readonly buffer = new RingBuffer<QueuedEvent>()
  private readonly flushes = new RingBuffer<{ readonly order: number; readonly done: Deferred.Deferred<void> }>()
  protected readonly waiters = new Set<Waiter>()
  protected readonly onTheirWay = new Set<Batch>()
  /** Entries whose hook decided late, or has not yet: the only ones that are not in order of acceptance. */
  private readonly lateDecisions = new Set<QueuedEvent>()
  /** Those of them whose hook has not decided yet. They are not in the buffer. */
  private readonly undecided = new Set<QueuedEvent>()
  protected lastOrder = 0
  protected live = 0
  protected size = 0
  /** Live entries that are not on their way. */
  protected waiting = 0
  protected waitingSize = 0
  /** Entries up to this one are to be sent without further waiting. */
  protected dueOrder = 0
  /** Room is about to be given to those who wait. */
  private opening = false
  private alarm: Deferred.Deferred<void> | undefined
  /** Nothing was queued when the alarm was set, so any event makes it ring. */
  private isIdle = false

  constructor(options: RouteQueueOptions) {
    this.options = options
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
    return this.live > 0
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
    const growth = decided.estimate - event.estimate
    this.size += growth
    this.waitingSize += growth
    event.become(decided)
    // A flush began while the hook was still deciding.
    if (event.order <= this.dueOrder) this.dueOrder = this.lastOrder
    this.enqueue(event)
    this.ringAlarm()
  }

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

  protected enter(event: QueuedEvent, now: number): void {
    event.order = ++this.lastOrder
    event.acceptedAt = now
    event.live = true
    this.live++
    this.size += event.estimate
    this.waiting++
    this.waitingSize += event.estimate
    this.options.counters.accept()
  }

  protected enqueue(event: QueuedEvent): void {
    this.buffer.push(event)
    const { capacity, flushAt } = this.options
    if (this.buffer.length >= flushAt || this.live >= capacity || this.waitingSize >= dueSize) this.makeDue()
  }

  // What is on its way cannot be given up any more, and must not push out what came after it. Where nothing is given up,
  // it takes room like everything that has not ended.
  protected isFull(estimate: number): boolean {
    const { capacity, whenFull } = this.options
    const givesUp = whenFull === "dropOldest"
    const count = givesUp ? this.waiting : this.live
    return count >= capacity || (count > 0 && (givesUp ? this.waitingSize : this.size) + estimate > maxSize)
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

  // ------------------------------------------------------------------------------------------------------------ ends

  /** The event ends: delivered, as a duplicate, or dropped for a reason. Later calls for the same event do nothing. */
  end(event: QueuedEvent, reason?: DropReason | "Duplicate", details?: string): void {
    if (!event.live) return
    event.live = false
    this.live--
    this.size -= event.estimate
    if (!event.sending) this.leaveRoom(event)
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

  private leaveRoom(event: QueuedEvent): void {
    this.waiting--
    this.waitingSize -= event.estimate
  }

  /** To be called after ends: resumes those who waited for them. */
  settle(): void {
    this.resolveFlushes()
    if (this.waiters.size === 0 || this.opening) return
    this.opening = true
    // Behind the next request: see decision 0015.
    turns.scheduleTask(() => turns.scheduleTask(this.open, 0), 0)
  }

  private readonly open = (): void => {
    this.opening = false
    const admitted: Array<() => void> = []
    for (const waiter of this.waiters) {
      if (this.isFull(waiter.event.estimate)) break
      this.waiters.delete(waiter)
      const answer = this.accept(waiter.event, waiter.offeredAt)
      admitted.push(() => waiter.accepted(answer))
    }
    for (const resume of admitted) resume()
  }

  /** Ends all that is left and rejects the events that wait for room. Gives the number of events that ended. */
  abandon(reason: DropReason): number {
    const left = this.live
    for (let next = this.buffer.shift(); next !== undefined; next = this.buffer.shift()) this.end(next, reason)
    for (const { events } of this.onTheirWay) {
      for (const event of events) this.end(event, reason)
    }
    for (const event of this.lateDecisions) this.end(event, reason)
    this.rejectWaiters()
    this.resolveFlushes()
    return left - this.live
  }

  // ----------------------------------------------------------------------------------------------------------- flush

  /** Makes all that is queued due. The result ends when that has ended; `undefined` when nothing is queued. */
  flush(): Deferred.Deferred<void> | undefined {
    if (!this.hasLive) return undefined
    this.makeDue()
    const last = this.flushes.peek(this.flushes.length - 1)
    const done = last?.order === this.lastOrder ? last.done : Deferred.makeUnsafe<void>()
    if (done !== last?.done) this.flushes.push({ order: this.lastOrder, done })
    this.ringAlarm()
    return done
  }

  private makeDue(): void {
    this.dueOrder = this.lastOrder
  }

  protected resolveFlushes(): void {
    let next = this.flushes.peek(0)
    if (next === undefined) return
    const lowest = this.lowestLive()
    const resolved: Array<Deferred.Deferred<void>> = []
    while (next !== undefined && next.order < lowest) {
      this.flushes.shift()
      resolved.push(next.done)
      next = this.flushes.peek(0)
    }
    for (const done of resolved) wake(() => Deferred.doneUnsafe(done, Exit.void))
  }

  /** Those who wait for a flush wait for events up to this one, too. */
  protected extendFlushes(upTo: number): void {
    for (let left = this.flushes.length; left > 0; left--) {
      const flush = this.flushes.shift()
      if (flush !== undefined) this.flushes.push({ order: Math.max(flush.order, upTo), done: flush.done })
    }
  }

  protected lowestLive(): number {
    let lowest = this.buffer.peek(0)?.order ?? Number.POSITIVE_INFINITY
    for (const batch of this.onTheirWay) {
      const first = batch.firstLive
      if (first !== undefined && first.order < lowest) lowest = first.order
    }
    for (const late of this.lateDecisions) return Math.min(lowest, late.order)
    return lowest
  }

  // --------------------------------------------------------------------------------------------------------- sending

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
    this.isIdle = this.buffer.length === 0
    this.alarm = Deferred.makeUnsafe()
    return this.alarm
  }

  /** The interval has passed: everything queued is due. */
  intervalPassed(): void {
    this.alarm = undefined
    this.makeDue()
  }

  /** Whether an event up to this one, in order of acceptance, waits to be sent. */
  hasQueued(upTo: number): boolean {
    const head = this.buffer.peek(0)
    return head !== undefined && head.order <= upTo
  }

  /** Takes back the batches of those who gave no sign of life for too long. */
  reclaim(now: number): void {
    const silent = [...this.onTheirWay].filter(({ heldUntil }) => heldUntil <= now)
    // What was taken last goes back first, so that the oldest comes first again.
    for (const batch of silent.reverse()) this.release(batch)
  }

  /**
   * Takes the events of the next request, oldest first, none after the given one. They are on their way until `release`.
   */
  take(upTo = Number.POSITIVE_INFINITY): Batch | undefined {
    const { buffer, options: { maxBatchSize } } = this
    const most = Math.min(buffer.length, this.mostOf(buffer.peek(0), maxBatchSize))
    if (most === 0) return undefined
    const events: Array<QueuedEvent> = []
    const isRepeated = makeIsRepeated(events)
    let bound = 0
    let bytes: number | undefined
    for (let head = buffer.peek(0); head !== undefined && events.length < most; head = buffer.peek(0)) {
      // Whoever had it before it was taken back did deliver it, late.
      if (!head.live) {
        buffer.shift()
        continue
      }
      if (head.order > upTo) break
      bound += head.byteBound + besideEvent
      if (bound > maxBatchBytes) {
        bytes = (bytes ?? bytesOf(events)) + head.bytes + besideEvent
        if (events.length > 0 && bytes > maxBatchBytes) break
      }
      // PostHog refuses a request in which two events have one id: the second goes with the next.
      if (isRepeated(head)) break
      events.push(head)
      buffer.shift()
      head.sending = true
      this.leaveRoom(head)
    }
    if (events.length === 0) return undefined
    const batch = new Batch(events)
    this.onTheirWay.add(batch)
    return batch
  }

  /** Events of a request that begins with this one, at most. */
  protected mostOf(_head: QueuedEvent | undefined, maxBatchSize: number): number {
    return maxBatchSize
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
    event.sending = false
    this.waiting++
    this.waitingSize += event.estimate
    if (event.order > this.dueOrder) this.dueOrder = event.order
    this.buffer.unshift(event)
  }

  protected ringAlarm(): void {
    const { alarm } = this
    if (alarm === undefined) return
    const head = this.buffer.peek(0)
    if (head === undefined || (head.order > this.dueOrder && !this.isIdle)) return
    this.alarm = undefined
    wake(() => Deferred.doneUnsafe(alarm, Exit.void))
  }
}
