/**
 * Why remote flag evaluation failed.
 *
 * @since 0.1.0
 */

/**
 * Why the server's answer could not be had.
 *
 * - `Timeout`: no complete answer in time
 * - `ConnectionError`: any other failure of the transport
 * - `ApiError`: an answer with another status than 2xx
 * - `InvalidResponse`: a body that is not what PostHog sends
 * - `UnknownError`: everything else, like a request that cannot be written as JSON
 *
 * @since 0.1.0
 * @category models
 */
export type RemoteFailureReason = "Timeout" | "ConnectionError" | "ApiError" | "InvalidResponse" | "UnknownError"

/**
 * A failure of remote evaluation, whichever error carries it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RemoteFailure {
  readonly reason: RemoteFailureReason
  /** The HTTP status, with `ApiError`. */
  readonly status?: number | undefined
  /** Scrubbed: never the request, its URL or its body, which hold the project key. */
  readonly cause?: unknown
}

/**
 * The class of a failure as it stands in `$feature_flag_error` and `FlagSnapshot.errors`.
 *
 * @since 0.1.0
 * @category models
 */
export type RemoteFailureCode = `api_error_${number}` | "timeout" | "connection_error" | "unknown_error"

/**
 * What was wrong with an evaluation as a whole, in the words of `$feature_flag_error`.
 *
 * - the class of the failure of the remote request, when it failed
 * - `errors_while_computing_flags`: the server could not compute every flag
 * - `quota_limited`: the project is over its quota for flags; the server decided none
 * - `definitions_stale`: local values come from an old copy of the definitions (not part of `$feature_flag_error`)
 *
 * @since 0.1.0
 * @category models
 */
export type FlagErrorCode =
  | RemoteFailureCode
  | "errors_while_computing_flags"
  | "quota_limited"
  | "definitions_stale"

/**
 * The class of a failure as it stands in `$feature_flag_error`. Dashboards filter on these words.
 *
 * @since 0.1.0
 * @category getters
 */
export const remoteFailureCode = (failure: RemoteFailure): RemoteFailureCode => {
  switch (failure.reason) {
    case "ApiError":
      return failure.status === undefined ? "unknown_error" : `api_error_${failure.status}`
    case "Timeout":
      return "timeout"
    case "ConnectionError":
      return "connection_error"
    case "InvalidResponse":
    case "UnknownError":
      return "unknown_error"
  }
}

/**
 * A failure in words, for messages and logs.
 *
 * @since 0.1.0
 * @category getters
 */
export const describeRemoteFailure = (failure: RemoteFailure): string => {
  switch (failure.reason) {
    case "ApiError":
      return `PostHog answered with status ${failure.status ?? "unknown"}`
    case "Timeout":
      return "no complete answer in time"
    case "ConnectionError":
      return "PostHog could not be reached, or the connection broke"
    case "InvalidResponse":
      return "the answer is not what PostHog sends"
    case "UnknownError":
      return "the request could not be made"
  }
}
