// Generated from packages/effect-posthog/src/internal/spool/spooledQueue.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { DropReason, OfferResult } from "../../Delivery.ts"
import type { GivenUp, RecoveredEvent } from "../../EventStore.ts"
import type { QueuedEvent, Stored } from "../queue/queuedEvent.ts"
import { QueuedEvent as Event } from "../queue/queuedEvent.ts"
import { RingBuffer } from "../queue/ringBuffer.ts"
import type { Batch, RouteQueueOptions } from "../queue/routeQueue.ts"
import { maxSize, RouteQueue } from "../queue/routeQueue.ts"
import type { SpoolCounters } from "./spoolCounters.ts"

/** Halvings of a batch that bring it down to one event. */
const mostHalvings = 7

const isAnswer = (reason: DropReason | "Duplicate"): boolean =>
  reason === "Duplicate" || reason === "Rejected" || reason === "TooLarge"

const longestPauseMillis = 30_000
const firstSuspensionMillis = 60_000
const longestSuspensionMillis = 3_600_000

/**
 * What a queue asks of the spool.
 *
 * @internal
 */
export interface SpoolParts {
  readonly counters: SpoolCounters
  readonly horizon: Duration.Duration
  readonly retryBase: Duration.Duration
  readonly isFull: (bytes: number) => boolean
  /** The disk does not keep up: what waits for it fills the memory. */
  readonly isStuck: () => boolean
  readonly giveUpOldest: () => boolean
  readonly expire: (events: number) => void
  /** Writes the event with the others of this turn. Gives what to wait for. */
  readonly write: (queue: SpooledQueue, event: QueuedEvent, now: number, kept: boolean) => Effect.Effect<OfferResult>
  readonly ended: (queue: SpooledQueue, receipt: unknown) => void
  readonly refill: (queue: SpooledQueue) => void
  /** Calls `resume` of the queue after the time. */
  readonly resumeAfter: (queue: SpooledQueue, millis: number) => void
  /** Nothing can be written at the moment. */
  readonly isDegraded: () => boolean
}

/**
 * Orders of events that are on disk alone, oldest first, as runs: they are mostly one run.
 */
class Orders {
  private readonly runs = new RingBuffer<{ first: number; length: number }>()
  length = 0

  get first(): number | undefined {
    return this.runs.peek(0)?.first
  }

  push(order: number): void {
    this.length++
    const last = this.runs.peek(this.runs.length - 1)
    if (last !== undefined && last.first + last.length === order) last.length++
    else this.runs.push({ first: order, length: 1 })
  }

  shift(): number | undefined {
    const run = this.runs.peek(0)
    if (run === undefined) return undefined
    const { first } = run
    this.length--
    run.first++
    if (--run.length === 0) this.runs.shift()
    return first
  }
}

/**
 * The events of one route, each of them on disk. Memory holds the oldest of them; what comes while it is full is on disk
 * alone, until it is read again.
 *
 * Events whose retries are exhausted are not given up before the horizon: they are put aside. While the server takes
 * nothing, ever smaller requests try it, with pauses. When it takes something, what was put aside is sent again, in
 * smaller requests than before, so that an event that makes requests fail ends up alone and holds up nothing.
 *
 * @internal
 */
export class SpooledQueue extends RouteQueue {
  private readonly spool: SpoolParts
  /** On disk alone, or about to be. */
  private readonly cold = new Orders()
  /** Their retries were exhausted, and they wait to be sent again. Not in the buffer. */
  private readonly aside = new Set<QueuedEvent>()
  /** Events in the buffer that had been put aside: not in their order. */
  private readonly returned = new Set<QueuedEvent>()
  /** Batches in a row of which the server took nothing. */
  private failures = 0
  private isPaused = false
  private isTaken = false
  private isResolvingAll = false
  private now = 0
  /** What earlier processes left is being read: a flush waits for that, and for what has been read. */
  private isRecovering = false
  /** The order of the last event that was read meanwhile. */
  private lastRecovered = 0
  /** The store may hold events for which there was no room. */
  hasMore = false
  /** Events on disk alone that were given up or damaged, so far. */
  lost = 0

  constructor(options: RouteQueueOptions, spool: SpoolParts) {
    super(options)
    this.spool = spool
  }

  override get hasLive(): boolean {
    return this.live > 0 || this.cold.length > 0 || this.isRecovering
  }

  get onDiskAlone(): number {
    return this.cold.length
  }

  /** How many events may be read from the disk now. */
  get room(): number {
    const { capacity } = this.options
    return this.size > maxSize / 2 ? 0 : Math.max(0, capacity - this.live)
  }

  // ------------------------------------------------------------------------------------------------------ acceptance

  protected override isFull(estimate: number): boolean {
    return this.spool.isDegraded() ? super.isFull(estimate) : this.spool.isFull(estimate + lineOverhead)
  }

