// Generated from packages/effect-posthog/src/internal/exceptions/counters.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import type * as Metric from "effect/Metric"
import * as Metrics from "../../PostHogMetrics.ts"
import type { Boundary } from "./boundaries.ts"

/**
 * What became of an exception.
 *
 * @internal
 */
export type Outcome = "captured" | "duplicate" | "ignored" | "limited" | "rejected"

type Counters = Readonly<Record<Outcome, Metric.Counter<number>>>

const byBoundary = new Map<string, Counters>()

const countersOf = (boundary: string): Counters => ({
  captured: Metrics.exceptions(boundary, "captured"),
  duplicate: Metrics.exceptions(boundary, "duplicate"),
  ignored: Metrics.exceptions(boundary, "ignored"),
  limited: Metrics.exceptions(boundary, "limited"),
  rejected: Metrics.exceptions(boundary, "rejected")
})

/**
 * Counts an exception. Looking a metric up by its tags costs more than a duplicate may cost.
 *
 * @internal
 */
export const count = ({ name }: Boundary, outcome: Outcome): void => {
  let counters = byBoundary.get(name)
  if (counters === undefined) {
    counters = countersOf(name)
    byBoundary.set(name, counters)
  }
  counters[outcome].updateUnsafe(1, noTags)
}

const noTags = Context.empty()
