import { fit } from "../measuring/statistics.ts"

/** The process between two waves, when nothing is under way and garbage is collected. */
export interface Sample {
  readonly evaluations: number
  readonly heapBytes: number
  /** Timers, sockets and the like that keep the process alive. */
  readonly handles: number
  readonly fibers: number
}

export interface Accounts {
  readonly accepted: number
  readonly delivered: number
  readonly dropped: number
  readonly queued: number
}

export interface Trend {
  readonly slopePerMillion: number
  /** What the slope amounts to over the waves looked at. */
  readonly growth: number
  readonly first: number
  readonly last: number
  readonly isFlat: boolean
}

/**
 * The trend of something over the waves, the first quarter left out: caches fill up and code is compiled in it. Flat is
 * a growth that is not more than the allowance.
 */
export const trend = (
  samples: ReadonlyArray<Sample>,
  of: (sample: Sample) => number,
  allowance: (mean: number) => number
): Trend => {
  const settled = samples.slice(Math.floor(samples.length / 4))
  const points = settled.map((sample) => [sample.evaluations / 1e6, of(sample)] as const)
  const { slope } = fit(points)
  const [firstX = 0, first = NaN] = points[0] ?? []
  const [lastX = 0, last = NaN] = points.at(-1) ?? []
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const growth = slope * (lastX - firstX)
  return { slopePerMillion: slope, growth, first, last, isFlat: growth <= allowance(mean) }
}

/** Whether every accepted event has ended once, or still waits. */
export const isBalanced = ({ accepted, delivered, dropped, queued }: Accounts): boolean =>
  accepted === delivered + dropped + queued
