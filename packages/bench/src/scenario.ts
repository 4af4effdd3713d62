import { catalogue } from "./scenarios/catalogue.ts"
import { efforts } from "./scenarios/Scenario.ts"
import type { Mode } from "./scenarios/Scenario.ts"

// The process of one scenario: its name and the mode are the arguments, its outcome goes to the parent.
const [name, mode] = process.argv.slice(2) as [string, Mode]
const entry = catalogue.find((candidate) => candidate.name === name)
if (entry === undefined) throw new Error(`there is no scenario ${name}`)
const scenario = await entry.load()
const outcome = await scenario({ mode, effort: efforts[mode] })
process.send?.(outcome, () => process.exit())
