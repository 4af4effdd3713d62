import { isMet } from "../measuring/Row.ts"
import type { Row } from "../measuring/Row.ts"
import type { SoakReport } from "../soak/SoakReport.ts"
import { rowsOf } from "./Report.ts"
import type { Report } from "./Report.ts"
import { soakLines } from "./soakLines.ts"
import { aligned, machineLine, shown } from "./table.ts"

const start = "<!-- bench:start -->"
const end = "<!-- bench:end -->"

/** This package's section on performance, out of a run's report and, where there is one, a soak's. */
export const section = (report: Report, soak?: SoakReport): string =>
  [
    "## Performance",
    "Measured side by side in one process, in turns, on this machine: " +
    `${machineLine(report.machine)}; posthog-node ${report.versions["posthog-node"]}. Ratios carry over to other ` +
    "machines, absolute times do not. With back-pressure, 500,000 events have been delivered before those that are " +
    "measured. All rows, spreads and other libraries are in " +
    "[`results`](results/bench.md).",
    aligned([
      ["work", "times better", "wanted", "ours", "compared with"],
      ["---", "--:", "--:", "--:", "--:"],
      ...rowsOf(report).filter(({ target }) => target !== undefined).map(line)
    ]),
    "![Time to evaluate N flags](results/evaluation.svg)",
    ...(soak === undefined
      ? []
      : ["Soaks against a server that fails, one with definitions that change:", soakLines(soak)]),
    "Reproduce with `npx pnpm bench` (twenty minutes, a quiet machine) or `npx pnpm bench --quick`, and " +
    "`npx pnpm soak` or `npx pnpm soak --short`. `npx pnpm check` fails when a ratio of evaluation, " +
    "memory, reads or compilation falls below half of what is wanted."
  ].join("\n\n")

/** The README with the section between its markers, which are put before the last section when they are not there. */
export const withSection = (readme: string, text: string): string => {
  const marked = `${start}\n\n${text}\n\n${end}`
  const from = readme.indexOf(start)
  const to = readme.indexOf(end)
  if (from >= 0 && to > from) return readme.slice(0, from) + marked + readme.slice(to + end.length)
  const last = readme.lastIndexOf("\n## ")
  return `${readme.slice(0, last + 1)}${marked}\n\n${readme.slice(last + 1)}`
}

const line = (row: Row): ReadonlyArray<string> => [
  row.row,
  `${shown(row.ratio)}${isMet(row) ? "" : " (missed)"}`,
  shown(row.target ?? 0),
  `${shown(row.ours)} ${row.unit}`.trim(),
  row.anchorName === "limit" || row.anchorName === "all of them"
    ? `${row.anchorName} ${shown(row.anchor)} ${row.unit}`.trim()
    : `${row.anchorName} ${shown(row.anchor)} ${row.unit}`
]
