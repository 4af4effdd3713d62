/**
 * Evaluation of compiled flags.
 *
 * @since 1.0.0
 */
import type { CompiledDefinitions } from "./CompiledDefinitions.ts"
import type { EvaluationContext } from "./EvaluationContext.ts"
import { flagResult } from "./internal/evaluate.ts"
import { EvaluationState } from "./internal/evaluationState.ts"
import { hashAhead, hashedAhead } from "./internal/hashAhead.ts"
import type { CompiledFlag } from "./internal/plan.ts"
import { ResultsByFlag } from "./internal/resultsByFlag.ts"
import { inconclusive } from "./internal/verdict.ts"
import type { Result, Unknown } from "./Result.ts"

/**
 * What evaluating several flags gives.
 *
 * @since 1.0.0
 * @category models
 */
export interface BulkResult {
  /**
   * By flag key. Requested keys without a definition are in it, as `Unknown`; keys dropped by evaluation contexts are not.
   */
  readonly results: ReadonlyMap<string, Result>
  /**
   * Whether the server has to be asked for a complete answer: a flag that the server evaluates is not decided, a
   * requested key has no definition, or there are no definitions at all. Never for an empty list of keys.
   */
  readonly needsRemote: boolean
  /** The work that it took, in steps of about 50 ns: an event loop that evaluates often can take turns by it. */
  readonly steps: number
}

const unknown: Unknown = Object.freeze({ _tag: "Unknown" })

/** Reading a context can throw: it may have getters, or be a proxy. */
const unreadable = inconclusive("missing_context", "the context could not be read")

const resultOf = (flag: CompiledFlag, state: EvaluationState): Result => {
  try {
    return flagResult(flag, state)
  } catch {
    state.recover()
    return unreadable
  }
}

const makeState = (context: EvaluationContext, now: number): EvaluationState | undefined => {
  try {
    return new EvaluationState(context, now)
  } catch {
    return undefined
  }
}

/**
 * Evaluates one flag for a caller.
 *
 * **When to use**
 *
 * For a single decision. `evaluateAll` evaluates many flags for one caller in less time.
 *
 * **Details**
 *
 * Pure and synchronous; never throws, whatever the context holds. The result is frozen and shared between evaluations. A key that evaluation contexts dropped is `Unknown` as well;
 * `isDroppedByContext` of the definitions tells the two apart.
 *
 * @param now - epoch milliseconds; only relative dates look at it
 *
 * **Example**
 *
 * ```ts
 * import { compile, evaluateFlag } from "@effect-posthog/evaluator"
 *
 * const { definitions } = compile({
 *   flags: [{
 *     key: "pricing",
 *     active: true,
 *     filters: {
 *       groups: [{ properties: [{ key: "plan", type: "person", operator: "exact", value: "pro" }] }],
 *       payloads: { true: "{\"discount\":10}" }
 *     }
 *   }]
 * })
 *
 * const context = { distinctId: "user-17", personProperties: { plan: "pro" } }
 * assert.deepStrictEqual(evaluateFlag(definitions, "pricing", context, 0), {
 *   _tag: "Resolved",
 *   value: true,
 *   payload: { discount: 10 },
 *   reason: "condition_match",
 *   conditionIndex: 0
 * })
 * ```
 *
 * @since 1.0.0
 * @category getters
 */
export const evaluateFlag = (
  definitions: CompiledDefinitions,
  key: string,
  context: EvaluationContext,
  now: number
): Result => {
  const flag = definitions.plan.flags.get(key)
  if (flag === undefined || flag.dropped) return unknown
  const state = makeState(context, now)
  return state === undefined ? unreadable : resultOf(flag, state)
}

/**
 * Evaluates all flags, or the requested ones, for a caller.
 *
 * **When to use**
 *
 * Once per request, for all flags that the request may look at.
 *
 * **Details**
 *
 * Pure and synchronous; never throws, whatever the context holds. Each result is what `evaluateFlag` answers for that key,
 * except that one call has one budget of work: flags that come after it is spent are left to the server.
 *
 * @param now - epoch milliseconds; only relative dates look at it
 *
 * **Example**
 *
 * ```ts
 * import { compile, evaluateAll } from "@effect-posthog/evaluator"
 *
 * const { definitions } = compile({
 *   flags: [{ key: "new-search", active: true, filters: { groups: [{}] } }]
 * })
 *
 * assert.strictEqual(evaluateAll(definitions, { distinctId: "user-17" }, 0).needsRemote, false)
 * assert.strictEqual(evaluateAll(definitions, { distinctId: "user-17" }, 0, ["other"]).needsRemote, true)
 * ```
 *
 * @since 1.0.0
 * @category getters
 */
export const evaluateAll = (
  definitions: CompiledDefinitions,
  context: EvaluationContext,
  now: number,
  keys?: ReadonlyArray<string>
): BulkResult => {
  const state = makeState(context, now)
  return keys === undefined ? evaluateEvery(definitions, state) : evaluateRequested(definitions, state, keys)
}

const evaluateEvery = ({ plan }: CompiledDefinitions, state: EvaluationState | undefined): BulkResult => {
  const { evaluated } = plan
  const ahead = plan.hashedAhead ?? hashedAhead(plan)
  if (state !== undefined && ahead.length > 0) hashAhead(ahead, state)
  const results = new Array<Result>(evaluated.length)
  let needsRemote = plan.flags.size === 0
  for (let i = 0; i < evaluated.length; i++) {
    const flag = evaluated[i]!
    const result = state === undefined ? unreadable : resultOf(flag, state)
    results[i] = result
    if (result._tag !== "Resolved" && isServerFlag(flag)) needsRemote = true
  }
  return { results: new ResultsByFlag(plan, results), needsRemote, steps: state?.steps ?? 0 }
}

const evaluateRequested = (
  { plan }: CompiledDefinitions,
  state: EvaluationState | undefined,
  keys: ReadonlyArray<string>
): BulkResult => {
  // Half of the hashes that are made ahead are then asked for, which takes less time than making those alone.
  if (state !== undefined && keys.length * 2 > plan.evaluated.length) {
    hashAhead(plan.hashedAhead ?? hashedAhead(plan), state)
  }
  const results = new Map<string, Result>()
  let needsRemote = keys.length > 0 && plan.flags.size === 0
  for (const key of keys) {
    const flag = plan.flags.get(key)
    if (flag?.dropped === true) continue
    const result = flag === undefined ? unknown : state === undefined ? unreadable : resultOf(flag, state)
    results.set(key, result)
    if (result._tag !== "Resolved" && (flag === undefined || isServerFlag(flag))) needsRemote = true
  }
  return { results, needsRemote, steps: state?.steps ?? 0 }
}

const isServerFlag = (flag: CompiledFlag): boolean => flag.metadata.runtime !== "client"
