/**
 * Policies for failed evaluations, and reading one flag at a time.
 *
 * A request that reads more than one flag, or captures events, is better served by `evaluateFlags`: one evaluation, one
 * request at most, and events that carry the values the code branched on.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Decider } from "./Decider.ts"
import type { DedupCache } from "./DedupCache.ts"
import { evaluateFlags } from "./EvaluateFlags.ts"
import type { EvaluationRequest } from "./EvaluateFlags.ts"
import type { EventQueue } from "./EventQueue.ts"
import { FlagOverridesError } from "./FlagOverridesError.ts"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import { overrideFlags, parseOverrides } from "./internal/flagOverrides.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"
import { RemoteFlagsError } from "./RemoteFlagsError.ts"

type Services = Decider | LocalEvaluator | EventQueue | DedupCache

/**
 * Uses what resolved: turns a `RemoteFlagsError` into the partial snapshot it carries. Other errors pass.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { evaluateFlags, Flags, PostHog } from "effect-posthog"
 *
 * const flags = evaluateFlags({ distinctId: "user-17" }).pipe(Flags.orPartial, Effect.provide(PostHog.layerDisabled))
 *
 * assert.deepStrictEqual((await Effect.runPromise(flags)).keys, [])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const orPartial = <E, R>(
  self: Effect.Effect<FlagSnapshot, E, R>
): Effect.Effect<FlagSnapshot, Exclude<E, RemoteFlagsError>, R> =>
  Effect.catchAll(self, (error) =>
    error instanceof RemoteFlagsError
      ? Effect.succeed(error.snapshot)
      // The compiler does not narrow a type parameter by what it is not.
      : Effect.fail(error as Exclude<E, RemoteFlagsError>))

/**
 * An evaluation of one flag: an `EvaluationRequest` with a `key` in place of `flagKeys`.
 *
 * @since 0.1.0
 * @category models
 */
export interface SingleFlagRequest extends Omit<EvaluationRequest, "flagKeys"> {
  readonly key: string
}

/**
 * The same, for reading a value.
 *
 * @since 0.1.0
 * @category models
 */
export interface FlagValueRequest extends SingleFlagRequest {
  /** `false`: do not report the exposure. Default: `true`. */
  readonly sendFeatureFlagEvents?: boolean | undefined
}

/**
 * A flag with its value and payload.
 *
 * @since 0.1.0
 * @category models
 */
export interface FeatureFlagResult {
  readonly key: string
  readonly enabled: boolean
  readonly variant: Option.Option<string>
  readonly payload: Option.Option<unknown>
}

const evaluateOne = (request: SingleFlagRequest): Effect.Effect<FlagSnapshot, RemoteFlagsError, Services> =>
  evaluateFlags({ ...request, flagKeys: [request.key] })

// Somebody wanted the value, so the exposure is reported even when there is none to be had.
const evaluateValue = (
  { sendFeatureFlagEvents = true, ...request }: FlagValueRequest
): Effect.Effect<
  readonly [value: Option.Option<boolean | string>, snapshot: FlagSnapshot],
  RemoteFlagsError,
  Services
> => {
  const read = (snapshot: FlagSnapshot) =>
    sendFeatureFlagEvents
      ? snapshot.getFlag(request.key)
      : Effect.succeed(Option.flatMap(snapshot.detail(request.key), ({ value }) => Option.fromNullable(value)))
  return evaluateOne(request).pipe(
    Effect.tapError((error) => read(error.snapshot)),
    Effect.flatMap((snapshot) => Effect.map(read(snapshot), (value) => [value, snapshot] as const))
  )
}

/**
 * Whether one flag is on, in any variant; `defaultValue` (`false`) when it has no value. Decided locally, else by one
 * request for this flag. Reports the exposure. Prefer `evaluateFlags` and `FlagSnapshot.isEnabled`.
 *
 * @since 0.1.0
 * @category getters
 */
export const isFeatureEnabled = (
  request: FlagValueRequest & { readonly defaultValue?: boolean | undefined }
): Effect.Effect<boolean, RemoteFlagsError, Services> =>
  Effect.map(
    evaluateValue(request),
    ([value]) =>
      Option.match(value, { onNone: () => request.defaultValue ?? false, onSome: (value) => value !== false })
  )

/**
 * The value of one flag: a variant, `true` or `false`; `None` when it has none. Decided locally, else by one request
 * for this flag. Reports the exposure. Prefer `evaluateFlags` and `FlagSnapshot.getFlag`.
 *
 * @since 0.1.0
 * @category getters
 */
export const getFeatureFlag = (
  request: FlagValueRequest
): Effect.Effect<Option.Option<boolean | string>, RemoteFlagsError, Services> =>
  Effect.map(evaluateValue(request), ([value]) => value)

/**
 * The payload of one flag, decoded from JSON. Silent. Prefer `evaluateFlags` and `FlagSnapshot.getFlagPayload`.
 *
 * @since 0.1.0
 * @category getters
 */
export const getFeatureFlagPayload = (
  request: SingleFlagRequest
): Effect.Effect<Option.Option<unknown>, RemoteFlagsError, Services> =>
  Effect.map(evaluateOne(request), (snapshot) => snapshot.getFlagPayload(request.key))

/**
 * One flag with its variant and payload; `None` when it has no value. Reports the exposure. Prefer `evaluateFlags`.
 *
 * @since 0.1.0
 * @category getters
 */
