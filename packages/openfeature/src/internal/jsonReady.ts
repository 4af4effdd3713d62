/** Structures below this depth are left to the encoder of the request. */
const maxDepth = 32

// As JSON does, a date that is none becomes null.
const isoText = (date: Date): string | null => Number.isNaN(date.getTime()) ? null : date.toISOString()

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * A value whose dates are texts, so that local evaluation compares what a request would carry. The value itself is never
 * changed; what holds no date is returned as it is. Values that meet themselves are left as they are from there on.
 *
 * @internal
 */
export const jsonReady = (value: unknown): unknown =>
  typeof value === "object" && value !== null ? convert(value, new Map(), 0) : value

const convert = (value: unknown, converted: Map<object, unknown>, depth: number): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (value instanceof Date) return isoText(value)
  if (converted.has(value)) return converted.get(value)
  if (depth === maxDepth || !(Array.isArray(value) || isPlain(value))) return value
  converted.set(value, value)
  const fields = value as Record<string, unknown>
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(fields)) {
    const field = fields[key]
    const item = convert(field, converted, depth + 1)
    if (item === field) continue
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
    copy[key] = item
  }
  if (copy === undefined) return value
  converted.set(value, copy)
  return copy
}
