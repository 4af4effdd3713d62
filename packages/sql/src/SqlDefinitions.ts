/**
 * Flag definitions that one instance fetches for all, in one table of the application's database.
 *
 * @since 1.0.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { DefinitionsCache, DefinitionsCacheError, PostHogConfig } from "effect-posthog"
import type { CachedDefinitions, DefinitionsCacheAnswer } from "effect-posthog"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { digest, projectDigest } from "./internal/digest.ts"
import { millisOf } from "./internal/millisOf.ts"
import { quoted } from "./internal/tableName.ts"

/**
 * How an instance takes part.
 *
 * @since 1.0.0
 * @category configuration
 */
export interface SqlDefinitionsOptions {
  /** The table, with its schema if it has one: `analytics.posthog_definitions`. Default: `posthog_definitions`. */
  readonly table?: string | undefined
  /**
   * Whether to create the table where it is missing. Default: `true`. Switch it off where the application's user may not
   * create tables, and run {@link migration} or its text, {@link migrationSql}.
   */
  readonly createTable?: boolean | undefined
  /**
   * How long an instance that does not succeed keeps others from fetching. Default: 2.2 times the poll interval, so that
   * an instance that fetches at every interval keeps its lease.
   */
  readonly lease?: Duration.DurationInput | undefined
}

const defaultTable = "posthog_definitions"

/** Poll intervals in a lease. */
const leaseIntervals = 2.2

/**
 * The table, as SQL that Postgres and SQLite take. `table` is put in as it is.
 *
 * @since 1.0.0
 * @category getters
 */
export const migrationSql = (table: string = defaultTable): string =>
  `create table if not exists ${table} (
  project text primary key,
  version text,
  etag text,
  body text,
  as_of bigint not null default 0,
  withdrawn integer not null default 0,
  holder text,
  token bigint not null default 0,
  lease_until bigint not null default 0
)`

/**
 * Creates the table where it is missing.
 *
 * @since 1.0.0
 * @category combinators
 */
export const migration = (table: string = defaultTable): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.asVoid(sql.unsafe(migrationSql(table))))

type Operation = DefinitionsCacheError["operation"]

/** What this instance has from PostHog, to be stored again for a database that lacks it. */
interface Stored {
  readonly version: string
  readonly etag: string | null
  readonly body: string
}

interface Settings {
  readonly table: string
  readonly createTable: boolean
  readonly project: string
  readonly self: string
  readonly leaseMillis: number
}

interface Row {
  readonly version: string | null
  readonly etag: string | null
  readonly body: string | null
  readonly as_of: number | string
  readonly withdrawn: number | string
  readonly holder: string | null
  readonly token: number | string
  readonly held: number | string | boolean
}

// The error of a driver may quote the statement and its values.
const failing = (operation: Operation) => () =>
  new DefinitionsCacheError({ operation, problem: "the database refused the statement, or is unavailable" })

const unreadable = new DefinitionsCacheError({
  operation: "get",
  problem: "the table does not hold what this library stores"
})

const isTrue = (value: number | string | boolean): boolean => value === true || Number(value) === 1

