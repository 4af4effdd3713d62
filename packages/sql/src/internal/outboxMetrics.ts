import * as Metric from "effect/Metric"

const events = Metric.counter("posthog_outbox_events_total", {
  description: "Events of the outbox, by what became of them",
  incremental: true
})

const counted = (outcome: string) => {
  const metric = Metric.tagged(events, "outcome", outcome)
  return (count: number): void => {
    if (count > 0) metric.unsafeUpdate(count, [])
  }
}

/** @internal */
export const outboxEvents: Metric.Metric.Counter<number> = events

/** @internal */
export const outboxDepth = Metric.gauge("posthog_outbox_depth", {
  description: "Events that wait in the outbox to be delivered"
})

/** @internal */
export const outboxOldest = Metric.gauge("posthog_outbox_oldest_seconds", {
  description: "Seconds since the oldest event that waits in the outbox was captured"
})

/** @internal */
export const outboxParked = Metric.gauge("posthog_outbox_parked", {
  description: "Events in the outbox that are not sent any more"
})

/** @internal */
export const counters = {
  captured: counted("captured"),
  lost: counted("lost"),
  delivered: counted("delivered"),
  duplicate: counted("duplicate"),
  parked: counted("parked"),
  discarded: counted("discarded")
}

/** @internal */
export type OutboxCounters = typeof counters
