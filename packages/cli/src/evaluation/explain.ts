import type { CompiledDefinitions, EvaluationContext, Explanation } from "@effect-posthog/evaluator"
import { explain, renderExplanation } from "@effect-posthog/evaluator"
import { printable } from "../terminal/printable.ts"

/** Explains flags, by key. */
export const explainFlags = (
  definitions: CompiledDefinitions,
  person: EvaluationContext,
  now: number,
  keys: ReadonlyArray<string>
): ReadonlyMap<string, Explanation> => new Map(keys.map((key) => [key, explain(definitions, key, person, now)]))

/** The explanations as JSON would hold them. */
export const explanationsJson = (explanations: ReadonlyMap<string, Explanation>) => ({
  flags: Object.fromEntries(explanations)
})

/** The explanations as trees of text, without what a terminal would obey. */
export const renderExplanations = (explanations: ReadonlyMap<string, Explanation>): string =>
  [...explanations.values()]
    .map((explanation) => renderExplanation(explanation).split("\n").map((line) => `${printable(line)}\n`).join(""))
    .join("\n")
