/**
 * The flags of one evaluation: an immutable snapshot that code branches on and events carry.
 *
 * @since 3.0.0
 */
import type { Resolved } from "@effect-posthog/evaluator"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import type { Pipeable } from "effect/Pipeable"
import { pipeArguments } from "effect/Pipeable"
import type { FlagErrorCode } from "./Decision.ts"
import { isFlag, keyOf, keys as keysOfFlags } from "./Flag.ts"
import type {
  Any,
  Flag,
  FlagKey,
  FlagKeys,
  FlagPayloadError,
  FlagValueError,
  Forced,
  OrOption,
  Registry,
  Unless
} from "./Flag.ts"
import type { Evaluation } from "./internal/evaluation/evaluation.ts"
import { keysOf, payloadOf, recordOf, valueOf } from "./internal/evaluation/evaluation.ts"
import { countRepeated, reportExposure } from "./internal/evaluation/exposure.ts"
import { traceRead } from "./internal/evaluation/telemetry.ts"
import type { ReadProblem } from "./internal/evaluation/telemetry.ts"
import { annotated } from "./internal/library.ts"
import { quote } from "./internal/quote.ts"

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
 * How a flag is read.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface ReadOptions {
  /** `false`: the read reports no exposure. It still counts as an access. Default: `true`. */
  readonly sendFeatureFlagEvents?: boolean | undefined
}

/**
 * What `posthog.init(key, { bootstrap })` of posthog-js takes, so that a page starts with the flags of the server.
 *
 * @since 3.0.0
 * @category models
 */
export interface Bootstrap {
  readonly distinctID?: string
  readonly isIdentifiedID?: boolean
  readonly featureFlags: Record<string, boolean | string>
  readonly featureFlagPayloads?: Record<string, unknown>
}

/**
 * What {@link FlagSnapshot.toBootstrap} adds.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface BootstrapOptions {
  /** Whether payloads go along. Default: `false`. */
  readonly payloads?: boolean | undefined
  /** Whether the id belongs to an identified person. Default: left out, which posthog-js takes for `false`. */
  readonly isIdentified?: boolean | undefined
}

/**
 * The flags of one evaluation.
 *
 * **When to use**
 *
 * Evaluate once per request, branch on the snapshot, and attach it to the events of the request: they then carry the
 * values that the code branched on.
 *
 * **Details**
 *
 * A snapshot never changes, and reading it never evaluates or does network I/O. Printing it, as JSON or otherwise, shows
 * the keys alone.
 *
 * Reading a value (`isEnabled`, `getFlag`, `get`, `match`) records that the flag was accessed and reports the exposure,
 * once for each person, flag, value, device and groups. Everything else is silent. Snapshots made by `only` and
 * `onlyAccessed` start with a copy of the accessed flags and go their own way.
 *
 * **Reads are effects: without `yield*`, `if (snapshot.isEnabled("new-checkout"))` compiles and is always true.** The
 * Effect language service reports it as `floatingEffect`; `match` cannot be misread.
 *
 * @since 3.0.0
 * @category models
 */
