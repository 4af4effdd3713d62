import { full, short } from "./Plan.ts"
import { soak } from "./run.ts"

// The process that is soaked: its plan is the argument, its report goes to the parent.
const report = await soak(process.argv[2] === "short" ? short : full, (line) => console.error(line))
process.send?.(report, () => process.exit())
