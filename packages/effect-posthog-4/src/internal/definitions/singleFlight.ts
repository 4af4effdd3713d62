// Generated from packages/effect-posthog/src/internal/definitions/singleFlight.ts by packages/tools/editions.mjs: change that file, not this one.
import { forkIn } from "../forkIn.ts"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { DefinitionsError } from "../../Definitions.ts"

const closed = new DefinitionsError({ reason: "UnknownError", problem: "the layer that loads them was closed" })

/**
 * A load of which at most one is under way: callers share it.
 *
 * @internal
 */
export interface SingleFlight {
  /** Loads. Joins a load that is under way, but follows one that is already answered with another. */
  readonly fresh: Effect.Effect<void, DefinitionsError>
  /** Loads, or joins the load that is under way. */
  readonly any: Effect.Effect<void, DefinitionsError>
}

/**
 * Runs loads in fibers of the scope, so that they outlive the callers that began them. `load` runs the given effect as
 * soon as its answer has arrived. When the scope closes, the load that is under way is interrupted, and those who wait
 * for it fail.
 *
 * @internal
 */
export const makeSingleFlight = (
  scope: Scope.Scope,
  load: (answered: Effect.Effect<void>) => Effect.Effect<void, DefinitionsError>
): SingleFlight => {
  let underWay: Deferred.Deferred<void, DefinitionsError> | undefined
  let isAnswered = false

  const run = load(Effect.sync(() => {
    isAnswered = true
  }))

  const begin = (restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
    const result = Deferred.makeUnsafe<void, DefinitionsError>()
    underWay = result
    isAnswered = false
    return Effect.interruptible(run).pipe(
      Effect.exit,
      Effect.flatMap((exit) => {
        underWay = undefined
        return Deferred.done(result, Exit.hasInterrupts(exit) ? Exit.fail(closed) : exit)
      }),
      forkIn(scope),
      Effect.andThen(restore(Deferred.await(result)))
    )
  }

  const any = Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => underWay === undefined ? begin(restore) : restore(Deferred.await(underWay)))
  )

  const fresh: Effect.Effect<void, DefinitionsError> = Effect.suspend(() =>
    // An answer that has arrived may be older than what the caller knows of.
    underWay !== undefined && isAnswered ? Effect.andThen(Effect.ignore(Deferred.await(underWay)), fresh) : any
  )
  return { any, fresh }
}
