// Generated from packages/effect-posthog/src/Decision.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The question to the server that decides flags, its answer, and the ways in which it fails.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"

/**
 * Why the server gave no usable answer.
 *
 * - `Timeout`: no complete answer in time
 * - `ConnectionError`: any other failure of the transport
 * - `ApiError`: an answer with another status than 2xx
 * - `InvalidResponse`: a body that is not what PostHog sends
 * - `TooLarge`: a body larger than `flags.maxResponseBytes`, or with more than 20,000 flags
 * - `UnknownError`: everything else, such as a request that is too large, or a defect of the HTTP client
 *
 * @since 3.0.0
 * @category models
 */
export type RemoteFailureReason =
  | "Timeout"
  | "ConnectionError"
  | "ApiError"
  | "InvalidResponse"
  | "TooLarge"
  | "UnknownError"

/**
 * A failure of remote evaluation, whichever error carries it.
 *
 * @since 3.0.0
 * @category models
 */
export interface RemoteFailure {
  readonly reason: RemoteFailureReason
  /** The status of the HTTP answer, with `ApiError`. Not `status`, which web frameworks take for the status of their own response. */
  readonly httpStatus?: number | undefined
  /** Scrubbed: it holds neither the request nor its body, and no key. `code` is that of the platform, if it has one. */
  readonly cause?: unknown
}

/**
 * The class of a failure as it stands in `$feature_flag_error` and `FlagSnapshot.errors`.
 *
 * @since 3.0.0
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
 * @since 3.0.0
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
 * @since 3.0.0
 * @category getters
 */
export const remoteFailureCode = (failure: RemoteFailure): RemoteFailureCode => {
  switch (failure.reason) {
    case "ApiError":
      return failure.httpStatus === undefined ? "unknown_error" : `api_error_${failure.httpStatus}`
    case "Timeout":
      return "timeout"
    case "ConnectionError":
      return "connection_error"
    case "InvalidResponse":
    case "TooLarge":
    case "UnknownError":
      return "unknown_error"
  }
}

/**
 * A failure in words, for messages and logs.
 *
 * @since 3.0.0
 * @category getters
 */
export const describeRemoteFailure = (failure: RemoteFailure): string => {
  switch (failure.reason) {
    case "ApiError":
      return `PostHog answered with status ${failure.httpStatus ?? "unknown"}`
    case "Timeout":
      return "no complete answer in time"
    case "ConnectionError":
      return "PostHog could not be reached, or the connection broke"
    case "InvalidResponse":
      return "the answer is not what PostHog sends"
    case "TooLarge":
      return "the answer is too large"
    case "UnknownError":
      return "the request could not be made"
  }
}

/**
 * The server could not be asked. `cause` never holds the request.
 *
 * @since 3.0.0
 * @category errors
 */
export class DeciderError extends Data.TaggedError("DeciderError")<RemoteFailure> {
  override get message(): string {
    return `Remote flag evaluation failed: ${describeRemoteFailure(this)}`
  }
}

/**
 * One evaluation to be done by the server. `flagKeys` are sent in the given order; without them every flag is
 * evaluated.
 *
 * @since 3.0.0
 * @category models
 */
export interface DecideRequest {
  readonly distinctId: string
  readonly deviceId?: string | undefined
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  readonly personProperties?: Readonly<Record<string, unknown>> | undefined
  readonly groupProperties?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  readonly flagKeys?: ReadonlyArray<string> | undefined
  readonly disableGeoip?: boolean | undefined
}

/**
 * One flag as the server decided it. `payload` is as sent: usually JSON text.
 *
 * @since 3.0.0
 * @category models
 */
export interface RemoteFlag {
  readonly enabled: boolean
  readonly variant?: string | undefined
  readonly reason?: {
    readonly code?: string | undefined
    readonly description?: string | undefined
    readonly conditionIndex?: number | undefined
  } | undefined
  readonly id?: number | undefined
  readonly version?: number | undefined
  readonly payload?: unknown
  readonly hasExperiment?: boolean | undefined
  /** The server could not evaluate this flag; it has no value. */
  readonly failed?: boolean | undefined
}

/**
 * The server's answer, with both response shapes brought into one.
 *
 * @since 3.0.0
 * @category models
 */
export interface DecideResponse {
  readonly flags: Readonly<Record<string, RemoteFlag>>
  readonly requestId?: string | undefined
  /** Epoch milliseconds on the server. */
  readonly evaluatedAt?: number | undefined
  readonly errorsWhileComputingFlags?: boolean | undefined
  /** The project is over its quota for flags: `flags` is empty. */
  readonly quotaLimited?: boolean | undefined
  readonly minimalFlagCalledEvents?: boolean | undefined
}
