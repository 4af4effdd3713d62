// Generated from packages/effect-posthog/src/internal/flagProperties.ts by packages/tools/editions.mjs: change that file, not this one.
/** Fewer keys are sorted again: that takes less than comparing them with those before. */
const fewKeys = 32

/** More keys are not remembered. */
const mostKeys = 20_000

/** Lists of keys that are remembered: those of the clients of a program, and of what it asks for again and again. */
const mostLists = 4

/** What takes longest about the keys of many flags: their order, and the names of their properties on events. */
interface KnownKeys {
  readonly unsorted: ReadonlyArray<string>
  readonly sorted: ReadonlyArray<string>
  names: ReadonlyArray<string> | undefined
}

// Those of the last evaluations: the next one mostly has the keys of one of them.
const known: Array<KnownKeys> = []

const areEqual = (keys: ReadonlyArray<string>, others: ReadonlyArray<string>): boolean => {
  if (keys.length !== others.length) return false
  for (let index = 0; index < keys.length; index++) {
    if (keys[index] !== others[index]) return false
  }
  return true
}

/**
 * Sorted by code unit, and frozen.
 *
 * @internal
 */
export const sortedKeys = (keys: ReadonlyArray<string>): ReadonlyArray<string> => {
  const isRemembered = keys.length > fewKeys && keys.length <= mostKeys
  if (isRemembered) {
    for (const { sorted, unsorted } of known) if (areEqual(keys, unsorted)) return sorted
  }
  const sorted = Object.freeze([...keys].sort())
  if (isRemembered) {
    if (known.length === mostLists) known.shift()
    known.push({ unsorted: keys, sorted, names: undefined })
  }
  return sorted
}

const activeName = "$active_feature_flags"

const makeNames = (
  keys: ReadonlyArray<string>
): ReadonlyArray<string> => [...keys.map((key) => `$feature/${key}`), activeName]

const namesOf = (keys: ReadonlyArray<string>): ReadonlyArray<string> => {
  for (const list of known) if (list.sorted === keys) return list.names ??= makeNames(keys)
  return makeNames(keys)
}

const namesByRecord = new WeakMap<object, ReadonlyArray<string>>()

/**
 * What an event carries of flags: `$feature/<key>` for each of them, and the keys of those that are on.
 *
 * @internal
 */
export const makeFlagProperties = (
  keys: ReadonlyArray<string>,
  valueOf: (key: string) => boolean | string | undefined
): Readonly<Record<string, unknown>> => {
  const properties: Record<string, unknown> = {}
  const active: Array<string> = []
  const names = namesOf(keys)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? ""
    const value = valueOf(key)
    properties[names[index] ?? ""] = value
    if (value !== false) active.push(key)
  }
  if (active.length > 0) properties[activeName] = Object.freeze(active)
  namesByRecord.set(properties, names)
  return Object.freeze(properties)
}

/**
 * What an event carries of the flags of several evaluations: of two values of one flag, the later.
 *
 * @internal
 */
export const joinedProperties = (
  all: ReadonlyArray<Readonly<Record<string, unknown>> | undefined>
): Readonly<Record<string, unknown>> => {
  const values = new Map<string, boolean | string>()
  for (const properties of all) {
    for (const [name, value] of Object.entries(properties ?? {})) {
      if (name !== activeName) values.set(name.slice("$feature/".length), value as boolean | string)
    }
  }
  return makeFlagProperties([...values.keys()].sort(), (key) => values.get(key))
}

/**
 * The names that such properties may have, in their order: to ask an object of thousands for them takes long. `undefined`
 * for other records.
 *
 * @internal
 */
export const flagPropertyNames = (properties: object): ReadonlyArray<string> | undefined =>
  namesByRecord.get(properties)
