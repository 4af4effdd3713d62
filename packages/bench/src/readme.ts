// Writes the section on performance of this package's README, and the table of the guide to many instances, from the
// committed results.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { fleetLines } from "./report/fleetLines.ts"
import type { FleetReport } from "./report/fleetLines.ts"
import type { Report } from "./report/Report.ts"
import { section, withSection } from "./report/section.ts"
import type { SoakReport } from "./soak/SoakReport.ts"

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const read = (path: string): unknown => JSON.parse(readFileSync(file(path), "utf8"))

const report = read("../results/bench.json") as Report
const soak = existsSync(file("../results/soak.json")) ? read("../results/soak.json") as SoakReport : undefined
const readme = file("../README.md")
writeFileSync(readme, withSection(readFileSync(readme, "utf8"), section(report, soak)))

if (existsSync(file("../results/fleet.json"))) {
  const guide = file("../../docs/many-instances.md")
  const table = `<!-- fleet:start -->\n\n${
    fleetLines(read("../results/fleet.json") as FleetReport)
  }\n\n<!-- fleet:end -->`
  const text = readFileSync(guide, "utf8").replace(/<!-- fleet:start -->[^]*<!-- fleet:end -->/, () => table)
  writeFileSync(guide, text)
}
