import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type { DropReason } from "../../Delivery.ts"
import type { WhenFull } from "../../PostHogConfig.ts"
import { turns } from "../eventLoop.ts"
import type { Counters } from "./counters.ts"
import type { QueuedEvent } from "./queuedEvent.ts"
import { RingBuffer } from "./ringBuffer.ts"
import type { Subscribers } from "./subscribers.ts"

/** Characters of JSON a routeQueue holds, roughly; more counts as full. */
const maxLaneSize = 64 * 1024 * 1024

/** Half of it is sent without further waiting, as a few large events would fill the routeQueue before they are `flushAt`. */
const dueSize = maxLaneSize / 2

/** Bytes of JSON that the events of one request come to, unless a single event is larger; the rest is for what is around them. */
const maxBatchBytes = 5 * 1024 * 1024 - 1024

/** What an event of a batch may take beside its own JSON: a comma, and `"options":{},` with the `v1` protocol. */
const besideEvent = 14

/** @internal */
export interface Waiter {
  readonly event: QueuedEvent
  readonly offeredAt: number
  readonly accepted: () => void
  readonly closed: () => void
}

/** @internal */
export interface LaneOptions {
  readonly capacity: number
  readonly flushAt: number
  readonly flushIntervalMillis: number
  readonly maxBatchSize: number
  readonly whenFull: WhenFull
  readonly counters: Counters
  readonly subscribers: Subscribers
  /** Starts the worker: the one fiber that takes batches. Called when events arrive and no worker runs. */
  readonly startWorker: (routeQueue: RouteQueue) => void
}

/**
 * The events of one route, from acceptance to end. Everything here is synchronous, so every method leaves the routeQueue in a
 * state that interruption cannot spoil.
 *
 * @internal
 */
export class RouteQueue {
  private readonly options: LaneOptions
  private readonly buffer = new RingBuffer<QueuedEvent>()
  private readonly flushes = new RingBuffer<{ readonly order: number; readonly done: Deferred.Deferred<void> }>()
  /** Entries whose hook decided late, or has not yet: the only ones that are not in order of acceptance. */
  private readonly lateDecisions = new Set<QueuedEvent>()
  /** Those of them whose hook has not decided yet. They are not in the buffer. */
  private readonly undecided = new Set<QueuedEvent>()
  private readonly waiters = new Set<Waiter>()
  private inFlight: ReadonlyArray<QueuedEvent> = []
  private inFlightFrom = 0
  private lastOrder = 0
  private live = 0
  private size = 0
  /** Live entries that are not on their way. */
  private waiting = 0
  private waitingSize = 0
  /** Entries up to this one are to be sent without further waiting. */
  private dueOrder = 0
  private workerRuns = false
  /** Those who wait are about to take the room there is. */
  private opening = false
  private alarm: Deferred.Deferred<void> | undefined

  constructor(options: LaneOptions) {
    this.options = options
  }

  // ------------------------------------------------------------------------------------------------------ acceptance

  /** Room for an event, after giving up the oldest where that is the policy. */
  makeRoom(estimate: number): boolean {
    if (this.options.whenFull === "dropOldest") {
      while (this.isFull(estimate)) this.giveUpOldest()
      if (this.flushes.length > 0) this.resolveFlushes()
      return true
    }
    return this.waiters.size === 0 && !this.isFull(estimate)
  }

  accept(event: QueuedEvent, now: number): void {
    this.enter(event, now)
    this.enqueue(event)
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
    // Somebody flushed while the hook was still deciding.
    if (event.order <= this.dueOrder) this.dueOrder = this.lastOrder
    this.enqueue(event)
  }

  addWaiter(waiter: Waiter): void {
    this.waiters.add(waiter)
    this.drainNow()
  }

  removeWaiter(waiter: Waiter): void {
    this.waiters.delete(waiter)
  }

  private enter(event: QueuedEvent, now: number): void {
    event.order = ++this.lastOrder
    event.acceptedAt = now
    event.live = true
    this.live++
    this.size += event.estimate
    this.waiting++
    this.waitingSize += event.estimate
    this.options.counters.accept()
  }

  private enqueue(event: QueuedEvent): void {
    this.buffer.push(event)
    const { capacity, flushAt } = this.options
    if (this.buffer.length >= flushAt || this.live >= capacity || this.waitingSize >= dueSize) {
      this.dueOrder = this.lastOrder
    }
    this.stir()
  }

  // What is on its way cannot be given up any more, and must not push out what came after it. Where nothing is given up,
  // it takes room like everything that has not ended.
  private isFull(estimate: number): boolean {
    const { capacity, whenFull } = this.options
    const [count, size] = whenFull === "dropOldest" ? [this.waiting, this.waitingSize] : [this.live, this.size]
    return count >= capacity || (count > 0 && size + estimate > maxLaneSize)
  }

