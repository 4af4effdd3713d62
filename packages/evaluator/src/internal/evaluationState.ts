/**
 * One evaluation: the caller's context, read once, and what is remembered while flags are evaluated for it.
 *
 * @since 1.0.0
 */
import type { EvaluationContext } from "../EvaluationContext.ts"
import type { PackedPrefix, Salt } from "./hash/bucketing.ts"
import { PackedIdentifier, packPrefix, rolloutSalt } from "./hash/bucketing.ts"
import type { HashesAhead } from "./hash/hashesAhead.ts"
import { firstCodePoints } from "./hash/utf8.ts"
import { textForm } from "./values/textForm.ts"

/** @internal */
export type Properties = Readonly<Record<string, unknown>>

/** Identifiers are hashed up to here. */
const longestIdentifier = 200

const noProperties: Properties = Object.freeze(Object.create(null))

const hasOwn = Object.prototype.hasOwnProperty

const holdoutPrefix = packPrefix("holdout-")

/** The own property of that name; `undefined` without one. */
const ownProperty = (properties: Properties, key: string): unknown => {
  const value = properties[key]
  return value === undefined || !hasOwn.call(properties, key) ? undefined : value
}

const asProperties = (value: unknown): Properties =>
  typeof value === "object" && value !== null ? value as Properties : noProperties

const asIdentifier = (value: unknown): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? textForm(value) : undefined

/** What one call may do: less than 10 ms of work. */
const mostSteps = 150_000

const stepsPerHash = 3

let evaluations = 0

/** What the filters of a cycle of cohorts or flags have visited on the way to where evaluation is. */
interface Trail {
  readonly cycle: number
  readonly places: Set<number>
  visits: number
  readonly outer: Trail | undefined
}

/** The most visits within one cycle, which could otherwise be walked in exponentially many ways. */
const mostVisits = 128

/**
 * Whose identifier places the caller in rollouts and variants: the person, the device or the group of one type. One for
 * each is shared by all flags of a definitions document, and keeps the last identifier packed.
 *
 * @internal
 */
export class Bucketing {
  readonly kind: "person" | "device" | "group"
  readonly groupType: string
  /** Set when hashes are made ahead for many flags at once. */
  ahead: HashesAhead | undefined = undefined
  private readonly packed = new PackedIdentifier()
  private holdoutHash = Number.NaN

  constructor(kind: "person" | "device" | "group", groupType: string) {
    this.kind = kind
    this.groupType = groupType
  }

  hash(identifier: string, prefix: PackedPrefix, salt: Salt): number {
    if (identifier === "") return 0
    const { ahead } = this
    if (ahead !== undefined && ahead.identifier === identifier) {
      const known = ahead.hashes[prefix.places[salt]]!
      if (!Number.isNaN(known)) return known
    }
    this.prepare(identifier)
    return this.packed.hash(prefix, salt)
  }

  holdout(identifier: string): number {
    this.prepare(identifier)
    if (Number.isNaN(this.holdoutHash)) this.holdoutHash = this.packed.hash(holdoutPrefix, rolloutSalt)
    return this.holdoutHash
  }

  private prepare(identifier: string): void {
    if (this.packed.text !== identifier) {
      this.packed.pack(identifier)
      this.holdoutHash = Number.NaN
    }
  }
}

/** @internal */
export class EvaluationState {
  /** Tells evaluations apart. */
  readonly number = ++evaluations
  /** The work done so far. A step is a filter, or about 50 ns. */
  steps = 0
  readonly now: number
  /** As given, for the property `distinct_id`. */
  readonly distinctId: string | undefined
  readonly personProperties: Properties
  private readonly personIdentifier: string | undefined
  private readonly deviceId: string | undefined
  private readonly groups: Properties
  private readonly groupProperties: Properties

  /** Results of flags and cohorts that are referred to, by reference number. */
  private remembered: Map<number, unknown> | undefined = undefined
  private trail: Trail | undefined = undefined

  /** The hashes of the flag in hand, for the identifier in hand. */
  private hashedPrefix: PackedPrefix | undefined = undefined
  private hashedFor: Bucketing | undefined = undefined
  private rolloutHash = Number.NaN
  private variantHash = Number.NaN

