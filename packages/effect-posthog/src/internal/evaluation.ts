import type { DecideResponse } from "../Decision.ts"
import type { DedupCache } from "../DedupCache.ts"
import type { EventQueue } from "../EventQueue.ts"
import type { LocalEvaluation } from "../LocalEvaluation.ts"
import type { FlagErrorCode, RemoteFailure } from "../RemoteFailure.ts"
import { remoteFailureCode } from "../RemoteFailure.ts"
import type { FlagRecord } from "./flagRecord.ts"
import {
  localPayload,
  localRecord,
  localValue,
  remoteFlag,
  remotePayload,
  remoteRecord,
  remoteValue
} from "./flagRecord.ts"

/**
 * Whom an evaluation was done for, as exposures report it.
 *
 * @internal
 */
export interface Subject {
  readonly distinctId: string
  readonly deviceId: string | undefined
  /** A device that is named as a property of the person alone. */
  readonly deviceProperty?: string | undefined
  readonly groups: Readonly<Record<string, string | number>> | undefined
  readonly disableGeoip: boolean | undefined
}

/**
 * Where exposures go.
 *
 * @internal
 */
export interface Reporter {
  readonly dedup: typeof DedupCache.Service
  readonly queue: typeof EventQueue.Service
}

/**
 * One evaluation: what a snapshot and all its children read from.
 *
 * @internal
 */
export interface Evaluation {
  readonly subject: Subject
  readonly local: LocalEvaluation | undefined
  readonly response: DecideResponse | undefined
  readonly errors: ReadonlyArray<FlagErrorCode>
  /** The requested keys; absent: all. */
  readonly requested: ReadonlySet<string> | undefined
  /** Absent: reading is silent. */
  readonly reporter: Reporter | undefined
  /** Keys whose exposure this evaluation has reported. */
  readonly reported: Set<string>
}

const noErrors: ReadonlyArray<FlagErrorCode> = Object.freeze([])

/** @internal */
export const evaluationErrors = (
  local: LocalEvaluation | undefined,
  response: DecideResponse | undefined,
  failure: RemoteFailure | undefined
): ReadonlyArray<FlagErrorCode> => {
  const errors: Array<FlagErrorCode> = []
  if (failure !== undefined) errors.push(remoteFailureCode(failure))
  if (response?.errorsWhileComputingFlags === true) errors.push("errors_while_computing_flags")
  if (response?.quotaLimited === true) errors.push("quota_limited")
  if (local?.stale === true) errors.push("definitions_stale")
  return errors.length === 0 ? noErrors : Object.freeze(errors)
}

const isRequested = ({ requested }: Evaluation, key: string): boolean => requested === undefined || requested.has(key)

/** @internal */
export const valueOf = (evaluation: Evaluation, key: string): boolean | string | undefined => {
  if (!isRequested(evaluation, key)) return undefined
  const local = localValue(evaluation.local, key)
  if (local !== undefined) return local
  const remote = remoteFlag(evaluation.response, key)
  return remote === undefined ? undefined : remoteValue(remote)
}

/** @internal */
export const payloadOf = (evaluation: Evaluation, key: string): unknown => {
  if (!isRequested(evaluation, key)) return undefined
  if (localValue(evaluation.local, key) !== undefined) return localPayload(evaluation.local, key)
  const remote = remoteFlag(evaluation.response, key)
  return remote === undefined ? undefined : remotePayload(remote)
}

/** @internal */
export const recordOf = (evaluation: Evaluation, key: string): FlagRecord | undefined =>
  isRequested(evaluation, key)
    ? localRecord(evaluation.local, key) ?? remoteRecord(evaluation.response, key)
    : undefined

/**
 * The keys that have a value, sorted by code unit.
 *
 * @internal
 */
export const keysOf = (evaluation: Evaluation): ReadonlyArray<string> => {
  const keys = new Set<string>()
  for (const [key, result] of evaluation.local?.records ?? []) {
    if (result._tag === "Resolved" && isRequested(evaluation, key)) keys.add(key)
  }
  for (const key of Object.keys(evaluation.response?.flags ?? {})) {
    if (valueOf(evaluation, key) !== undefined) keys.add(key)
  }
  return [...keys].sort()
}
