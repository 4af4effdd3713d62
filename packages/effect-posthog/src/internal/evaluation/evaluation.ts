import type { FlagMetadata, Resolved } from "@effect-posthog/evaluator"
import { remoteFailureCode } from "../../Decision.ts"
import type { DecideResponse, FlagErrorCode, RemoteFailure, RemoteFlag } from "../../Decision.ts"
import type { DedupCache } from "../../DedupCache.ts"
import type { EventQueue } from "../../EventQueue.ts"
import type { LocalEvaluation } from "../../LocalEvaluation.ts"
import { sortedKeys } from "../flagProperties.ts"

/**
 * All there is to know about one flag of one evaluation.
 *
 * @internal
 */
export interface FlagRecord {
  /** Absent when the server could not evaluate the flag. */
  readonly value: boolean | string | undefined
  readonly source: "local" | "remote" | "override"
  readonly reasonCode: string | undefined
  readonly reason: string | undefined
  readonly conditionIndex: number | undefined
  readonly id: number | undefined
  readonly version: number | undefined
  readonly hasExperiment: boolean | undefined
  /** The gate for minimal exposure events, of the definitions or the response that decided this flag. */
  readonly minimalGate: boolean
  /** Decoded; `undefined` when there is none. */
  readonly payload: unknown
}

const evaluatedLocally = "Evaluated locally"

const localValue = (local: LocalEvaluation | undefined, key: string): boolean | string | undefined => {
  const result = local?.records.get(key)
  return result !== undefined && result._tag === "Resolved" ? result.value : undefined
}

const remoteFlag = (response: DecideResponse | undefined, key: string): RemoteFlag | undefined =>
  response !== undefined && Object.hasOwn(response.flags, key) ? response.flags[key] : undefined

const remoteValue = (flag: RemoteFlag): boolean | string | undefined => {
  if (flag.failed === true) return undefined
  if (!flag.enabled) return false
  return flag.variant === undefined || flag.variant === "" ? true : flag.variant
}

// Every reader gets a value of its own, also when the server sends one in place of its text.
const decodePayload = (payload: unknown): unknown => {
  if (payload === undefined || payload === null || payload === "") return undefined
  try {
    return JSON.parse(typeof payload === "string" ? payload : JSON.stringify(payload))
  } catch {
    return payload
  }
}

const localPayload = (local: LocalEvaluation | undefined, key: string): unknown => {
  const result = local?.records.get(key)
  return result !== undefined && result._tag === "Resolved" ? result.payload : undefined
}

const remotePayload = (flag: RemoteFlag): unknown => flag.failed === true ? undefined : decodePayload(flag.payload)

const overrideRecord = ({ payload, value }: Resolved, metadata: FlagMetadata | undefined): FlagRecord => ({
  value,
  source: "override",
  reasonCode: "override",
  reason: "Overridden",
  conditionIndex: undefined,
  id: metadata?.id,
  version: undefined,
  hasExperiment: metadata?.hasExperiment,
  minimalGate: false,
  payload
})

const localRecord = (local: LocalEvaluation | undefined, key: string): FlagRecord | undefined => {
  const result = local?.records.get(key)
  if (local === undefined || result === undefined || result._tag !== "Resolved") return undefined
  const metadata = local.metadata?.(key)
  if (local.overridden?.has(key) === true) return overrideRecord(result, metadata)
  return {
    value: result.value,
    source: "local",
    reasonCode: result.reason,
    reason: evaluatedLocally,
    conditionIndex: result.conditionIndex,
    id: metadata?.id,
    // The definitions' version is that of the row, not of the flag as evaluated: only the server may claim one.
    version: undefined,
    hasExperiment: metadata?.hasExperiment,
    minimalGate: local.minimalFlagCalledEvents === true,
    payload: result.payload
  }
}

const remoteRecord = (response: DecideResponse | undefined, key: string): FlagRecord | undefined => {
  const flag = remoteFlag(response, key)
  if (flag === undefined) return undefined
  return {
    value: remoteValue(flag),
    source: "remote",
    reasonCode: flag.reason?.code,
    reason: flag.reason?.description || flag.reason?.code || undefined,
    conditionIndex: flag.reason?.conditionIndex,
    id: flag.id,
    version: flag.version,
    hasExperiment: flag.hasExperiment,
    minimalGate: response?.minimalFlagCalledEvents === true,
    payload: remotePayload(flag)
  }
}

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

// Loaded, but neither local evaluation nor the server gave it a value.
const isInconclusive = ({ local }: Evaluation, key: string): boolean => {
  const result = local?.records.get(key)
  return result !== undefined && (result._tag === "Inconclusive" || result._tag === "RequiresServer")
}

/**
 * What was wrong with a flag of an evaluation, as `$feature_flag_error` says it: the evaluation's own errors first. Empty
 * when nothing was.
 *
 * @internal
 */
export const errorOf = (evaluation: Evaluation, key: string, record: FlagRecord | undefined): string => {
  const codes: Array<string> = evaluation.errors.filter((code) => code !== "definitions_stale")
  if (record === undefined) {
    codes.push(isInconclusive(evaluation, key) ? "local_evaluation_inconclusive" : "flag_missing")
  } else if (record.value === undefined) codes.push("evaluation_failed")
  return codes.join(",")
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
  const { local, response } = evaluation
  const keys: Array<string> = []
  local?.records.forEach((result, key) => {
    if (result._tag === "Resolved" && isRequested(evaluation, key)) keys.push(key)
  })
  const remote = Object.keys(response?.flags ?? {}).filter((key) => valueOf(evaluation, key) !== undefined)
  return sortedKeys(remote.length === 0 ? keys : [...new Set([...keys, ...remote])])
}
