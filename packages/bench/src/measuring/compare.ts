import type { Measurement } from "./interleaved.ts"
import { named } from "./interleaved.ts"
import type { Row } from "./Row.ts"
import { median, spread } from "./statistics.ts"

export interface Comparison {
  readonly row: string
  readonly ours: string
  readonly anchor: string
  readonly target?: number | undefined
  readonly note?: string | undefined
}

/** A row of wall-clock time out of measurements by name; whatever else was measured goes along. */
export const compare = (measurements: ReadonlyArray<Measurement>, comparison: Comparison): Row => {
  const ours = named(measurements, comparison.ours)
  const anchor = named(measurements, comparison.anchor)
  // Each round against the round beside it: what slows the machine down for a while slows both.
  const ratios = anchor.rounds.map((nanos, round) => nanos / (ours.rounds[round] ?? ours.nanos))
  const others = measurements.filter((measurement) => measurement !== ours && measurement !== anchor)
  return {
    row: comparison.row,
    unit: "µs",
    ours: ours.nanos / 1000,
    anchor: anchor.nanos / 1000,
    anchorName: anchor.name,
    ratio: median(ratios),
    target: comparison.target,
    spread: spread(ratios),
    cpuRatio: anchor.leastCpuMicros / ours.leastCpuMicros,
    others: others.length === 0
      ? undefined
      : Object.fromEntries(others.map(({ name, nanos }) => [name, nanos / 1000])),
    note: comparison.note
  }
}

/** A row of a number that has a limit of its own. */
export const atMost = (row: {
  readonly row: string
  readonly unit: string
  readonly ours: number
  readonly limit: number
  /** The same in processor time. */
  readonly cpu?: number | undefined
  readonly others?: Readonly<Record<string, number>> | undefined
  readonly note?: string | undefined
}): Row => ({
  row: row.row,
  unit: row.unit,
  ours: row.ours,
  anchor: row.limit,
  anchorName: "limit",
  ratio: row.ours === 0 ? row.limit : row.limit / row.ours,
  target: 1,
  cpuRatio: row.cpu === undefined ? undefined : row.limit / row.cpu,
  others: row.others,
  note: row.note
})
