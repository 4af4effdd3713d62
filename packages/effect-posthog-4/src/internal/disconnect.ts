// Generated from packages/tools/editions/effect-posthog-4/src/internal/disconnect.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/**
 * Lets whoever interrupts an effect go on at once: what of it cannot be interrupted ends in the background.
 *
 * @internal
 */
export const disconnect = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Effect.forkDetach(restore(self), { startImmediately: true }),
      (fiber) => Effect.onInterrupt(restore(Fiber.join(fiber)), () => Effect.sync(() => fiber.interruptUnsafe()))
    )
  )
