import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import type { FlagErrorCode } from "../../Decision.ts"
import type { Any, Flag, FlagKey, FlagPayloadError, FlagValueError, Registry } from "../../Flag.ts"
import type { FlagSnapshot, ReadOptions, Reads, TypedSnapshot } from "../../FlagSnapshot.ts"
import { withNow } from "../eventLoop.ts"
import { isFlag, keyOf, keys as keysOfFlags } from "../flagKeys.ts"
import { makeFlagProperties } from "../flagProperties.ts"
import { isAbsent } from "../input.ts"
import { annotated } from "../library.ts"
import { quote } from "../quote.ts"
import { Warnings } from "../warnings.ts"
import type { Evaluation } from "./evaluation.ts"
import { keysOf, payloadOf, recordOf, valueOf } from "./evaluation.ts"
import { countRepeated, reportExposure } from "./exposure.ts"
import { traceRead } from "./telemetry.ts"
import type { ReadProblem } from "./telemetry.ts"

/** @internal */
export const TypeId = "~effect-posthog/FlagSnapshot"

const fromHere = annotated("FlagSnapshot")

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

const warnings = new Warnings("FlagSnapshot")

// A key is often computed, and code without types computes `undefined`. Such a read says nothing about a flag.
const readNothing = <A>(result: A): Effect.Effect<A> =>
  withNow((now) =>
    Effect.as(warnings.warn("key", "What is neither a key nor a flag was read as a flag; it has no value", now), result)
  )

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
    const kept = this.#kept
    return this.#keys ??= kept === undefined
      ? keysOf(this.#evaluation)
      : Object.freeze(keysOf(this.#evaluation).filter((key) => kept.has(key)))
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
    if (typeof flag === "string") {
      const value = this.#valueOf(flag)
      return this.#read(flag, value === undefined ? options?.defaultValue ?? false : value !== false, options)
    }
    if (!isFlag(flag)) return readNothing(options?.defaultValue ?? false)
    const found = this.#find(flag)
    const isOn = found._tag === "Value"
      ? found.value !== false
      : options?.defaultValue ?? Option.match(flag.defaultValue, {
        onNone: () => false,
        onSome: (value) => value !== false
      })
    return this.#readFound(flag, found, isOn, options)
  }

  readonly getFlag: FlagSnapshot["getFlag"] = (given, options) => {
    const key = typeof given === "string" || isFlag(given) ? keyOf(given) : undefined
    return key === undefined
      ? readNothing(Option.none())
      : this.#read(key, fromNullable(this.#valueOf(key)), options)
  }

  readonly getFlagPayload: FlagSnapshot["getFlagPayload"] = (given) => {
    const key = keyOf(given)
    return this.#keeps(key) ? fromNullable(payloadOf(this.#evaluation, key)) : Option.none()
  }

  readonly get: FlagSnapshot["get"] = (<A>(flag: Flag<A, unknown, boolean, boolean>, options?: ReadOptions) => {
    // Code without types passes keys here, too.
    if (!isFlag(flag)) return this.getFlag(flag, options)
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
        const payload = this.getFlagPayload(keyOf(flag))
        if (!isFlag(flag)) return Effect.succeed(payload)
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
    if (!isFlag(flag)) return Effect.map(readNothing(undefined), branch)
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
    return Effect.sync(() => this.accessedOnly())
  }

  accessedOnly(): FlagSnapshot {
    return this.#child(new Set([...this.#accessed].filter((key) => this.#valueOf(key) !== undefined)))
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

  readonly toBootstrap: FlagSnapshot["toBootstrap"] = (flags, options) => {
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
      ...(isAbsent(options?.isIdentified) ? {} : { isIdentifiedID: options.isIdentified }),
      featureFlags: Object.fromEntries(values),
      ...(options?.payloads === true ? { featureFlagPayloads: Object.fromEntries(payloads) } : {})
    }
  }

  get eventProperties(): Readonly<Record<string, unknown>> {
    return this.#eventProperties ??= makeFlagProperties(this.keys, (key) => valueOf(this.#evaluation, key))
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
 * What an event carries of the flags that were read, `undefined` for a snapshot of another kind.
 *
 * @internal
 */
export const accessedProperties = (snapshot: FlagSnapshot): Readonly<Record<string, unknown>> | undefined =>
  snapshot instanceof Snapshot ? snapshot.accessedOnly().eventProperties : undefined

/** @internal */
export const isSnapshot = (value: unknown): value is FlagSnapshot => value instanceof Snapshot
