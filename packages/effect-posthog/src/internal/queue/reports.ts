import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { DropReason, EventCounts, RejectReason } from "../../Delivery.ts"
import * as Metrics from "../../PostHogMetrics.ts"
import { annotated } from "../library.ts"
import type { Counters } from "./counters.ts"

const quietMillis = 10_000
const pauseMillis = 1000

const fromHere = annotated("EventQueue")

/**
 * A warning of a kind is logged at most once in ten seconds, so that a storm of events is not a storm of logs.
 *
 * @internal
 */
export class Warnings {
  private readonly lastAt = new Map<string, number>()

  warn(kind: string, message: string, now: number): Effect.Effect<void> | undefined {
    const last = this.lastAt.get(kind)
    if (last !== undefined && now >= last && now - last < quietMillis) return undefined
    this.lastAt.set(kind, now)
    return fromHere(Effect.logWarning(message))
  }
}

const differences = <Reason extends string>(
  current: Readonly<Record<Reason, number>>,
  previous: Readonly<Record<Reason, number>>
): Array<readonly [Reason, number]> =>
  (Object.keys(current) as Array<Reason>).flatMap((reason) =>
    current[reason] === previous[reason] ? [] : [[reason, current[reason] - previous[reason]] as const]
  )

/**
 * Carries what happened since the last call from the books to metrics and, if events were lost, to the log. It runs
 * once per batch or second rather than once per event.
 *
 * @internal
 */
export class EventReports {
  private readonly counters: Counters
  private readonly warnings: Warnings
  private published: EventCounts
  private warned: EventCounts
  private publishedAt = Number.NEGATIVE_INFINITY

  constructor(counters: Counters, warnings: Warnings) {
    this.counters = counters
    this.warnings = warnings
    this.published = counters.counts
    this.warned = counters.counts
  }

  readonly publish = (now: number): Effect.Effect<void> => {
    this.publishedAt = now
    const counts = this.counters.counts
    this.updateMetrics(counts)
    return this.warnAboutLosses(counts, now) ?? Effect.void
  }

  /** The same, at most once a second, for the time in which a request is on its way: `undefined` when nothing is logged. */
  publishNowAndThen(now: number): Effect.Effect<void> | undefined {
    if (now >= this.publishedAt && now - this.publishedAt < pauseMillis) return undefined
    const report = this.publish(now)
    return report === Effect.void ? undefined : report
  }

  private updateMetrics(counts: EventCounts): void {
    const before = this.published
    this.published = counts
    if (counts.accepted > before.accepted) Metrics.eventsAccepted.unsafeUpdate(counts.accepted - before.accepted, [])
    if (counts.delivered > before.delivered) {
      Metrics.eventsDelivered.unsafeUpdate(counts.delivered - before.delivered, [])
    }
    if (counts.duplicates > before.duplicates) {
      Metrics.eventsDuplicated.unsafeUpdate(counts.duplicates - before.duplicates, [])
    }
    for (const [reason, count] of differences<DropReason>(counts.droppedBy, before.droppedBy)) {
      Metric.tagged(Metrics.eventsDropped, "reason", reason).unsafeUpdate(count, [])
    }
    for (const [reason, count] of differences<RejectReason>(counts.rejected, before.rejected)) {
      Metric.tagged(Metrics.eventsRejected, "reason", reason).unsafeUpdate(count, [])
    }
  }

  private warnAboutLosses(counts: EventCounts, now: number): Effect.Effect<void> | undefined {
    const losses = [
      ...differences<DropReason>(counts.droppedBy, this.warned.droppedBy)
        .filter(([reason]) => reason !== "Hook")
        .map(([reason, count]) => `${count} dropped (${reason})`),
      ...differences<RejectReason>(counts.rejected, this.warned.rejected)
        .filter(([reason]) => reason === "Overflow")
        .map(([reason, count]) => `${count} refused (${reason})`)
    ]
    if (losses.length === 0) return undefined
    const warning = this.warnings.warn("losses", `Events were lost: ${losses.join(", ")}`, now)
    if (warning !== undefined) this.warned = counts
    return warning
  }
}
