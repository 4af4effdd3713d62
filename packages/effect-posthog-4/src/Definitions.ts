// Generated from packages/effect-posthog/src/Definitions.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Flag definitions: what a source answers, why it may fail, what `LocalEvaluator.status` reports.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/**
 * Why definitions could not be loaded.
 *
 * - `Unauthorized` (401), `Forbidden` (403), `RateLimited` (429): the loaded ones are kept, the next load is backed off
 * - `QuotaLimited` (402): the loaded ones are dropped
 * - `ApiError` (any other status), `Timeout`, `ConnectionError`, `InvalidDocument`, `TooLarge`, `UnknownError`: the
 *   loaded ones are kept
 *
 * @since 3.0.0
 * @category models
 */
export type DefinitionsErrorReason =
  | "Unauthorized"
  | "Forbidden"
  | "RateLimited"
  | "QuotaLimited"
  | "ApiError"
  | "Timeout"
  | "ConnectionError"
  | "InvalidDocument"
  | "TooLarge"
  | "UnknownError"

/**
 * Definitions could not be loaded. It never holds the request, because the URL contains a token.
 *
 * @since 3.0.0
 * @category errors
 */
export class DefinitionsError extends Data.TaggedError("DefinitionsError")<{
  readonly reason: DefinitionsErrorReason
  /** The HTTP status, where there was one. */
  readonly httpStatus?: number | undefined
  /** What is wrong, in words. */
  readonly problem?: string | undefined
  readonly cause?: unknown
}> {
  override get message(): string {
    const status = this.httpStatus === undefined ? "" : ` (status ${this.httpStatus})`
    const problem = this.problem === undefined ? "" : `: ${this.problem}`
    return `Flag definitions could not be loaded: ${this.reason}${status}${problem}`
  }
}

/**
 * A definitions document. It replaces the installed one, unless it is not a definitions document.
 *
 * @since 3.0.0
 * @category models
 */
export interface Loaded {
  readonly _tag: "Loaded"
  readonly document: unknown
  /** Validates this document; given to the next load. */
  readonly etag?: string | undefined
  /**
   * Epoch milliseconds at which the document is known to have been current, when that is not now: a copy that another
   * instance loaded, or an answer that an HTTP cache kept.
   */
  readonly asOf?: number | undefined
  /** Epoch milliseconds at which the document was current, when that is not now: an old copy from a disk. */
  readonly staleSince?: number | undefined
  /** Why the document is an old copy. The load counts as failed with it, though the document is installed. */
  readonly failure?: DefinitionsError | undefined
  /** Run once after the document was installed; not when it was refused. Not interrupted: it must bound itself. */
  readonly onInstalled?: Effect.Effect<void> | undefined
}

/**
 * The installed definitions, which the caller's ETag names, are still current.
 *
 * @since 3.0.0
 * @category models
 */
export interface NotModified {
  readonly _tag: "NotModified"
  /** Epoch milliseconds at which the definitions are known to have been current, when that is not now. */
  readonly asOf?: number | undefined
  readonly etag?: string | undefined
}

/**
 * Nothing new is known: the installed definitions stay as they are, and their age keeps growing.
 *
 * **Details**
 *
 * `failure` is shown in `DefinitionsStatus.lastFailure`; the load does not fail with it.
 *
 * @since 3.0.0
 * @category models
 */
export interface Kept {
  readonly _tag: "Kept"
  readonly failure?: DefinitionsError | undefined
}

/**
 * The answer of a source.
 *
 * @since 3.0.0
 * @category models
 */
export type DefinitionsLoad = Loaded | NotModified | Kept

/**
 * The last load that failed.
 *
 * @since 3.0.0
 * @category models
 */
export interface DefinitionsFailure {
  readonly reason: DefinitionsErrorReason
  readonly httpStatus?: number | undefined
  readonly message: string
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * The state of the definitions, for health endpoints and the engineer on call. Times are epoch milliseconds.
 *
 * @since 3.0.0
 * @category models
 */
export interface DefinitionsStatus {
  /** Where definitions come from, like `"http"`; `"none"` when local evaluation is off. */
  readonly source: string
  /**
   * When PostHog last confirmed the loaded definitions, to this instance or to another one that shares them. Absent: none
   * are loaded.
   */
  readonly loadedAt?: number | undefined
  /** Milliseconds since `loadedAt`. */
  readonly age?: number | undefined
  readonly etag?: string | undefined
  readonly flags: number
  /** Flags that are left to the server for some or all callers. */
  readonly neverLocal: number
  /**
   * The definitions are an old copy: the source has not answered since the start. Definitions that instances share are
   * also stale when PostHog has not confirmed them to any instance for ten poll intervals.
   */
  readonly stale: boolean
  /** Keys that the server is known not to have, remembered until the next successful refresh. */
  readonly absentKeys: number
  /** Kept after a later success, so that a short outage can still be seen. */
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
 * @since 3.0.0
 * @category models
 */
export interface DefinitionsChange {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
}

/**
 * What a source is called in statuses and metrics.
 *
 * @internal
 */
export const sourceName = ({ name = "custom" }: { readonly name?: string | undefined }): string => name
