/**
 * A table, with its schema if it has one, as it stands in a statement: every part is quoted.
 *
 * @internal
 */
export const quoted = (table: string, quote = "\""): string =>
  table.split(".").map((part) => quote + part.replaceAll(quote, quote + quote) + quote).join(".")
