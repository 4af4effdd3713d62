/** @since 1.0.0 */

const deepest = 1000

/** The most arrays and objects that are copied: those that hold themselves have no end. */
const mostCopied = 1_000_000

/**
 * A deeply frozen copy of a JSON value, or of the part of a value that is JSON; `undefined` stands for what is nested
 * beyond reason, or in itself.
 *
 * @internal
 */
export const frozenCopy = (value: unknown): unknown =>
  typeof value !== "object" || value === null ? value : copyOf(value, deepest, { left: mostCopied })

const copyOf = (value: unknown, depth: number, room: { left: number }): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (depth === 0 || room.left-- <= 0) return undefined
  if (Array.isArray(value)) return Object.freeze(value.map((member) => copyOf(member, depth - 1, room)))
  const copy = {}
  for (const [key, member] of Object.entries(value)) {
    // Assigning to `__proto__` would set the prototype.
    Object.defineProperty(copy, key, { value: copyOf(member, depth - 1, room), enumerable: true })
  }
  return Object.freeze(copy)
}
