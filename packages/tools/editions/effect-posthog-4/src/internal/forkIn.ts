import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/**
 * Forks into a scope. Into a closed one, too, an effect that cannot be interrupted begins and sees its interruption:
 * Effect 4 does not run it at all, so that what it is to do at its end never happens.
 *
 * @internal
 */
export const forkIn =
  (scope: Scope.Scope) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<Fiber.Fiber<A, E>, never, R> =>
    Effect.suspend(() =>
      scope.state._tag === "Closed"
        ? Effect.tap(Effect.forkDetach(self, { uninterruptible: "inherit" }), (fiber) =>
          Effect.sync(() => fiber.interruptUnsafe()))
        : Effect.forkIn(self, scope, { uninterruptible: "inherit" })
    )
