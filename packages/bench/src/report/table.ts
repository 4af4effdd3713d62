import type { Machine } from "../measuring/machine.ts"
import { isMet } from "../measuring/Row.ts"
import type { Row } from "../measuring/Row.ts"

/** Rows as a table in Markdown, the ratio first. */
export const table = (rows: ReadonlyArray<Row>): string =>
  aligned([
    ["work", "ratio", "target", "met", "ours", "anchor", "spread", "processor time", "others in the same run"],
    ["---", "--:", "--:", "---", "--:", "--:", "--:", "--:", "---"],
    ...rows.map((row) => [
      row.note === undefined ? row.row : `${row.row} (${row.note})`,
      `${shown(row.ratio)}×`,
      row.target === undefined ? "" : `≥ ${shown(row.target)}×`,
      row.target === undefined ? "" : isMet(row) ? "yes" : "**no**",
      `${shown(row.ours)} ${row.unit}`,
      `${row.anchorName} ${shown(row.anchor)} ${row.unit}`,
      row.spread === undefined ? "" : `${Math.round(row.spread * 100)} %`,
      row.cpuRatio === undefined ? "" : `${shown(row.cpuRatio)}×`,
      Object.entries(row.others ?? {}).map(([name, value]) => `${name} ${shown(value)}`).join(", ")
    ])
  ])

/** The machine in one line. */
export const machineLine = (machine: Machine): string =>
  `Node ${machine.node} (V8 ${machine.v8}), ${machine.system}, ${machine.cores} × ${machine.processor}, ` +
  `${machine.memoryGigabytes} GB, load ${machine.load} before the run`

/** A number with three significant digits and thousands set apart. */
export const shown = (number: number): string =>
  Number.isFinite(number)
    ? Number(number.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 })
    : "–"

/** Lines of cells as a table in Markdown. */
export const aligned = (lines: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => `| ${line.map((cell, column) => padded(cell, widths[column] ?? 0)).join(" | ")} |`)
    .join("\n")
}

const padded = (cell: string, width: number): string =>
  /^-+:?$/.test(cell) ? cell.replace("-", "-".repeat(Math.max(1, width - cell.length + 1))) : cell.padEnd(width)
