import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { DropReason, OfferResult } from "../../Delivery.ts"
import type { GivenUp, RecoveredEvent } from "../../EventStore.ts"
import type { Batch } from "../queue/batch.ts"
import { maxSize } from "../queue/occupancy.ts"
import type { QueuedEvent, Stored } from "../queue/queuedEvent.ts"
import { QueuedEvent as Event } from "../queue/queuedEvent.ts"
import type { RouteQueueOptions } from "../queue/routeQueue.ts"
import { RouteQueue } from "../queue/routeQueue.ts"
import { ExhaustedEvents } from "./exhaustedEvents.ts"
import { Orders } from "./orders.ts"
import type { SpoolCounters } from "./spoolCounters.ts"

const isAnswer = (reason: DropReason | "Duplicate"): boolean =>
  reason === "Duplicate" || reason === "Rejected" || reason === "TooLarge"

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
 * The events of one route, each of them on disk. Memory holds the oldest of them; what comes while it is full is on disk
 * alone, until it is read again.
 *
 * An event ends when the server has taken or refused it, when it is expired, or when the disk has no room for it. What
 * else would end it, exhausted retries and the end of the process, only puts it off.
 *
 * @internal
 */
export class SpooledQueue extends RouteQueue {
  private readonly spool: SpoolParts
  /** On disk alone, or about to be. */
  private readonly cold = new Orders()
  private readonly exhausted: ExhaustedEvents
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
    this.exhausted = new ExhaustedEvents(Duration.toMillis(spool.retryBase))
  }

  override get hasLive(): boolean {
    return super.hasLive || this.cold.length > 0 || this.isRecovering
  }

  get onDiskAlone(): number {
    return this.cold.length
  }

  /** How many events may be read from the disk now. */
  get room(): number {
    const { live, size } = this.occupancy
    return size > maxSize / 2 ? 0 : Math.max(0, this.options.capacity - live)
  }

  // ------------------------------------------------------------------------------------------------------ acceptance

  protected override isFull(estimate: number): boolean {
    return this.spool.isDegraded() ? super.isFull(estimate) : this.spool.isFull(estimate + lineOverhead)
  }

  override makeRoom(estimate: number): boolean {
    // The hook of such an event is still deciding, and until then it is in memory alone.
    if (estimate === 0 && this.occupancy.live >= this.options.capacity) return false
    if (this.spool.isDegraded() || this.options.whenFull !== "dropOldest") return super.makeRoom(estimate)
    if (this.spool.isStuck()) return false
    while (this.isFull(estimate)) if (!this.spool.giveUpOldest()) return false
    return true
  }

  override accept(event: QueuedEvent, now: number): Effect.Effect<OfferResult> {
    this.now = now
    this.spool.counters.take()
    const { live, size } = this.occupancy
    const kept = this.spool.isDegraded() ||
      (this.cold.length === 0 && live < this.options.capacity && size + event.estimate <= maxSize)
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
    if (this.occupancy.size > maxSize) this.end(event, "Overflow")
  }

  /** An event that was read from the disk. */
  recover({ acceptedAt, adopted, event, receipt }: RecoveredEvent): void {
    const queued = new Event(event, sizeOf(event))
    queued.hasGivenId = true
    queued.stored = storedAt(receipt)
    // What was not adopted and is not this queue's, a client has left that had this store before.
    const isOther = adopted || this.cold.length === 0
    if (isOther) this.spool.counters.take()
    this.enterAgain(queued, isOther ? this.cold.first : this.cold.shift(), acceptedAt)
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
    if (this.isRecovering) this.flushes.extend(this.lastRecovered)
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
    for (const event of this.exhausted.all) if (has(event.stored?.receipt)) this.end(event, "Overflow")
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
    if (reason === undefined || isAnswer(reason)) this.exhausted.noteTaken()
    super.end(event, reason, details)
    this.exhausted.noteEnd(event)
    if (stored?.receipt !== undefined) this.spool.ended(this, stored.receipt)
    if ((this.cold.length > 0 || this.hasMore) && this.occupancy.live * 2 <= this.options.capacity) {
      this.spool.refill(this)
    }
  }

  private isExpired({ acceptedAt }: QueuedEvent): boolean {
    return this.now - acceptedAt > Duration.toMillis(this.spool.horizon)
  }

  protected override lowestLive(): number {
    if (this.isResolvingAll) return Number.POSITIVE_INFINITY
    if (this.isRecovering) return 0
    return Math.min(super.lowestLive(), this.cold.first ?? Number.POSITIVE_INFINITY, this.exhausted.lowestReturned)
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
    return this.exhausted.isPaused ? undefined : super.dueIn(now)
  }

  protected override ringAlarm(): void {
    if (!this.exhausted.isPaused) super.ringAlarm()
  }

  protected override mostInRequest(): number {
    return this.exhausted.mostOfNext(this.buffer, this.options.maxBatchSize)
  }

  override release(batch: Batch): void {
    const { exhausted } = this
    const before = exhausted.waiting
    const hadFailed = batch.events.some((event) => exhausted.wasPutAside(event))
    super.release(batch)
    const isExhausted = exhausted.waiting > before
    if (exhausted.hasTaken()) this.returnAll(true)
    else if (isExhausted) {
      this.spool.resumeAfter(this, exhausted.pauseAfterFailure(hadFailed, this.buffer.length))
    }
    if (isExhausted && exhausted.isPaused) this.resolveAllFlushes()
    else this.resolveFlushes()
  }

  protected override sendAgain(event: QueuedEvent): void {
    if (event.stored?.exhausted === true) this.exhausted.putAside(event)
    else super.sendAgain(event)
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
    this.exhausted.isPaused = false
    this.returnAll(false)
  }

  /** To be called now and then. */
  tick(now: number): void {
    this.now = now
    if (!this.exhausted.isPaused) this.returnAll(false)
  }

  private returnAll(isServerTaking: boolean): void {
    const { exhausted } = this
    for (const event of exhausted.all) {
      if (!exhausted.takeOut(event, this.now, isServerTaking)) continue
      if (this.isExpired(event)) {
        this.end(event, "RetriesExhausted", "expired")
        continue
      }
      exhausted.noteReturned(event)
      this.occupancy.comeBack(event)
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
