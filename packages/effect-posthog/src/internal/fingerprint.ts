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

const mix = (hash: number, value: number): number => {
  const mixed = Math.imul(hash ^ value, 0x85ebca6b)
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
}

const hashText = (text: string, seed: number): number => {
  let hash = mix(seed, text.length)
  for (let offset = 0; offset < text.length; offset++) {
    hash = Math.imul(hash ^ text.charCodeAt(offset), 0x01000193)
  }
  return mix(hash, seed)
}

const hashValue = (value: unknown, seed: number): number => {
  if (typeof value === "string") return hashText(value, seed)
  if (typeof value !== "object" || value === null) return hashText(`${typeof value} ${String(value)}`, seed)
  if (Array.isArray(value)) {
    let hash = mix(seed, value.length)
    for (const element of value) hash = mix(hash, hashValue(element, seed))
    return hash
  }
  let sum = 0
  for (const key of Object.keys(value)) {
    sum += mix(hashText(key, seed), hashValue((value as Record<string, unknown>)[key], seed))
    sum |= 0
  }
  return mix(sum, ~seed)
}

/**
 * 53 bits, so that two definitions that differ do not look the same in practice.
 *
 * @internal
 */
export const hash = (value: unknown): number =>
  (hashValue(value, 0x9e3779b9) >>> 0) * 0x200000 + (hashValue(value, 0x7f4a7c15) >>> 11)

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
      let cohortsHash = 0
      // Grows while it is walked: cohorts refer to cohorts.
      for (const id of reached) {
        const { hash, refersTo } = cohort(id)
        cohortsHash = (cohortsHash + hash) % Number.MAX_SAFE_INTEGER
        for (const next of refersTo) reached.add(next)
      }
      prints.set(flag.key, reached.size === 0 ? own : hash([own, cohortsHash]))
    }
    if (++count % stepSize === 0) yield
  }
  return { flags: prints, document: whole }
}
