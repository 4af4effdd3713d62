/** @since 1.0.0 */
import type { Inconclusive, ReasonCode, RequiresServer, Resolved, UnresolvedReason } from "../Result.ts"

/** @internal */
export type Unresolved = Inconclusive | RequiresServer

/**
 * What a filter, a cohort or the filters of a condition come to. The unresolved ones are made when definitions are
 * compiled, and become the result of the flag as they are.
 *
 * @internal
 */
export type Verdict = boolean | Unresolved

/** @internal */
export const resolved = (
  value: boolean | string,
  payload: unknown,
  reason: ReasonCode,
  conditionIndex: number | undefined
): Resolved => Object.freeze({ _tag: "Resolved", value, payload, reason, conditionIndex })

/** @internal */
export const inconclusive = (reason: UnresolvedReason, cause: string): Inconclusive =>
  Object.freeze({ _tag: "Inconclusive", reason, cause })

/** @internal */
export const requiresServer = (reason: UnresolvedReason, cause: string): RequiresServer =>
  Object.freeze({ _tag: "RequiresServer", reason, cause })

/**
 * The verdict on whatever comes after an evaluation has done as much work as one may.
 *
 * @internal
 */
export const exhausted: RequiresServer = requiresServer(
  "unsupported_definition",
  "evaluating the flag takes more work than an evaluation may do"
)

/** From the strongest to the weakest, as posthog-node reports them. */
const ranks: Readonly<Record<UnresolvedReason, number>> = {
  experience_continuity: 4,
  unsupported_definition: 3,
  unresolved_dependency: 2,
  value_too_large: 1,
  missing_context: 0
}

const serverRank = 10

const rankOf = ({ _tag, reason }: Unresolved): number => ranks[reason] + (_tag === "RequiresServer" ? serverRank : 0)

/**
 * Of two unresolved verdicts, the one that is reported: what requires the server before what is inconclusive, then the
 * stronger reason, then the earlier verdict.
 *
 * @internal
 */
export const stronger = (earlier: Unresolved | undefined, later: Unresolved): Unresolved =>
  earlier === undefined || rankOf(later) > rankOf(earlier) ? later : earlier