const make = (
  client: SqlClient.SqlClient,
  { createTable, leaseMillis, project, self, table }: Settings
): Context.Tag.Service<DefinitionsCache> => {
  // Column names are read as they are written here.
  const sql = client.withoutTransforms()
  const name = sql(table)
  // The time of the database: instances need not agree on theirs.
  const now = sql.onDialectOrElse({
    pg: () => sql.literal("(extract(epoch from clock_timestamp()) * 1000)::bigint"),
    orElse: () => sql.literal("cast((julianday('now') - 2440587.5) * 86400000 as integer)")
  })

  // The holder's token, while this instance has the lease.
  let token: number | undefined
  let stored: Stored | undefined
  let isCreated = !createTable

  // Two instances may create it at the same time, and Postgres lets one of them fail: the next statement tells.
  const created = Effect.suspend(() =>
    isCreated
      ? Effect.void
      : Effect.matchEffect(sql.unsafe(migrationSql(quoted(table))), {
        onFailure: () => Effect.void,
        onSuccess: () =>
          Effect.sync(() => {
            isCreated = true
          })
      })
  )

  const run = <A>(operation: Operation, statement: () => Effect.Effect<A, SqlError>) =>
    Effect.zipRight(created, Effect.mapError(Effect.suspend(statement), failing(operation)))

  // A lease that ends later than a whole one from now is from before the clock was set back.
  const isFreeIn = (row: "" | "stored.") =>
    sql`(${sql.literal(`${row}lease_until`)} <= ${now} or ${
      sql.literal(`${row}lease_until`)
    } > ${now} + ${leaseMillis})`
  const isFree = isFreeIn("")

  const acquire = sql<Pick<Row, "token">>`
    insert into ${name} as stored (project, holder, token, lease_until)
    values (${project}, ${self}, 1, ${now} + ${leaseMillis})
    on conflict (project) do update
    set holder = ${self}, token = stored.token + 1, lease_until = ${now} + ${leaseMillis}
    where ${isFreeIn("stored.")}
    returning token`

  const shouldFetch = run("shouldFetch", () =>
    Effect.flatMap(
      sql<Pick<Row, "holder" | "token" | "held">>`
        select holder, token, case when ${isFree} then 0 else 1 end as held from ${name} where project = ${project}`,
      ([row]) => {
        if (row !== undefined && isTrue(row.held)) {
          token = row.holder === self ? Number(row.token) : undefined
          return Effect.succeed(token !== undefined)
        }
        return Effect.map(acquire, ([acquired]) => {
          token = acquired === undefined ? undefined : Number(acquired.token)
          return token !== undefined
        })
      }
    ))

  const whole = Effect.gen(function*() {
    const [row] = yield* run(
      "get",
      () => sql<Row>`select version, etag, body, as_of, withdrawn from ${name} where project = ${project}`
    )
    if (row === undefined || row.version === null) return emptyOf(row)
    const { body, version } = row
    const definitions = yield* Effect.try({ try: (): unknown => JSON.parse(body ?? ""), catch: () => unreadable })
    stored = { version, etag: row.etag, body: body ?? "" }
    return {
      _tag: "Definitions",
      version,
      etag: row.etag ?? undefined,
      asOf: Number(row.as_of),
      definitions
    } satisfies DefinitionsCacheAnswer
  })

  const get = (known?: string): Effect.Effect<DefinitionsCacheAnswer, DefinitionsCacheError> =>
    known === undefined
      ? whole
      : Effect.flatMap(
        run("get", () => sql<Row>`select version, as_of, withdrawn from ${name} where project = ${project}`),
        ([row]): Effect.Effect<DefinitionsCacheAnswer, DefinitionsCacheError> =>
          row === undefined || row.version === null
            ? Effect.succeed(emptyOf(row))
            : row.version === known
            ? Effect.succeed({ _tag: "Same", asOf: Number(row.as_of) })
            : whole
      )

  // From an instance that has lost its lease nothing is taken.
  const holding = () => sql`project = ${project} and holder = ${self} and token = ${token ?? -1} and not ${isFree}`

  const update = (operation: Operation, statement: () => Effect.Effect<unknown, SqlError>) =>
    Effect.suspend(() => token === undefined ? Effect.void : Effect.asVoid(run(operation, statement)))

  const store = (operation: Operation, { body, etag, version }: Stored, asOf: number) =>
    update(
      operation,
      () =>
        sql`update ${name} set version = ${version}, etag = ${etag}, body = ${body}, as_of = ${asOf},
        withdrawn = 0, lease_until = ${now} + ${leaseMillis} where ${holding()}`
    )

  const received = (definitions: CachedDefinitions, etag?: string) =>
    Effect.gen(function*() {
      const asOf = yield* Clock.currentTimeMillis
      const body = JSON.stringify(definitions)
      stored = { version: yield* digest(body), etag: etag ?? null, body }
      yield* store("received", stored, asOf)
    })

  // A database that did not answer in time, or was emptied, lacks what this instance has: an older version must not count
  // as confirmed.
  const confirmed = Effect.gen(function*() {
    if (token === undefined) return
    const asOf = yield* Clock.currentTimeMillis
    const confirmedVersion = stored?.version
    const isConfirmed = confirmedVersion === undefined ? sql`1 = 1` : sql`version = ${confirmedVersion}`
    const updated = yield* run(
      "confirmed",
      () =>
        sql<Pick<Row, "token">>`update ${name} set as_of = ${asOf}, lease_until = ${now} + ${leaseMillis}
        where ${holding()} and ${isConfirmed} returning token`
    )
    if (updated.length === 0 && stored !== undefined) yield* store("confirmed", stored, asOf)
  })

  const clear = update(
    "withdrawn",
    () => sql`update ${name} set version = ${null}, etag = ${null}, body = ${null}, withdrawn = 1 where ${holding()}`
  )

  const withdrawn = Effect.suspend(() => {
    stored = undefined
    return clear
  })

  const handOver = (operation: Operation) =>
    Effect.ensuring(
      update(operation, () => sql`update ${name} set lease_until = 0 where ${holding()}`),
      Effect.sync(() => {
        token = undefined
      })
    )

  return {
    shouldFetch,
    get,
    received,
    confirmed,
    failed: handOver("failed"),
    withdrawn,
    shutdown: handOver("shutdown"),
    // Polling finds the changes.
    changed: Stream.empty
  }
}

const emptyOf = (row: Row | undefined): DefinitionsCacheAnswer =>
  row !== undefined && isTrue(row.withdrawn) ? { _tag: "Empty", withdrawn: true } : { _tag: "Empty" }

/**
 * {@link layer} with options.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerWith = (
  { createTable = true, lease, table = defaultTable }: SqlDefinitionsOptions = {}
): Layer.Layer<DefinitionsCache, never, SqlClient.SqlClient | PostHogConfig> =>
  Layer.effect(
    DefinitionsCache,
    Effect.gen(function*() {
      const client = yield* SqlClient.SqlClient
      const config = yield* PostHogConfig
      const duration = lease === undefined
        ? Duration.times(config.definitions.pollInterval, leaseIntervals)
        : Duration.decode(lease)
      const number = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
      return make(client, {
        table,
        createTable,
        project: yield* projectDigest(config),
        self: number.toString(36),
        leaseMillis: millisOf(duration)
      })
    })
  )

/**
 * A `DefinitionsCache` in a table of Postgres or SQLite, for `DefinitionsSource.layerShared`.
 *
 * **When to use**
 *
 * Above about ten instances that have a database in common and no Redis.
 *
 * **Details**
 *
 * One instance holds a lease and polls PostHog. The others read a version of 16 characters at every poll, and the
 * definitions when it has changed. The lease ends 2.2 poll intervals after its holder's last success; a holder whose
 * requests fail hands it over at once. While the database is unavailable, every instance polls by itself.
 *
 * There is one row for each project. The layer creates the table with the first statement, unless told otherwise, and its
 * building waits for nothing.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer: Layer.Layer<DefinitionsCache, never, SqlClient.SqlClient | PostHogConfig> = layerWith()
