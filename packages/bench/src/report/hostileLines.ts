import type { Hold, Outcomes } from "../hostile/Attack.ts"
import { aim } from "../hostile/meter.ts"
import type { Part } from "../hostile/meter.ts"
import type { Machine } from "../measuring/machine.ts"
import { aligned, machineLine, shown } from "./table.ts"

/** One attack, and what became of it. */
export interface AttackRow {
  readonly kind: string
  readonly name: string
  readonly inputs: number
  readonly outcomes: Outcomes
  /** Of the process, in MiB, at the highest, the inputs not counted where they were made before. */
  readonly memory: number
  /** The longest turn of the event loop, in milliseconds: the median of the runs of the worst part. */
  readonly held: number
  readonly heldBy: string
  /** Every part that held it for longer than the aim. */
  readonly long: ReadonlyArray<Part>
  readonly problems: ReadonlyArray<string>
}

export interface HostileReport {
  readonly machine: Machine
  /** The longest turn of a loop that has nothing to do. */
  readonly emptyLoop: number
  readonly rows: ReadonlyArray<AttackRow>
  readonly holds: ReadonlyArray<Hold>
}

/** What the same attacks did before the library had its bounds. */
interface Before {
  /** The worst of what was tried. */
  readonly became: string
  /** By the short form of the suite, run on the library of that time: in milliseconds, one run of each part. */
  readonly held: number
  /** A part that was given up after a minute. */
  readonly endless?: string
  /** In MiB. */
  readonly memory: number
}

const before: Readonly<Record<string, Before>> = {
  D1: {
    became: "14 s for a million numbers, 9.5 s for a text of 10 MB, 6.3 s for 100,000 short texts; 20 flags",
    held: 8160,
    endless: "nested arrays of 1 MB",
    memory: 153
  },
  D2: {
    became: "7 s for a million keys; 700 MB for 200 MB from /flags, 1.5 GB for 500 MB of gzip",
    held: 709,
    memory: 458
  },
  D3: { became: "names reach the terminal raw; a key of 1 MB is a line of 1 MB", held: 98, memory: 35 },
  D4: { became: "the token of the project in 25 of 25 lines about bodies that break", held: 14, memory: 3 },
  D5: { became: "bodies of 64 to 360 MB are sent", held: 4170, memory: 427 },
  D6: {
    became: "ids that are not text are sent; deep and shared structures hang, or end in defects",
    held: 90,
    endless: "a text of 10 MB for groups",
    memory: 63
  },
  D7: {
    became: "2.4 s for a million malformed cohorts, 2.3 s for each evaluation of a web of cohorts, 1.2 s for a payload",
    held: 3000,
    memory: 157
  },
  D8: { became: "10 s for each batch", held: 19, memory: 35 },
  D9: { became: "no warning", held: 25, memory: 1 },
  D10: { became: "2.2 GB for 12 bombs; unusable URLs are errors of the server", held: 205, memory: 120 },
  D11: { became: "ids, properties and the secret key are shown", held: 14, memory: 4 },
  D12: { became: "words of a server without a limit; the URL of another host", held: 37, memory: 23 }
}

const beforeCells = (kind: string): ReadonlyArray<string> => {
  const known = before[kind]
  if (known === undefined) return ["", "", ""]
  const { became, endless, held, memory } = known
  const longest = `${shown(held)} ms`
  return [
    `${memory.toLocaleString("en-US")} MiB`,
    endless === undefined ? longest : `${longest}; no end within a minute: ${endless}`,
    became
  ]
}

/** How long a turn is beyond what the engine takes for the input in one go, and beyond the collector of garbage. */
export const excessOf = ({ collecting = 0, engine = {}, held }: Part): number =>
  held - Math.max(collecting, ...Object.values(engine))

/** What a turn that is too long is compared with, in words. */
export const beside = ({ collecting = 0, engine = {} }: Part): string =>
  [
    ...Object.entries(engine).map(([name, millis]) => `one ${name} ${shown(millis)} ms`),
    ...(collecting >= aim / 2 ? [`garbage collection ${shown(collecting)} ms`] : [])
  ].join(", ")

