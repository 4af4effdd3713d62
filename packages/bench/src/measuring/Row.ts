/** One line of the report: a number of ours beside the same number of something else, from the same run. */
export interface Row {
  /** What was measured, in words; unique in a report. */
  readonly row: string
  /** What `ours`, `anchor` and `others` are in, like `µs`. */
  readonly unit: string
  readonly ours: number
  readonly anchor: number
  /** What the anchor is: another library, or a limit. */
  readonly anchorName: string
  /** How many times better than the anchor ours is, whichever direction is better; below 1 it is worse. */
  readonly ratio: number
  /** The ratio wanted at least. Absent: the row only informs. */
  readonly target?: number | undefined
  /** The middle half of the ratios of the rounds, as a share of their median. Absent: measured once. */
  readonly spread?: number | undefined
  /** The ratio of processor time, in the best round of each, which other work on the machine disturbs least. */
  readonly cpuRatio?: number | undefined
  /** The same number of others, by name. */
  readonly others?: Readonly<Record<string, number>> | undefined
  readonly note?: string | undefined
}

/** The form of a row that programs read. */
export interface RowSummary {
  readonly row: string
  readonly ours: number
  readonly anchor: number
  readonly ratio: number
  readonly target: number
  readonly met: boolean
}

/** Whether the ratio of a row is as good as wanted; a row without a target cannot fail. */
export const isMet = ({ ratio, target }: Row): boolean => target === undefined || ratio >= target

/** The rows that have a target, in the form that programs read. */
export const summaries = (rows: ReadonlyArray<Row>): ReadonlyArray<RowSummary> =>
  rows.flatMap((row) =>
    row.target === undefined
      ? []
      : [{
        row: row.row,
        ours: rounded(row.ours),
        anchor: rounded(row.anchor),
        ratio: rounded(row.ratio),
        target: row.target,
        met: isMet(row)
      }]
  )

/** Four significant digits: more would be noise. */
const rounded = (number: number): number => Number.isFinite(number) ? Number(number.toPrecision(4)) : 0

/**
 * Whether a row is so far from its target that it is no noise: at less than half of it. Judged by processor time where
 * that is known, since a check shares the machine with other work.
 */
export const isBroken = ({ cpuRatio, ratio, target }: Row): boolean =>
  target !== undefined && (cpuRatio ?? ratio) < target / 2
