/**
 * Questions to the server that decides flags, and its answers.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type { RemoteFailure } from "./RemoteFailure.ts"
import { describeRemoteFailure } from "./RemoteFailure.ts"

/**
 * The server could not be asked. `cause` never holds the request.
 *
 * @since 0.1.0
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
 * @since 0.1.0
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
 * @since 0.1.0
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
 * @since 0.1.0
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
