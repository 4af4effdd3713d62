/**
 * Explanations: trees that say why a flag has its value for a caller.
 *
 * Explanations hold property values and identifiers of the caller. Do not log them where those must not go.
 *
 * @since 1.0.0
 */
import type { Result } from "./Result.ts"

/**
 * What a filter, a group of filters or a dependency comes to. `cause` is given for the last two.
 *
 * @since 1.0.0
 * @category models
 */
export interface ExplainedVerdict {
  readonly verdict: "match" | "mismatch" | "inconclusive" | "requiresServer"
  readonly cause: string | undefined
}

/**
 * An input that the caller did not supply.
 *
 * @since 1.0.0
 * @category models
 */
export type MissingInput =
  | { readonly _tag: "PersonProperty"; readonly name: string }
  | { readonly _tag: "GroupProperty"; readonly groupType: string; readonly name: string }
  | { readonly _tag: "DeviceId" }

/**
 * A filter on a property.
 *
 * @since 1.0.0
 * @category models
 */
export interface PropertyExplanation extends ExplainedVerdict {
  readonly _tag: "Property"
  readonly name: string
  /** `undefined` for a property of a person. */
  readonly groupType: string | undefined
  readonly operator: string
  readonly wanted: unknown
  /** Whether the caller supplied the property. */
  readonly supplied: boolean
  readonly seen: unknown
  /** Whether the verdict was turned around, as members of cohorts can ask for. */
  readonly negated: boolean
}

/**
 * A filter on membership of a cohort.
 *
 * @since 1.0.0
 * @category models
 */
export interface CohortExplanation extends ExplainedVerdict {
  readonly _tag: "Cohort"
  readonly id: string
  readonly operator: string
  readonly negated: boolean
  /** The definition of the cohort. Absent for one that is not known, is explained elsewhere in the tree, or lies too deep. */
  readonly members: GroupExplanation | undefined
}

/**
 * A group of filters within a cohort.
 *
 * @since 1.0.0
 * @category models
 */
export interface GroupExplanation extends ExplainedVerdict {
  readonly _tag: "Group"
  readonly combine: "AND" | "OR"
  readonly children: ReadonlyArray<FilterExplanation>
}

/**
 * A filter on the value of another flag.
 *
 * @since 1.0.0
 * @category models
 */
export interface DependencyExplanation extends ExplainedVerdict {
  readonly _tag: "Flag"
  readonly key: string
  readonly wanted: unknown
  readonly negated: boolean
  /** The flags evaluated for it, in order. One that is explained elsewhere in the tree, or lies too deep, has its result only. */
  readonly chain: ReadonlyArray<{
    readonly key: string
    readonly result: Result
    readonly explanation: Explanation | undefined
  }>
}

/**
 * A filter of a type that only the server knows.
 *
 * @since 1.0.0
 * @category models
 */
export interface UnsupportedExplanation extends ExplainedVerdict {
  readonly _tag: "Unsupported"
  readonly type: string
  readonly key: string
  readonly negated: boolean
}

/**
 * Any filter, or a group of them.
 *
 * @since 1.0.0
 * @category models
 */
export type FilterExplanation =
  | PropertyExplanation
  | CohortExplanation
  | GroupExplanation
  | DependencyExplanation
  | UnsupportedExplanation

/**
 * Where the caller falls in a rollout or a holdout.
 *
 * @since 1.0.0
 * @category models
 */
export interface RolloutExplanation {
  readonly percentage: number
  /** What is hashed: "distinct id", "device id", or the key of a group. */
  readonly bucketedBy: string
  /** `undefined` when the percentage needs no hash, or the identifier is not known. */
  readonly hash: number | undefined
  /** `undefined` when the identifier is not known. */
  readonly included: boolean | undefined
}

/**
 * How a variant was chosen.
 *
 * @since 1.0.0
 * @category models
 */
export interface VariantExplanation {
  /** The variant, `true` when the hash falls in none, `undefined` when the identifier is not known. */
  readonly chosen: string | true | undefined
  /** Whether the condition pins it. */
  readonly pinned: boolean
  readonly hash: number | undefined
  /** Each variant has the hashes from `from` up to, but not including, `to`. */
  readonly ranges: ReadonlyArray<{ readonly key: string; readonly from: number; readonly to: number }>
}

/**
 * One condition of a flag.
 *
 * @since 1.0.0
 * @category models
 */
export interface ConditionExplanation {
  readonly index: number
  /** `skipped`: its group was not passed. `notReached`: an earlier condition had decided. */
  readonly verdict: "match" | "outOfRollout" | "mismatch" | "skipped" | "inconclusive" | "requiresServer" | "notReached"
  readonly cause: string | undefined
  readonly filters: ReadonlyArray<FilterExplanation>
  /** Where the caller falls, whether or not the filters match. `undefined` for conditions not reached or skipped. */
  readonly rollout: RolloutExplanation | undefined
  /** `undefined` for flags without variants, and for conditions that do not or cannot match. */
  readonly variant: VariantExplanation | undefined
}

/**
 * Why a flag has its value for a caller.
 *
 * @since 1.0.0
 * @category models
 */
export interface Explanation {
  readonly key: string
  /** Exactly what `evaluateFlag` answers. */
  readonly result: Result
  /** The property that tells whether the person is enrolled in early access, for flags with enrolment. */
  readonly enrolment: PropertyExplanation | undefined
  /** Whether the caller is held out of the experiment, for flags with a holdout. */
  readonly holdout: RolloutExplanation | undefined
  /** Empty when the flag was decided before its conditions. */
  readonly conditions: ReadonlyArray<ConditionExplanation>
  /** For an inconclusive result, the inputs that it waits for; what else stands in the way is in the causes. */
  readonly missing: ReadonlyArray<MissingInput>
}
