// Generated from packages/effect-posthog/src/FlagOverrides.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Forces flags to values, on top of real evaluation: for development, demonstrations and end-to-end tests.
 *
 * @since 3.0.0
 */
import type { Resolved } from "@effect-posthog/evaluator"
import * as FileSystem from "effect/FileSystem"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type { Forced, Registry } from "./Flag.ts"
import { isRegistry } from "./internal/flagKeys.ts"
import { annotated } from "./internal/library.ts"
import { oneLine, quote } from "./internal/quote.ts"
import type { LocalEvaluation } from "./LocalEvaluation.ts"
import { LocalEvaluator, refreshOf } from "./LocalEvaluator.ts"

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
      ? `${oneLine(this.origin)}: ${this.problem}`
      : `${oneLine(this.origin)}: the override of ${quote(this.key)} ${this.problem}`
  }
}

/** Flag key to what it is forced to. */
type Overridden = ReadonlyMap<string, Resolved>

const isValue = (value: unknown): value is boolean | string =>
  typeof value === "boolean" || (typeof value === "string" && value !== "")

// Every evaluation hands out the same payload, so it must not change.
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

const readOverride = (origin: string, key: string, override: unknown): Result.Result<Resolved, FlagOverridesError> => {
  const wrong = (problem: string) => Result.fail(new FlagOverridesError({ origin, key, problem }))
  if (isValue(override)) return Result.succeed(toResult(override, undefined))
  if (!Predicate.isObject(override)) {
    return wrong("must be true, false, the key of a variant, or { value, payload }")
  }
  const { payload, value, ...others } = override
  const [other] = Object.keys(others)
  if (other !== undefined) return wrong(`has an unknown property ${quote(other)}`)
  return isValue(value)
    ? Result.succeed(toResult(value, payload))
    : wrong("has a value that must be true, false or the key of a variant")
}

const notARecord = (origin: string) =>
  new FlagOverridesError({ origin, problem: "must be an object whose keys are the keys of flags" })

/** Every override, or what is wrong with the first that cannot be used. */
const readAll = (origin: string, overrides: unknown): Effect.Effect<Overridden, FlagOverridesError> =>
  Predicate.isObject(overrides)
    ? Effect.map(
      Effect.forEach(
        Object.entries(overrides),
        ([key, override]) => Effect.map(Effect.fromResult(readOverride(origin, key, override)), (result) => [key, result] as const)
      ),
      (results) => new Map(results)
    )
    : Effect.fail(notARecord(origin))

const fromHere = annotated("FlagOverrides")

/** The overrides that can be used. The others are logged and left out. */
const readUsable = (overrides: unknown): Effect.Effect<Overridden> => {
  const origin = "FlagOverrides.layer"
  if (!Predicate.isObject(overrides)) {
    return Effect.as(fromHere(Effect.logError(notARecord(origin).message)), new Map())
  }
  const usable = new Map<string, Resolved>()
  const problems: Array<string> = []
  for (const [key, override] of Object.entries(overrides)) {
    const result = readOverride(origin, key, override)
    if (Result.isSuccess(result)) usable.set(key, result.success)
    else problems.push(result.failure.message)
  }
  return Effect.as(Effect.forEach(problems, (problem) => fromHere(Effect.logError(problem)), { discard: true }), usable)
}

const parseOverrides = (origin: string, text: string): Effect.Effect<unknown, FlagOverridesError> =>
  Effect.try({
    try: (): unknown => JSON.parse(text),
    catch: () => new FlagOverridesError({ origin, problem: "is not JSON" })
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

// Without any undecided flag, the definitions are missing, and the server may have flags that are unknown here.
const isIncomplete = ({ records }: LocalEvaluation, overridden: Overridden): boolean => {
  const undecided = [...records].filter(([, { _tag }]) => _tag !== "Resolved")
  return undecided.length === 0 || undecided.some(([key]) => !overridden.has(key))
}

const override = (
  evaluator: LocalEvaluator["Service"],
  overridden: Overridden
): LocalEvaluator["Service"] => ({
  ...evaluator,
  evaluate: (context, keys) =>
    overlay(evaluator.evaluate(context, keys?.filter((key) => !overridden.has(key))), overridden, keys)
})

const listed = (keys: Iterable<string>): string => [...keys].sort().map(quote).join(", ")

// A typo in a key forces a flag that does not exist.
const warnOfUnknown = (
  evaluator: LocalEvaluator["Service"],
  overridden: Overridden,
  origin: string
): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* evaluator.ready
    const { source } = yield* evaluator.status
    if (source === "none") return
    const keys = [...overridden.keys()]
    const { records } = evaluator.evaluate({ distinctId: "override" }, keys)
    const unknown = keys.filter((key) => (records.get(key)?._tag ?? "Unknown") === "Unknown")
    if (unknown.length === 0) return
    yield* fromHere(
      Effect.logWarning(`${oneLine(origin)} overrides flags that the definitions do not have: ${listed(unknown)}`)
    )
  })

