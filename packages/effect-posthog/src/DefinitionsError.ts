/**
 * Why flag definitions could not be loaded.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * Why definitions could not be loaded.
 *
 * - `Unauthorized` (401), `Forbidden` (403), `RateLimited` (429): the loaded ones are kept, the next load is backed off
 * - `QuotaLimited` (402): the loaded ones are dropped
 * - `ApiError` (any other status), `Timeout`, `ConnectionError`, `InvalidDocument`, `TooLarge`, `UnknownError`: the
 *   loaded ones are kept
 *
 * @since 0.1.0
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
 * Definitions could not be loaded. Never holds the request, whose URL has a token in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class DefinitionsError extends Data.TaggedError("DefinitionsError")<{
  readonly reason: DefinitionsErrorReason
  /** The HTTP status, where there was one. */
  readonly status?: number | undefined
  /** What is wrong, in words. */
  readonly problem?: string | undefined
  readonly cause?: unknown
}> {
  override get message(): string {
    const status = this.status === undefined ? "" : ` (status ${this.status})`
    const problem = this.problem === undefined ? "" : `: ${this.problem}`
    return `Flag definitions could not be loaded: ${this.reason}${status}${problem}`
  }
}
