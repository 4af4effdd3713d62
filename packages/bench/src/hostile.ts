// The attacks that the library is built to stand: what is hostile in values, definitions, servers, names and callers, tried
// on it as programs use it. Reports what became of the inputs, the memory, and the longest turn of the event loop.
//
//   npx pnpm hostile            everything; takes a while, and some gigabytes of memory
//   npx pnpm hostile --short    what continuous integration runs
//   npx pnpm hostile --json     the report as JSON
//   npx pnpm hostile D1 D7      these rows alone
import type { Attack, Outcomes } from "./hostile/Attack.ts"
import { properties, untypedCallers } from "./hostile/capturing.ts"
import definitions from "./hostile/definitions.ts"
import lines from "./hostile/lines.ts"
import { emptyLoop, Meter } from "./hostile/meter.ts"
import type { Part } from "./hostile/meter.ts"
import { clientFailures, echoed } from "./hostile/renderings.ts"
import { bodies, slow, words } from "./hostile/servers.ts"
import { embeddedServer, headers, unencrypted } from "./hostile/surroundings.ts"
import values from "./hostile/values.ts"

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
 * Milliseconds. The aim is 20, apart from one `JSON.parse` or `JSON.stringify` of what was given, which takes hundreds for
 * an event or an answer of the largest size. A machine that others use makes more of it, so only gross excess fails.
 */
const grosslyHeld = 1000

interface Row {
  readonly kind: string
  readonly name: string
  readonly inputs: number
  readonly outcomes: Outcomes
  /** Of the process, in MiB, at the highest, the inputs not counted where they were made before. */
  readonly memory: number
  /** The longest turn of the event loop, in milliseconds: the median of the runs of the worst part. */
  readonly held: number
  readonly heldBy: string
  /** Every part that held it for more than 20 ms; the longest are printed. */
  readonly long: ReadonlyArray<Part>
  readonly problems: ReadonlyArray<string>
}

const run = async (attack: Attack, short: boolean): Promise<Row> => {
  const meter = new Meter(short ? 3 : 5)
  const { outcomes, problems } = await attack.run(meter, short)
  const { held, part } = meter.worst
  const gross = meter.long.filter((turn) => turn.held - (turn.stringify ?? 0) > grosslyHeld)
  return {
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
      ...gross.map((turn) => `the event loop was held for ${turn.held.toFixed(0)} ms: ${turn.part}`)
    ]
  }
}

const print = (row: Row): void => {
  const outcomes = Object.entries(row.outcomes).map(([outcome, count]) => `${count} ${outcome}`).join("; ")
  console.log(`${row.kind}  ${row.name}`)
  console.log(`     ${row.inputs} inputs: ${outcomes}`)
  console.log(`     longest turn ${row.held.toFixed(1)} ms (${row.heldBy}); memory +${row.memory.toFixed(0)} MiB`)
  for (const { held, part, stringify } of [...row.long].sort((left, right) => right.held - left.held).slice(0, 8)) {
    const compared = stringify === undefined ? "" : `; one JSON.stringify of it takes ${stringify.toFixed(1)} ms`
    console.log(`     over 20 ms: ${held.toFixed(1)} ms, ${part}${compared}`)
  }
  for (const problem of row.problems) console.log(`     PROBLEM ${problem}`)
}

// What is loaded at its first use would count as a hold of the attack that comes first.
const warmUp = async (): Promise<void> => {
  await headers.run(new Meter(1), true)
  await unencrypted.run(new Meter(1), true)
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
  const empty = await emptyLoop(5)
  const rows: Array<Row> = []
  for (const attack of chosen) {
    const row = await run(attack, short)
    rows.push(row)
    if (!asJson) print(row)
  }
  if (asJson) console.log(JSON.stringify({ emptyLoop: empty, rows }, undefined, 2))
  else console.log(`An empty loop was held for ${empty.toFixed(1)} ms.`)
  if (rows.some(({ problems }) => problems.length > 0)) process.exitCode = 1
}

await main()
process.exit()
