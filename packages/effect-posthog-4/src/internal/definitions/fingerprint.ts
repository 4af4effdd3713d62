// Generated from packages/effect-posthog/src/internal/definitions/fingerprint.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"

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

/** Values within values that are hashed. What is deeper, or holds itself, is not told apart, and not evaluated either. */
const deepest = 2000

/** More values than a document of the largest size holds. One that holds itself has no end of them. */
const mostValues = 20_000_000

/** Cohorts that are walked for one document: beyond it a flag is taken to refer to all of them. */
const mostWalked = 1_000_000

/** Cohorts of a flag up to which flags with the same ones share their walk. */
const mostShared = 16

// Characters hashed since the last step began. Whose step it was does not matter: others only become smaller by it.
let hashed = 0

const isStepDone = (): boolean => {
  if (hashed < stepSize) return false
  hashed = 0
  return true
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

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

const hashScalar = (value: unknown): number =>
  typeof value === "string" ? hashText(value) : mix(hashText(`${typeof value} ${String(value)}`), 1)

function* hashLongText(text: string): Generator<void, number> {
  let result = text.length
  for (let offset = 0; offset < text.length; offset += stepSize) {
    result = mix(result, hashText(text.slice(offset, offset + stepSize)))
    if (isStepDone()) yield
  }
  return result
}

/** An array or an object whose members are being hashed. The hashes of properties are added: their order does not count. */
class Open {
  readonly value: object
  readonly names: ReadonlyArray<string> | undefined
  next = 0
  private high: number
  private low = 0

  constructor(value: object) {
    this.value = value
    this.names = Array.isArray(value) ? undefined : Object.keys(value)
    this.high = this.names === undefined ? (value as ReadonlyArray<unknown>).length : 1
    hashed += overhead
  }

  get isDone(): boolean {
    return this.next >= (this.names ?? (this.value as ReadonlyArray<unknown>)).length
  }

  take(): unknown {
    const position = this.next++
    return (this.value as Record<string | number, unknown>)[this.names?.[position] ?? position]
  }

  /** Adds the hash of what was taken last. */
  add(hash: number): void {
    if (this.names === undefined) {
      this.high = mix(this.high, hash)
      return
    }
    const entry = mix(hashText(this.names[this.next - 1] ?? ""), hash)
    this.high = (this.high + entry / wordSize) | 0
    this.low = (this.low + (entry | 0)) | 0
  }

  get hash(): number {
    return this.names === undefined ? this.high : joined(this.high, this.low)
  }
}

// The ids of the cohorts that a filter refers to.
const collectCohorts = (value: object, into: Set<string>): void => {
  if (!isRecord(value) || value.type !== "cohort") return
  for (const id of Array.isArray(value.value) ? value.value : [value.value]) into.add(String(id))
}

/**
 * A number for a JSON value, the same for two values that differ in the order of properties only. In steps, within
 * values too.
 *
 * @param cohorts - gets the ids of the cohorts that filters within the value refer to
 */
function* hash(value: unknown, cohorts: Set<string> = new Set()): Generator<void, number> {
  if (!isObject(value)) return hashScalar(value)
  const open: Array<Open> = [new Open(value)]
  collectCohorts(value, cohorts)
  for (let count = 0; count < mostValues; count++) {
    const current = open[open.length - 1]
    if (current === undefined) break
    if (isStepDone()) yield
    if (current.isDone) {
      open.pop()
      const outer = open[open.length - 1]
      if (outer === undefined) return current.hash
      outer.add(current.hash)
      continue
    }
    const member = current.take()
    if (!isObject(member)) {
      const isLong = typeof member === "string" && member.length > stepSize
      current.add(isLong ? yield* hashLongText(member) : hashScalar(member))
    } else if (open.length < deepest) {
      open.push(new Open(member))
      collectCohorts(member, cohorts)
    } else {
      current.add(0)
    }
  }
  return 0
}

interface Cohort {
  readonly hash: number
  readonly refersTo: ReadonlySet<string>
}

/** @internal */
export function* fingerprint(document: unknown): Generator<void, Fingerprint> {
  const { cohorts: givenCohorts, flags: givenFlags, ...others } = isRecord(document) ? document : {}
  const definitions = isRecord(givenCohorts) ? givenCohorts : {}
  const flags = Array.isArray(givenFlags) ? givenFlags : []
  const cohorts = new Map<string, Cohort>()
  let allCohorts = 1
  for (const id of Object.keys(definitions)) {
    const refersTo = new Set<string>()
    const read: Cohort = { hash: mix(hashText(id), yield* hash(definitions[id], refersTo)), refersTo }
    cohorts.set(id, read)
    // A sum: the order does not count.
    allCohorts = (allCohorts + read.hash) % Number.MAX_SAFE_INTEGER
    if (isStepDone()) yield
  }

  let walked = 0
  const closures = new Map<string, number>()

  function* closureOf(ids: ReadonlySet<string>): Generator<void, number> {
    const reached = new Set(ids)
    let sum = 1
    // Grows while it is walked: cohorts refer to cohorts.
    for (const id of reached) {
      const cohort = cohorts.get(id)
      sum = (sum + (cohort?.hash ?? hashText(id))) % Number.MAX_SAFE_INTEGER
      for (const further of cohort?.refersTo ?? []) {
        reached.add(further)
        walked += 1
        hashed += overhead
        if (isStepDone()) yield
      }
      if (walked > mostWalked) return allCohorts
      hashed += overhead
      if (isStepDone()) yield
    }
    return sum
  }

  function* sharedClosureOf(ids: ReadonlySet<string>): Generator<void, number> {
    if (walked > mostWalked) return allCohorts
    if (ids.size > mostShared) return yield* closureOf(ids)
    const name = JSON.stringify([...ids].sort())
    const known = closures.get(name)
    if (known !== undefined) return known
    const closure = yield* closureOf(ids)
    closures.set(name, closure)
    return closure
  }

  let whole = mix(yield* hash(others), allCohorts)
  const prints = new Map<string, number>()
  for (const flag of flags) {
    const refersTo = new Set<string>()
    const own = yield* hash(flag, refersTo)
    whole = mix(whole, own)
    if (isRecord(flag) && typeof flag.key === "string") {
      prints.set(flag.key, refersTo.size === 0 ? own : mix(own, yield* sharedClosureOf(refersTo)))
    }
    if (isStepDone()) yield
  }
  return { flags: prints, document: whole }
}

/**
 * The same without pauses, for values that are small.
 *
 * @internal
 */
export const hashAtOnce = (value: unknown): number => {
  const steps = hash(value)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}
