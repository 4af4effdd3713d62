import { LibsqlClient } from "@effect/sql-libsql"
import { MysqlClient } from "@effect/sql-mysql2"
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isMariadbInstalled, startMariadb } from "./mariadb.ts"
import { isInstalled, missing, startPostgres } from "./postgres.ts"

interface Database {
  readonly name: string
  readonly client: Effect.Effect<SqlClient.SqlClient>
  readonly url: Effect.Effect<string>
  /** Why it is not there, if it is not. */
  readonly missing: string | undefined
}

/** The databases of one test file, started when a test first needs them. */
export const makeDatabases = (): { readonly all: ReadonlyArray<Database>; readonly close: () => Promise<void> } => {
  const scope = Effect.runSync(Scope.make())

  const shared = <A>(make: Effect.Effect<A, never, Scope.Scope>) =>
    Effect.runSync(Effect.cached(Scope.extend(make, scope)))

  const postgres = shared(startPostgres)

  const pgUrl = Effect.map(postgres, ({ port }) => `postgres://postgres@127.0.0.1:${port}/postgres`)

  const pg = shared(
    Effect.flatMap(postgres, ({ port }) =>
      Effect.map(
        Effect.orDie(
          Layer.build(PgClient.layer({ host: "127.0.0.1", port, username: "postgres", database: "postgres" }))
        ),
        Context.get(SqlClient.SqlClient)
      ))
  )

  const mariadb = shared(startMariadb)

  const mysqlUrl = Effect.map(mariadb, ({ port }) => `mysql://root@127.0.0.1:${port}/test`)

  const mysql = shared(Effect.gen(function*() {
    const { port } = yield* mariadb
    const admin = yield* Effect.orDie(Layer.build(MysqlClient.layer({ host: "127.0.0.1", port, username: "root" })))
    yield* Effect.orDie(Context.get(admin, SqlClient.SqlClient)`create database test`)
    const context = yield* Effect.orDie(
      Layer.build(MysqlClient.layer({ host: "127.0.0.1", port, username: "root", database: "test" }))
    )
    return Context.get(context, SqlClient.SqlClient)
  }))

  const folder = shared(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-posthog-sqlite-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
  )

  const libsqlUrl = Effect.map(folder, (folder) => `file:${join(folder, "test.db")}`)

  const libsql = shared(
    Effect.flatMap(
      libsqlUrl,
      (url) => Effect.map(Effect.orDie(Layer.build(LibsqlClient.layer({ url }))), Context.get(SqlClient.SqlClient))
    )
  )

  return {
    all: [
      { name: "Postgres", client: pg, url: pgUrl, missing: isInstalled ? undefined : missing },
      { name: "SQLite (libsql)", client: libsql, url: libsqlUrl, missing: undefined },
      {
        name: "MariaDB",
        client: mysql,
        url: mysqlUrl,
        missing: isMariadbInstalled
          ? undefined
          : "skipped: MariaDB is not installed (apt-get install mariadb-server-core)"
      }
    ],
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
