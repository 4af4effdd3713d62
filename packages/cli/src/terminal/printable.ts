/**
 * Text from definitions and events is foreign: it may hold line breaks, escape sequences that give orders to a terminal,
 * and marks that turn the direction of writing around.
 */
const hidden = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** The text on one line, with everything that a terminal would obey written out. */
export const printable = (text: string): string => text.replace(hidden, escaped)

const longest = 100

/** A name between double quotes, on one line, cut after about 100 characters. */
export const quoted = (name: string): string => {
  const characters = Array.from(name.slice(0, 2 * longest + 2))
  const cut = characters.length > longest
  return `"${printable(cut ? characters.slice(0, longest).join("") : name)}${cut ? "…" : ""}"`
}

/** A short form of a JSON value, on one line. */
export const shortJson = (value: unknown, limit = 80): string => {
  const text = printable(JSON.stringify(value) ?? "undefined")
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text
}

/** JSON that a terminal can show: what it would obey is escaped, which JSON reads back as the same text. */
export const json = (value: unknown): string => {
  // Line breaks are JSON's own white space: JSON.stringify has escaped all others.
  const text = JSON.stringify(value, null, 2) ?? "null"
  return `${text.split("\n").map(printable).join("\n")}\n`
}

/** Rows with aligned columns. The last column is as wide as it likes. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths: Array<number> = []
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.min(60, Math.max(widths[column] ?? 0, cell.length))
    })
  }
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .map((line) => `${line}\n`)
    .join("")
}