const overrideFlags = Effect.fnUntraced(function*(origin: string, overridden: Overridden) {
  const evaluator = yield* LocalEvaluator
  if (overridden.size === 0) return evaluator
  yield* fromHere(Effect.logWarning(`Feature flags are overridden by ${oneLine(origin)}: ${listed(overridden.keys())}`))
  const warn = warnOfUnknown(evaluator, overridden, origin)
  const refreshIfDue = refreshOf(evaluator)
  if (refreshIfDue === undefined) {
    yield* Effect.forkScoped(warn, { uninterruptible: "inherit" })
    return override(evaluator, overridden)
  }
  // Nothing waits in the background here: the first evaluation that has definitions finds out.
  const warnOnce = yield* Effect.cached(warn)
  const warnIfLoaded = Effect.flatMap(
    evaluator.status,
    ({ loadedAt }) => loadedAt === undefined ? Effect.void : warnOnce
  )
  return { ...override(evaluator, overridden), refreshIfDue: Effect.andThen(refreshIfDue, warnIfLoaded) }
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

const byKey = (registry: Registry, values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(registry).flatMap(([name, flag]) => values[name] === undefined ? [] : [[flag.key, values[name]]])
  )

/**
 * Forces flags, on top of real evaluation.
 *
 * **When to use**
 *
 * For development, demonstrations and end-to-end tests. With a registry, names and values are checked by the compiler.
 *
 * **Details**
 *
 * It wraps the `LocalEvaluator` beneath: an overridden flag has its value for everybody, and a request for overridden
 * flags alone needs no server. Other flags are evaluated as before, including those that depend on an overridden flag:
 * they do not follow it, so override them as well.
 *
 * The layer logs, as warnings, which flags are overridden and which of them the definitions do not have. An override
 * that cannot be used is logged as an error and left out. In `FlagSnapshot.detail` overridden flags have the
 * `reasonCode` `"override"`; their exposures have the reason `Overridden` and count as evaluated locally.
 *
 * **Example**
 *
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
export const layer: {
  <const R extends Registry>(
    registry: R,
    values: { readonly [K in keyof R]?: Forced<R[K]> }
  ): Layer.Layer<LocalEvaluator, never, LocalEvaluator>
  (overrides: Overrides): Layer.Layer<LocalEvaluator, never, LocalEvaluator>
} = (
  first: Registry | Overrides,
  values?: Readonly<Record<string, unknown>>
): Layer.Layer<LocalEvaluator, never, LocalEvaluator> =>
  Layer.effect(
    LocalEvaluator,
    Effect.flatMap(
      readUsable(values !== undefined && isRegistry(first) ? byKey(first, values) : first),
      (overridden) => overrideFlags("FlagOverrides.layer", overridden)
    )
  )

/**
 * {@link layer} from a JSON file, which is read once. Fails with `FlagOverridesError` when the file, or an override in
 * it, cannot be used.
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
          problem: `cannot be read: ${error.reason._tag}`
        })
      ),
      Effect.flatMap((text) => parseOverrides(path, text)),
      Effect.flatMap((overrides) => readAll(path, overrides)),
      Effect.flatMap((overridden) => overrideFlags(path, overridden))
    )
  )

const environmentVariable = "POSTHOG_FLAG_OVERRIDES"

/**
 * {@link layer} from `POSTHOG_FLAG_OVERRIDES`, JSON in the environment or wherever the `ConfigProvider` reads. Absent or
 * empty: nothing is overridden. Fails with `FlagOverridesError` when the text, or an override in it, cannot be used.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerFromEnv: Layer.Layer<LocalEvaluator, FlagOverridesError | Config.ConfigError, LocalEvaluator> = Layer.effect(
  LocalEvaluator,
  Effect.flatMap(
    Config.withDefault(Config.String(environmentVariable), ""),
    (text) =>
      text.trim() === "" ? LocalEvaluator : parseOverrides(environmentVariable, text).pipe(
        Effect.flatMap((overrides) => readAll(environmentVariable, overrides)),
        Effect.flatMap((overridden) => overrideFlags(environmentVariable, overridden))
      )
  )
)
