import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/**
 * The time in whole milliseconds, as the columns take it: a clock of tests may stand between two.
 *
 * @internal
 */
export const epochMillis: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, Math.floor)