export const getFeatureFlagResult = (
  request: FlagValueRequest
): Effect.Effect<Option.Option<FeatureFlagResult>, RemoteFlagsError, Services> =>
  Effect.map(evaluateValue(request), ([value, snapshot]) =>
    Option.map(value, (value) => ({
      key: request.key,
      enabled: value !== false,
      variant: typeof value === "string" ? Option.some(value) : Option.none(),
      payload: snapshot.getFlagPayload(request.key)
    })))

const valuesOf = (snapshot: FlagSnapshot): ReadonlyMap<string, boolean | string> => {
  const values = new Map<string, boolean | string>()
  for (const key of snapshot.keys) {
    const value = Option.getOrUndefined(snapshot.detail(key))?.value
    if (value !== undefined) values.set(key, value)
  }
  return values
}

const payloadsOf = (snapshot: FlagSnapshot): ReadonlyMap<string, unknown> => {
  const payloads = new Map<string, unknown>()
  for (const key of snapshot.keys) {
    const payload = snapshot.getFlagPayload(key)
    if (Option.isSome(payload)) payloads.set(key, payload.value)
  }
  return payloads
}

/**
 * The values of all flags, or those of `flagKeys`. Silent. Prefer `evaluateFlags`.
 *
 * @since 0.1.0
 * @category getters
 */
export const getAllFlags = (
  request: EvaluationRequest
): Effect.Effect<ReadonlyMap<string, boolean | string>, RemoteFlagsError, Services> =>
  Effect.map(evaluateFlags(request), valuesOf)

/**
 * The values and payloads of all flags, or those of `flagKeys`. Silent. Prefer `evaluateFlags`.
 *
 * @since 0.1.0
 * @category getters
 */
export const getAllFlagsAndPayloads = (
  request: EvaluationRequest
): Effect.Effect<
  { readonly flags: ReadonlyMap<string, boolean | string>; readonly payloads: ReadonlyMap<string, unknown> },
  RemoteFlagsError,
  Services
> => Effect.map(evaluateFlags(request), (snapshot) => ({ flags: valuesOf(snapshot), payloads: payloadsOf(snapshot) }))

/**
 * Flags and what they are forced to: `true`, `false`, the key of a variant, or a value with a payload.
 *
 * @since 0.1.0
 * @category models
 */
export type Overrides = Readonly<
  Record<string, boolean | string | { readonly value: boolean | string; readonly payload?: unknown }>
>

/**
 * Forces flags, on top of real evaluation, for development and end-to-end tests. It wraps the `LocalEvaluator` beneath:
 * an overridden flag has its value for everybody, and a request for overridden flags alone needs no server. Other flags
 * are evaluated as before. That goes for flags that depend on an overridden one too: they do not follow it, so override
 * them as well.
 *
 * Which flags are overridden is logged once, as a warning. In `FlagSnapshot.detail` their `reasonCode` is `"override"`;
 * their exposures have the reason `Overridden` and count as evaluated locally. Fails with `FlagOverridesError`, which names
 * the flag, when an override is none.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { evaluateFlags, Flags, PostHog } from "effect-posthog"
 *
 * const PostHogDevelopment = Flags.layerOverrides({
 *   "new-checkout": true,
 *   pricing: { value: "annual", payload: { headline: "Two months free" } }
 * }).pipe(Layer.provideMerge(PostHog.layerDisabled))
 *
 * const flags = evaluateFlags({ distinctId: "user-17" }).pipe(Effect.provide(PostHogDevelopment))
 *
 * assert.deepStrictEqual((await Effect.runPromise(flags)).keys, ["new-checkout", "pricing"])
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerOverrides = (
  overrides: Overrides
): Layer.Layer<LocalEvaluator, FlagOverridesError, LocalEvaluator> =>
  Layer.effect(LocalEvaluator, overrideFlags("layerOverrides", overrides))

/**
 * {@link layerOverrides} from a JSON file, which is read once. Fails with `FlagOverridesError` when it cannot be read.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerOverridesFile = (
  path: string
): Layer.Layer<LocalEvaluator, FlagOverridesError, LocalEvaluator | FileSystem.FileSystem> =>
  Layer.effect(
    LocalEvaluator,
    FileSystem.FileSystem.pipe(
      Effect.flatMap((files) => files.readFileString(path)),
      Effect.mapError((error) =>
        new FlagOverridesError({
          origin: path,
          problem: `cannot be read: ${error._tag === "SystemError" ? error.reason : error._tag}`
        })
      ),
      Effect.flatMap((text) => parseOverrides(path, text)),
      Effect.flatMap((overrides) => overrideFlags(path, overrides))
    )
  )

const environmentVariable = "POSTHOG_FLAG_OVERRIDES"

/**
 * {@link layerOverrides} from `POSTHOG_FLAG_OVERRIDES`, JSON in the environment or wherever the `ConfigProvider` reads.
 * Absent or empty: nothing is overridden.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerOverridesFromEnv: Layer.Layer<LocalEvaluator, FlagOverridesError | ConfigError, LocalEvaluator> =
  Layer.effect(
    LocalEvaluator,
    Effect.flatMap(Config.withDefault(Config.string(environmentVariable), ""), (text) =>
      text.trim() === ""
        ? LocalEvaluator
        : Effect.flatMap(
          parseOverrides(environmentVariable, text),
          (overrides) => overrideFlags(environmentVariable, overrides)
        ))
  )
