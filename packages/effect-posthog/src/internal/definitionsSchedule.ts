import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { DefinitionsErrorReason } from "../DefinitionsError.ts"

const ceiling = Duration.toMillis("1 minute")

/** Doubling more often than this leaves every ceiling behind. */
const maxDoublings = 30

/**
 * Whether the server asks to be left alone, by its status.
 *
 * @internal
 */
export const backsOff = (reason: DefinitionsErrorReason): boolean =>
  reason === "Unauthorized" || reason === "Forbidden" || reason === "RateLimited"

/**
 * The time from the end of one load to the start of the next, without jitter. `refusals` are the 401, 403 and 429 since
 * the last success, and zero unless the load that has just ended was one: each doubles the interval, up to a minute,
 * and never below it.
 *
 * @internal
 */
export const delayAfter = (interval: Duration.Duration, refusals: number): Duration.Duration => {
  const millis = Duration.toMillis(interval)
  return Duration.millis(Math.max(millis, Math.min(ceiling, millis * 2 ** Math.min(refusals, maxDoublings))))
}

/**
 * Adds up to a tenth, so that the instances of an application do not ask at the same time.
 *
 * @internal
 */
export const jittered = (delay: Duration.Duration): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.nextRange(1, 1.1), (factor) => Duration.times(delay, factor))