export interface FlagSnapshot extends Inspectable.Inspectable, Pipeable {
  readonly [TypeId]: typeof TypeId
  /** Whom the flags were evaluated for. Empty without an id; reading then reports nothing. */
  readonly distinctId: string
  /** The keys of the flags that have a value, sorted by code unit. */
  readonly keys: ReadonlyArray<string>
  /**
   * Whether a flag is on, in any variant. A flag without a value, or with one that it does not declare, follows the
   * call's `defaultValue`, then the flag's own default, then `false`.
   */
  readonly isEnabled: (
    flag: FlagKey,
    options?: ReadOptions & { readonly defaultValue?: boolean | undefined }
  ) => Effect.Effect<boolean>
  /** The value of a flag by its key: a variant, `true` or `false`. `None`: it has no value. */
  readonly getFlag: (key: string, options?: ReadOptions) => Effect.Effect<Option.Option<boolean | string>>
  /** The payload of a flag by its key, decoded from JSON; text that is not JSON as it is. Silent. */
  readonly getFlagPayload: (key: string) => Option.Option<unknown>
  /**
   * The value of a typed flag. With a default it yields the value and cannot fail; without one it yields an `Option`, and
   * fails after the exposure when the flag does not declare its value.
   */
  readonly get: <A, P, VD extends boolean, PD extends boolean>(
    flag: Flag<A, P, VD, PD>,
    options?: ReadOptions
  ) => Effect.Effect<OrOption<VD, A>, Unless<VD, FlagValueError>>
  /** The payload of a typed flag, decoded with its schema; defaults as for `get`. Silent. */
  readonly payload: <A, P, VD extends boolean, PD extends boolean>(
    flag: Flag<A, P, VD, PD>
  ) => Effect.Effect<OrOption<PD, P>, Unless<PD, FlagPayloadError>>
  /** Branches on a flag: `on` gets its value, `off` runs when it is `false` or has no value. Defaults as for `isEnabled`. */
  readonly match: {
    <A, B, C = B>(
      flag: Flag<A, unknown, boolean, boolean>,
      handlers: { readonly on: (value: Exclude<A, false>) => B; readonly off: () => C }
    ): Effect.Effect<B | C>
    <B, C = B>(
      key: string,
      handlers: { readonly on: (value: true | string) => B; readonly off: () => C }
    ): Effect.Effect<B | C>
  }
  /** The snapshot with these flags alone. Flags it does not have are left out, with one warning that names them. */
  readonly only: (flags: FlagKeys | Registry) => Effect.Effect<FlagSnapshot>
  /** The snapshot with only the flags whose value was read before. */
  readonly onlyAccessed: Effect.Effect<FlagSnapshot>
  /** The server's id for the remote evaluation, if there was one. */
  readonly requestId: Option.Option<string>
  /** What was wrong with the evaluation as a whole. */
  readonly errors: ReadonlyArray<FlagErrorCode>
  /** How a flag came to its value. Silent. */
  readonly detail: (flag: FlagKey) => Option.Option<FlagDetail>
  /**
   * These flags in the form of posthog-js's `bootstrap`. Silent. The list is required, so that no page is sent every flag
   * by accident; flags without a value are left out, and so is an empty id.
   */
  readonly toBootstrap: (flags: FlagKeys | Registry, options?: BootstrapOptions) => Bootstrap
  /** What a captured event carries: `$feature/<key>` for each flag and `$active_feature_flags`. Silent. */
  readonly eventProperties: Readonly<Record<string, unknown>>
}

/**
 * What reading the flags of a registry by their names yields.
 *
 * @since 3.0.0
 * @category models
 */
export type Reads<R extends Registry> = {
  readonly [K in keyof R]: R[K] extends Flag<infer A, unknown, infer VD, boolean>
    ? Effect.Effect<OrOption<VD, A>, Unless<VD, FlagValueError>>
    : never
}

/**
 * A snapshot whose flags are read by the names of a registry, each by an effect: `yield* snapshot.flags.newCheckout`.
 *
 * @since 3.0.0
 * @category models
 */
export interface TypedSnapshot<R extends Registry> extends FlagSnapshot {
  readonly flags: Reads<R>
}

const fromNullable = <A>(value: A | undefined): Option.Option<A> =>
  value === undefined ? Option.none() : Option.some(value)

/** What a typed read found: the value, or why it is not the flag's. */
type Found =
  | { readonly _tag: "Value"; readonly value: unknown }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Misfit"; readonly error: FlagValueError }

const missing: Found = { _tag: "Missing" }

// Once for each declaration: a flag that is read a million times is one mistake.
const reported = new WeakSet<Any>()

const reportMisfit = (flag: Any, error: FlagPayloadError | FlagValueError): Effect.Effect<void> => {
  if (reported.has(flag)) return Effect.void
  reported.add(flag)
  return fromHere(Effect.logWarning(`${error.message}; the flag's default is used`))
}

class Snapshot extends Inspectable.Class implements FlagSnapshot {
  readonly #evaluation: Evaluation
  /** The keys a filter left; absent on an original snapshot. */
  readonly #kept: ReadonlySet<string> | undefined
  readonly #accessed: Set<string>
  readonly #registry: Registry | undefined
  #keys: ReadonlyArray<string> | undefined
  #flags: Reads<Registry> | undefined
  #eventProperties: Readonly<Record<string, unknown>> | undefined

