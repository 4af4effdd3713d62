import { decimalText, wellFormed } from "./jsonCopy.ts"
import { oneLine } from "./quote.ts"

/**
 * Characters of an id or a group key at most. PostHog cuts ids off or refuses them long before.
 *
 * @internal
 */
export const longestId = 1000

/** Stands for a bigint whose text would take long to make: it is refused for its length like any other id. */
const tooManyDigits = "9".repeat(longestId + 1)

/** Group types of one call at most. PostHog knows five in a project. */
const mostGroups = 100

/**
 * An id as it is sent: text, or the decimal text of a number. `undefined` for everything that is not an id, the empty
 * text included. Callers without types pass numbers and `null`; nothing but this decides what becomes of them.
 *
 * @internal
 */
export const idOf = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      // One that is too long is not sent: it need not be well-formed.
      return value === "" ? undefined : value.length > longestId ? value : wellFormed(value)
    case "number":
      return Number.isFinite(value) ? String(value) : undefined
    case "bigint":
      return decimalText(value) ?? tooManyDigits
    case "object":
      return value instanceof String || value instanceof Number ? idOf(value.valueOf()) : undefined
    default:
      return undefined
  }
}

/**
 * Whether a field was left out: code without types passes `null` for `undefined`.
 *
 * @internal
 */
export const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

const nothing: ReadonlyArray<string> = []

/**
 * What one call passed that cannot be used, by the path of the field: said once for the call, never with the values.
 *
 * @internal
 */
export class UnusableInput {
  private paths: Array<string> | undefined

  get fields(): ReadonlyArray<string> {
    return this.paths ?? nothing
  }

  add(path: string): undefined {
    if (this.paths === undefined) this.paths = [path]
    else this.paths.push(path)
    return undefined
  }
}

/**
 * The id in a field. Absent or empty is no mistake; something that is not an id is left out and noted.
 *
 * @internal
 */
export const readId = (value: unknown, path: string, unusable: UnusableInput): string | undefined => {
  if (isAbsent(value) || value === "") return undefined
  return idOf(value) ?? unusable.add(path)
}

const groupEntries = (record: object, path: string, unusable: UnusableInput): Array<readonly [string, unknown]> => {
  let types: ReadonlyArray<string>
  try {
    types = Object.keys(record)
  } catch {
    unusable.add(path)
    return []
  }
  if (types.length > mostGroups) unusable.add(`${oneLine(path)} beyond the first ${mostGroups}`)
  return types.slice(0, mostGroups).map((type) => {
    try {
      return [type, (record as Record<string, unknown>)[type]]
    } catch {
      return [type, undefined]
    }
  })
}

/**
 * Whether a value is a record. A `Map` is not one: its entries would be lost silently.
 *
 * @internal
 */
export const isUsableRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map) &&
  !(value instanceof Set)

/**
 * A record of the caller's, or `undefined` when it is absent or not a record.
 *
 * @internal
 */
export const readRecord = (
  value: unknown,
  path: string,
  unusable: UnusableInput
): Readonly<Record<string, unknown>> | undefined => {
  if (isAbsent(value)) return undefined
  return isUsableRecord(value) ? value : unusable.add(path)
}

const isGroupKey = (value: unknown): value is string | number =>
  typeof value === "string" || (typeof value === "number" && Number.isFinite(value))

/**
 * Group types and keys. A group whose key is absent was not passed; keys stay the text or number that they are: the
 * server compares them as they were given.
 *
 * @internal
 */
export const readGroups = (
  value: unknown,
  path: string,
  unusable: UnusableInput
): Readonly<Record<string, string | number>> | undefined => {
  const record = readRecord(value, path, unusable)
  if (record === undefined) return undefined
  const groups: Record<string, string | number> = {}
  for (const [type, key] of groupEntries(record, path, unusable)) {
    if (isAbsent(key) || key === "") continue
    const usable = isGroupKey(key) ? key : idOf(key)
    if (usable === undefined) unusable.add(`${path}.${type}`)
    else if (type === "__proto__") Object.defineProperty(groups, type, { value: usable, enumerable: true })
    else groups[type] = usable
  }
  return groups
}

/**
 * Records by group type: the properties of groups. Those that are not records are left out and noted.
 *
 * @internal
 */
export const readRecords = (
  value: unknown,
  path: string,
  unusable: UnusableInput
): Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined => {
  const record = readRecord(value, path, unusable)
  if (record === undefined) return undefined
  return Object.fromEntries(
    groupEntries(record, path, unusable).flatMap(([name, member]) => {
      const usable = readRecord(member, `${path}.${name}`, unusable)
      return usable === undefined ? [] : [[name, usable]]
    })
  )
}
