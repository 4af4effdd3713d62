/** @since 0.1.0 */

const deepest = 1000

/**
 * A deeply frozen copy of a JSON value, or of the part of a value that is JSON; `undefined` when it is nested beyond
 * reason, or in itself.
 *
 * @internal
 */
export const frozenCopy = (value: unknown, depth: number = deepest): unknown => {
  if (typeof value !== "object" || value === null) {
    return value
  }
  if (depth === 0) {
    return undefined
  }
  if (Array.isArray(value)) {
    return Object.freeze(value.map((member) => frozenCopy(member, depth - 1)))
  }
  const copy = {}
  for (const [key, member] of Object.entries(value)) {
    // Assigning to `__proto__` would set the prototype.
    Object.defineProperty(copy, key, { value: frozenCopy(member, depth - 1), enumerable: true })
  }
  return Object.freeze(copy)
}
