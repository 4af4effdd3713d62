/**
 * The metrics that the library keeps. Their tags are few and bounded: never a flag key, a value or an id.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"

const exposures = Metric.counter("posthog_exposures_total", {
  description: "Flag reads that called for an exposure event, by what became of it",
  incremental: true
})

/**
 * Exposures given to the event queue.
 *
 * @since 0.1.0
 * @category metrics
 */
export const exposuresSent = Metric.tagged(exposures, "outcome", "sent")

/**
 * Exposures that had been reported before.
 *
 * @since 0.1.0
 * @category metrics
 */
export const exposuresDeduplicated = Metric.tagged(exposures, "outcome", "deduplicated")

/**
 * Exposures that the event queue did not take; the next read reports them again.
 *
 * @since 0.1.0
 * @category metrics
 */
export const exposuresRejected = Metric.tagged(exposures, "outcome", "rejected")

const evaluations = Metric.counter("posthog_evaluations_total", {
  description: "Calls of evaluateFlags, by what it took and how they ended",
  incremental: true
})

/**
 * Evaluations answered without a request.
 *
 * @since 0.1.0
 * @category metrics
 */
export const evaluationsLocal = Metric.tagged(evaluations, "outcome", "local")

/**
 * Evaluations that asked the server and were answered.
 *
 * @since 0.1.0
 * @category metrics
 */
export const evaluationsRemote = Metric.tagged(evaluations, "outcome", "remote")

/**
 * Evaluations that asked the server in vain.
 *
 * @since 0.1.0
 * @category metrics
 */
export const evaluationsFailed = Metric.tagged(evaluations, "outcome", "failed")

/**
 * Time spent on remote evaluation, retries included.
 *
 * @since 0.1.0
 * @category metrics
 */
export const remoteEvaluationDuration = Metric.timer(
  "posthog_remote_evaluation_duration",
  "Time spent on remote evaluation, retries included"
)

/**
 * Seconds since the loaded flag definitions were last known to be current. Set once per poll interval and with every
 * load; not set while none are loaded. Tagged with `source`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const definitionsAge = Metric.gauge("posthog_definitions_age_seconds", {
  description: "Seconds since the loaded flag definitions were last known to be current"
})

/**
 * The number of flags that are loaded. Tagged with `source`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const definitionsFlags = Metric.gauge("posthog_definitions_flags", {
  description: "Flags that are loaded for local evaluation"
})

/**
 * Loads of flag definitions that ended well, changed or not. Tagged with `source`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const definitionsRefreshes = Metric.counter("posthog_definitions_refreshes_total", {
  description: "Loads of flag definitions that ended well",
  incremental: true
})

/**
 * Loads of flag definitions that failed. Tagged with `source` and `reason`, a `DefinitionsErrorReason`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const definitionsFailures = Metric.counter("posthog_definitions_failures_total", {
  description: "Loads of flag definitions that failed",
  incremental: true
})