  constructor(
    evaluation: Evaluation,
    kept: ReadonlySet<string> | undefined,
    accessed: Set<string>,
    registry: Registry | undefined
  ) {
    super()
    this.#evaluation = evaluation
    this.#kept = kept
    this.#accessed = accessed
    this.#registry = registry
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

  get flags(): Reads<Registry> {
    if (this.#flags === undefined) {
      const reads: Record<string, Effect.Effect<unknown, FlagValueError>> = {}
      for (const [name, flag] of Object.entries(this.#registry ?? {})) {
        Object.defineProperty(reads, name, { value: this.get(flag), enumerable: true })
      }
      this.#flags = Object.freeze(reads) as Reads<Registry>
    }
    return this.#flags
  }

  // Functions, not methods: they may be taken off the snapshot.
  readonly isEnabled: FlagSnapshot["isEnabled"] = (flag, options) => {
    const key = keyOf(flag)
    if (typeof flag === "string") {
      const value = this.#valueOf(key)
      return this.#read(key, value === undefined ? options?.defaultValue ?? false : value !== false, options)
    }
    const found = this.#find(flag)
    const isOn = found._tag === "Value"
      ? found.value !== false
      : options?.defaultValue ?? Option.match(flag.defaultValue, {
        onNone: () => false,
        onSome: (value) => value !== false
      })
    return this.#readFound(flag, found, isOn, options)
  }

  readonly getFlag: FlagSnapshot["getFlag"] = (key, options) =>
    this.#read(key, fromNullable(this.#valueOf(key)), options)

  readonly getFlagPayload: FlagSnapshot["getFlagPayload"] = (key) =>
    this.#keeps(key) ? fromNullable(payloadOf(this.#evaluation, key)) : Option.none()

  readonly get: FlagSnapshot["get"] = (<A>(flag: Flag<A, unknown, boolean, boolean>, options?: ReadOptions) => {
    const found = this.#find(flag)
    const { defaultValue } = flag
    if (Option.isSome(defaultValue)) {
      return this.#readFound(flag, found, found._tag === "Value" ? found.value : defaultValue.value, options)
    }
    if (found._tag === "Misfit") {
      return Effect.zipRight(this.#read(flag.key, undefined, options, "type_mismatch"), Effect.fail(found.error))
    }
    return this.#read(flag.key, found._tag === "Value" ? Option.some(found.value) : Option.none(), options)
  }) as FlagSnapshot["get"]

  readonly payload: FlagSnapshot["payload"] =
    (<P>(flag: Flag<unknown, P, boolean, boolean>) =>
      Effect.suspend((): Effect.Effect<unknown, FlagPayloadError> => {
        const payload = this.getFlagPayload(flag.key)
        const { defaultPayload } = flag
        if (Option.isNone(payload)) {
          return Effect.succeed(Option.isNone(defaultPayload) ? payload : defaultPayload.value)
        }
        const decoded = Effect.tapError(flag.decodePayload(payload.value), () => this.#trace(flag.key, "parse_error"))
        return Option.isNone(defaultPayload)
          ? Effect.asSome(decoded)
          : Effect.catchAll(decoded, (error) => Effect.as(reportMisfit(flag, error), defaultPayload.value))
      })) as FlagSnapshot["payload"]

  readonly match: FlagSnapshot["match"] = <B, C>(
    flag: FlagKey,
    handlers: { readonly on: (value: never) => B; readonly off: () => C }
  ): Effect.Effect<B | C> => {
    const branch = (value: unknown): B | C =>
      value === false || value === undefined ? handlers.off() : handlers.on(value as never)
    if (typeof flag === "string") return Effect.map(this.#read(flag, this.#valueOf(flag)), branch)
    const found = this.#find(flag)
    const value = found._tag === "Value" ? found.value : Option.getOrUndefined(flag.defaultValue)
    return Effect.map(this.#readFound(flag, found, value), branch)
  }

  readonly only: FlagSnapshot["only"] = (flags) => {
    const given = keysOfFlags(flags)
    return Effect.suspend(() => {
      const wanted = new Set(given)
      const unknown = given.filter((key) => !this.#has(key))
      for (const key of unknown) wanted.delete(key)
      const child = Effect.sync(() => this.#child(wanted))
      return unknown.length === 0
        ? child
        : Effect.zipRight(
          fromHere(Effect.logWarning(`FlagSnapshot.only: the snapshot does not have ${listed(unknown)}`)),
          child
        )
    })
  }

  get onlyAccessed(): Effect.Effect<FlagSnapshot> {
    return Effect.sync(() =>
      this.#child(new Set([...this.#accessed].filter((key) => this.#valueOf(key) !== undefined)))
    )
  }

  readonly detail: FlagSnapshot["detail"] = (flag) => {
    const key = keyOf(flag)
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

  readonly toBootstrap: FlagSnapshot["toBootstrap"] = (flags, options = {}) => {
    const values: Array<[string, boolean | string]> = []
    const payloads: Array<[string, unknown]> = []
    for (const key of keysOfFlags(flags)) {
      const value = this.#valueOf(key)
      if (value === undefined) continue
      values.push([key, value])
      const payload = this.getFlagPayload(key)
      if (Option.isSome(payload)) payloads.push([key, payload.value])
    }
    return {
      ...(this.distinctId === "" ? {} : { distinctID: this.distinctId }),
      ...(options.isIdentified === undefined ? {} : { isIdentifiedID: options.isIdentified }),
      featureFlags: Object.fromEntries(values),
      ...(options.payloads === true ? { featureFlagPayloads: Object.fromEntries(payloads) } : {})
    }
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

  /** The same flags, read by the names of a registry. Reads of the view are reads of this snapshot. */
  viewBy(registry: Registry): FlagSnapshot {
    return new Snapshot(this.#evaluation, this.#kept, this.#accessed, registry)
  }

  #child(kept: ReadonlySet<string>): FlagSnapshot {
    return new Snapshot(this.#evaluation, kept, new Set(this.#accessed), undefined)
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

  #find(flag: Any): Found {
    const value = this.#valueOf(flag.key)
    if (value === undefined) return missing
    const decoded = flag.decodeValue(value)
    return Either.isRight(decoded)
      ? { _tag: "Value", value: decoded.right }
      : { _tag: "Misfit", error: decoded.left }
  }

  #readFound<A>(flag: Any, found: Found, result: A, options?: ReadOptions): Effect.Effect<A> {
    return found._tag === "Misfit"
      ? Effect.zipRight(reportMisfit(flag, found.error), this.#read(flag.key, result, options, "type_mismatch"))
      : this.#read(flag.key, result, options)
  }

  #trace(key: string, problem: ReadProblem): Effect.Effect<void> {
    return Effect.withFiberRuntime((fiber) => traceRead(fiber, this.#evaluation, key, problem) ?? Effect.void)
  }

  #read<A>(key: string, result: A, options?: ReadOptions, problem?: ReadProblem): Effect.Effect<A> {
    return Effect.withFiberRuntime((fiber) => {
      if (this.#accessed.has(key)) return this.#report(fiber, key, result, options)
      this.#accessed.add(key)
      const log = this.#keeps(key) ? traceRead(fiber, this.#evaluation, key, problem) : undefined
      const report = this.#report(fiber, key, result, options)
      return log === undefined ? report : Effect.zipRight(log, report)
    })
  }

  #report<A>(
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    key: string,
    result: A,
    options: ReadOptions | undefined
  ): Effect.Effect<A> {
    const { reported, reporter } = this.#evaluation
    // A key that a filter removed is not missing: reading it says nothing about the flag.
    if (reporter === undefined || !this.#keeps(key) || options?.sendFeatureFlagEvents === false) {
      return Effect.succeed(result)
    }
    if (!reported.has(key)) return reportExposure(fiber, this.#evaluation, reporter, key, result)
    countRepeated(fiber)
    return Effect.succeed(result)
  }
}

const mostListed = 20

const listed = (keys: ReadonlyArray<string>): string => {
  const names = [...keys].sort().slice(0, mostListed).map(quote).join(", ")
  return keys.length > mostListed ? `${names} and ${keys.length - mostListed} more` : names
}

/** @internal */
export const makeSnapshot = (evaluation: Evaluation, registry?: Registry): FlagSnapshot =>
  new Snapshot(evaluation, undefined, new Set(), registry)

/**
 * A view of a snapshot by the names of a registry; a snapshot of another kind is left as it is.
 *
 * @internal
 */
export const viewBy = <const R extends Registry>(snapshot: FlagSnapshot, registry: R): TypedSnapshot<R> =>
  (snapshot instanceof Snapshot ? snapshot.viewBy(registry) : snapshot) as TypedSnapshot<R>

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

const isForced = (value: unknown): value is { readonly value: boolean | string; readonly payload?: unknown } =>
  typeof value === "object" && value !== null && "value" in value

type Values = Readonly<Record<string, boolean | string>>

const isRegistry = (value: object): value is Registry => {
  const members = Object.values(value)
  return members.length > 0 && members.every(isFlag)
}

const fromRecord = (values: Values, options: FromValuesOptions = {}, registry?: Registry): FlagSnapshot => {
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
  }, registry)
}

const fromRegistry = (
  registry: Registry,
  forced: Readonly<Record<string, unknown>>,
  options: FromValuesOptions = {}
): FlagSnapshot => {
  const values: Array<[string, boolean | string]> = []
  const payloads: Array<[string, unknown]> = Object.entries(options.payloads ?? {})
  for (const [name, flag] of Object.entries(registry)) {
    const value = forced[name]
    if (value === undefined) continue
    if (isForced(value)) {
      values.push([flag.key, value.value])
      if (value.payload !== undefined) payloads.push([flag.key, value.payload])
    } else {
      values.push([flag.key, value as boolean | string])
    }
  }
  return fromRecord(Object.fromEntries(values), { ...options, payloads: Object.fromEntries(payloads) }, registry)
}

const fromValues = ((
  first: Registry | Values,
  second?: Readonly<Record<string, unknown>> | FromValuesOptions,
  third?: FromValuesOptions
) =>
  isRegistry(first)
    ? fromRegistry(first, (second ?? {}) as Readonly<Record<string, unknown>>, third)
    : fromRecord(first as Values, second as FromValuesOptions)) as FromValues

/**
 * How {@link FlagSnapshot.fromValues} is called.
 *
 * @since 3.0.0
 * @category testing
 */
export interface FromValues {
  <const R extends Registry>(
    registry: R,
    values: { readonly [K in keyof R]?: Forced<R[K]> },
    options?: FromValuesOptions
  ): TypedSnapshot<R>
  (values: Readonly<Record<string, boolean | string>>, options?: FromValuesOptions): FlagSnapshot
}

const isFlagSnapshot = (value: unknown): value is FlagSnapshot => value instanceof Snapshot

/**
 * Snapshots made by hand, for tests.
 *
 * **Example**
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Flag, FlagSnapshot } from "effect-posthog"
 *
 * const snapshot = FlagSnapshot.fromValues({ "new-checkout": true, pricing: "annual" })
 *
 * assert.deepStrictEqual(snapshot.keys, ["new-checkout", "pricing"])
 * assert.strictEqual(Effect.runSync(snapshot.isEnabled("new-checkout")), true)
 * assert.strictEqual(JSON.stringify(snapshot), `{"_id":"FlagSnapshot","keys":["new-checkout","pricing"]}`)
 *
 * const flags = Flag.registry({ newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)) })
 * const typed = FlagSnapshot.fromValues(flags, { newCheckout: true })
 *
 * assert.strictEqual(Effect.runSync(typed.flags.newCheckout), true)
 * ```
 *
 * @since 3.0.0
 * @category testing
 */
export const FlagSnapshot: {
  /** A snapshot of these values, by key or by the names of a registry. Reading it records access but reports nothing. */
  readonly fromValues: FromValues
  /** Whether a value is a snapshot. */
  readonly isFlagSnapshot: (value: unknown) => value is FlagSnapshot
} = { fromValues, isFlagSnapshot }