/** The longest turns of a row. */
export const longest = (row: AttackRow, count: number): ReadonlyArray<Part> =>
  [...row.long].sort((left, right) => right.held - left.held).slice(0, count)

const isExcused = (part: Part): boolean => excessOf(part) <= aim

const inCell = (text: string): string => text.replace(/[^ -~äöüÄÖÜ×µ–]/gu, "·").replaceAll("|", "\\|")

const attackLine = (row: AttackRow): ReadonlyArray<string> => {
  const [worst] = longest(row, 1)
  const outcomes = Object.entries(row.outcomes).map(([outcome, count]) => `${count.toLocaleString("en-US")} ${outcome}`)
  return [
    row.kind,
    row.name,
    row.inputs.toLocaleString("en-US"),
    outcomes.join("; "),
    `${shown(Math.max(0, row.memory))} MiB`,
    `${shown(row.held)} ms`,
    worst === undefined ? "" : inCell(`${worst.part}${beside(worst) === "" ? "" : `; ${beside(worst)}`}`),
    String(row.long.filter((part) => !isExcused(part)).length),
    ...beforeCells(row.kind)
  ]
}

const holdLines = (holds: ReadonlyArray<Hold>): ReadonlyArray<ReadonlyArray<string>> => {
  const flags = [...new Set(holds.map((hold) => hold.flags))]
  const kinds = [...new Set(holds.map(({ size, type }) => `${type}, ${size}`))]
  return [
    ["value", ...flags.map((count) => `${count.toLocaleString("en-US")} flags`), "the engine alone"],
    ["---", ...flags.map(() => "--:"), "---"],
    ...kinds.map((kind) => {
      const cells = flags.map((count) =>
        holds.find((hold) => hold.flags === count && `${hold.type}, ${hold.size}` === kind)
      )
      const longestCell = cells.flatMap((cell) => (cell?.turn.engine === undefined ? [] : [cell.turn]))[0]
      return [
        kind,
        ...cells.map((cell) => (cell === undefined ? "–" : `${shown(cell.turn.held)} ms`)),
        longestCell === undefined ? "" : beside(longestCell)
      ]
    })
  ]
}

const longLines = (rows: ReadonlyArray<AttackRow>): ReadonlyArray<ReadonlyArray<string>> => [
  ["attack", "part", "longest turn", "of that, the engine's"],
  ["---", "---", "--:", "---"],
  ...rows.flatMap((row) =>
    longest(row, 12).map((part) => [row.kind, inCell(part.part), `${shown(part.held)} ms`, beside(part)])
  )
]

/** The report as people read it. */
export const hostileMarkdown = ({ emptyLoop, holds, machine, rows }: HostileReport): string =>
  [
    "# Hostile input",
    `Written by \`npx pnpm hostile\`; ${machineLine(machine)}. An empty loop was held for ${shown(emptyLoop)} ms.`,
    "A turn of the event loop counts with its wall time or its processor time, whichever is less, and the median of the " +
    `runs of a part. The aim is ${aim} ms, apart from what the engine does in one go with what it was given: one ` +
    "`JSON.parse` or `JSON.stringify` of it, one listing of the names of an object (which cannot be listed in pieces), one " +
    "garbage collection. Those stand beside each turn that is longer, and “over” counts the parts that they do not " +
    "explain.",
    "The last three columns are about the library as it was before it had these bounds: the short form of the same suite, " +
    "run on it once, and the worst that other trials found.",
    "## Attacks",
    aligned([
      [
        "",
        "attack",
        "inputs",
        "what became of them",
        "memory",
        "longest turn",
        "by",
        "over",
        "memory before",
        "longest turn before",
        "before the bounds"
      ],
      ["---", "---", "--:", "---", "--:", "--:", "---", "--:", "--:", "---", "---"],
      ...rows.map(attackLine)
    ]),
    ...(holds.length === 0 ? [] : [
      "## Values of end users",
      "The longest turn while flags are evaluated with one value. Every flag has a condition for each operator, none of which " +
      "is rolled out to anybody, so that all of them meet the value.",
      aligned(holdLines(holds))
    ]),
    "## Turns that were longer",
    aligned(longLines(rows))
  ].join("\n\n") + "\n"
