/**
 * Explaining why a flag has its value for a caller.
 *
 * @since 1.0.0
 */
import type { CompiledDefinitions } from "./CompiledDefinitions.ts"
import { evaluateFlag } from "./Evaluation.ts"
import type { EvaluationContext } from "./EvaluationContext.ts"
import type { Explanation } from "./Explanation.ts"
import { explainFlag } from "./internal/explain/explainFlag.ts"
import { renderLines } from "./internal/explain/renderExplanation.ts"

/**
 * Explains why a flag has its value for a caller, as a tree of data.
 *
 * **When to use**
 *
 * In a support tool, a test or a debugger. An explanation holds property values and identifiers of the caller.
 *
 * **Details**
 *
 * Its `result` is what `evaluateFlag` answers for the same arguments. Never throws: a context that cannot be read has a
 * result and no conditions. At most the first 1,000 conditions, and filters of each, are explained.
 *
 * @param now - epoch milliseconds; only relative dates look at it
 *
 * **Example**
 *
 * ```ts
 * import { compile, explain, renderExplanation } from "@effect-posthog/evaluator"
 *
 * const { definitions } = compile({
 *   flags: [{
 *     key: "pricing",
 *     active: true,
 *     filters: {
 *       groups: [{ properties: [{ key: "plan", type: "person", operator: "exact", value: "pro" }] }]
 *     }
 *   }]
 * })
 *
 * const explanation = explain(definitions, "pricing", { distinctId: "user-17" }, 0)
 * assert.deepStrictEqual(explanation.missing, [{ _tag: "PersonProperty", name: "plan" }])
 * assert.strictEqual(
 *   renderExplanation(explanation),
 *   [
 *     "flag \"pricing\": inconclusive: person property \"plan\" is not supplied",
 *     "  condition 0: inconclusive",
 *     "    inconclusive: person property \"plan\" exact \"pro\" (not supplied)",
 *     "    rollout 100 %: in, without a hash",
 *     "  would settle it: person property \"plan\""
 *   ].join("\n")
 * )
 * ```
 *
 * @since 1.0.0
 * @category getters
 */
export const explain = (
  definitions: CompiledDefinitions,
  key: string,
  context: EvaluationContext,
  now: number
): Explanation => {
  const result = evaluateFlag(definitions, key, context, now)
  const flag = result._tag === "Unknown" ? undefined : definitions.plan.flags.get(key)
  try {
    if (flag !== undefined) return { ...explainFlag(flag, context, now), result }
  } catch {
    // The context cannot be read, which the result says.
  }
  return { key, result, enrolment: undefined, holdout: undefined, conditions: [], missing: [] }
}

/**
 * Renders an explanation as plain text.
 *
 * **Details**
 *
 * The text has several lines and no final newline. It holds property values and identifiers of the caller.
 *
 * @since 1.0.0
 * @category getters
 */
export const renderExplanation = (explanation: Explanation): string => renderLines(explanation, "").join("\n")
