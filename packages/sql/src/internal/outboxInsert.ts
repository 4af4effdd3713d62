import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { NewRow, OutboxTable } from "./outboxTable.ts"
import { codeOf } from "./sqlFailure.ts"

/**
 * The database ended the transaction of the caller. What follows would be stored without what came before.
 *
 * @internal
 */
export class TransactionEnded extends Data.TaggedError("TransactionEnded")<{}> {
  override get message(): string {
    return "MySQL rolled the transaction back, to end a deadlock"
  }
}

type Insert = (row: NewRow) => Effect.Effect<void, SqlError>

const inTransaction = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  (connection) => connection._tag === "Some"
)

/** Of what Postgres says about every statement of a transaction in which one has failed. */
const transactionHasFailed = "25P02"

// In Postgres a statement that fails ends the transaction, unless it has a savepoint. In one message with it, the insert
// costs a single round trip, and no statement of another fiber gets in between, to be undone with it.
const makePostgresInsert = (
  client: SqlClient.SqlClient,
  { insert, insertText }: Pick<OutboxTable, "insert" | "insertText">
): Insert => {
  const sql = client.withoutTransforms()
  const goBack = sql.unsafe("rollback to savepoint posthog_outbox; release savepoint posthog_outbox")
  return (row) =>
    Effect.flatMap(inTransaction, (isInside) =>
      isInside
        ? sql.unsafe(`savepoint posthog_outbox; ${insertText(row)}; release savepoint posthog_outbox`).pipe(
          Effect.asVoid,
          Effect.tapError((error) => codeOf(error) === transactionHasFailed ? Effect.void : Effect.ignore(goBack)),
          // An insert of which nobody awaits the end could leave the transaction in the middle.
          Effect.uninterruptible
        )
        : insert(row))
}

// For drivers of Postgres that take one statement at a time.
const makeNestedInsert = (client: SqlClient.SqlClient, insert: Insert): Insert => (row) =>
  Effect.flatMap(inTransaction, (isInside) => isInside ? client.withTransaction(insert(row)) : insert(row))

const makeMysqlInsert = (insert: Insert): Insert => (row) =>
  Effect.catchAll(
    insert(row),
    (error) =>
      Effect.flatMap(inTransaction, (isInside) =>
        isInside && codeOf(error) === "ER_LOCK_DEADLOCK" ? Effect.die(new TransactionEnded()) : Effect.fail(error))
  )

/**
 * Inserts so that a failure leaves the transaction of the caller as it was. A database that does not answer is asked for
 * so long what it can do.
 *
 * @internal
 */
export const makeSafeInsert = (
  client: SqlClient.SqlClient,
  table: Pick<OutboxTable, "dialect" | "insert" | "insertText">,
  longest: Duration.Duration
): Effect.Effect<Insert> => {
  switch (table.dialect) {
    case "sqlite":
      return Effect.succeed(table.insert)
    case "mysql":
      return Effect.succeed(makeMysqlInsert(table.insert))
    case "pg":
      return Effect.match(Effect.timeout(Effect.disconnect(client.unsafe("select 1; select 1")), longest), {
        onSuccess: () => makePostgresInsert(client, table),
        onFailure: () => makeNestedInsert(client, table.insert)
      })
  }
}
