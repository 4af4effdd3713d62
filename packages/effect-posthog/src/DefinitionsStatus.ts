/**
 * The state of the flag definitions, and how it changes.
 *
 * @since 0.1.0
 */
import type { DefinitionsErrorReason } from "./DefinitionsError.ts"

/**
 * The last load that failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface DefinitionsFailure {
  readonly reason: DefinitionsErrorReason
  readonly status?: number | undefined
  readonly message: string
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * The state of the definitions, for health endpoints and the engineer on call. Times are epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface DefinitionsStatus {
  /** Where definitions come from, like `"http"`; `"none"` when local evaluation is off. */
  readonly source: string
  /** When the loaded definitions were last known to be current: fetched, or confirmed. Absent: none are loaded. */
  readonly loadedAt?: number | undefined
  /** Milliseconds since `loadedAt`. */
  readonly age?: number | undefined
  readonly etag?: string | undefined
  readonly flags: number
  /** Flags that are, for some or for all callers, left to the server. */
  readonly neverLocal: number
  /** The definitions are an old copy: the source has not answered since the start. */
  readonly stale: boolean
  /** Keys that the server is known not to have, remembered until the next successful refresh. */
  readonly absentKeys: number
  /** Kept after a later success, so that a short trouble can still be seen. */
  readonly lastFailure?: DefinitionsFailure | undefined
  /** Loads that failed since the last success. */
  readonly failures: number
  /** When the next load is due. Absent: one is under way, or none will be. */
  readonly nextAttemptAt?: number | undefined
}

/**
 * The flag keys that differ between two sets of definitions, sorted by code unit. A flag has changed when its definition
 * has, or that of a cohort it refers to.
 *
 * @since 0.1.0
 * @category models
 */
export interface DefinitionsChange {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
}
