/**
 * What a definitions document says, reduced to numbers: enough to tell which flags differ between two documents, at a
 * small part of the memory. The order of properties does not count.
 *
 * @internal
 */
export interface Fingerprint {
  /** By flag key: the flag's definition and those of the cohorts it refers to. */
  readonly flags: ReadonlyMap<string, number>
  /** Of the whole document. */
  readonly document: number
}

/** Flags that are read in one step: about a millisecond of work. */
const stepSize = 200

/** @internal */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const wordSize = 2 ** 32

// A hash is an integer below 2^53: two definitions that differ do not look the same in practice.
const joined = (high: number, low: number): number => (high & 0x1fffff) * wordSize + (low >>> 0)

const mix = (hash: number, value: number): number => {
  const low = Math.imul((hash | 0) ^ Math.imul(value | 0, 0xcc9e2d51), 0x1b873593)
  const high = Math.imul((hash / wordSize) ^ Math.imul(value / wordSize, 0x85ebca6b) ^ (low >>> 15), 0xc2b2ae35)
  return joined(high ^ (low << 7), low ^ (high >>> 13))
}

const hashText = (text: string): number => {
  let high = 0x41c6ce57
  let low = 0xdeadbeef
  for (let offset = 0; offset < text.length; offset++) {
    const code = text.charCodeAt(offset)
    low = Math.imul(low ^ code, 0x9e3779b1)
    high = Math.imul(high ^ code, 0x5f356495)
  }
  return mix(joined(high ^ (low >>> 16), low ^ (high >>> 13)), text.length)
}

/**
 * A number for a JSON value, the same for two values that differ in the order of properties only.
 *
 * @internal
 */
export const hash = (value: unknown): number => {
  if (typeof value === "string") return hashText(value)
  if (typeof value !== "object" || value === null) return hashText(`${typeof value} ${String(value)}`)
  if (Array.isArray(value)) {
    let hashed = value.length
    for (const element of value) hashed = mix(hashed, hash(element))
    return hashed
  }
  let high = 1
  let low = 0
  for (const key of Object.keys(value)) {
    const entry = mix(hashText(key), hash((value as Record<string, unknown>)[key]))
    high = (high + entry / wordSize) | 0
    low = (low + (entry | 0)) | 0
  }
  return joined(high, low)
}

// The ids of the cohorts that filters within a value refer to.
const collectCohorts = (value: unknown, into: Set<string>): void => {
  if (typeof value !== "object" || value === null) return
  if (isRecord(value) && value.type === "cohort") {
    for (const id of Array.isArray(value.value) ? value.value : [value.value]) into.add(String(id))
  }
  for (const key of Object.keys(value)) collectCohorts((value as Record<string, unknown>)[key], into)
}

/** @internal */
export function* fingerprint(document: unknown): Generator<void, Fingerprint> {
  const { cohorts: givenCohorts, flags: givenFlags, ...others } = isRecord(document) ? document : {}
  const cohorts = isRecord(givenCohorts) ? givenCohorts : {}
  const flags = Array.isArray(givenFlags) ? givenFlags : []
  const seen = new Map<string, { readonly hash: number; readonly refersTo: ReadonlySet<string> }>()

  const cohort = (id: string) => {
    const known = seen.get(id)
    if (known !== undefined) return known
    const definition = Object.hasOwn(cohorts, id) ? cohorts[id] : undefined
    const refersTo = new Set<string>()
    collectCohorts(definition, refersTo)
    const entry = { hash: hash([id, definition]), refersTo }
    seen.set(id, entry)
    return entry
  }

  const prints = new Map<string, number>()
  let whole = hash([others, cohorts])
  let count = 0
  for (const flag of flags) {
    const own = hash(flag)
    whole = hash([whole, own])
    if (isRecord(flag) && typeof flag.key === "string") {
      const reached = new Set<string>()
      collectCohorts(flag.filters, reached)
      // Grows while it is walked: cohorts refer to cohorts.
      for (const id of reached) {
        for (const next of cohort(id).refersTo) reached.add(next)
      }
      prints.set(flag.key, reached.size === 0 ? own : hash([own, [...reached].sort().map((id) => cohort(id).hash)]))
    }
    if (++count % stepSize === 0) yield
  }
  return { flags: prints, document: whole }
}
