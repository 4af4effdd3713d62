// Generated from packages/effect-posthog/src/internal/spool/metrics.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Metric from "effect/Metric"
import type { EventStoreStatus } from "../../EventStore.ts"

const counter = Metric.counter("posthog_spool_events_total", {
  description: "Events of the spool that did not go the usual way, by what became of them",
  incremental: true
})

/** Events by what became of them. @internal */
export const spoolEvents = (outcome: Exclude<keyof EventStoreStatus, "bytes" | "unreadableFiles">) =>
  Metric.withAttributes(counter, { ["outcome"]: outcome })

/** Bytes on disk. @internal */
export const spoolBytes = Metric.gauge("posthog_spool_bytes", {
  description: "Bytes that the event spool holds on disk"
})
