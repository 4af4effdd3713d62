import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { wake } from "../wake.ts"

/**
 * Wakes the worker before its time.
 *
 * @internal
 */
export class Alarm {
  private pending: Deferred.Deferred<void> | undefined
  /** Nothing was queued when the alarm was set, so any event makes it ring. */
  private isForAny = false

  set(isForAny: boolean): Deferred.Deferred<void> {
    this.isForAny = isForAny
    this.pending = Deferred.unsafeMake(FiberId.none)
    return this.pending
  }

  clear(): void {
    this.pending = undefined
  }

  /** Something is queued. Rings when that is due, or when the alarm was set for any event. */
  ring(isDue: boolean): void {
    const { pending } = this
    if (pending === undefined || !(isDue || this.isForAny)) return
    this.pending = undefined
    wake(() => Deferred.unsafeDone(pending, Exit.void))
  }
}
