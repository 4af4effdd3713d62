// Generated from packages/effect-posthog/src/FlagSnapshot.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The flags of one evaluation: an immutable snapshot that code branches on and events carry.
 *
 * @since 3.0.0
 */
import type { Resolved } from "@effect-posthog/evaluator"
import * as Effect from "effect/Effect"
import type * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import type { Pipeable } from "effect/Pipeable"
import type { FlagErrorCode } from "./Decision.ts"
import type {
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
import * as internal from "./internal/evaluation/snapshot.ts"
import { isRegistry } from "./internal/flagKeys.ts"

/**
 * Marks every snapshot.
 *
 * @since 3.0.0
 * @category type ids
 */
export const TypeId: TypeId = internal.TypeId

/**
 * The type of {@link TypeId}.
 *
 * @since 3.0.0
 * @category type ids
 */
export type TypeId = "~effect-posthog/FlagSnapshot"

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
  readonly [TypeId]: TypeId
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

const fromRecord = (values: Values, options: FromValuesOptions = {}, registry?: Registry): FlagSnapshot => {
  const payloads = options.payloads ?? {}
  return internal.makeSnapshot({
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
} = { fromValues, isFlagSnapshot: internal.isSnapshot }
