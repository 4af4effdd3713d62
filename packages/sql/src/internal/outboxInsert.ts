import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { NewRow, OutboxTable } from "./outboxTable.ts"

/**
 * Inserts in a savepoint where a failed statement would end the transaction of the caller, as it does in Postgres.
 *
 * @internal
 */
export const makeSafeInsert = (
  client: SqlClient.SqlClient,
  { dialect, insert }: Pick<OutboxTable, "dialect" | "insert">
): (row: NewRow) => Effect.Effect<void, SqlError> => {
  if (dialect !== "pg") return insert
  // The savepoints of fibers that share a transaction have one name.
  const turns = new WeakMap<object, Effect.Semaphore>()
  const inTurn = (connection: object) => {
    const turn = turns.get(connection) ?? Effect.unsafeMakeSemaphore(1)
    turns.set(connection, turn)
    return turn.withPermits(1)
  }
  return (row) =>
    Effect.flatMap(Effect.serviceOption(SqlClient.TransactionConnection), (transaction) =>
      transaction._tag === "None"
        ? insert(row)
        : inTurn(transaction.value[0])(client.withTransaction(insert(row))))
}
