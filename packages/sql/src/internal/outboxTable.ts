import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { createStatements, rowVersion } from "./outboxSchema.ts"
import type { Dialect } from "./outboxSchema.ts"
import { quoted } from "./tableName.ts"

/**
 * A row as it is written.
 *
 * @internal
 */
export interface NewRow {
  readonly id: string
  readonly route: string
  readonly body: string
  readonly createdAt: number
}

/**
 * A row as it is read: it may have been edited by hand.
 *
 * @internal
 */
export interface Row {
  readonly id: string
  readonly route: unknown
  readonly body: unknown
  readonly attempts: number
  /** Not a number when the column does not hold one. */
  readonly createdAt: number
  readonly problem: string
}

/**
 * What tells the claim of one relay from all others.
 *
 * @internal
 */
export interface Claim {
  readonly token: string
  readonly until: number
}

/** @internal */
export interface Totals {
  readonly depth: number
  readonly parked: number
  readonly newer: number
  readonly oldestAt: number | undefined
}

// An escape string, which means the same whatever `standard_conforming_strings` is.
const postgresLiteral = (value: string | number): string =>
  typeof value === "number"
    ? String(value)
    : `E'${value.replaceAll("\u0000", "").replaceAll("\\", "\\\\").replaceAll("'", "''")}'`

/** Parameters that one statement may have everywhere. */
const mostIds = 1000

interface StoredRow {
  readonly id: string
  readonly route: unknown
  readonly body: unknown
  readonly attempts: unknown
  readonly created_at: unknown
  readonly problem?: unknown
}

const numberOf = (value: unknown): number =>
  typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value)

const rowOf = ({ attempts, body, created_at, id, problem, route }: StoredRow): Row => {
  const times = numberOf(attempts)
  return {
    id: String(id),
    route,
    body,
    attempts: times > 0 ? Math.floor(times) : 0,
    createdAt: created_at === null ? Number.NaN : numberOf(created_at),
    problem: typeof problem === "string" ? problem : ""
  }
}

const byId = (one: Row, other: Row): number => one.id < other.id ? -1 : 1

/**
 * The dialect of a client. What is neither Postgres nor MySQL is spoken to as SQLite is.
 *
 * @internal
 */
export const dialectOf = (sql: SqlClient.SqlClient): Dialect =>
  sql.onDialectOrElse({ pg: () => "pg" as const, mysql: () => "mysql" as const, orElse: () => "sqlite" as const })

/**
 * The statements of the outbox. They see the rows of one project. A statement that has a claim changes only rows that
 * are still held by it.
 *
 * @internal
 */
