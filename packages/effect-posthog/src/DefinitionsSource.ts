/**
 * Where flag definitions come from.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"

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
    return `Flag definitions could not be loaded: ${this.reason}${status}${
      this.problem === undefined ? "" : `: ${this.problem}`
    }`
  }
}

/**
 * The answer of a source: a document, or the news that the one the caller's ETag names is still current.
 *
 * @since 0.1.0
 * @category models
 */
export type DefinitionsLoad =
  | {
    readonly _tag: "Loaded"
    readonly document: unknown
    readonly etag?: string | undefined
    /** Epoch milliseconds at which the document was current, when that is not now: an old copy from a disk. */
    readonly staleSince?: number | undefined
  }
  | { readonly _tag: "NotModified"; readonly etag?: string | undefined }

/**
 * Where flag definitions come from. `load` gets the ETag of the installed definitions, if they have one.
 *
 * @since 0.1.0
 * @category tags
 */
export class DefinitionsSource extends Context.Tag("effect-posthog/DefinitionsSource")<DefinitionsSource, {
  /** What `DefinitionsStatus.source` shows, like `"http"` or `"file"`. */
  readonly name: string
  readonly load: (etag: string | undefined) => Effect.Effect<DefinitionsLoad, DefinitionsError>
}>() {}
