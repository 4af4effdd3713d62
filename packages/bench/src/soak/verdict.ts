import { fit } from "../measuring/statistics.ts"

/** The process between two waves, when nothing is under way and garbage is collected. */
export interface Sample {
  /** Evaluations, or events: what the waves are made of, so far. */
  readonly work: number
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
  const points = settled.map((sample) => [sample.work / 1e6, of(sample)] as const)
  const { slope } = fit(points)
  const [firstX = 0, first = NaN] = points[0] ?? []
  const [lastX = 0, last = NaN] = points.at(-1) ?? []
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const growth = slope * (lastX - firstX)
  return { slopePerMillion: slope, growth, first, last, isFlat: growth <= allowance(mean) }
}

/** What must not grow. */
export interface Trends {
  readonly heapBytes: Trend
  readonly handles: Trend
  readonly fibers: Trend
}

// Fewer make no trend.
const leastWaves = 12

export const trendsOf = (samples: ReadonlyArray<Sample>): Trends => ({
  heapBytes: trend(samples, (sample) => sample.heapBytes, (mean) => Math.max(1e6, mean * 0.05)),
  handles: trend(samples, (sample) => sample.handles, () => 3),
  fibers: trend(samples, (sample) => sample.fibers, () => 2)
})

export const areFlat = (samples: ReadonlyArray<Sample>, { fibers, handles, heapBytes }: Trends): boolean =>
  samples.length >= leastWaves && heapBytes.isFlat && handles.isFlat && fibers.isFlat

/** Whether every accepted event has ended once, or still waits. */
export const isBalanced = ({ accepted, delivered, dropped, queued }: Accounts): boolean =>
  accepted === delivered + dropped + queued
