// Generated from packages/effect-posthog/src/internal/queue/reports.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { DropReason, EventCounts, RejectReason } from "../../Delivery.ts"
import * as Metrics from "../../PostHogMetrics.ts"
import { annotated } from "../library.ts"
import { quote } from "../quote.ts"
import type { Warnings } from "../warnings.ts"
import type { Counters } from "./counters.ts"

const pauseMillis = 1000

/** A report of losses says all that were lost since the one before. */
const quietMillis = 10_000

const fromHere = annotated("EventQueue")

const none: ReadonlyArray<never> = []

// Once for each batch, nearly always without a difference.
const differences = <Reason extends string>(
  current: Readonly<Record<Reason, number>>,
  previous: Readonly<Record<Reason, number>>
): ReadonlyArray<readonly [Reason, number]> => {
  let found: Array<readonly [Reason, number]> | undefined
  for (const reason of Object.keys(current) as Array<Reason>) {
    const difference = current[reason] - previous[reason]
    if (difference !== 0) (found ??= []).push([reason, difference])
  }
  return found ?? none
}

/**
 * An event that the server refused, and what it said.
 *
 * @internal
 */
export interface Refusal {
  readonly name: string
  readonly details: string
}

const mostNames = 3

const lossesSince = (counts: EventCounts, before: EventCounts): ReadonlyArray<string> => {
  if (counts.dropped === before.dropped && counts.rejected.Overflow === before.rejected.Overflow) return none
  return [
    ...differences<DropReason>(counts.droppedBy, before.droppedBy)
      .filter(([reason]) => reason !== "Hook")
      .map(([reason, count]) => `${count} dropped (${reason})`),
    ...differences<RejectReason>(counts.rejected, before.rejected)
      .filter(([reason]) => reason === "Overflow")
      .map(([reason, count]) => `${count} refused (${reason})`)
  ]
}

/**
 * Carries what happened since the last call from the counts to metrics and, if events were lost, to the log. It runs
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
  private warnedAt = Number.NEGATIVE_INFINITY
  private readonly none: EventCounts

  constructor(counters: Counters, warnings: Warnings) {
    this.counters = counters
    this.warnings = warnings
    this.none = counters.counts
    this.published = this.none
    this.warned = this.none
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
    if (counts.accepted > before.accepted) Metrics.eventsAccepted.updateUnsafe(counts.accepted - before.accepted, Context.empty())
    if (counts.delivered > before.delivered) {
      Metrics.eventsDelivered.updateUnsafe(counts.delivered - before.delivered, Context.empty())
    }
    if (counts.duplicates > before.duplicates) {
      Metrics.eventsDuplicated.updateUnsafe(counts.duplicates - before.duplicates, Context.empty())
    }
    for (const [reason, count] of differences<DropReason>(counts.droppedBy, before.droppedBy)) {
      Metric.withAttributes(Metrics.eventsDropped, { ["reason"]: reason }).updateUnsafe(count, Context.empty())
    }
    for (const [reason, count] of differences<RejectReason>(counts.rejected, before.rejected)) {
      Metric.withAttributes(Metrics.eventsRejected, { ["reason"]: reason }).updateUnsafe(count, Context.empty())
    }
  }

  private warnAboutLosses(counts: EventCounts, now: number): Effect.Effect<void> | undefined {
    const losses = lossesSince(counts, this.warned)
    if (losses.length === 0) return undefined
    if (now >= this.warnedAt && now - this.warnedAt < quietMillis) return undefined
    this.warnedAt = now
    this.warned = counts
    return fromHere(Effect.logWarning(`Events were lost: ${losses.join(", ")}`))
  }

  /** Names the events that the server refused, and what it said: the first few of a batch. */
  warnAboutRefusals(refusals: ReadonlyArray<Refusal>, now: number): Effect.Effect<void> {
    if (refusals.length === 0) return Effect.void
    const named = refusals.slice(0, mostNames).map(({ details, name }) => `${quote(name)} (${quote(details)})`)
    const more = refusals.length > mostNames ? ` and ${refusals.length - mostNames} more` : ""
    return this.warnings.warn("Rejected", `PostHog refused ${named.join(", ")}${more}`, now)
  }

  /** The account of the whole life of the queue, for its end: nothing when nothing was lost. */
  get finalAccount(): Effect.Effect<void> {
    const counts = this.counters.counts
    const losses = lossesSince(counts, this.none)
    return losses.length === 0 ? Effect.void : fromHere(
      Effect.logWarning(
        `The event queue has closed: ${counts.delivered} of ${counts.accepted} events were delivered; ${
          losses.join(", ")
        }`
      )
    )
  }
}
