/**
 * The flags of one evaluation.
 *
 * @since 3.0.0
 */
import type { Resolved } from "@effect-posthog/evaluator"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import type { Pipeable } from "effect/Pipeable"
import { pipeArguments } from "effect/Pipeable"
import type { FlagErrorCode } from "./Decision.ts"
import type { Flag, FlagPayloadError, FlagValueError } from "./Flag.ts"
import type { Evaluation } from "./internal/evaluation/evaluation.ts"
import { keysOf, payloadOf, recordOf, valueOf } from "./internal/evaluation/evaluation.ts"
import { countRepeated, reportExposure } from "./internal/evaluation/exposure.ts"
import { annotated } from "./internal/library.ts"

const TypeId = "~effect-posthog/FlagSnapshot"

const fromHere = annotated("FlagSnapshot")

/**
 * What is known about a flag beside its payload.
 *
 * @since 3.0.0
 * @category models
 */
export interface FlagDetail {
  readonly key: string
  /** Absent when the server could not evaluate the flag. */
  readonly value?: boolean | string | undefined
  /** Who decided. */
  readonly source: "local" | "remote"
  /**
   * The server's code, like `condition_match`; local evaluation gives the same. `override`: the value is forced, see
   * `FlagOverrides.layer`.
   */
  readonly reasonCode?: string | undefined
  /** The reason in words. */
  readonly reason?: string | undefined
  /** The condition that decided, counted from zero. */
  readonly conditionIndex?: number | undefined
  readonly id?: number | undefined
  readonly version?: number | undefined
  readonly hasExperiment?: boolean | undefined
}

/**
 * The flags of one evaluation. It never changes, and reading it never evaluates or does network I/O. Printing it, as
 * JSON or otherwise, shows the keys alone.
 *
 * Reading a value (`isEnabled`, `getFlag`, `get`) records that the flag was accessed and reports the exposure, once for
 * each person, flag, value, device and groups. Everything else is silent. Snapshots made by `only` and `onlyAccessed`
 * start with a copy of the accessed flags and go their own way.
 *
 * @since 3.0.0
 * @category models
 */
export interface FlagSnapshot extends Inspectable.Inspectable, Pipeable {
  readonly [TypeId]: typeof TypeId
  /** Whom the flags were evaluated for; empty when nobody was known, and then reading reports nothing. */
  readonly distinctId: string
  /** The keys of the flags that have a value, sorted by code unit. */
  readonly keys: ReadonlyArray<string>
  /** Whether a flag is on, in any variant. `defaultValue` (`false`) is for a flag that has no value at all. */
  readonly isEnabled: (key: string, options?: { readonly defaultValue?: boolean | undefined }) => Effect.Effect<boolean>
  /** The value of a flag: a variant, `true` or `false`. `None`: it has none. */
  readonly getFlag: (key: string) => Effect.Effect<Option.Option<boolean | string>>
  /** The payload of a flag, decoded from JSON; text that is no JSON as it is. Silent. */
  readonly getFlagPayload: (key: string) => Option.Option<unknown>
  /** The value of a typed flag; fails, after the exposure, when the value is none that the flag declares. */
  readonly get: <A, P>(flag: Flag<A, P>) => Effect.Effect<Option.Option<A>, FlagValueError>
  /** The payload of a typed flag, decoded with its schema. Silent. */
  readonly payload: <A, P>(flag: Flag<A, P>) => Effect.Effect<Option.Option<P>, FlagPayloadError>
  /** The snapshot with these flags alone. Keys it does not have are left out, with one warning that names them. */
  readonly only: (keys: Iterable<string>) => Effect.Effect<FlagSnapshot>
  /** The snapshot with the flags alone whose value was read before; none, when none was. */
  readonly onlyAccessed: Effect.Effect<FlagSnapshot>
  /** The server's id for the remote evaluation, if there was one. */
  readonly requestId: Option.Option<string>
  /** What was wrong with the evaluation as a whole. */
  readonly errors: ReadonlyArray<FlagErrorCode>
  /** How a flag came to its value. Silent. */
  readonly detail: (key: string) => Option.Option<FlagDetail>
  /** What a captured event carries: `$feature/<key>` for each flag and `$active_feature_flags`. Silent. */
  readonly eventProperties: Readonly<Record<string, unknown>>
}

