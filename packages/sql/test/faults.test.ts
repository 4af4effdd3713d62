import { SqlDefinitions } from "@effect-posthog/sql"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { LibsqlClient } from "@effect/sql-libsql"
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import {
  DedupStore,
  DefinitionsCache,
  DefinitionsSource,
  evaluateFlags,
  EventTransport,
  LocalEvaluator,
  PostHog,
  PostHogConfig
} from "effect-posthog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { observed, printed } from "../../redis/test/support/observed.ts"
import { isInstalled, missing, startPostgres } from "./support/postgres.ts"

const document = JSON.stringify({
  flags: [{
    id: 1,
    key: "editor",
    active: true,
    filters: {
      groups: [{ properties: [], rollout_percentage: 100 }],
      payloads: { true: "\"secret-payload\"" }
    }
  }],
  group_type_mapping: {},
  cohorts: {}
})

const endpoint = () => {
  let requests = 0
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      requests++
      const known = request.headers["if-none-match"] === "\"v1\""
      const response = new Response(known ? null : document, { status: known ? 304 : 200, headers: { etag: "\"v1\"" } })
      return HttpClientResponse.fromWeb(request, response)
    })
  )
  return { layer: Layer.succeed(HttpClient.HttpClient, client), requests: () => requests }
}

const configOf = (project: string) =>
  Layer.orDie(PostHogConfig.layer({
    apiKey: Redacted.make(project),
    secretKey: Redacted.make("phs_the_secret"),
    host: "https://posthog.test",
    definitions: { pollInterval: "100 millis" }
  }))

const cacheOf = (sql: SqlClient.SqlClient, project: string) =>
  SqlDefinitions.layer.pipe(
    Layer.provide(configOf(project)),
    Layer.provide(Layer.succeed(SqlClient.SqlClient, sql))
  )

/** A client as an application builds it. */
const instance = (sql: SqlClient.SqlClient, project: string, http: Layer.Layer<HttpClient.HttpClient>) =>
  PostHog.layerServices.pipe(
    Layer.provide([
      DefinitionsSource.layerShared(DefinitionsSource.layerHttp).pipe(Layer.provide(cacheOf(sql, project))),
      Layer.succeed(EventTransport, { send: () => Effect.void }),
      DedupStore.layerMemory
    ]),
    Layer.provide(http),
    Layer.provide(configOf(project))
  )

const connect = (port: number) =>
  Effect.map(
    Effect.orDie(Layer.build(PgClient.layer({ host: "127.0.0.1", port, username: "postgres", database: "postgres" }))),
    Context.get(SqlClient.SqlClient)
  )