  override makeRoom(estimate: number): boolean {
    // The hook of such an event is still deciding, and until then it is in memory alone.
    if (estimate === 0 && this.live >= this.options.capacity) return false
    if (this.spool.isDegraded() || this.options.whenFull !== "dropOldest") return super.makeRoom(estimate)
    if (this.spool.isStuck()) return false
    while (this.isFull(estimate)) if (!this.spool.giveUpOldest()) return false
    return true
  }

  override accept(event: QueuedEvent, now: number): Effect.Effect<OfferResult> {
    this.now = now
    this.spool.counters.take()
    const isDegraded = this.spool.isDegraded()
    const kept = isDegraded ||
      (this.cold.length === 0 && this.live < this.options.capacity && this.size + event.estimate <= maxSize)
    if (kept) {
      event.stored = storedAt(undefined)
      super.accept(event, now)
    } else {
      event.acceptedAt = now
      this.cold.push(++this.lastOrder)
    }
    return this.spool.write(this, event, now, kept)
  }

  override acceptUndecided(event: QueuedEvent, now: number): void {
    this.spool.counters.take()
    super.acceptUndecided(event, now)
  }

  override decide(event: QueuedEvent, decided: QueuedEvent): void {
    if (!event.live) return
    super.decide(event, decided)
    event.stored = storedAt(undefined)
    // @effect-diagnostics-next-line floatingEffect:off -- it is written all the same; the effect only waits for that
    this.spool.write(this, event, event.acceptedAt, true)
  }

  /** The event could not be stored after all: it stays in memory. */
  keep(event: QueuedEvent): void {
    const order = this.cold.shift()
    event.stored = storedAt(undefined)
    this.enterAgain(event, order, event.acceptedAt)
    if (this.size > maxSize) this.end(event, "Overflow")
  }

  /** An event that was read from the disk. */
  recover({ acceptedAt, adopted, event, receipt }: RecoveredEvent): void {
    const queued = new Event(event, sizeOf(event))
    queued.hasGivenId = true
    queued.stored = storedAt(receipt)
    if (adopted) this.spool.counters.take()
    this.enterAgain(queued, adopted ? this.cold.first : this.cold.shift(), acceptedAt)
    if (this.isRecovering) this.lastRecovered = Math.max(this.lastRecovered, queued.order)
  }

  private enterAgain(event: QueuedEvent, order: number | undefined, acceptedAt: number): void {
    this.enter(event, acceptedAt)
    if (order !== undefined) {
      this.lastOrder--
      event.order = order
    }
    if (this.isExpired(event)) return this.end(event, "RetriesExhausted", "expired")
    // It has waited long enough.
    this.dueOrder = Math.max(this.dueOrder, event.order)
    this.enqueue(event)
    this.ringAlarm()
  }

  /** Nothing is left on disk alone, once this has been called with `false`. */
  recovering(isRecovering: boolean): void {
    if (this.isRecovering) this.extendFlushes(this.lastRecovered)
    this.isRecovering = isRecovering
    if (!isRecovering) this.resolveFlushes()
  }

  /** Events that were on disk alone cannot be read any more. */
  lose(events: number, reason: DropReason): void {
    for (let left = Math.min(events, this.cold.length); left > 0; left--) {
      this.cold.shift()
      this.lost++
      this.options.counters.drop(reason)
    }
    this.settle()
  }

  /** A part of the store was given up. */
  gaveUp({ has, unread }: GivenUp): void {
    for (let left = this.buffer.length; left > 0; left--) {
      const event = this.buffer.shift()
      if (event === undefined || !event.live) continue
      if (has(event.stored?.receipt)) this.end(event, "Overflow")
      else this.buffer.push(event)
    }
    for (const event of this.aside) if (has(event.stored?.receipt)) this.end(event, "Overflow")
    // Those may still arrive, but not with the next process.
    for (const { events } of this.onTheirWay) {
      for (const { stored } of events) if (stored !== undefined && has(stored.receipt)) stored.receipt = undefined
    }
    this.lose(unread, "Overflow")
  }

  // ------------------------------------------------------------------------------------------------------------ ends

  override end(event: QueuedEvent, reason?: DropReason | "Duplicate", details?: string): void {
    if (!event.live) return
    const { stored } = event
    if (stored !== undefined) {
      // The next process sends it.
      if (reason === "ShutdownTimeout" && stored.receipt !== undefined) return
      if (reason === "RetriesExhausted") {
        if (!this.isExpired(event)) {
          stored.exhausted = true
          return
        }
        this.spool.expire(1)
      }
    }
    if (reason === undefined || isAnswer(reason)) this.isTaken = true
    super.end(event, reason, details)
    if (this.aside.size > 0) this.aside.delete(event)
    if (this.returned.size > 0) this.returned.delete(event)
    if (stored?.receipt !== undefined) this.spool.ended(this, stored.receipt)
    if ((this.cold.length > 0 || this.hasMore) && this.live * 2 <= this.options.capacity) this.spool.refill(this)
  }

  private isExpired({ acceptedAt }: QueuedEvent): boolean {
    return this.now - acceptedAt > Duration.toMillis(this.spool.horizon)
  }

