/** @since 1.0.0 */
import type { Inconclusive, RequiresServer } from "../Result.ts"

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
export const inconclusive = (cause: string): Inconclusive => Object.freeze({ _tag: "Inconclusive", cause })

/** @internal */
export const requiresServer = (cause: string): RequiresServer => Object.freeze({ _tag: "RequiresServer", cause })

/**
 * Of two unresolved verdicts, the one that counts: the server outweighs the inconclusive, the earlier the later.
 *
 * @internal
 */
export const stronger = (earlier: Unresolved | undefined, later: Unresolved): Unresolved =>
  earlier === undefined || (earlier._tag === "Inconclusive" && later._tag === "RequiresServer") ? later : earlier
