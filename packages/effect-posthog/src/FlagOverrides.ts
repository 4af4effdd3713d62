/**
 * Forces flags to values, on top of real evaluation: for development, demonstrations and end-to-end tests.
 *
 * @since 3.0.0
 */
import type { Resolved } from "@effect-posthog/evaluator"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { annotated } from "./internal/library.ts"
import type { LocalEvaluation } from "./LocalEvaluation.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"

/**
 * Overrides that cannot be used. The message never holds what was written there, which may be any text.
 *
 * @since 3.0.0
 * @category errors
 */
export class FlagOverridesError extends Data.TaggedError("FlagOverridesError")<{
  /** Where they come from: `layerOverrides`, `POSTHOG_FLAG_OVERRIDES`, or the path of a file. */
  readonly origin: string
  /** The flag whose override is wrong; absent when the whole is. */
  readonly key?: string | undefined
  readonly problem: string
}> {
  override get message(): string {
    return this.key === undefined
      ? `${this.origin}: ${this.problem}`
      : `${this.origin}: the override of ${JSON.stringify(this.key)} ${this.problem}`
  }
}

/** Flag key to what it is forced to. */
type Overridden = ReadonlyMap<string, Resolved>

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isValue = (value: unknown): value is boolean | string =>
  typeof value === "boolean" || (typeof value === "string" && value !== "")

// Every evaluation hands out the same payload, so nobody may change it.
const frozenCopy = (payload: unknown): unknown => {
  try {
    return JSON.parse(JSON.stringify(payload), (_, member) => Object.freeze(member))
  } catch {
    return payload
  }
}

const toResult = (value: boolean | string, payload: unknown): Resolved => ({
  _tag: "Resolved",
  value,
  payload: frozenCopy(payload),
  reason: value === false ? "no_condition_match" : "condition_match",
  conditionIndex: undefined
})

const readOverride = (origin: string, key: string, override: unknown): Effect.Effect<Resolved, FlagOverridesError> => {
  if (isValue(override)) return Effect.succeed(toResult(override, undefined))
  if (!isRecord(override)) {
    const problem = "is neither true, false, the key of a variant, nor { value, payload }"
    return Effect.fail(new FlagOverridesError({ origin, key, problem }))
  }
  const { payload, value, ...others } = override
  const [other] = Object.keys(others)
  if (other !== undefined) {
    return Effect.fail(new FlagOverridesError({ origin, key, problem: `has an unknown property ${other}` }))
  }
  return isValue(value)
    ? Effect.succeed(toResult(value, payload))
    : Effect.fail(
      new FlagOverridesError({ origin, key, problem: "has a value that is neither true, false, nor a variant's key" })
    )
}

const read = (origin: string, overrides: unknown): Effect.Effect<Overridden, FlagOverridesError> =>
  isRecord(overrides)
    ? Effect.map(
      Effect.forEach(Object.entries(overrides), ([key, override]) =>
        Effect.map(readOverride(origin, key, override), (result) => [key, result] as const)),
      (results) =>
        new Map(results)
    )
    : Effect.fail(new FlagOverridesError({ origin, problem: "is no object of flag keys" }))

/**
 * The value of a JSON text.
 *
 * @internal
 */
export const parseOverrides = (origin: string, text: string): Effect.Effect<unknown, FlagOverridesError> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => new FlagOverridesError({ origin, problem: "is no JSON" })
  })

const overlay = (
  inner: LocalEvaluation,
  overridden: Overridden,
  keys: ReadonlyArray<string> | undefined
): LocalEvaluation => {
  const records = new Map(inner.records)
  for (const [key, result] of overridden) {
    if (keys === undefined || keys.includes(key)) records.set(key, result)
  }
  return {
    ...inner,
    records,
    needsRemote: inner.needsRemote && isIncomplete(inner, overridden),
    overridden: { has: (key) => overridden.has(key) || inner.overridden?.has(key) === true }
  }
}

// Without any undecided flag it is the definitions that are missing, and nobody knows which flags there are.
const isIncomplete = ({ records }: LocalEvaluation, overridden: Overridden): boolean => {
  const undecided = [...records].filter(([, { _tag }]) => _tag !== "Resolved")
  return undecided.length === 0 || undecided.some(([key]) => !overridden.has(key))
}

const override = (
  evaluator: Context.Tag.Service<LocalEvaluator>,
  overridden: Overridden
): Context.Tag.Service<LocalEvaluator> => ({
  ...evaluator,
  evaluate: (context, keys) =>
    overlay(evaluator.evaluate(context, keys?.filter((key) => !overridden.has(key))), overridden, keys)
})

/**
 * The local evaluator in front of another, with flags forced to what the overrides say.
 *
 * @internal
 */
export const overrideFlags = Effect.fnUntraced(function*(origin: string, overrides: unknown) {
  const evaluator = yield* LocalEvaluator
  const overridden = yield* read(origin, overrides)
  if (overridden.size === 0) return evaluator
  yield* Effect.logWarning(
    `Feature flags are overridden by ${origin}: ${[...overridden.keys()].sort().join(", ")}`
  ).pipe(annotated("Flags"))
  return override(evaluator, overridden)
})

/**
 * Flags and what they are forced to: `true`, `false`, the key of a variant, or a value with a payload.
 *
 * @since 3.0.0
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
 * import { evaluateFlags, FlagOverrides, PostHog } from "effect-posthog"
 *
 * const PostHogDevelopment = FlagOverrides.layer({
 *   "new-checkout": true,
 *   pricing: { value: "annual", payload: { headline: "Two months free" } }
 * }).pipe(Layer.provideMerge(PostHog.layerDisabled))
 *
 * const flags = evaluateFlags({ distinctId: "user-17" }).pipe(Effect.provide(PostHogDevelopment))
 *
 * assert.deepStrictEqual((await Effect.runPromise(flags)).keys, ["new-checkout", "pricing"])
 * ```
 *
 * @since 3.0.0
 * @category layers
 */
export const layer = (
  overrides: Overrides
): Layer.Layer<LocalEvaluator, FlagOverridesError, LocalEvaluator> =>
  Layer.effect(LocalEvaluator, overrideFlags("layer", overrides))

/**
 * {@link layer} from a JSON file, which is read once. Fails with `FlagOverridesError` when it cannot be read.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerFile = (
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
 * {@link layer} from `POSTHOG_FLAG_OVERRIDES`, JSON in the environment or wherever the `ConfigProvider` reads.
 * Absent or empty: nothing is overridden.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerFromEnv: Layer.Layer<LocalEvaluator, FlagOverridesError | ConfigError, LocalEvaluator> = Layer.effect(
  LocalEvaluator,
  Effect.flatMap(Config.withDefault(Config.string(environmentVariable), ""), (text) =>
    text.trim() === ""
      ? LocalEvaluator
      : Effect.flatMap(
        parseOverrides(environmentVariable, text),
        (overrides) => overrideFlags(environmentVariable, overrides)
      ))
)