export const makeOutboxTable = (client: SqlClient.SqlClient, table: string, project: string) => {
  // Column names are read as they are written here.
  const sql = client.withoutTransforms()
  const name = sql(table)
  const dialect = dialectOf(sql)

  const isWaiting = sql`project = ${project} and parked = 0`
  const isReadable = sql`${isWaiting} and version <= ${rowVersion}`

  const inSlices = (
    ids: ReadonlyArray<string>,
    statement: (ids: Fragment) => Effect.Effect<unknown, SqlError>
  ): Effect.Effect<void, SqlError> => {
    const slices: Array<ReadonlyArray<string>> = []
    for (let from = 0; from < ids.length; from += mostIds) slices.push(ids.slice(from, from + mostIds))
    return Effect.forEach(slices, (slice) => statement(sql.in("id", slice)), { discard: true })
  }

  const claimed = ({ token, until }: Claim) =>
    Effect.map(
      sql<StoredRow>`select id, route, body, attempts, created_at from ${name}
        where ${isWaiting} and available_at = ${until} and claim = ${token}`,
      (rows) => rows.map(rowOf).sort(byId)
    )

  const claim = (claim: Claim, now: number, limit: number): Effect.Effect<ReadonlyArray<Row>, SqlError> => {
    const { token, until } = claim
    const due = sql`select id from ${name} where ${isReadable} and available_at <= ${now}
      order by available_at, id limit ${sql.literal(String(limit))}`
    const hold = sql`claim = ${token}, available_at = ${until}`
    if (dialect === "pg") {
      return Effect.map(
        sql<StoredRow>`with due as (${due} for update skip locked)
          update ${name} as waiting set ${hold} from due where waiting.id = due.id
          returning waiting.id, waiting.route, waiting.body, waiting.attempts, waiting.created_at`,
        (rows) => rows.map(rowOf).sort(byId)
      )
    }
    // An update takes the lock on the whole database of SQLite, also when it finds nothing.
    const isDue = sql`select id from ${name} where ${isReadable} and available_at <= ${now} limit 1`
    // One that looks for rows itself would wait for those that transactions have just inserted in MySQL.
    const update = dialect === "mysql"
      ? Effect.flatMap(
        sql<{ readonly id: string }>`${due} for update skip locked`,
        (rows) => inSlices(rows.map(({ id }) => id), (those) => sql`update ${name} set ${hold} where ${those}`)
      ).pipe(sql.withTransaction)
      : sql`update ${name} set ${hold} where id in (${due})`
    return Effect.flatMap(
      isDue,
      (found) => found.length === 0 ? Effect.succeed([]) : Effect.zipRight(update, claimed(claim))
    )
  }

  const totals: Effect.Effect<Totals, SqlError> = Effect.map(
    sql<{ depth: unknown; parked: unknown; newer: unknown; oldest: unknown }>`select
      coalesce(sum(case when parked = 0 and version <= ${rowVersion} then 1 else 0 end), 0) as depth,
      coalesce(sum(case when parked = 0 then 0 else 1 end), 0) as parked,
      coalesce(sum(case when parked = 0 and version > ${rowVersion} then 1 else 0 end), 0) as newer,
      min(case when parked = 0 then created_at end) as oldest
      from ${name} where project = ${project}`,
    ([row]) => {
      const oldest = numberOf(row?.oldest ?? Number.NaN)
      return {
        depth: Number(row?.depth ?? 0),
        parked: Number(row?.parked ?? 0),
        newer: Number(row?.newer ?? 0),
        oldestAt: Number.isFinite(oldest) ? oldest : undefined
      }
    }
  )

  const oldestParked = (limit: number) =>
    sql<{ readonly id: string }>`select id from ${name} where project = ${project} and parked <> 0
      order by available_at, id limit ${sql.literal(String(limit))}`

  return {
    dialect,

    create: Effect.forEach(createStatements(table, dialect), (statement) => sql.unsafe(statement), { discard: true }),

    insert: ({ body, createdAt, id, route }: NewRow): Effect.Effect<void, SqlError> =>
      Effect.asVoid(sql`insert into ${name}
        (id, project, version, route, body, created_at, available_at, attempts, parked)
        values (${id}, ${project}, ${rowVersion}, ${route}, ${body}, ${createdAt}, 0, 0, 0)`),

    /** The same as one text: for a message of several statements, which takes no parameters. */
    insertText: ({ body, createdAt, id, route }: NewRow): string =>
      `insert into ${quoted(table)} (id, project, version, route, body, created_at, available_at, attempts, parked)
        values (${[id, project, rowVersion, route, body, createdAt, 0, 0, 0].map(postgresLiteral).join(", ")})`,

    claim,

    /** Holds on to what is left of a claim, and tells which rows that is. */
    renew: (held: Claim, until: number): Effect.Effect<ReadonlySet<string>, SqlError> =>
      Effect.zipRight(
        sql`update ${name} set available_at = ${until}
          where ${isWaiting} and available_at = ${held.until} and claim = ${held.token}`,
        Effect.map(claimed({ token: held.token, until }), (rows) => new Set(rows.map(({ id }) => id)))
      ),

    /** Lets go of what is left of a claim. */
    release: ({ token, until }: Claim): Effect.Effect<void, SqlError> =>
      Effect.asVoid(sql`update ${name} set available_at = 0, claim = null
        where ${isWaiting} and available_at = ${until} and claim = ${token}`),

    remove: ({ token }: Claim, ids: ReadonlyArray<string>) =>
      inSlices(ids, (those) => sql`delete from ${name} where ${those} and claim = ${token}`),

    retry: ({ token }: Claim, ids: ReadonlyArray<string>, availableAt: number) =>
      inSlices(
        ids,
        (those) =>
          sql`update ${name} set available_at = ${availableAt}, attempts = attempts + 1, claim = null
          where ${those} and claim = ${token}`
      ),

    park: ({ token }: Claim, ids: ReadonlyArray<string>, problem: string, now: number) =>
      inSlices(
        ids,
        (those) =>
          sql`update ${name} set parked = 1, problem = ${problem}, available_at = ${now}, attempts = attempts + 1,
          claim = null where ${those} and claim = ${token}`
      ),

    totals,

    /** Makes available what waits for longer than anything may: the clock was set back, or somebody edited the rows. */
    recall: (after: number): Effect.Effect<number, SqlError> =>
      Effect.flatMap(
        sql<{ found: unknown }>`select count(*) as found from ${name} where ${isWaiting} and available_at > ${after}`,
        ([row]) => {
          const found = Number(row?.found ?? 0)
          return found === 0
            ? Effect.succeed(0)
            : Effect.as(
              sql`update ${name} set available_at = 0, claim = null where ${isWaiting} and available_at > ${after}`,
              found
            )
        }
      ),

    parked: (limit: number): Effect.Effect<ReadonlyArray<Row>, SqlError> =>
      Effect.map(
        sql<StoredRow>`select id, route, body, attempts, created_at, problem from ${name}
          where project = ${project} and parked <> 0 order by available_at, id limit ${sql.literal(String(limit))}`,
        (rows) => rows.map(rowOf)
      ),

    /** Parked events wait again, as if they had just been captured. */
    retryParked: (now: number, ids: ReadonlyArray<string> | undefined): Effect.Effect<void, SqlError> => {
      const again = sql`parked = 0, problem = null, attempts = 0, available_at = 0, created_at = ${now}`
      return ids === undefined
        ? Effect.asVoid(sql`update ${name} set ${again} where project = ${project} and parked <> 0`)
        : inSlices(
          ids,
          (those) => sql`update ${name} set ${again} where ${those} and project = ${project} and parked <> 0`
        )
    },

    discardParked: (ids: ReadonlyArray<string> | undefined): Effect.Effect<void, SqlError> =>
      ids === undefined
        ? Effect.asVoid(sql`delete from ${name} where project = ${project} and parked <> 0`)
        : inSlices(ids, (those) => sql`delete from ${name} where ${those} and project = ${project} and parked <> 0`),

    discardOldestParked: (count: number): Effect.Effect<void, SqlError> =>
      Effect.flatMap(
        oldestParked(count),
        (rows) => inSlices(rows.map(({ id }) => id), (those) => sql`delete from ${name} where ${those} and parked <> 0`)
      )
  }
}

/** @internal */
export type OutboxTable = ReturnType<typeof makeOutboxTable>