const libsql = Effect.gen(function*() {
  const folder = mkdtempSync(join(tmpdir(), "effect-posthog-sqlite-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
  const context = yield* Effect.orDie(Layer.build(LibsqlClient.layer({ url: `file:${join(folder, "test.db")}` })))
  return Context.get(context, SqlClient.SqlClient)
})

const read = Effect.gen(function*() {
  const snapshot = yield* evaluateFlags({ distinctId: "secret-person", onlyEvaluateLocally: true })
  assert.deepStrictEqual(snapshot.getFlagPayload("editor"), Option.some("secret-payload"))
  return yield* snapshot.isEnabled("editor")
})

const suite = isInstalled ? describe.sequential : describe.skip

suite("SqlDefinitions on a Postgres that is stalled", () => {
  it.scopedLive("lets flags be read, definitions be fetched, and the client be closed", () =>
    Effect.gen(function*() {
      const server = yield* startPostgres
      const sql = yield* connect(server.port)
      const { layer, requests } = endpoint()
      const scope = yield* Scope.make()
      const context = yield* Scope.extend(Layer.build(instance(sql, `phc_${randomUUID()}`, layer)), scope)
      const { ready, reload, status } = Context.get(context, LocalEvaluator)
      yield* ready
      yield* Effect.addFinalizer(() => server.resume)
      yield* server.stall
      // Each call of the cache ends after three seconds, and then the instance asks PostHog by itself.
      const before = requests()
      const polling = yield* Effect.fork(Effect.repeat(reload, { until: () => requests() > before + 1 }))
      let reads = 0
      yield* Effect.repeat(Effect.delay(Effect.provide(read, context), "1 millis"), {
        until: (isEnabled) => {
          assert.isTrue(isEnabled)
          reads++
          return requests() > before + 1
        }
      })
      yield* polling.await
      assert.isAbove(reads, 100)
      assert.strictEqual((yield* status).flags, 1)
      // Waits for the database for as long as it was told, and not for the database.
      yield* Scope.close(scope, Exit.void).pipe(Effect.timeoutFail({
        duration: "30 seconds",
        onTimeout: () => "the client did not close"
      }))
      yield* server.resume
    }), 120_000)

  it.scopedLive("shares again once the database answers", () =>
    Effect.gen(function*() {
      const server = yield* startPostgres
      const sql = yield* connect(server.port)
      const { layer, requests } = endpoint()
      const project = `phc_${randomUUID()}`
      const contexts = yield* Effect.all([0, 1].map(() => Layer.build(instance(sql, project, layer))))
      for (const context of contexts) yield* Context.get(context, LocalEvaluator).ready
      yield* server.stall
      const before = requests()
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => requests() > before })
      yield* server.resume
      // The row is renewed by the holder of the lease alone.
      const cache = yield* Effect.map(Layer.build(cacheOf(sql, project)), Context.get(DefinitionsCache))
      const asOf = Effect.map(cache.get(), (answer) => answer._tag === "Definitions" ? answer.asOf : 0)
      const resumed = yield* asOf
      yield* Effect.repeat(Effect.delay(asOf, "50 millis"), { until: (time) => time > resumed })
    }), 120_000)
})

const databases = [
  {
    name: "Postgres",
    suite,
    start: Effect.gen(function*() {
      const server = yield* startPostgres
      return { sql: yield* connect(server.port), begin: server.stall, end: server.resume }
    })
  },
  {
    name: "SQLite (libsql)",
    suite: describe.sequential,
    start: Effect.map(libsql, (sql) => ({ sql, begin: Effect.void, end: Effect.void }))
  }
]

for (const { name, start, suite } of databases) {
  suite(`no key, id or payload stands in what is logged, traced or failed with, on ${name}`, () => {
    it.scopedLive("while the table is refused, missing, odd, or the database stalled", () =>
      Effect.gen(function*() {
        const { begin, end, sql } = yield* start
        const project = `phc_${randomUUID()}`
        const hides = (text: string) => {
          for (const secret of [project, "phs_the_secret", "secret-person", "secret-payload", "secret-odd"]) {
            assert.notInclude(text, secret)
          }
        }
        const work = Effect.gen(function*() {
          const { layer } = endpoint()
          const context = yield* Layer.build(instance(sql, project, layer))
          const { ready, reload } = Context.get(context, LocalEvaluator)
          yield* ready
          yield* Effect.provide(read, context)
          const cache = yield* Effect.map(Layer.build(cacheOf(sql, project)), Context.get(DefinitionsCache))
          yield* Effect.repeat(Effect.delay(cache.get(), "5 millis"), { until: ({ _tag }) => _tag === "Definitions" })
          const errors: Array<unknown> = []
          const note = Effect.flatMap(Effect.either(cache.get()), (result) =>
            Effect.sync(() => {
              if (result._tag === "Left") errors.push(result.left)
            }))
          yield* sql`update posthog_definitions set body = ${"secret-odd"}, version = 'odd'`
          yield* note
          yield* reload
          yield* sql`drop table posthog_definitions`
          yield* note
          yield* reload
          yield* sql`create table posthog_definitions (project integer check (project > 0))`
          yield* note
          yield* reload
          yield* Effect.provide(read, context)
          yield* begin
          yield* reload
          yield* end
          return errors
        })
        const { lines, result, spans } = yield* Effect.orDie(observed(Effect.scoped(work)))
        assert.isAbove(spans(), 0)
        assert.isAbove(lines.filter((line) => line.includes("WARN")).length, 0)
        assert.isAbove(result.length, 1)
        hides(lines.join("\n"))
        for (const error of result) hides(printed(error))
      }), 120_000)
  })
}

if (!isInstalled) it.skip(missing, () => {})
