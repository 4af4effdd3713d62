import { Outbox } from "@effect-posthog/sql"
import { FetchHttpClient } from "@effect/platform"
import * as SqlClient from "@effect/sql/SqlClient"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { createServer } from "node:http"

/** A server that takes everything, and keeps the bodies to be read later. */
const startServer: Effect.Effect<
  { readonly url: string; readonly bodies: ReadonlyArray<ReadonlyArray<Buffer>> },
  never,
  Scope.Scope
> = Effect.acquireRelease(
  Effect.async<{ url: string; bodies: Array<Array<Buffer>>; close: () => void }>((resume) => {
    const bodies: Array<Array<Buffer>> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        bodies.push(chunks)
        response.setHeader("content-type", "application/json")
        response.end("{\"status\":1}")
      })
    })
    server.keepAliveTimeout = 120_000
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({
        url: `http://127.0.0.1:${port}`,
        bodies,
        close: () => {
          server.closeAllConnections()
          server.close()
        }
      }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const median = (values: ReadonlyArray<number>): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

const millis = (value: number): string => `${value.toFixed(2)} ms`

const properties = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`property ${index}`, `value ${index}`]))

/** What an event costs a transaction, and how fast one relay is. */
export const measure = (
  client: SqlClient.SqlClient,
  counts: { readonly transactions: number; readonly events: number }
): Effect.Effect<Readonly<Record<string, string | number>>, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const { bodies, url } = yield* startServer
    const sql = client
    const layer = Outbox.layerWith({ relay: false, table: "measured_outbox" }).pipe(
      Layer.provide(Layer.provide(EventQueue.layer, EventTransport.layerNoop)),
      Layer.provide(PostHogConfig.layer({
        host: url,
        apiKey: Redacted.make("phc_test"),
        events: { compression: "none" }
      })),
      Layer.provide(FetchHttpClient.layer),
      Layer.provide(Layer.succeed(SqlClient.SqlClient, client))
    )
    yield* sql`create table invoices (id integer, paid integer)`
    const capture = Outbox.capture({ distinctId: "user-17", event: "invoice paid", properties })
    return yield* Effect.gen(function*() {
      const timed = (id: number, event: Effect.Effect<unknown, never, Outbox>) => {
        const begun = process.hrtime.bigint()
        return sql`insert into invoices (id, paid) values (${id}, 1)`.pipe(
          Effect.zipRight(event),
          sql.withTransaction,
          Effect.map(() => Number(process.hrtime.bigint() - begun) / 1e6)
        )
      }
      const plain: Array<number> = []
      const captured: Array<number> = []
      const strict: Array<number> = []
      const strictly = Effect.orDie(
        Outbox.strict.capture({ distinctId: "user-17", event: "invoice paid", properties })
      )
      for (let index = 0; index < counts.transactions; index++) {
        plain.push(yield* Effect.suspend(() => timed(index, Effect.void)))
        captured.push(yield* Effect.suspend(() => timed(index, capture)))
        strict.push(yield* Effect.suspend(() => timed(index, strictly)))
      }
      yield* Outbox.drain
      const before = bodies.length
      const batch = sql.withTransaction(Effect.repeatN(strictly, 499))
      yield* Effect.repeatN(batch, Math.max(0, Math.floor(counts.events / 500) - 1))
      const { depth } = yield* Outbox.status
      const cpu = process.cpuUsage()
      const begun = process.hrtime.bigint()
      yield* Outbox.drain
      const seconds = Number(process.hrtime.bigint() - begun) / 1e9
      const used = process.cpuUsage(cpu)
      const sent = bodies.slice(before).flatMap((chunks) => {
        const { batch } = JSON.parse(Buffer.concat([...chunks]).toString()) as {
          readonly batch: ReadonlyArray<{ readonly uuid: string }>
        }
        return batch.map(({ uuid }) => uuid)
      })
      return {
        "transaction, p50": millis(median(plain)),
        "with Outbox.capture, p50": millis(median(captured)),
        "with Outbox.strict.capture, p50": millis(median(strict)),
        "events relayed": depth,
        "events that arrived": sent.length,
        "of them twice": sent.length - new Set(sent).size,
        "events a second": Math.round(depth / seconds),
        "processor time an event, server included": `${((used.user + used.system) / depth).toFixed(0)} µs`
      }
    }).pipe(Effect.provide(layer), Logger.withMinimumLogLevel(LogLevel.Warning))
  })
