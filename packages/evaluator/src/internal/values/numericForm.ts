/** @since 1.0.0 */

/** A text can match in one way only: a long text that is not a number must not be tried in many ways. */
const float = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

const named = /^[+-]?(?:(nan)|inf(?:inity)?)$/i

/**
 * The number that a JSON value stands for: a number, or a text in full float syntax. `undefined` for anything else.
 *
 * @internal
 */
export const numericForm = (value: unknown): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined
  if (typeof value !== "string") return undefined
  if (float.test(value)) return Number(value)
  const match = named.exec(value)
  if (match === null) return undefined
  return match[1] !== undefined ? Number.NaN : value.startsWith("-") ? -Infinity : Infinity
}
