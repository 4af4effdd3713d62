/**
 * Why a flag has its value for a caller.
 *
 * @since 0.1.0
 */
import type { CompiledDefinitions } from "./CompiledDefinitions.ts"
import { evaluateFlag } from "./Evaluation.ts"
import type { EvaluationContext } from "./EvaluationContext.ts"
import type { Result } from "./Result.ts"

/**
 * Why a flag has its value for a caller.
 *
 * @since 0.1.0
 * @category models
 */
export interface Explanation {
  readonly key: string
  /** Exactly what `evaluateFlag` answers. */
  readonly result: Result
}

/**
 * Explains the evaluation of one flag. Its `result` is what `evaluateFlag` answers for the same arguments. Never throws.
 *
 * @since 0.1.0
 * @category getters
 */
export const explain = (
  definitions: CompiledDefinitions,
  key: string,
  context: EvaluationContext,
  now: number
): Explanation => ({ key, result: evaluateFlag(definitions, key, context, now) })

/**
 * Renders an explanation as plain text, several lines without a final newline.
 *
 * @since 0.1.0
 * @category getters
 */
export const renderExplanation = (explanation: Explanation): string => explanation.key
