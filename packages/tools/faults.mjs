// The table of faults: what becomes of events when the server, the network or the application fails. It is the tests of
// delivery, each run many times, and what they counted.
//
//   node packages/tools/faults.mjs [runs of each fault, 25 by default]
//
// A run fails unless every accepted event ended exactly once, nothing that was acknowledged was sent again, every
// arrival bears the uuid of an accepted event and no socket was left. Prints the table and writes it to the guides.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "./checks/workspace.mjs"
import { install } from "./install.mjs"

const runs = Number(process.argv[2] ?? 25)
/** How often the tests of the outbox run: each waits for statements of real databases. */
const outboxRuns = Math.max(1, Math.round(runs / 8))
const folder = mkdtempSync(join(tmpdir(), "faults-"))
const file = join(folder, "runs")
const vitest = (...args) => {
  const tests = spawnSync("npx", ["vitest", "run", ...args], {
    cwd: root,
    env: { ...process.env, FAULT_RUNS: String(runs), FAULT_TABLE: file, INTERRUPTION_RUNS: "10000" },
    stdio: "inherit"
  })
  if (tests.status !== 0) process.exit(tests.status ?? 1)
}
vitest("--project", "effect-posthog", "deliveryFaults", "interruption", "spool")
const skipped = new Set()
const notInstalled = install(["sql"])
if (notInstalled === undefined) {
  for (let run = 0; run < outboxRuns; run++) vitest("--project", "sql", "outbox", "kills")
} else skipped.add("skipped: the packages of the outbox could not be installed")
const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line))
rmSync(folder, { recursive: true })
for (const { missing } of lines) if (missing !== undefined) skipped.add(missing)

const outbox = new Map()
for (
  const { database, fault, ...numbers } of lines.filter(({ missing, protocol }) =>
    protocol === "outbox" && missing === undefined
  )
) {
  const key = `${fault} ${database}`
  const row = outbox.get(key) ??
    { fault, database, runs: 0, stored: 0, delivered: 0, parked: 0, left: 0, requests: 0, repeated: 0 }
  row.runs++
  for (const name of ["stored", "delivered", "parked", "left", "requests", "repeated"]) row[name] += numbers[name]
  outbox.set(key, row)
}

const rows = new Map()
for (const { droppedBy, fault, protocol, ...numbers } of lines) {
  if (protocol === "outbox") continue
  const key = `${protocol} ${fault}`
  const row = rows.get(key) ??
    { fault, protocol, runs: 0, accepted: 0, delivered: 0, dropped: 0, queued: 0, reasons: new Map() }
  row.runs++
  for (const name of ["accepted", "delivered", "dropped", "queued"]) row[name] += numbers[name]
  for (const name of ["requests", "repeated"]) {
    if (numbers[name] !== undefined) row[name] = (row[name] ?? 0) + numbers[name]
  }
  for (const [reason, count] of Object.entries(droppedBy)) {
    if (count > 0) row.reasons.set(reason, (row.reasons.get(reason) ?? 0) + count)
  }
  rows.set(key, row)
}

const number = (value) => value === undefined ? "" : value.toLocaleString("en-US")
const total = (name) => [...rows.values()].reduce((sum, row) => sum + (row[name] ?? 0), 0)
const reasons = (row) =>
  [...row.reasons].map(([reason, count]) => `${number(count)} ${reason}`)
    .concat(row.queued === 0 ? [] : [`0, and ${number(row.queued)} kept on disk`]).join(", ")

const table = ["both", "v0", "v1", "spool"].flatMap((protocol) => [
  `## ${
    protocol === "both"
      ? "Either protocol, on a clock and a transport of the test"
      : protocol === "spool"
      ? "With a spool on a disk, and a transport of the test"
      : `Protocol ${protocol}, over sockets`
  }`,
  "",
  "| fault | runs | accepted | delivered | dropped | requests | arrived again |",
  "| --- | --: | --: | --: | --- | --: | --: |",
  ...[...rows.values()].filter((row) => row.protocol === protocol).sort((left, right) =>
    left.fault < right.fault ? -1 : 1
  ).map((row) =>
    `| ${row.fault} | ${number(row.runs)} | ${number(row.accepted)} | ${number(row.delivered)} | ${
      reasons(row) || "0"
    } | ${number(row.requests)} | ${number(row.repeated)} |`
  ),
  ""
])

const outboxTable = outbox.size === 0 ? [] : [
  "| fault | database | runs | stored | delivered | parked | left to be sent | requests | arrived again |",
  "| --- | --- | --: | --: | --: | --: | --: | --: | --: |",
  ...[...outbox.values()].sort((left, right) =>
    `${left.fault} ${left.database}` < `${right.fault} ${right.database}` ? -1 : 1
  ).map((row) =>
    `| ${row.fault} | ${row.database} | ${
      ["runs", "stored", "delivered", "parked", "left", "requests", "repeated"].map((name) => number(row[name])).join(
        " | "
      )
    } |`
  ),
  ""
]

const summary = `${number(total("runs"))} runs, ${number(total("accepted"))} events accepted, ${
  number(total("delivered"))
} delivered, ${number(total("dropped"))} dropped for a reason, ${number(total("queued"))} kept on disk, ${
  number(total("accepted") - total("delivered") - total("dropped") - total("queued"))
} unaccounted for.`

const page = `# Faults, and what becomes of events

${summary}

Made by \`npx pnpm faults\`: the tests of delivery, each many times. A run counts only if every accepted event ended exactly
once, nothing that the server had acknowledged was sent again, whatever arrived bears the uuid of an accepted event, and
no socket was left open. The retries of these runs wait a millisecond instead of a second.

An event arrives again when the answer that acknowledged it was lost on the way: it is the same event, with the same uuid.

${table.join("\n")}
## With an outbox in a database, and a transport of the test

Events that are stored in transactions. What is parked stays in the table with its reason; of events beyond the horizon
only as many as there is room for. A row of a newer version is left alone, and is in no column. A relay that stalls, or
is killed, leaves events that are sent again.

${[...outboxTable, ...[...skipped].map((text) => `${text}\n`)].join("\n")}`
writeFileSync(join(root, "packages/docs/delivery-faults.md"), page)
console.log(page)
