// Generated from packages/effect-posthog/src/internal/queue/occupancy.ts by packages/tools/editions.mjs: change that file, not this one.
import type { QueuedEvent } from "./queuedEvent.ts"

/**
 * Characters of JSON that a queue holds in memory, roughly; with more it counts as full.
 *
 * @internal
 */
export const maxSize = 64 * 1024 * 1024

/** Half of it is sent without further waiting: a few large events would fill the queue before they are `flushAt`. */
const dueSize = maxSize / 2

/**
 * How much of a queue's room its events take: those that have not ended, and among them those that are not on their way.
 *
 * @internal
 */
export class Occupancy {
  private readonly capacity: number
  private readonly givesUpOldest: boolean
  /** Events that have not ended. */
  live = 0
  /** About their length as JSON. */
  size = 0
  private waiting = 0
  private waitingSize = 0

  constructor(capacity: number, givesUpOldest: boolean) {
    this.capacity = capacity
    this.givesUpOldest = givesUpOldest
  }

  // What is on its way cannot be given up any more, and must not push out what came after it. Where nothing is given up,
  // it takes room like everything that has not ended.
  isFull(estimate: number): boolean {
    const count = this.givesUpOldest ? this.waiting : this.live
    const size = this.givesUpOldest ? this.waitingSize : this.size
    return count >= this.capacity || (count > 0 && size + estimate > maxSize)
  }

  /** Waiting for more events would only fill the queue. */
  get isDue(): boolean {
    return this.live >= this.capacity || this.waitingSize >= dueSize
  }

  enter(event: QueuedEvent): void {
    event.live = true
    this.live++
    this.size += event.estimate
    this.waiting++
    this.waitingSize += event.estimate
  }

  /** An event that waits is now of another size. */
  resize(growth: number): void {
    this.size += growth
    this.waitingSize += growth
  }

  depart(event: QueuedEvent): void {
    event.sending = true
    this.waiting--
    this.waitingSize -= event.estimate
  }

  /** The event is not on its way any more, and has not ended. */
  comeBack(event: QueuedEvent): void {
    event.sending = false
    this.waiting++
    this.waitingSize += event.estimate
  }

  end(event: QueuedEvent): void {
    event.live = false
    this.live--
    this.size -= event.estimate
    if (event.sending) return
    this.waiting--
    this.waitingSize -= event.estimate
  }
}
