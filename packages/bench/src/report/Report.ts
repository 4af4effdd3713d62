import type { Machine } from "../measuring/machine.ts"
import type { Row } from "../measuring/Row.ts"
import type { Mode, Point } from "../scenarios/Scenario.ts"
import { machineLine, table } from "./table.ts"

/** All that a run found. */
export interface Report {
  readonly mode: Mode
  readonly date: string
  readonly machine: Machine
  /** Package to version, of everything that was compared. */
  readonly versions: Readonly<Record<string, string>>
  readonly sections: ReadonlyArray<Section>
  readonly points: ReadonlyArray<Point>
}

export interface Section {
  readonly name: string
  readonly title: string
  readonly rows: ReadonlyArray<Row>
}

export const rowsOf = (report: Report): ReadonlyArray<Row> => report.sections.flatMap(({ rows }) => rows)

/** The report as a document in Markdown: the rows with a target first, then every section. */
export const markdown = (report: Report): string =>
  [
    "# Benchmarks",
    `${report.date}. ${machineLine(report.machine)}.`,
    `Compared: ${Object.entries(report.versions).map(([name, version]) => `${name} ${version}`).join(", ")}.`,
    "A ratio says how many times better than the anchor ours is; contenders run in turns, and times are medians of the " +
    "rounds. The spread is the middle half of the rounds' ratios. Processor time is the ratio of the best rounds' processor " +
    "time, which other work on the machine disturbs least.",
    "## Budget",
    table(rowsOf(report).filter(({ target }) => target !== undefined)),
    ...(report.points.length === 0 ? [] : ["![Time against the number of flags](evaluation.svg)"]),
    ...report.sections.flatMap(({ rows, title }) => [`## ${title}`, table(rows)])
  ].join("\n\n") + "\n"
