/**
 * Policies for failed evaluations, and reading one flag at a time.
 *
 * A request that reads more than one flag, or captures events, is better served by `evaluateFlags`: one evaluation, one
 * request at most, and events that carry the values the code branched on.
 *
 * @since 3.0.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Decider } from "./Decider.ts"
import type { DedupCache } from "./DedupCache.ts"
import { evaluateFlags, RemoteFlagsError } from "./EvaluateFlags.ts"
import type { EvaluationRequest } from "./EvaluateFlags.ts"
import type { EventQueue } from "./EventQueue.ts"
import { isFlag, keyOf } from "./Flag.ts"
import type { FlagKey } from "./Flag.ts"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import type { LocalEvaluator } from "./LocalEvaluator.ts"

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
 * @since 3.0.0
 * @category combinators
 */
export const orPartial = <S extends FlagSnapshot, E, R>(
  self: Effect.Effect<S, E, R>
): Effect.Effect<S, Exclude<E, RemoteFlagsError>, R> =>
  Effect.catchAll(self, (error) =>
    error instanceof RemoteFlagsError
      // An evaluation by a registry fails with a snapshot by that registry.
      ? Effect.succeed(error.snapshot as S)
      // The compiler does not narrow a type parameter by what it is not.
      : Effect.fail(error as Exclude<E, RemoteFlagsError>))

/**
 * An evaluation of one flag: an `EvaluationRequest` with a `key` in place of `flagKeys`.
 *
 * @since 3.0.0
 * @category models
 */
export interface SingleFlagRequest extends Omit<EvaluationRequest, "flagKeys"> {
  readonly key: FlagKey
}

/**
 * The same, for reading a value.
 *
 * @since 3.0.0
 * @category models
 */
export interface FlagValueRequest extends SingleFlagRequest {
  /** `false`: do not report the exposure. Default: `true`. */
  readonly sendFeatureFlagEvents?: boolean | undefined
}

/**
 * A flag with its value and payload.
 *
 * @since 3.0.0
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

// Code without types passes anything: then nothing is evaluated, and the read says why.
const given = <Request extends SingleFlagRequest>(request: Request): Request =>
  typeof request === "object" && request !== null ? request : {} as Request

const readValue = (snapshot: FlagSnapshot, { key, sendFeatureFlagEvents }: FlagValueRequest) =>
  snapshot.getFlag(isFlag(key) ? key.key : key, { sendFeatureFlagEvents })

// The caller wanted the value, so the exposure is reported even when the evaluation failed.
const evaluateAndRead = <A>(
  request: FlagValueRequest,
  read: (snapshot: FlagSnapshot) => Effect.Effect<A>
): Effect.Effect<readonly [value: A, snapshot: FlagSnapshot], RemoteFlagsError, Services> =>
  evaluateOne(request).pipe(
    Effect.tapError((error) => read(error.snapshot)),
    Effect.flatMap((snapshot) => Effect.map(read(snapshot), (value) => [value, snapshot] as const))
  )

const evaluateValue = (request: FlagValueRequest) =>
  evaluateAndRead(request, (snapshot) => readValue(snapshot, request))

/**
 * Whether one flag is on, in any variant. Reports the exposure.
 *
 * **When to use**
 *
 * Where a request reads a single flag and captures no events; otherwise use `evaluateFlags` and `FlagSnapshot.isEnabled`.
 *
 * **Details**
 *
 * Decided locally, else by one request for this flag. With `defaultValue`, or the default of a typed flag, a failed
 * request is answered with it, as PostHog's other libraries do; the exposure then reports the class of the failure.
 * Without a default it fails with `RemoteFlagsError`. A flag without a value is `false` when nothing else is declared.
 *
 * @since 3.0.0
 * @category getters
 */
export const isFeatureEnabled = (
  request: FlagValueRequest & { readonly defaultValue?: boolean | undefined }
): Effect.Effect<boolean, RemoteFlagsError, Services> => {
  const { defaultValue, key, sendFeatureFlagEvents } = given(request)
  const read = (snapshot: FlagSnapshot) => snapshot.isEnabled(key, { defaultValue, sendFeatureFlagEvents })
  const hasDefault = defaultValue !== undefined || (isFlag(key) && Option.isSome(key.defaultValue))
  return evaluateOne(given(request)).pipe(
    Effect.flatMap(read),
    Effect.catchTag(
      "RemoteFlagsError",
      (error) =>
        Effect.flatMap(read(error.snapshot), (value) => hasDefault ? Effect.succeed(value) : Effect.fail(error))
    )
  )
}

/**
 * The value of one flag: a variant, `true` or `false`; `None` when it has none. Decided locally, else by one request
 * for this flag. Reports the exposure. Prefer `evaluateFlags` and `FlagSnapshot.getFlag`.
 *
 * @since 3.0.0
 * @category getters
 */
export const getFeatureFlag = (
  request: FlagValueRequest
): Effect.Effect<Option.Option<boolean | string>, RemoteFlagsError, Services> =>
  Effect.map(evaluateValue(given(request)), ([value]) => value)

/**
 * The payload of one flag, decoded from JSON. Silent. Prefer `evaluateFlags` and `FlagSnapshot.getFlagPayload`.
 *
 * @since 3.0.0
 * @category getters
 */
export const getFeatureFlagPayload = (
  request: SingleFlagRequest
): Effect.Effect<Option.Option<unknown>, RemoteFlagsError, Services> =>
  Effect.map(evaluateOne(given(request)), (snapshot) => snapshot.getFlagPayload(keyOf(given(request).key)))

/**
 * One flag with its variant and payload; `None` when it has no value. Reports the exposure. Prefer `evaluateFlags`.
 *
 * @since 3.0.0
 * @category getters
 */
export const getFeatureFlagResult = (
  request: FlagValueRequest
): Effect.Effect<Option.Option<FeatureFlagResult>, RemoteFlagsError, Services> =>
  Effect.map(evaluateValue(given(request)), ([value, snapshot]) =>
    Option.map(value, (value) => ({
      key: keyOf(request.key),
      enabled: value !== false,
      variant: typeof value === "string" ? Option.some(value) : Option.none(),
      payload: snapshot.getFlagPayload(keyOf(request.key))
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
 * @since 3.0.0
 * @category getters
 */
export const getAllFlags = (
  request?: EvaluationRequest
): Effect.Effect<ReadonlyMap<string, boolean | string>, RemoteFlagsError, Services> =>
  Effect.map(evaluateFlags(request), valuesOf)

/**
 * The values and payloads of all flags, or those of `flagKeys`. Silent. Prefer `evaluateFlags`.
 *
 * @since 3.0.0
 * @category getters
 */
export const getAllFlagsAndPayloads = (
  request?: EvaluationRequest
): Effect.Effect<
  { readonly flags: ReadonlyMap<string, boolean | string>; readonly payloads: ReadonlyMap<string, unknown> },
  RemoteFlagsError,
  Services
> => Effect.map(evaluateFlags(request), (snapshot) => ({ flags: valuesOf(snapshot), payloads: payloadsOf(snapshot) }))
