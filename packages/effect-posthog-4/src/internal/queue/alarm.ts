// Generated from packages/effect-posthog/src/internal/queue/alarm.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
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
    this.pending = Deferred.makeUnsafe()
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
    wake(() => Deferred.doneUnsafe(pending, Exit.void))
  }
}
