/**
 * The metrics that the library keeps. Their tags are few and bounded: never a flag key, a value or an id.
 *
 * @since 3.0.0
 */
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"

const total = (name: string, description: string): Metric.Metric.Counter<number> =>
  Metric.counter(name, { description, incremental: true })

// The tags are part of the key: `Metric.tagged` would look the counter up by all of its tags with every count, which
// costs more than a warm flag read.
const counter = (
  name: string,
  description: string,
  tags: Readonly<Record<string, string>>
): Metric.Metric.Counter<number> =>
  Metric.fromMetricKey(
    MetricKey.taggedWithLabels(
      MetricKey.counter(name, { description, incremental: true }),
      Object.entries(tags).map(([key, value]) => MetricLabel.make(key, value))
    )
  )

const exposures = (outcome: string): Metric.Metric.Counter<number> =>
  counter("posthog_exposures_total", "Flag reads that called for an exposure event, by what became of it", { outcome })

/**
 * Exposures given to the event queue.
 *
 * @since 3.0.0
 * @category metrics
 */
export const exposuresSent = exposures("sent")

/**
 * Exposures that had been reported before.
 *
 * @since 3.0.0
 * @category metrics
 */
export const exposuresDeduplicated = exposures("deduplicated")

/**
 * Exposures that the event queue did not take; the next read reports them again.
 *
 * @since 3.0.0
 * @category metrics
 */
export const exposuresRejected = exposures("rejected")

const evaluations = (source: string, outcome: string): Metric.Metric.Counter<number> =>
  counter(
    "posthog_evaluations_total",
    "Calls of evaluateFlags, by whether the server was asked and how they ended",
    { source, outcome }
  )

/**
 * Evaluations answered without a request.
 *
 * @since 3.0.0
 * @category metrics
 */
export const evaluationsLocal = evaluations("local", "answered")

/**
 * Evaluations that asked the server and were answered.
 *
 * @since 3.0.0
 * @category metrics
 */
export const evaluationsRemote = evaluations("remote", "answered")

/**
 * Evaluations whose request to the server failed.
 *
 * @since 3.0.0
 * @category metrics
 */
export const evaluationsFailed = evaluations("remote", "failed")

/**
 * Time spent on remote evaluation, retries included.
 *
 * @since 3.0.0
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
 * @since 3.0.0
 * @category metrics
 */
export const definitionsAge = Metric.gauge("posthog_definitions_age_seconds", {
  description: "Seconds since the loaded flag definitions were last known to be current"
})

/**
 * The number of flags that are loaded. Tagged with `source`.
 *
 * @since 3.0.0
 * @category metrics
 */
export const definitionsFlags = Metric.gauge("posthog_definitions_flags", {
  description: "Flags that are loaded for local evaluation"
})

/**
 * Loads of flag definitions that ended well, changed or not. Tagged with `source`.
 *
 * @since 3.0.0
 * @category metrics
 */
export const definitionsRefreshes = total(
  "posthog_definitions_refreshes_total",
  "Loads of flag definitions that ended well"
)

/**
 * Loads of flag definitions that failed. Tagged with `source` and `reason`, a `DefinitionsErrorReason`.
 *
 * @since 3.0.0
 * @category metrics
 */
export const definitionsFailures = total("posthog_definitions_failures_total", "Loads of flag definitions that failed")

/**
 * Calls of a `DefinitionsCache` that failed or took too long, tagged with the `operation`.
 *
 * @since 3.0.0
 * @category metrics
 */
export const definitionsCacheFailures = total(
  "posthog_definitions_cache_failures_total",
  "Calls of the shared cache of flag definitions that failed or took too long, by operation"
)

/**
 * Calls of a `DedupStore` that did not work, tagged with the `reason`: `timeout`, `defect`, or `paused` for calls that
 * were left out for a few seconds after one of the others.
 *
 * @since 3.0.0
 * @category metrics
 */
export const dedupStoreFailures = total(
  "posthog_dedup_store_failures_total",
  "Calls of the store of reported exposures that did not work, by reason"
)

/**
 * Events the queue took.
 *
 * @since 3.0.0
 * @category metrics
 */
export const eventsAccepted = total("posthog_events_accepted_total", "Events the queue took")

/**
 * Events the server took.
 *
 * @since 3.0.0
 * @category metrics
 */
export const eventsDelivered = total("posthog_events_delivered_total", "Events the server took")

/**
 * Events the queue took and did not send, because equal events stand for them.
 *
 * @since 3.0.0
 * @category metrics
 */
export const eventsDuplicated = total(
  "posthog_events_duplicated_total",
  "Events the queue took and did not send, because equal events stand for them"
)

/**
 * Events the queue took and could not deliver, tagged with the `reason` of their `Delivery`.
 *
 * @since 3.0.0
 * @category metrics
 */
export const eventsDropped = total(
  "posthog_events_dropped_total",
  "Events the queue took and could not deliver, by reason"
)

/**
 * Events the queue did not take, tagged with the `reason` of their rejection.
 *
 * @since 3.0.0
 * @category metrics
 */
export const eventsRejected = total("posthog_events_rejected_total", "Events the queue did not take, by reason")

/**
 * Messages that cannot be captured, tagged with the `field` at fault.
 *
 * @since 3.0.0
 * @category metrics
 */
export const eventsInvalid = total(
  "posthog_events_invalid_total",
  "Messages that cannot be captured, by the field at fault"
)

const eventRequestsName = "posthog_event_requests_total"
const eventRequestsDescription = "Requests that carried events, retries included, by outcome"

/**
 * Requests that carried events, retries included, tagged with their `outcome`.
 *
 * @since 3.0.0
 * @category metrics
 */
export const eventRequests = total(eventRequestsName, eventRequestsDescription)

/** @internal */
export const eventRequestsWith = (outcome: string): Metric.Metric.Counter<number> =>
  counter(eventRequestsName, eventRequestsDescription, { outcome })

/**
 * Exceptions that reached a boundary, tagged with the `boundary`'s name and the `outcome`: `captured`, `duplicate`,
 * `ignored`, `limited` or `rejected`.
 *
 * @since 3.0.0
 * @category metrics
 */
export const exceptions = (boundary: string, outcome: string): Metric.Metric.Counter<number> =>
  counter("posthog_exceptions_total", "Exceptions that reached a boundary, by what became of them", {
    boundary,
    outcome
  })
