import type { Resolved } from "@effect-posthog/evaluator"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { FlagOverridesError } from "../FlagOverridesError.ts"
import type { LocalEvaluation } from "../LocalEvaluation.ts"
import { LocalEvaluator } from "../LocalEvaluator.ts"
import { annotated } from "./library.ts"

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
