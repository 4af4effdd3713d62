import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type { DefinitionsError, DefinitionsErrorReason, DefinitionsFailure } from "../../Definitions.ts"
import * as PostHogMetrics from "../../PostHogMetrics.ts"
import * as Report from "./log.ts"

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

/** Poll intervals without a refresh after which an operator should know. */
const intervalsUntilWarning = 10

/**
 * How loading goes: counted, reported, and turned into the time to wait.
 *
 * @internal
 */
export const makeHealth = (clock: Clock.Clock, source: string) => {
  const refreshCount = Metric.tagged(PostHogMetrics.definitionsRefreshes, "source", source)
  const failureCount = Metric.tagged(PostHogMetrics.definitionsFailures, "source", source)

  let lastFailure: DefinitionsFailure | undefined
  let failures = 0
  // Answers that ask to be left alone, since the last success.
  let refusals = 0
  let warned = false
  // Elapsed time is measured on the clock that nobody sets back or forth.
  let refreshedAt = clock.unsafeCurrentTimeNanos()

  return {
    report: () => ({ failures, lastFailure }),

    succeeded: Effect.suspend(() => {
      const before = failures
      failures = 0
      refusals = 0
      warned = false
      refreshedAt = clock.unsafeCurrentTimeNanos()
      return Effect.zipRight(Metric.increment(refreshCount), before > 0 ? Report.recovered(before) : Effect.void)
    }),

    failed: (error: DefinitionsError): Effect.Effect<void> =>
      Effect.suspend(() => {
        const repeated = failures > 0 && lastFailure?.message === error.message
        failures++
        if (backsOff(error.reason)) refusals++
        lastFailure = {
          reason: error.reason,
          httpStatus: error.httpStatus,
          message: error.message,
          at: clock.unsafeCurrentTimeMillis()
        }
        return Effect.zipRight(
          Metric.increment(Metric.tagged(failureCount, "reason", error.reason)),
          Report.failed(error, repeated)
        )
      }),

    nextDelay: (interval: Duration.Duration): Effect.Effect<Duration.Duration> =>
      Effect.suspend(() => {
        const refused = failures > 0 && lastFailure !== undefined && backsOff(lastFailure.reason)
        return jittered(delayAfter(interval, refused ? refusals : 0))
      }),

    /** Warns, once, when nothing has been refreshed for many intervals. */
    watch: (interval: Duration.Duration, loaded: boolean): Effect.Effect<void> =>
      Effect.suspend(() => {
        const since = Duration.nanos(clock.unsafeCurrentTimeNanos() - refreshedAt)
        if (warned || Duration.lessThan(since, Duration.times(interval, intervalsUntilWarning))) return Effect.void
        warned = true
        return Report.notRefreshed(since, loaded)
      })
  }
}
