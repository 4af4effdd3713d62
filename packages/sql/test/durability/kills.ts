import { Fault, PostHogServer } from "@effect-posthog/testkit"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const business = fileURLToPath(new URL("./business.ts", import.meta.url))

/** Runs the process until it ends by itself, or kills it once it has stored this many orders. */
const run = (args: ReadonlyArray<string>, killAt: number | undefined): Effect.Effect<void, string> =>
  Effect.async((resume) => {
    const child = spawn(process.execPath, ["--import", "tsx", business, ...args], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    let complaint = ""
    child.stdout.on("data", (data: Buffer) => {
      const orders = Number(data.toString().trim().split("\n").at(-1))
      if (killAt !== undefined && orders >= killAt) child.kill("SIGKILL")
    })
    child.stderr.on("data", (data: Buffer) => {
      complaint += data.toString()
    })
    child.once("exit", (code, signal) => {
      resume(
        code === 0 || (signal === "SIGKILL" && killAt !== undefined)
          ? Effect.void
          : Effect.fail(`the process ended with ${code ?? signal}: ${complaint}`)
      )
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

interface Kills {
  readonly url: string
  readonly client: SqlClient.SqlClient
  readonly kills: number
  /** Transactions that are committed; a quarter as many more are rolled back. */
  readonly orders: number
}

/** What was stored, and what arrived. */
export interface Account {
  readonly committed: number
  readonly arrived: number
  readonly missing: number
  readonly undone: number
  readonly repeated: number
  readonly requests: number
}

/** Kills a process that does business again and again, lets it end, and compares what was stored with what arrived. */
export const killAgainAndAgain = (
  { client: sql, kills, orders, url }: Kills
): Effect.Effect<Account, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.make()
    yield* server.script("batch", Fault.status(503), Fault.resetMidBody, Fault.pass, Fault.reset, Fault.status(429))
    yield* sql`create table orders (uuid varchar(36) primary key)`
    const args = [url, server.url, String(orders)]
    for (let kill = 1; kill <= kills; kill++) yield* run(args, Math.floor((orders * kill) / (kills + 1)))
    yield* run(args, undefined)
    const rows = yield* sql<{ uuid: string }>`select uuid from orders`
    const committed = new Set(rows.map(({ uuid }) => uuid))
    const events = yield* server.events
    const arrived = new Set(events.flatMap(({ uuid }) => Option.toArray(Option.fromNullable(uuid))))
    return {
      committed: committed.size,
      arrived: arrived.size,
      missing: [...committed].filter((uuid) => !arrived.has(uuid)).length,
      undone: [...arrived].filter((uuid) => !committed.has(uuid)).length,
      repeated: events.length - arrived.size,
      requests: (yield* server.requestsTo("batch")).length
    }
  })
