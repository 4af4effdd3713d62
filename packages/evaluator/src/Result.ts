/**
 * The results of evaluating flags.
 *
 * @since 1.0.0
 */

/**
 * Why a flag has its value, in the server's own codes.
 *
 * @since 1.0.0
 * @category models
 */
export type ReasonCode =
  | "super_condition_value"
  | "holdout_condition_value"
  | "condition_match"
  | "out_of_rollout_bound"
  | "no_condition_match"
  | "no_group_type"
  | "flag_disabled"

/**
 * A flag with a value that the server could not contradict.
 *
 * @since 1.0.0
 * @category models
 */
export interface Resolved {
  readonly _tag: "Resolved"
  /** `false`, `true`, or the key of a variant. */
  readonly value: boolean | string
  /** Decoded JSON, deeply frozen and shared by all evaluations; `undefined` when the flag has none for this value. */
  readonly payload: unknown
  readonly reason: ReasonCode
  /** The condition that decided, counted from 0; `undefined` when none did. */
  readonly conditionIndex?: number | undefined
}

/**
 * Why a flag is not decided, in the words that posthog-node uses, the strongest first.
 *
 * - `experience_continuity`: the flag keeps the value that a person has seen, which only the server knows.
 * - `unsupported_definition`: the definition has a part that only the server can evaluate.
 * - `unresolved_dependency`: a flag that the flag depends on is not decided.
 * - `value_too_large`: a property is too large to be compared locally.
 * - `missing_context`: something that the caller could supply is missing, or cannot be read.
 *
 * @since 1.0.0
 * @category models
 */
export type UnresolvedReason =
  | "experience_continuity"
  | "unsupported_definition"
  | "unresolved_dependency"
  | "value_too_large"
  | "missing_context"

/**
 * Not decided: something the caller could supply is missing, or a value cannot be compared as the server would.
 *
 * @since 1.0.0
 * @category models
 */
export interface Inconclusive {
  readonly _tag: "Inconclusive"
  readonly reason: UnresolvedReason
  /** One line that names properties, group types and flags, never their values. */
  readonly cause: string
}

/**
 * Not decided, whatever else the caller supplied: the definition leaves it to the server.
 *
 * @since 1.0.0
 * @category models
 */
export interface RequiresServer {
  readonly _tag: "RequiresServer"
  readonly reason: UnresolvedReason
  /** One line that names properties, cohorts and flags, never their values. */
  readonly cause: string
}

/**
 * The definitions have no flag with this key.
 *
 * @since 1.0.0
 * @category models
 */
export interface Unknown {
  readonly _tag: "Unknown"
}

/**
 * What evaluating one flag gives. Frozen, and shared between evaluations.
 *
 * @since 1.0.0
 * @category models
 */
export type Result = Resolved | Inconclusive | RequiresServer | Unknown
