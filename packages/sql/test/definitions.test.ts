import { SqlDefinitions } from "@effect-posthog/sql"
import { DefinitionsCacheContract } from "@effect-posthog/testkit"
import * as SqlClient from "@effect/sql/SqlClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { DefinitionsCache, PostHogConfig } from "effect-posthog"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { randomUUID } from "node:crypto"
import { makeDatabases } from "./support/databases.ts"
import { isInstalled, missing, realPause } from "./support/postgres.ts"

// The time that the test itself takes must not count: a minute of the test clock is a thousand minutes of the database.
const scale = 1000

const newProject = () => `phc_${randomUUID()}`

const layerOf = (client: SqlClient.SqlClient, project: string, options: SqlDefinitions.SqlDefinitionsOptions = {}) =>
  SqlDefinitions.layerWith(options).pipe(
    Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make(project), host: "https://posthog.test" })),
    Layer.provide(Layer.succeed(SqlClient.SqlClient, client)),
    Layer.orDie
  )

const participant = (client: SqlClient.SqlClient, project: string, options?: SqlDefinitions.SqlDefinitionsOptions) =>
  Effect.map(Layer.build(layerOf(client, project, options)), Context.get(DefinitionsCache))

const definitions = (...keys: ReadonlyArray<string>) => ({
  flags: keys.map((key) => ({ key, active: true, filters: { groups: [] } })),
  groupTypeMapping: {},
  cohorts: {},
  minimalFlagCalledEvents: false
})

// Time passes for the database as it does for the test clock, in steps: what a poll asks of the database does not outlast
// a few of them, and limits on the test clock are for what hangs.
const passTime = (client: SqlClient.SqlClient) => (duration: Duration.Duration): Effect.Effect<void> => {
  const step = Math.min(1000, Duration.toMillis(duration))
  const turn = Effect.ignore(client`update posthog_definitions set lease_until = lease_until - ${step * scale}`).pipe(
    Effect.zipRight(TestClock.adjust(step)),
    Effect.zipRight(Effect.repeatN(realPause, 1))
  )
  return Effect.repeatN(turn, Math.ceil(Duration.toMillis(duration) / step) - 1)
}

const { all, close } = makeDatabases()

const databases = all.filter(({ name }) => name !== "MariaDB")

afterAll(close)

for (const { client, missing, name } of databases) {
  const suite = missing === undefined ? describe.sequential : describe.skip
  suite(`SqlDefinitions on ${name}`, () => {
    const names = DefinitionsCacheContract.laws({ participants: Effect.never }).map(({ name }) => name)
    for (const [index, law] of names.entries()) {
      it.scoped(`keeps the contract of a definitions cache: ${law}`, () =>
        Effect.gen(function*() {
          const sql = yield* client
          const laws = DefinitionsCacheContract.laws({
            participants: Effect.sync(() => layerOf(sql, newProject(), { lease: Duration.times("1 minute", scale) })),
            passTime: passTime(sql)
          })
          yield* laws[index]?.check ?? Effect.die("no such law")
        }), 60_000)
    }

    it.scopedLive("creates its table, under any name, however many instances start at once", () =>
      Effect.gen(function*() {
        const sql = yield* client
        const table = `Definitions of ${randomUUID()}`
        const project = newProject()
        const all = yield* Effect.all(Array.from({ length: 8 }, () => participant(sql, project, { table })))
        const should = yield* Effect.all(all.map(({ shouldFetch }) => shouldFetch), { concurrency: "unbounded" })
        assert.strictEqual(should.filter((fetches) => fetches).length, 1)
        const holder = all[should.indexOf(true)]
        yield* holder?.received(definitions("one"), "\"v1\"") ?? Effect.void
        for (const { get } of all) assert.deepInclude(yield* get(), { definitions: definitions("one"), etag: "\"v1\"" })
        const rows = JSON.stringify(yield* sql`select * from ${sql(table)}`)
        assert.notInclude(rows, project)
      }))

    it.scopedLive("stores again what the database never got, and does not confirm an older version instead", () =>
      Effect.gen(function*() {
        const sql = yield* client
        const table = `t${randomUUID().replaceAll("-", "")}`
        const project = newProject()
        const [one, two] = yield* Effect.all([
          participant(sql, project, { table }),
          participant(sql, project, { table })
        ])
        assert.isTrue(yield* one.shouldFetch)
        yield* one.received(definitions("one"), "\"v1\"")
        const before = yield* two.get()
        yield* one.received(definitions("two"), "\"v2\"")
        const version = before._tag === "Definitions" ? before.version : ""
        const body = JSON.stringify(definitions("one"))
        // As if the second statement had not arrived in time.
        yield* sql`update ${sql(table)} set version = ${version}, etag = 'v1', body = ${body}, as_of = 1`
        yield* one.confirmed
        assert.deepInclude(yield* two.get(version), { definitions: definitions("two"), etag: "\"v2\"" })
        yield* sql`update ${sql(table)} set version = null, etag = null, body = null`
        yield* one.confirmed
        assert.deepInclude(yield* two.get(version), { definitions: definitions("two"), etag: "\"v2\"" })
      }))

    it.scopedLive("without the table fails with an error that quotes nothing, until a migration creates it", () =>
      Effect.gen(function*() {
        const sql = yield* client
        const table = `t${randomUUID().replaceAll("-", "")}`
        const project = newProject()
        const cache = yield* participant(sql, project, { table, createTable: false })
        const error = yield* Effect.flip(cache.shouldFetch)
        assert.strictEqual(
          error.message,
          "The shared cache of flag definitions failed at shouldFetch: the database refused the statement, or is unavailable"
        )
        assert.isUndefined(error.cause)
        yield* Effect.provideService(SqlDefinitions.migration(table), SqlClient.SqlClient, sql)
        assert.isTrue(yield* cache.shouldFetch)
        assert.isTrue(yield* Stream.runHead(cache.changed).pipe(Effect.map((head) => head._tag === "None")))
      }))
  })
}

if (!isInstalled) it.skip(missing, () => {})
