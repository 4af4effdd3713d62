// Generated from packages/effect-posthog/src/internal/spool/orders.ts by packages/tools/editions.mjs: change that file, not this one.
import { RingBuffer } from "../ringBuffer.ts"

/**
 * Orders of events that are on disk alone, oldest first, as runs: they are mostly one run.
 *
 * @internal
 */
export class Orders {
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
