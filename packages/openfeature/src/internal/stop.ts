import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

/**
 * The end of a session, for effects that wait for it and for code that looks whether it has come.
 *
 * @internal
 */
export interface Stop {
  readonly isDone: () => boolean
  readonly done: Effect.Effect<void>
  readonly now: () => void
}

/** @internal */
export const makeStop = (): Stop => {
  const deferred = Deferred.unsafeMake<void>(FiberId.none)
  let isDone = false
  return {
    isDone: () => isDone,
    done: Deferred.await(deferred),
    now: () => {
      isDone = true
      Deferred.unsafeDone(deferred, Effect.void)
    }
  }
}
