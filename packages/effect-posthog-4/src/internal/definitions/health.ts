// Generated from packages/effect-posthog/src/internal/definitions/health.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type { DefinitionsError, DefinitionsErrorReason, DefinitionsFailure } from "../../Definitions.ts"
import * as PostHogMetrics from "../../PostHogMetrics.ts"
import * as Report from "./log.ts"

/** An operator who looks at the log of the last hours finds that definitions are old, and why. */
const reminder = Duration.toMillis("1 hour")

const ceiling = Duration.toMillis("1 minute")

/** More doublings exceed every ceiling. */
const maxDoublings = 30

/** Whether the server asks for fewer requests, by its status. */
const backsOff = (reason: DefinitionsErrorReason): boolean =>
  reason === "Unauthorized" || reason === "Forbidden" || reason === "RateLimited"

/**
 * The time from the end of one load to the start of the next, without jitter. `refusals` are the 401, 403 and 429 since
 * the last success, and zero unless the load that has just ended was one: each doubles the interval, up to a minute,
 * and never below it.
 */
const delayAfter = (interval: Duration.Duration, refusals: number): Duration.Duration => {
  const millis = Duration.toMillis(interval)
  return Duration.millis(Math.max(millis, Math.min(ceiling, millis * 2 ** Math.min(refusals, maxDoublings))))
}

/** Adds up to a tenth, so that the instances of an application do not ask at the same time. */
const jittered = (delay: Duration.Duration): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.nextBetween(1, 1.1), (factor) => Duration.times(delay, factor))

/**
 * Poll intervals without a refresh after which an operator is warned, and shared definitions are stale.
 *
 * @internal
 */
export const intervalsUntilStale = 10

/**
 * Counts and reports how loads end, and decides how long to wait for the next one.
 *
 * @internal
 */
export const makeHealth = (clock: Clock.Clock, source: string, origin: string | undefined) => {
  const refreshCount = Metric.withAttributes(PostHogMetrics.definitionsRefreshes, { ["source"]: source })
  const failureCount = Metric.withAttributes(PostHogMetrics.definitionsFailures, { ["source"]: source })

  let lastFailure: DefinitionsFailure | undefined
  let lastError: DefinitionsError | undefined
  let failures = 0
  // Answers that ask for fewer requests, since the last success.
  let refusals = 0
  let warnedAt: bigint | undefined
  // Elapsed time is measured on the monotonic clock.
  let refreshedAt = clock.monotonicTimeNanosUnsafe()

  return {
    report: () => ({ failures, lastFailure }),

    /** `age`: milliseconds since PostHog confirmed the definitions. Absent: no later than the load before. */
    succeeded: (age: number | undefined) =>
      Effect.suspend(() => {
        const before = failures
        failures = 0
        refusals = 0
        const recovered = before > 0 ? Report.recovered(before) : Effect.void
        if (age === undefined) return recovered
        warnedAt = undefined
        lastError = undefined
        refreshedAt = clock.monotonicTimeNanosUnsafe() - BigInt(Math.round(age * 1_000_000))
        return Effect.andThen(Metric.update(refreshCount, 1), recovered)
      }),

    failed: (error: DefinitionsError): Effect.Effect<void> =>
      Effect.suspend(() => {
        const repeated = failures > 0 && lastFailure?.message === error.message
        failures++
        lastError = error
        if (backsOff(error.reason)) refusals++
        lastFailure = {
          reason: error.reason,
          httpStatus: error.httpStatus,
          message: error.message,
          at: clock.currentTimeMillisUnsafe()
        }
        return Effect.andThen(
          Metric.update(Metric.withAttributes(failureCount, { ["reason"]: error.reason }), 1),
          Report.failed(error, repeated, origin)
        )
      }),

    nextDelay: (interval: Duration.Duration): Effect.Effect<Duration.Duration> =>
      Effect.suspend(() => {
        const refused = failures > 0 && lastFailure !== undefined && backsOff(lastFailure.reason)
        return jittered(delayAfter(interval, refused ? refusals : 0))
      }),

    /** Warns when nothing has been refreshed for many intervals, and once an hour from then on. */
    watch: (interval: Duration.Duration, loaded: boolean): Effect.Effect<void> =>
      Effect.suspend(() => {
        const now = clock.monotonicTimeNanosUnsafe()
        const since = Duration.nanos(now - refreshedAt)
        if (Duration.isLessThan(since, Duration.times(interval, intervalsUntilStale))) return Effect.void
        if (warnedAt !== undefined && Number(now - warnedAt) / 1e6 < reminder) return Effect.void
        warnedAt = now
        return Report.notRefreshed(since, loaded, lastError, origin)
      })
  }
}
