// The attacks that the library is built to stand: what is hostile in values, definitions, servers, names and callers, tried
// on it as programs use it. Reports what became of the inputs, the memory, and the longest turn of the event loop.
//
//   npx pnpm hostile            everything; takes a while, and some gigabytes of memory. Writes `results/hostile.*`
//   npx pnpm hostile --short    what continuous integration runs
//   npx pnpm hostile --json     the report as JSON
//   npx pnpm hostile D1 D7      these rows alone; renews their part of the results
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Attack, Hold } from "./hostile/Attack.ts"
import { properties, untypedCallers } from "./hostile/capturing.ts"
import definitions from "./hostile/definitions.ts"
import lines from "./hostile/lines.ts"
import { aim, emptyLoop, Meter } from "./hostile/meter.ts"
import { clientFailures, echoed } from "./hostile/renderings.ts"
import { bodies, slow, words } from "./hostile/servers.ts"
import { embeddedServer, headers, unencrypted } from "./hostile/surroundings.ts"
import values from "./hostile/values.ts"
import { machine } from "./measuring/machine.ts"
import { beside, excessOf, hostileMarkdown, longest } from "./report/hostileLines.ts"
import type { AttackRow, HostileReport } from "./report/hostileLines.ts"

const attacks: ReadonlyArray<Attack> = [
  values,
  bodies,
  lines,
  echoed,
  properties,
  untypedCallers,
  definitions,
  slow,
  unencrypted,
  embeddedServer,
  clientFailures,
  words,
  headers
]

/**
 * Milliseconds beyond what the engine takes for an input in one go. The aim is 20. A machine that others use makes more of
 * it, so only gross excess fails.
 */
const grosslyHeld = 300

interface Finished {
  readonly row: AttackRow
  readonly holds: ReadonlyArray<Hold>
}

const run = async (attack: Attack, short: boolean): Promise<Finished> => {
  const meter = new Meter(short ? 3 : 5)
  const { holds = [], outcomes, problems } = await attack.run(meter, short)
  const { held, part } = meter.worst
  const gross = meter.long.filter((turn) => excessOf(turn) > grosslyHeld)
  const row = {
    kind: attack.kind,
    name: attack.name,
    inputs: Object.values(outcomes).reduce((sum, count) => sum + count, 0),
    outcomes,
    memory: meter.memory,
    held,
    heldBy: part,
    long: meter.long,
    problems: [
      ...problems,
      ...gross.map((turn) => `the event loop was held for ${turn.held.toFixed(0)} ms: ${turn.part}; ${beside(turn)}`)
    ]
  }
  return { row, holds }
}

const print = (row: AttackRow): void => {
  const outcomes = Object.entries(row.outcomes).map(([outcome, count]) => `${count} ${outcome}`).join("; ")
  console.log(`${row.kind}  ${row.name}`)
  console.log(`     ${row.inputs} inputs: ${outcomes}`)
  console.log(`     longest turn ${row.held.toFixed(1)} ms (${row.heldBy}); memory +${row.memory.toFixed(0)} MiB`)
  for (const turn of longest(row, 12)) {
    const compared = beside(turn)
    const excess = excessOf(turn) > aim ? "OVER" : "engine"
    console.log(`     ${excess} ${turn.held.toFixed(1)} ms, ${turn.part}${compared === "" ? "" : `; ${compared}`}`)
  }
  for (const problem of row.problems) console.log(`     PROBLEM ${problem}`)
}

// What is loaded at its first use would count as a hold of the attack that comes first.
const warmUp = async (): Promise<void> => {
  await headers.run(new Meter(1), true)
  await unencrypted.run(new Meter(1), true)
}

const results = fileURLToPath(new URL("../results/", import.meta.url))

/** The results with the attacks of this run in place of what they were before, in the order of the attacks. */
const renewed = (report: HostileReport): HostileReport => {
  const file = `${results}hostile.json`
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) as HostileReport : undefined
  const known = [...report.rows, ...earlier?.rows ?? []]
  const rows = attacks.flatMap(({ kind, name }) => known.find((row) => row.kind === kind && row.name === name) ?? [])
  return { ...report, rows, holds: report.holds.length > 0 ? report.holds : earlier?.holds ?? [] }
}

/** Written after each attack: a full run takes long. */
const write = (report: HostileReport): void => {
  const whole = renewed(report)
  mkdirSync(results, { recursive: true })
  writeFileSync(`${results}hostile.json`, `${JSON.stringify(whole, undefined, 2)}\n`)
  writeFileSync(`${results}hostile.md`, hostileMarkdown(whole))
}

const main = async (): Promise<void> => {
  const given = process.argv.slice(2)
  const short = given.includes("--short")
  const asJson = given.includes("--json")
  const kinds = given.filter((argument) => !argument.startsWith("--"))
  const chosen = attacks.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
  if (chosen.length === 0) {
    console.error(`No row is named so. Rows: ${[...new Set(attacks.map(({ kind }) => kind))].join(", ")}`)
    process.exitCode = 2
    return
  }
  await warmUp()
  const state = machine()
  const empty = await emptyLoop(5)
  const rows: Array<AttackRow> = []
  const holds: Array<Hold> = []
  const report: HostileReport = { machine: state, emptyLoop: empty, rows, holds }
  for (const attack of chosen) {
    const finished = await run(attack, short)
    rows.push(finished.row)
    holds.push(...finished.holds)
    if (!asJson) print(finished.row)
    if (!short) write(report)
  }
  if (asJson) console.log(JSON.stringify(report, undefined, 2))
  else console.log(`An empty loop was held for ${empty.toFixed(1)} ms.`)
  if (rows.some(({ problems }) => problems.length > 0)) process.exitCode = 1
}

await main()
process.exit()
