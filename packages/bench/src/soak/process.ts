import { soakDelivery } from "./delivery.ts"
import { soakEvaluation } from "./evaluation.ts"
import { full, short } from "./Plan.ts"
import type { SoakReport } from "./SoakReport.ts"

// The process that is soaked: its part and its plan are the arguments, its report goes to the parent.
const [part, name] = process.argv.slice(2) as [keyof SoakReport, string]
const plan = name === "short" ? short : full
const say = (line: string) => console.error(line)
const report = part === "delivery" ? await soakDelivery(plan, say) : await soakEvaluation(plan, say)
process.send?.(report, () => process.exit())
