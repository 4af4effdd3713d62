import type * as Metric from "effect/Metric"
import * as Metrics from "../../PostHogMetrics.ts"
import type { Boundary } from "./boundaries.ts"

/**
 * What became of an exception.
 *
 * @internal
 */
export type Outcome = "captured" | "duplicate" | "ignored" | "limited" | "rejected"

const counters = new Map<string, Metric.Metric.Counter<number>>()

/**
 * Counts an exception. Looking a metric up by its tags costs more than a duplicate may cost.
 *
 * @internal
 */
export const count = ({ name }: Boundary, outcome: Outcome): void => {
  const key = `${name} ${outcome}`
  let counter = counters.get(key)
  if (counter === undefined) {
    counter = Metrics.exceptions(name, outcome)
    counters.set(key, counter)
  }
  counter.unsafeUpdate(1, [])
}
