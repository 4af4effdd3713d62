import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { bundle, bundleOverPublished, output } from "./bundle.ts"
import { machine } from "./measuring/machine.ts"
import { isBroken, summaries } from "./measuring/Row.ts"
import { plot } from "./report/plot.ts"
import { markdown, rowsOf } from "./report/Report.ts"
import type { Report, Section } from "./report/Report.ts"
import { table } from "./report/table.ts"
import { catalogue } from "./scenarios/catalogue.ts"
import type { Entry } from "./scenarios/catalogue.ts"
import type { Mode, Outcome, Point } from "./scenarios/Scenario.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean" }, json: { type: "boolean" }, guard: { type: "boolean" } }
})
const mode: Mode = values.guard === true ? "guard" : values.quick === true ? "quick" : "full"
const unknown = positionals.filter((name) => !catalogue.some((entry) => entry.name === name))
if (unknown.length > 0) {
  console.error(`No scenario ${unknown.join(", ")}. Scenarios: ${catalogue.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}
const selected = positionals.length === 0
  ? catalogue.filter(({ modes }) => modes.includes(mode))
  : catalogue.filter(({ name }) => positionals.includes(name))

const run = async (entry: Entry): Promise<Outcome> => {
  // What a library prints goes to standard error: standard output is the report's.
  const child = fork(join(output, "scenario.js"), [entry.name, mode], {
    execArgv: ["--expose-gc", ...entry.nodeOptions ?? []],
    stdio: ["ignore", 2, 2, "ipc"]
  })
  let outcome: Outcome | undefined
  child.on("message", (message) => outcome = message as Outcome)
  const [code] = await once(child, "exit")
  if (outcome === undefined) throw new Error(`scenario ${entry.name} ended with ${code} and without an outcome`)
  return outcome
}

const versions = (): Readonly<Record<string, string>> => {
  const manifest = fileURLToPath(new URL("../package.json", import.meta.url))
  const require = createRequire(manifest)
  const { dependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  return Object.fromEntries(
    Object.keys(dependencies).filter((name) => !/effect-posthog/.test(name)).map((name) => {
      const folder = require.resolve.paths(name)?.[0] ?? ""
      const { version } = JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")) as { version: string }
      return [name, version]
    })
  )
}

const measure = async (entry: Entry): Promise<Outcome> => {
  const started = performance.now()
  const outcome = await run(entry)
  console.error(`${entry.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return outcome
}

const report = { mode, date: new Date().toISOString().slice(0, 10), machine: machine(), versions: versions() }
await bundle()
if (selected.some(({ overPublished }) => overPublished)) await bundleOverPublished()
const sections: Array<Section> = []
const points: Array<Point> = []
for (const entry of selected) {
  const outcome = await measure(entry)
  // A guard gives what looks broken a second chance: the machine may have been at something else.
  const { rows } = mode === "guard" && outcome.rows.some(isBroken) ? await measure(entry) : outcome
  sections.push({ name: entry.name, title: entry.title, rows })
  points.push(...outcome.points ?? [])
}

const complete: Report = { ...report, sections, points }
if (values.json === true) console.log(JSON.stringify(summaries(rowsOf(complete)), undefined, 2))
else console.log(sections.map(({ rows, title }) => `${title}\n\n${table(rows)}\n`).join("\n"))

if (mode === "guard") {
  const broken = rowsOf(complete).filter(isBroken)
  for (const row of broken) console.error(`${row.row}: less than half of its target`)
  process.exitCode = broken.length === 0 ? 0 : 1
}

if (mode === "full" && positionals.length === 0) {
  const results = fileURLToPath(new URL("../results/", import.meta.url))
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, "bench.json"), `${JSON.stringify(complete, undefined, 2)}\n`)
  writeFileSync(join(results, "bench.md"), markdown(complete))
  writeFileSync(join(results, "evaluation.svg"), await plot(points))
}