  private giveUpOldest(): void {
    const queued = this.buffer.peek(0)
    for (const undecided of this.undecided) {
      if (queued === undefined || undecided.order < queued.order) return this.end(undecided, "Overflow")
      break
    }
    if (queued !== undefined) {
      this.buffer.shift()
      this.end(queued, "Overflow")
    }
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

  /** To be called after ends: wakes who waited for them. */
  settle(): void {
    this.resolveFlushes()
    if (this.waiters.size === 0 || this.opening) return
    this.opening = true
    // Behind the next request: see decision 0015.
    turns.scheduleTask(() => turns.scheduleTask(this.open, 0), 0)
  }

  private readonly open = (): void => {
    this.opening = false
    for (const waiter of this.waiters) {
      if (this.isFull(waiter.event.estimate)) return
      this.waiters.delete(waiter)
      this.accept(waiter.event, waiter.offeredAt)
      waiter.accepted()
    }
  }

  /** Ends all that is left and turns the waiting away. */
  abandon(reason: DropReason): number {
    const left = this.live
    this.reject()
    for (let next = this.buffer.shift(); next !== undefined; next = this.buffer.shift()) this.end(next, reason)
    for (const event of this.inFlight) this.end(event, reason)
    for (const event of this.lateDecisions) this.end(event, reason)
    this.resolveFlushes()
    return left
  }

  /** Ends what is left of the batch on its way. */
  endBatch(reason: DropReason, details: string): void {
    for (const event of this.inFlight) this.end(event, reason, details)
    this.settle()
  }

  /** Refuses the events that wait for room. */
  reject(): void {
    for (const waiter of this.waiters) waiter.closed()
    this.waiters.clear()
  }

  // ----------------------------------------------------------------------------------------------------------- flush

  /** Sends all that is queued. Done when it has ended; `undefined` when nothing is queued. */
  flush(): Deferred.Deferred<void> | undefined {
    if (this.live === 0) return undefined
    this.drainNow()
    const last = this.flushes.peek(this.flushes.length - 1)
    if (last?.order === this.lastOrder) return last.done
    const done = Deferred.unsafeMake<void>(FiberId.none)
    this.flushes.push({ order: this.lastOrder, done })
    return done
  }

  private drainNow(): void {
    this.dueOrder = this.lastOrder
    this.stir()
  }

  private resolveFlushes(): void {
    let next = this.flushes.peek(0)
    if (next === undefined) return
    const lowest = this.lowestLive()
    while (next !== undefined && next.order < lowest) {
      this.flushes.shift()
      Deferred.unsafeDone(next.done, Exit.void)
      next = this.flushes.peek(0)
    }
  }

  private lowestLive(): number {
    let lowest = this.buffer.peek(0)?.order ?? Number.POSITIVE_INFINITY
    let sent = this.inFlight[this.inFlightFrom]
    while (sent !== undefined && !sent.live) sent = this.inFlight[++this.inFlightFrom]
    if (sent !== undefined && sent.order < lowest) lowest = sent.order
    for (const straggler of this.lateDecisions) return Math.min(lowest, straggler.order)
    return lowest
  }

  // ---------------------------------------------------------------------------------------------------------- worker

  /**
   * What the worker does next: nothing more (`undefined`, and it must return), or taking a batch after so many
   * milliseconds.
   */
  nextBatchIn(now: number): number | undefined {
    this.inFlight = []
    const head = this.buffer.peek(0)
    if (head === undefined) {
      this.workerRuns = false
      return undefined
    }
    if (this.isDue()) return 0
    const { flushIntervalMillis } = this.options
    // The clock may have jumped; the interval is the longest wait in any case.
    return Math.min(flushIntervalMillis, Math.max(0, head.acceptedAt + flushIntervalMillis - now))
  }

  /** Goes off when a batch becomes due before its time. */
  setAlarm(): Deferred.Deferred<void> {
    this.alarm = Deferred.unsafeMake(FiberId.none)
    return this.alarm
  }

  /** The interval has passed. */
  becomeDue(): void {
    this.alarm = undefined
    this.dueOrder = this.lastOrder
  }

  /** The events of the next request, oldest first. They are in flight until they end. */
  takeBatch(): ReadonlyArray<QueuedEvent> {
    const { buffer, options: { maxBatchSize } } = this
    const most = Math.min(buffer.length, maxBatchSize)
    let bound = 0
    for (let index = 0; index < most; index++) bound += (buffer.peek(index)?.byteBound ?? 0) + besideEvent
    const batch: Array<QueuedEvent> = []
    let bytes = 0
    for (let head = buffer.peek(0); head !== undefined && batch.length < most; head = buffer.peek(0)) {
      if (bound > maxBatchBytes) {
        bytes += head.bytes + besideEvent
        if (batch.length > 0 && bytes > maxBatchBytes) break
      }
      batch.push(head)
      buffer.shift()
      head.sending = true
      this.leaveRoom(head)
    }
    this.inFlight = batch
    this.inFlightFrom = 0
    return batch
  }

  private isDue(): boolean {
    const head = this.buffer.peek(0)
    return head !== undefined && head.order <= this.dueOrder
  }

  private stir(): void {
    if (this.buffer.length === 0) return
    if (!this.workerRuns) {
      this.workerRuns = true
      this.options.startWorker(this)
    } else if (this.alarm !== undefined && this.isDue()) {
      Deferred.unsafeDone(this.alarm, Exit.void)
      this.alarm = undefined
    }
  }
}
