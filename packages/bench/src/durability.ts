// Whether events survive: processes that are killed amid capturing. And what the spool costs, beside the queue in memory.
//
//   npx pnpm durability [--short]
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { bundle, output } from "./bundle.ts"
import type { CostsReport } from "./durability/CostsReport.ts"
import { kills } from "./durability/kills.ts"

const { values } = parseArgs({ options: { short: { type: "boolean" }, costs: { type: "boolean" } } })

await bundle()

if (values.costs !== true) {
  for (const durability of values.short === true ? ["process"] as const : ["process", "machine"] as const) {
    const times = values.short === true ? 3 : 20
    const eventsEach = values.short === true ? 2000 : durability === "process" ? 20_000 : 2000
    const report = await kills({ times, eventsEach, durability })
    console.log(`durability: "${durability}"`, report)
    if (!report.passed) process.exitCode = 1
  }
}

if (values.short !== true) {
  const printed = execFileSync(process.execPath, ["--expose-gc", join(output, "durability/costs.js")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  console.log("Microseconds of processor time for an event:")
  console.table((JSON.parse(printed.trim().split("\n").pop() ?? "[]") as CostsReport).map((row) => ({
    work: `${row.work}, ${row.together} at a time`,
    ...Object.fromEntries(
      Object.entries(row.micros).map(([kind, value]) => [kind, Number(value.toFixed(1))])
    ),
    "process / memory": Number((row.micros.process / row.micros.memory).toFixed(2))
  })))
}
