// Generated from packages/effect-posthog/src/internal/spool/exhaustedEvents.ts by packages/tools/editions.mjs: change that file, not this one.
import type { QueuedEvent } from "../queue/queuedEvent.ts"
import type { RingBuffer } from "../ringBuffer.ts"

/** Halvings of a batch that bring it down to one event. */
const mostHalvings = 7

const longestPauseMillis = 30_000
const firstSuspensionMillis = 60_000
const longestSuspensionMillis = 3_600_000

/**
 * Events whose retries were exhausted, which a queue on a disk does not give up before the horizon: they are put aside,
 * and sent again later.
 *
 * While the server takes nothing, ever smaller requests try it, with pauses. When it takes something, what was put aside
 * is sent again, in smaller requests than before, so that an event that makes requests fail ends up alone and holds up
 * nothing.
 *
 * @internal
 */
export class ExhaustedEvents {
  private readonly retryBaseMillis: number
  /** They wait to be sent again. Not in the buffer of the queue. */
  private readonly aside = new Set<QueuedEvent>()
  /** Events in the buffer that had been put aside: not in order of acceptance. */
  private readonly returned = new Set<QueuedEvent>()
  /** Batches in a row of which the server took nothing. */
  private failures = 0
  private isServerTaking = false
  /** Nothing is sent at the moment. */
  isPaused = false

  constructor(retryBaseMillis: number) {
    // Without a time between retries, pauses grow all the same.
    this.retryBaseMillis = Math.max(1, retryBaseMillis)
  }

  /** The number of events that wait to be sent again. */
  get waiting(): number {
    return this.aside.size
  }

  /** Those that wait now, in a list of its own. */
  get all(): ReadonlyArray<QueuedEvent> {
    return [...this.aside]
  }

  get lowestReturned(): number {
    let lowest = Number.POSITIVE_INFINITY
    for (const { order } of this.returned) if (order < lowest) lowest = order
    return lowest
  }

  putAside(event: QueuedEvent): void {
    this.returned.delete(event)
    this.aside.add(event)
  }

  /** Takes an event out that is to be sent again now: not while it is suspended. */
  takeOut(event: QueuedEvent, now: number, isServerTaking: boolean): boolean {
    const { stored } = event
    if (stored === undefined || !this.aside.has(event)) return false
    if (isServerTaking && stored.exhausted) {
      stored.exhausted = false
      if (++stored.failures > mostHalvings) {
        stored.notBefore = now +
          Math.min(longestSuspensionMillis, firstSuspensionMillis * 2 ** (stored.failures - mostHalvings - 1))
      }
    }
    // A clock that was set back does not suspend it for longer.
    if (stored.notBefore > now && stored.notBefore - now <= longestSuspensionMillis) return false
    stored.exhausted = false
    return this.aside.delete(event)
  }

  /** An event that was taken out is in the buffer of the queue again. */
  noteReturned(event: QueuedEvent): void {
    this.returned.add(event)
  }

  wasPutAside(event: QueuedEvent): boolean {
    return this.returned.has(event)
  }

  noteEnd(event: QueuedEvent): void {
    if (this.aside.size > 0) this.aside.delete(event)
    if (this.returned.size > 0) this.returned.delete(event)
  }

  /** The server took an event, or decided about it. */
  noteTaken(): void {
    this.isServerTaking = true
  }

  /** Whether the server has taken anything since the last call. */
  hasTaken(): boolean {
    if (!this.isServerTaking) return false
    this.isServerTaking = false
    this.failures = 0
    return true
  }

  /**
   * The retries of a batch were exhausted. Gives in how many milliseconds to try again.
   *
   * @param hadFailed events of it had been put aside before
   * @param queued events that wait in the buffer
   */
  pauseAfterFailure(hadFailed: boolean, queued: number): number {
    // New events tell whether it was their fault.
    if (hadFailed && queued > this.returned.size) return longestPauseMillis
    this.failures++
    // One failure may be the fault of an event: the next batch tells.
    this.isPaused = this.failures > 1 || queued === 0
    return Math.min(longestPauseMillis, this.retryBaseMillis * 2 ** this.failures)
  }

  /** Events of the next request, at most. */
  mostOfNext(buffer: RingBuffer<QueuedEvent>, maxBatchSize: number): number {
    const head = buffer.peek(0)
    const halvings = Math.max(Math.min(this.failures, mostHalvings), head?.stored?.failures ?? 0)
    const most = Math.max(1, maxBatchSize >> halvings)
    if (head === undefined || this.returned.size === 0) return most
    // What failed before does not go together with new events, so that it takes none along.
    const isReturned = this.returned.has(head)
    let together = 1
    for (; together < most; together++) {
      const next = buffer.peek(together)
      if (next === undefined || this.returned.has(next) !== isReturned) break
    }
    return together
  }
}