  protected override lowestLive(): number {
    if (this.isResolvingAll) return Number.POSITIVE_INFINITY
    if (this.isRecovering) return 0
    let lowest = Math.min(super.lowestLive(), this.cold.first ?? Number.POSITIVE_INFINITY)
    for (const { order } of this.returned) if (order < lowest) lowest = order
    return lowest
  }

  override abandon(reason: DropReason): number {
    const lost = super.abandon(reason)
    this.resolveAllFlushes()
    return lost
  }

  override flush() {
    this.resume(this.now)
    const done = super.flush()
    // What waits alone for its next attempt is not waited for.
    this.resolveFlushes()
    return done
  }

  // --------------------------------------------------------------------------------------------------------- sending

  override dueIn(now: number): number | undefined {
    this.now = now
    return this.isPaused ? undefined : super.dueIn(now)
  }

  protected override ringAlarm(): void {
    if (!this.isPaused) super.ringAlarm()
  }

  protected override mostOf(head: QueuedEvent | undefined, maxBatchSize: number): number {
    const halvings = Math.max(Math.min(this.failures, mostHalvings), head?.stored?.failures ?? 0)
    const most = Math.max(1, maxBatchSize >> halvings)
    if (head === undefined || this.returned.size === 0) return most
    // What failed before does not go together with new events, so that it takes none along.
    const isReturned = this.returned.has(head)
    let together = 1
    for (; together < most; together++) {
      const next = this.buffer.peek(together)
      if (next === undefined || this.returned.has(next) !== isReturned) break
    }
    return together
  }

  override release(batch: Batch): void {
    const { size } = this.aside
    const hadFailed = batch.events.some((event) => this.returned.has(event))
    super.release(batch)
    const isExhausted = this.aside.size > size
    if (this.isTaken) {
      this.isTaken = false
      this.failures = 0
      this.returnAll(true)
    } else if (isExhausted && hadFailed && this.buffer.length > this.returned.size) {
      // New events tell whether it was their fault.
      this.spool.resumeAfter(this, longestPauseMillis)
    } else if (isExhausted) {
      this.failures++
      const pause = Math.min(longestPauseMillis, Duration.toMillis(this.spool.retryBase) * 2 ** this.failures)
      // One failure may be the fault of an event: the next batch tells.
      this.isPaused = this.failures > 1 || this.buffer.length === 0
      this.spool.resumeAfter(this, pause)
    }
    if (isExhausted && this.isPaused) this.resolveAllFlushes()
    else this.resolveFlushes()
  }

  protected override sendAgain(event: QueuedEvent): void {
    const { stored } = event
    if (stored?.exhausted === true) {
      this.returned.delete(event)
      this.aside.add(event)
    } else super.sendAgain(event)
  }

  // They wait for events that are safe on disk, and that nobody can deliver now.
  private resolveAllFlushes(): void {
    this.isResolvingAll = true
    this.resolveFlushes()
    this.isResolvingAll = false
  }

  /** What was put aside is tried again. */
  resume(now: number): void {
    this.now = now
    this.isPaused = false
    this.returnAll(false)
  }

  /** To be called now and then. */
  tick(now: number): void {
    this.now = now
    if (!this.isPaused) this.returnAll(false)
  }

  private returnAll(isServerTaking: boolean): void {
    const waiting = [...this.aside]
    for (const event of waiting) {
      const { stored } = event
      if (stored === undefined) continue
      if (isServerTaking && stored.exhausted) {
        stored.exhausted = false
        if (++stored.failures > mostHalvings) {
          stored.notBefore = this.now +
            Math.min(longestSuspensionMillis, firstSuspensionMillis * 2 ** (stored.failures - mostHalvings - 1))
        }
      }
      // A clock that was set back does not suspend it for longer.
      if (stored.notBefore > this.now && stored.notBefore - this.now <= longestSuspensionMillis) continue
      this.aside.delete(event)
      stored.exhausted = false
      if (this.isExpired(event)) {
        this.end(event, "RetriesExhausted", "expired")
        continue
      }
      this.returned.add(event)
      event.sending = false
      this.waiting++
      this.waitingSize += event.estimate
      this.dueOrder = Math.max(this.dueOrder, event.order)
      this.buffer.push(event)
    }
    this.ringAlarm()
  }
}

const storedAt = (receipt: unknown): Stored => ({ receipt, exhausted: false, failures: 0, notBefore: 0 })

const envelopeSize = 160

/**
 * What an event takes on disk beyond its estimate.
 *
 * @internal
 */
export const lineOverhead = 160

const sizeOf = (event: { readonly event: string; readonly distinctId: string; readonly properties: object }): number =>
  JSON.stringify(event.properties).length + event.event.length + event.distinctId.length + envelopeSize

/** @internal */
export const accepted = ({ id }: QueuedEvent): Exit.Exit<OfferResult> => Exit.succeed({ _tag: "Accepted", id })
