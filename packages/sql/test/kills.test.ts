import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { killAgainAndAgain } from "./durability/kills.ts"
import { makeDatabases } from "./support/databases.ts"
import { tally } from "./support/tally.ts"

const { all: databases, close } = makeDatabases()

afterAll(close)

describe.sequential("a process that is killed amid its transactions", () => {
  for (const { client, missing, name, url } of databases) {
    // `pnpm durability` does it with 20 kills and 10,000 transactions.
    it.scopedLive.skipIf(missing !== undefined)(
      `leaves every event that it stored to be delivered, and no other, on ${name}`,
      () =>
        Effect.gen(function*() {
          const account = yield* killAgainAndAgain({ url: yield* url, client: yield* client, kills: 2, orders: 240 })
          assert.deepInclude(account, { missing: 0, undone: 0 })
          assert.isAtLeast(account.committed, 240)
          tally({
            fault: "two kills amid 300 transactions, and a server that fails",
            database: name,
            stored: account.committed,
            delivered: account.arrived,
            parked: 0,
            left: 0,
            requests: account.requests,
            repeated: account.repeated
          })
        }),
      180_000
    )
  }
})
