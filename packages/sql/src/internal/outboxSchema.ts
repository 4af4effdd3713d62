import { quoted } from "./tableName.ts"

/**
 * What the schema differs by.
 *
 * @internal
 */
export type Dialect = "pg" | "sqlite" | "mysql"

/**
 * The version of the rows that this library writes, and the newest it reads.
 *
 * @internal
 */
export const rowVersion = 1

const indexOf = (table: string): string => `${table.split(".").at(-1) ?? table}_due`

/**
 * The statements that create the table and its index where they are missing.
 *
 * @internal
 */
export const createStatements = (table: string, dialect: Dialect): ReadonlyArray<string> => {
  const quote = dialect === "mysql" ? "`" : "\""
  const due = "(project, parked, available_at, id)"
  const columns = [
    "id varchar(36) primary key",
    "project varchar(16) not null",
    "version integer not null",
    "route varchar(16) not null",
    `body ${dialect === "mysql" ? "longtext" : "text"} not null`,
    "created_at bigint not null",
    "available_at bigint not null",
    "attempts integer not null",
    "claim varchar(36)",
    "parked integer not null",
    "problem text",
    // MySQL does not know how to leave out an index that exists.
    ...(dialect === "mysql" ? [`index ${quoted(indexOf(table), quote)} ${due}`] : [])
  ]
  // The character set of a database of MySQL may lack most characters.
  const options = dialect === "mysql" ? " default charset = utf8mb4" : ""
  const create = `create table if not exists ${quoted(table, quote)} (\n  ${columns.join(",\n  ")}\n)${options}`
  return dialect === "mysql"
    ? [create]
    : [create, `create index if not exists ${quoted(indexOf(table))} on ${quoted(table)} ${due}`]
}
