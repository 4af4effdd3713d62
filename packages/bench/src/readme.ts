// Writes the section on performance of this package's README from the committed results.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Report } from "./report/Report.ts"
import { section, withSection } from "./report/section.ts"
import type { SoakReport } from "./soak/SoakReport.ts"

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const read = (path: string): unknown => JSON.parse(readFileSync(file(path), "utf8"))

const report = read("../results/bench.json") as Report
const soak = existsSync(file("../results/soak.json")) ? read("../results/soak.json") as SoakReport : undefined
const readme = file("../README.md")
writeFileSync(readme, withSection(readFileSync(readme, "utf8"), section(report, soak)))
