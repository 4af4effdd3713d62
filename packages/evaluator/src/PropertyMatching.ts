/**
 * Matching of a single property filter.
 *
 * @since 1.0.0
 */
import { compileJudgement } from "./internal/compile/compileFilter.ts"
import { PropertyCauses } from "./internal/compile/propertyCauses.ts"
import { EvaluationState } from "./internal/evaluationState.ts"
import { PropertyValue } from "./internal/propertyValue.ts"
import { findTimeZone } from "./internal/values/timeZone.ts"
import type { RegexEngine } from "./RegexEngine.ts"

/**
 * A filter on one property, as it stands in a definitions document. Without an operator it is `exact`.
 *
 * @since 1.0.0
 * @category models
 */
export interface PropertyFilter {
  readonly key: string
  readonly value?: unknown
  readonly operator?: string | null | undefined
  readonly type?: string | null | undefined
}

/**
 * How to match a property filter.
 *
 * @since 1.0.0
 * @category models
 */
export interface MatchPropertyOptions {
  /** Default 1: boolean-like filter values compare by truthiness. */
  readonly propertyMatchingVersion?: 1 | 2 | undefined
  /** Decides the regular expressions that the built-in engine leaves to the server. Default: none. */
  readonly regexEngine?: RegexEngine | undefined
  /** The time zone of the project; one that the platform does not know counts as absent. Default: none. */
  readonly timeZone?: string | undefined
}

const propertyCauses = new PropertyCauses("property")

/**
 * Matches one property filter against the properties of a person or a group.
 *
 * **When to use**
 *
 * For a filter outside of a flag, such as a survey's. The filter is prepared on every call: compile what is matched often.
 *
 * **Details**
 *
 * Never throws. A filter of another type than `person` and `group` is inconclusive.
 *
 * @param now - epoch milliseconds; only relative dates look at it
 *
 * **Example**
 *
 * ```ts
 * import { matchProperty } from "@effect-posthog/evaluator"
 *
 * const filter = { key: "version", operator: "semver_gte", value: "2.0.0" }
 * assert.strictEqual(matchProperty(filter, { version: "2.1.0" }, 0), true)
 * assert.strictEqual(matchProperty(filter, { version: "2.0.0-beta" }, 0), false)
 * assert.strictEqual(matchProperty(filter, {}, 0), "inconclusive")
 * ```
 *
 * @since 1.0.0
 * @category getters
 */
export const matchProperty = (
  filter: PropertyFilter,
  properties: Readonly<Record<string, unknown>>,
  now: number,
  options?: MatchPropertyOptions
): boolean | "inconclusive" => {
  try {
    const type = filter.type ?? "person"
    const operator = filter.operator ?? "exact"
    if ((type !== "person" && type !== "group") || typeof operator !== "string") return "inconclusive"
    const timeZone = findTimeZone(options?.timeZone)
    const settings = {
      propertyMatchingVersion: options?.propertyMatchingVersion === 2 ? 2 : 1,
      regexEngine: options?.regexEngine,
      timeZone
    } as const
    const property = new PropertyValue(propertyCauses, (state) => state.person(filter.key), timeZone)
    const judgement = compileJudgement(operator, filter.value, property, settings)
    if ("_tag" in judgement) return "inconclusive"
    const verdict = judgement.test(new EvaluationState({ distinctId: "", personProperties: properties }, now))
    return typeof verdict === "boolean" ? verdict : "inconclusive"
  } catch {
    return "inconclusive"
  }
}
