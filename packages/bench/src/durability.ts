// Whether events survive: processes that are killed amid capturing, and what the spool costs.
//
//   npx pnpm durability [--short]
import { parseArgs } from "node:util"
import { kills } from "./durability/kills.ts"

const { values } = parseArgs({ options: { short: { type: "boolean" } } })

const [times, eventsEach] = values.short === true ? [3, 2000] : [20, 20_000]
const report = await kills({ times, eventsEach, durability: "process" })
console.log(report)
process.exitCode = report.passed ? 0 : 1