const fromNullable = <A>(value: A | undefined): Option.Option<A> =>
  value === undefined ? Option.none() : Option.some(value)

class Snapshot extends Inspectable.Class implements FlagSnapshot {
  readonly #evaluation: Evaluation
  /** The keys a filter left; absent on an original snapshot. */
  readonly #kept: ReadonlySet<string> | undefined
  readonly #accessed: Set<string>
  #keys: ReadonlyArray<string> | undefined
  #eventProperties: Readonly<Record<string, unknown>> | undefined

  constructor(evaluation: Evaluation, kept?: ReadonlySet<string>, accessed?: ReadonlySet<string>) {
    super()
    this.#evaluation = evaluation
    this.#kept = kept
    this.#accessed = new Set(accessed)
    Object.freeze(this)
  }

  get [TypeId](): typeof TypeId {
    return TypeId
  }

  get distinctId(): string {
    return this.#evaluation.subject.distinctId
  }

  get keys(): ReadonlyArray<string> {
    return this.#keys ??= Object.freeze(keysOf(this.#evaluation).filter((key) => this.#keeps(key)))
  }

  get requestId(): Option.Option<string> {
    return fromNullable(this.#evaluation.response?.requestId)
  }

  get errors(): ReadonlyArray<FlagErrorCode> {
    return this.#evaluation.errors
  }

  // Functions, not methods: they may be taken off the snapshot.
  readonly isEnabled: FlagSnapshot["isEnabled"] = (key, options) => {
    const value = this.#valueOf(key)
    return this.#read(key, value === undefined ? options?.defaultValue ?? false : value !== false)
  }

  readonly getFlag: FlagSnapshot["getFlag"] = (key) => this.#read(key, fromNullable(this.#valueOf(key)))

  readonly getFlagPayload: FlagSnapshot["getFlagPayload"] = (key) =>
    this.#keeps(key) ? fromNullable(payloadOf(this.#evaluation, key)) : Option.none()

  readonly get = <A, P>(flag: Flag<A, P>): Effect.Effect<Option.Option<A>, FlagValueError> =>
    Effect.flatMap(
      this.getFlag(flag.key),
      (value) => Option.isNone(value) ? Effect.succeedNone : Effect.asSome(flag.decodeValue(value.value))
    )

  readonly payload = <A, P>(flag: Flag<A, P>): Effect.Effect<Option.Option<P>, FlagPayloadError> =>
    Effect.suspend(() => {
      const payload = this.getFlagPayload(flag.key)
      return Option.isNone(payload) ? Effect.succeedNone : Effect.asSome(flag.decodePayload(payload.value))
    })

  readonly only: FlagSnapshot["only"] = (keys) => {
    const given = [...keys]
    return Effect.suspend(() => {
      const wanted = new Set(given)
      const unknown = [...wanted].filter((key) => !this.#has(key))
      for (const key of unknown) wanted.delete(key)
      const child = Effect.sync(() => new Snapshot(this.#evaluation, wanted, this.#accessed))
      return unknown.length === 0
        ? child
        : Effect.zipRight(
          fromHere(Effect.logWarning(`FlagSnapshot.only: the snapshot has no flags ${unknown.sort().join(", ")}`)),
          child
        )
    })
  }

  get onlyAccessed(): Effect.Effect<FlagSnapshot> {
    return Effect.sync(() => {
      const kept = [...this.#accessed].filter((key) => this.#valueOf(key) !== undefined)
      return new Snapshot(this.#evaluation, new Set(kept), this.#accessed)
    })
  }

  readonly detail: FlagSnapshot["detail"] = (key) => {
    const record = this.#keeps(key) ? recordOf(this.#evaluation, key) : undefined
    if (record === undefined) return Option.none()
    const { conditionIndex, hasExperiment, id, reason, reasonCode, source, value, version } = record
    return Option.some({
      key,
      value,
      source: source === "remote" ? "remote" : "local",
      reasonCode,
      reason,
      conditionIndex,
      id,
      version,
      hasExperiment
    })
  }

  get eventProperties(): Readonly<Record<string, unknown>> {
    if (this.#eventProperties === undefined) {
      const properties: Record<string, unknown> = {}
      const active: Array<string> = []
      for (const key of this.keys) {
        const value = valueOf(this.#evaluation, key)
        properties[`$feature/${key}`] = value
        if (value !== false) active.push(key)
      }
      if (active.length > 0) properties["$active_feature_flags"] = Object.freeze(active)
      this.#eventProperties = Object.freeze(properties)
    }
    return this.#eventProperties
  }

  toJSON(): unknown {
    return { _id: "FlagSnapshot", keys: this.keys }
  }

  pipe() {
    // eslint-disable-next-line prefer-rest-params
    return pipeArguments(this, arguments)
  }

  #keeps(key: string): boolean {
    return this.#kept === undefined || this.#kept.has(key)
  }

  #has(key: string): boolean {
    return this.#keeps(key) && recordOf(this.#evaluation, key) !== undefined
  }

  #valueOf(key: string): boolean | string | undefined {
    return this.#keeps(key) ? valueOf(this.#evaluation, key) : undefined
  }

  #read<A>(key: string, result: A): Effect.Effect<A> {
    return Effect.withFiberRuntime((fiber) => {
      const { reported, reporter } = this.#evaluation
      this.#accessed.add(key)
      // A key that a filter removed is not missing: reading it says nothing about the flag.
      if (reporter === undefined || !this.#keeps(key)) return Effect.succeed(result)
      if (reported.has(key)) {
        countRepeated(fiber)
        return Effect.succeed(result)
      }
      return reportExposure(fiber, this.#evaluation, reporter, key, result)
    })
  }
}

/** @internal */
export const makeSnapshot = (evaluation: Evaluation): FlagSnapshot => new Snapshot(evaluation)

/**
 * How {@link FlagSnapshot.fromValues} makes a snapshot.
 *
 * @since 3.0.0
 * @category testing
 */
export interface FromValuesOptions {
  /** Default: empty. */
  readonly distinctId?: string | undefined
  /** Decoded payloads by flag key. Default: none. */
  readonly payloads?: Readonly<Record<string, unknown>> | undefined
  /** Default: none. */
  readonly errors?: ReadonlyArray<FlagErrorCode> | undefined
}

const resolved = (value: boolean | string, payload: unknown): Resolved => ({
  _tag: "Resolved",
  value,
  payload,
  reason: value === false ? "no_condition_match" : "condition_match",
  conditionIndex: undefined
})

const fromValues = (
  values: Readonly<Record<string, boolean | string>>,
  options: FromValuesOptions = {}
): FlagSnapshot => {
  const payloads = options.payloads ?? {}
  return makeSnapshot({
    subject: {
      distinctId: options.distinctId ?? "",
      deviceId: undefined,
      groups: undefined,
      disableGeoip: undefined
    },
    local: {
      records: new Map(
        Object.entries(values).map(([key, value]) => [
          key,
          resolved(value, Object.hasOwn(payloads, key) ? payloads[key] : undefined)
        ])
      ),
      needsRemote: false
    },
    response: undefined,
    errors: Object.freeze([...options.errors ?? []]),
    requested: undefined,
    reporter: undefined,
    reported: new Set()
  })
}

const isFlagSnapshot = (value: unknown): value is FlagSnapshot => value instanceof Snapshot

/**
 * Snapshots made by hand, for tests.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { FlagSnapshot } from "effect-posthog"
 *
 * const snapshot = FlagSnapshot.fromValues({ "new-checkout": true, pricing: "annual" })
 *
 * assert.deepStrictEqual(snapshot.keys, ["new-checkout", "pricing"])
 * assert.strictEqual(Effect.runSync(snapshot.isEnabled("new-checkout")), true)
 * assert.strictEqual(JSON.stringify(snapshot), `{"_id":"FlagSnapshot","keys":["new-checkout","pricing"]}`)
 * ```
 *
 * @since 3.0.0
 * @category testing
 */
export const FlagSnapshot: {
  /** A snapshot of these values. Reading it records access but reports nothing. */
  readonly fromValues: (
    values: Readonly<Record<string, boolean | string>>,
    options?: FromValuesOptions
  ) => FlagSnapshot
  /** Whether a value is a snapshot. */
  readonly isFlagSnapshot: (value: unknown) => value is FlagSnapshot
} = { fromValues, isFlagSnapshot }
