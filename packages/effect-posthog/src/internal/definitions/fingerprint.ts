/**
 * What a definitions document says, reduced to numbers: enough to tell which flags differ between two documents, at a
 * small part of the memory. The order of properties does not count.
 *
 * @internal
 */
export interface Fingerprint {
  /** By flag key: the flag's definition and those of the cohorts it refers to. */
  readonly flags: Map<string, number>
  /** Of the whole document. */
  readonly document: number
}

/** Characters that are hashed in one step: about a millisecond of work. */
const stepSize = 64 * 1024

/** What it costs to come to a text, in characters. */
const overhead = 8

// Characters hashed since the last step began. Whose step it was does not matter: others only become smaller by it.
let hashed = 0

const isStepDone = (): boolean => {
  if (hashed < stepSize) return false
  hashed = 0
  return true
}

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
  hashed += text.length + overhead
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
  if (typeof value !== "object" || value === null) return mix(hashText(`${typeof value} ${String(value)}`), 1)
  if (Array.isArray(value)) {
    let elements = value.length
    for (const element of value) elements = mix(elements, hash(element))
    return elements
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

interface Cohort {
  readonly hash: number
  readonly refersTo: ReadonlySet<string>
  /** Of the cohort and all that it leads to, once a flag has asked for it. */
  closure: number | undefined
}

/** @internal */
export function* fingerprint(document: unknown): Generator<void, Fingerprint> {
  const { cohorts: givenCohorts, flags: givenFlags, ...others } = isRecord(document) ? document : {}
  const definitions = isRecord(givenCohorts) ? givenCohorts : {}
  const flags = Array.isArray(givenFlags) ? givenFlags : []
  const cohorts = new Map<string, Cohort>()

  const cohort = (id: string): Cohort => {
    const known = cohorts.get(id)
    if (known !== undefined) return known
    const definition = Object.hasOwn(definitions, id) ? definitions[id] : undefined
    const refersTo = new Set<string>()
    collectCohorts(definition, refersTo)
    const read: Cohort = { hash: hash([id, definition]), refersTo, closure: undefined }
    cohorts.set(id, read)
    return read
  }

  const closure = (id: string): number => {
    const first = cohort(id)
    if (first.closure === undefined) {
      const reached = new Set([id])
      // Grows while it is walked: cohorts refer to cohorts.
      for (const next of reached) {
        for (const further of cohort(next).refersTo) reached.add(further)
      }
      hashed += reached.size * overhead
      first.closure = Array.from(reached, (next) => cohort(next).hash).sort((left, right) => left - right).reduce(mix)
    }
    return first.closure
  }

  let whole = hash(others)
  for (const id of Object.keys(definitions).sort()) {
    whole = mix(whole, cohort(id).hash)
    if (isStepDone()) yield
  }

  const prints = new Map<string, number>()
  for (const flag of flags) {
    const own = hash(flag)
    whole = mix(whole, own)
    if (isRecord(flag) && typeof flag.key === "string") {
      const refersTo = new Set<string>()
      collectCohorts(flag.filters, refersTo)
      prints.set(flag.key, refersTo.size === 0 ? own : hash([own, [...refersTo].sort().map(closure)]))
    }
    if (isStepDone()) yield
  }
  return { flags: prints, document: whole }
}
