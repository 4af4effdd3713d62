// Generated from packages/effect-posthog/src/internal/definitions/callerLoads.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { DefinitionsError } from "../../Definitions.ts"

/** Beyond the time that a caller waits: how much later its load may end before the caller counts as cut off. */
const grace = Duration.seconds(1)

/** @internal */
export interface CallerLoadsParts {
  readonly clock: Clock.Clock
  /** How long a caller waits for a load that it did not ask for. */
  readonly callerWaits: Duration.Duration
  /** Loads in the caller's fiber. */
  readonly load: (limit: Duration.Duration | undefined) => Effect.Effect<void, DefinitionsError>
  readonly isLoaded: () => boolean
  /** When the next load is due, on the monotonic clock. Absent: none has ended. */
  readonly dueAt: () => bigint | undefined
}

/**
 * Loads in the fibers of callers: see decision 0025. A load that is due belongs to the caller that begins it, for as long
 * as it may take; the others go on with the old definitions, and take over when it has not ended by then. As long as there
 * are no definitions, every caller loads for itself.
 *
 * @internal
 */
export const makeCallerLoads = ({ callerWaits, clock, dueAt, isLoaded, load }: CallerLoadsParts) => {
  const held = Duration.toNanosUnsafe(Duration.sum(callerWaits, grace))
  let heldUntil = 0n

  const begin = (now: bigint): Effect.Effect<void> => {
    heldUntil = now + held
    return Effect.ignore(load(callerWaits)).pipe(
      Effect.ensuring(Effect.sync(() => {
        heldUntil = 0n
      }))
    )
  }

  const refreshIfDue = Effect.suspend(() => {
    const now = clock.monotonicTimeNanosUnsafe()
    if (now < (dueAt() ?? 0n) || (isLoaded() && now < heldUntil)) return Effect.void
    return begin(now)
  })

  // Whole milliseconds, at least one.
  const untilDue = Effect.suspend(() => {
    const remaining = (dueAt() ?? 0n) - clock.monotonicTimeNanosUnsafe()
    return Effect.sleep(Duration.millis(Math.max(1, Math.ceil(Number(remaining) / 1e6))))
  })

  const ready: Effect.Effect<void> = Effect.suspend(() =>
    isLoaded()
      ? Effect.void
      : Effect.flatMap(refreshIfDue, () => isLoaded() ? Effect.void : Effect.andThen(untilDue, ready))
  )

  return { load: load(undefined), ready, refreshIfDue }
}