  constructor(context: EvaluationContext, now: number) {
    this.now = now
    this.distinctId = asIdentifier(context.distinctId)
    this.personProperties = asProperties(context.personProperties)
    this.groups = asProperties(context.groups)
    this.groupProperties = asProperties(context.groupProperties)
    this.personIdentifier = this.distinctId === undefined
      ? undefined
      : firstCodePoints(this.distinctId, longestIdentifier)
    const deviceId = context.deviceId
    this.deviceId = typeof deviceId === "string" && deviceId !== "" ? deviceId : undefined
  }

  /** Whether the evaluation has done as much work as one may: the server decides what is left. */
  get isExhausted(): boolean {
    return this.steps > mostSteps
  }

  /** Whether that much more work may be done, which is put on the account. */
  afford(steps: number): boolean {
    const total = this.steps + Math.ceil(steps)
    if (total > mostSteps) return false
    this.steps = total
    return true
  }

  person(key: string): unknown {
    return ownProperty(this.personProperties, key)
  }

  /** A property of a group. Nothing is known about a group that is not passed: the server would not learn of it. */
  group(type: string, key: string): unknown {
    const properties = this.groupKey(type) === undefined ? undefined : ownProperty(this.groupProperties, type)
    return properties === undefined ? undefined : ownProperty(asProperties(properties), key)
  }

  /** The key of a group as the caller gave it; `undefined` when the group is not passed. */
  groupKey(type: string): string | number | undefined {
    const key = ownProperty(this.groups, type)
    return (typeof key === "string" && key !== "") || (typeof key === "number" && Number.isFinite(key))
      ? key
      : undefined
  }

  /** The identifier to hash; `undefined` when it is not known. */
  identifier(bucketing: Bucketing): string | undefined {
    switch (bucketing.kind) {
      case "person":
        return this.personIdentifier
      case "device":
        return this.deviceIdentifier()
      case "group": {
        const key = asIdentifier(this.groupKey(bucketing.groupType))
        return key === undefined ? undefined : firstCodePoints(key, longestIdentifier)
      }
    }
  }

  private deviceIdentifier(): string | undefined {
    const device = this.deviceId ?? this.person("$device_id")
    return typeof device === "string" && device !== "" ? firstCodePoints(device, longestIdentifier) : undefined
  }

  /** Where the identifier falls for the rollout or the variants of a flag; `undefined` when it is not known. */
  hash(prefix: PackedPrefix, bucketing: Bucketing, salt: Salt): number | undefined {
    const identifier = this.identifier(bucketing)
    this.steps += stepsPerHash
    return identifier === undefined ? undefined : bucketing.hash(identifier, prefix, salt)
  }

  /** The same, for a flag that may ask again with its next condition. */
  hashAgain(prefix: PackedPrefix, bucketing: Bucketing, salt: Salt): number | undefined {
    const identifier = this.identifier(bucketing)
    if (identifier === undefined) return undefined
    this.steps += stepsPerHash
    if (this.hashedPrefix !== prefix || this.hashedFor !== bucketing) {
      this.hashedPrefix = prefix
      this.hashedFor = bucketing
      this.rolloutHash = Number.NaN
      this.variantHash = Number.NaN
    }
    if (salt === rolloutSalt) {
      return Number.isNaN(this.rolloutHash)
        ? this.rolloutHash = bucketing.hash(identifier, prefix, salt)
        : this.rolloutHash
    }
    return Number.isNaN(this.variantHash)
      ? this.variantHash = bucketing.hash(identifier, prefix, salt)
      : this.variantHash
  }

  recall(reference: number): unknown {
    return this.remembered?.get(reference)
  }

  remember(reference: number, result: unknown): void {
    this.remembered ??= new Map()
    this.remembered.set(reference, result)
  }

  /** Steps on a place of a cycle. False when it is on the trail already, or the cycle has been visited too often. */
  enter(cycle: number, place: number): boolean {
    const trail = this.trail
    if (trail === undefined || trail.cycle !== cycle) {
      this.trail = { cycle, places: new Set([place]), visits: 0, outer: trail }
      return true
    }
    if (trail.places.has(place) || trail.visits >= mostVisits) return false
    trail.visits++
    trail.places.add(place)
    return true
  }

  leave(place: number): void {
    const trail = this.trail
    if (trail !== undefined && trail.places.delete(place) && trail.places.size === 0) this.trail = trail.outer
  }

  /** Forgets where evaluation was, after it was cut short. */
  recover(): void {
    this.trail = undefined
  }
}
