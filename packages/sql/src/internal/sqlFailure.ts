import type { SqlError } from "@effect/sql/SqlError"

const isCode = (code: unknown): code is string => typeof code === "string" && /^[A-Z0-9_]{2,40}$/.test(code)

/**
 * The database's own code for a failure, such as `42P01`. Nothing else of an error is passed on: that of a driver may
 * quote the statement and its values.
 *
 * @internal
 */
export const codeOf = ({ cause }: SqlError): string | undefined => {
  const code = typeof cause === "object" && cause !== null ? (cause as { readonly code?: unknown }).code : undefined
  return isCode(code) ? code : undefined
}

/** @internal */
export const describeFailure = (code: string | undefined): string =>
  code === undefined
    ? "the database refused the statement, or is unavailable"
    : `the database refused the statement, or is unavailable (${code})`
