// A process that does business until it has done enough, or is killed: transactions that store an order and an event, of
// which every fifth is rolled back, and a relay. Prints a line when it has started, and after every ten orders.
import { Outbox } from "@effect-posthog/sql"
import { FetchHttpClient } from "@effect/platform"
import { LibsqlClient } from "@effect/sql-libsql"
import { MysqlClient } from "@effect/sql-mysql2"
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"

const [database = "", host = "", target = "0"] = process.argv.slice(2)

const client: Layer.Layer<SqlClient.SqlClient, unknown> = database.startsWith("file:")
  ? LibsqlClient.layer({ url: database })
  : database.startsWith("mysql:")
  ? MysqlClient.layer({ url: Redacted.make(database) })
  : PgClient.layer({ url: Redacted.make(database) })

const config = PostHogConfig.layer({
  host,
  apiKey: Redacted.make("phc_test"),
  events: { requestTimeout: "1 second", retryBase: "50 millis" }
})

const outbox = Outbox.layerWith({ lease: "2 seconds", pollInterval: "50 millis", claimSize: 50 }).pipe(
  Layer.provide(Layer.provide(EventQueue.layer, EventTransport.layerNoop)),
  Layer.provide(config),
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(client)
)

const transaction = (index: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const uuid = randomUUID()
    const isUndone = index % 5 === 0
    yield* sql`insert into orders (uuid) values (${uuid})`
    yield* Outbox.strict.capture({ distinctId: "ada", event: isUndone ? "undone" : "ordered", uuid })
    return yield* isUndone ? Effect.fail("undone" as const) : Effect.void
  }).pipe(
    (self) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(self)),
    Effect.isSuccess
  )

const program = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const committed = Effect.map(
    sql<{ found: unknown }>`select count(*) as found from orders`,
    ([row]) => Number(row?.found ?? 0)
  )
  let orders = yield* committed
  process.stdout.write(`${orders}\n`)
  let index = 0
  const worker: Effect.Effect<void, never, Outbox | SqlClient.SqlClient> = Effect.suspend(() =>
    orders >= Number(target)
      ? Effect.void
      : Effect.flatMap(transaction(index++), (isCommitted) => {
        if (isCommitted && ++orders % 10 === 0) process.stdout.write(`${orders}\n`)
        return worker
      })
  )
  yield* Effect.all(Array.from({ length: 4 }, () => worker), { concurrency: "unbounded", discard: true })
  yield* Effect.repeat(Effect.delay(Outbox.status, "100 millis"), { until: ({ depth }) => depth === 0 })
})

Effect.runPromise(program.pipe(Effect.provide(outbox), Logger.withMinimumLogLevel(LogLevel.None))).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  }
)
