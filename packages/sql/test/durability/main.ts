// `pnpm durability`: kills a process 20 times amid 10,000 transactions, on each database, compares what was stored with
// what arrived, and measures what an event costs. `--kills` and `--transactions` set other numbers.
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import { makeDatabases } from "../support/databases.ts"
import { killAgainAndAgain } from "./kills.ts"
import { measure } from "./measure.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    transactions: { type: "string", default: "10000" },
    database: { type: "string", default: "" }
  }
})
const kills = Number(values.kills)
// Every fifth transaction is rolled back.
const orders = Math.floor((Number(values.transactions) * 4) / 5)

const { all, close } = makeDatabases()

const print = (line: string) =>
  Effect.sync(() => {
    process.stdout.write(`${line}\n`)
  })

const table = (title: string, rows: object) =>
  print([title, ...Object.entries(rows).map(([name, value]) => `  ${name}: ${value}`)].join("\n"))

const program = Effect.gen(function*() {
  let isExact = true
  for (const { client, missing, name, url } of all) {
    if (!name.toLowerCase().includes(values.database)) continue
    if (missing !== undefined) {
      yield* print(`${name}: ${missing}`)
      continue
    }
    const sql = yield* client
    yield* table(`${name}, cost`, yield* Effect.scoped(measure(sql, { transactions: 300, events: 10_000 })))
    const account = yield* Effect.scoped(killAgainAndAgain({ url: yield* url, client: sql, kills, orders }))
    isExact &&= account.committed >= orders && account.missing === 0 && account.undone === 0
    yield* table(`${name}, ${kills} kills amid ${values.transactions} transactions`, account)
  }
  return isExact
})

Effect.runPromise(program).finally(close).then(
  (isExact) => process.exit(isExact ? 0 : 1),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  }
)
