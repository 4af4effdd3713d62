import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { bundle, output } from "./bundle.ts"
import { machine } from "./measuring/machine.ts"
import { soakLines } from "./report/soakLines.ts"
import type { SoakReport } from "./soak/SoakReport.ts"

const { values } = parseArgs({ options: { short: { type: "boolean" }, json: { type: "boolean" } } })

await bundle()
const soak = async <Part extends keyof SoakReport>(part: Part): Promise<SoakReport[Part]> => {
  // What the library logs, as it should when the server fails, is not the report's.
  const child = fork(join(output, "soak/process.js"), [part, values.short === true ? "short" : "full"], {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "ignore", 2, "ipc"]
  })
  let report: SoakReport[Part] | undefined
  child.on("message", (message) => report = message as SoakReport[Part])
  const [code] = await once(child, "exit")
  if (report === undefined) throw new Error(`the soak of ${part} ended with ${code} and without a report`)
  return report
}

const report: SoakReport = { evaluation: await soak("evaluation"), delivery: await soak("delivery") }

const complete = { machine: machine(), ...report }
console.log(values.json === true ? JSON.stringify(complete, undefined, 2) : soakLines(report))
if (values.short !== true) {
  const results = fileURLToPath(new URL("../results/", import.meta.url))
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, "soak.json"), `${JSON.stringify(complete, undefined, 2)}\n`)
}
process.exitCode = report.evaluation.passed && report.delivery.passed ? 0 : 1
