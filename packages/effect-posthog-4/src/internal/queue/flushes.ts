// Generated from packages/effect-posthog/src/internal/queue/flushes.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import { RingBuffer } from "../ringBuffer.ts"
import { wake } from "../wake.ts"

interface Flush {
  /** The last event that it waits for. */
  readonly order: number
  readonly done: Deferred.Deferred<void>
}

/**
 * The flushes that wait for events to end, in the order in which they began.
 *
 * @internal
 */
export class Flushes {
  private readonly pending = new RingBuffer<Flush>()

  get isEmpty(): boolean {
    return this.pending.length === 0
  }

  /** Waits for the events up to this one. Flushes with no event between them are one. */
  add(order: number): Deferred.Deferred<void> {
    const last = this.pending.peek(this.pending.length - 1)
    if (last?.order === order) return last.done
    const done = Deferred.makeUnsafe<void>()
    this.pending.push({ order, done })
    return done
  }

  /** Those that wait now wait for the events up to this one, too. */
  extend(order: number): void {
    for (let left = this.pending.length; left > 0; left--) {
      const flush = this.pending.shift()
      if (flush !== undefined) this.pending.push({ order: Math.max(flush.order, order), done: flush.done })
    }
  }

  /** All events before this one have ended. */
  resolveBefore(order: number): void {
    const resolved: Array<Deferred.Deferred<void>> = []
    for (let next = this.pending.peek(0); next !== undefined && next.order < order; next = this.pending.peek(0)) {
      this.pending.shift()
      resolved.push(next.done)
    }
    for (const done of resolved) wake(() => Deferred.doneUnsafe(done, Exit.void))
  }
}
