import type { FlagMetadata, Resolved } from "@effect-posthog/evaluator"
import type { DecideResponse, RemoteFlag } from "../Decision.ts"
import type { LocalEvaluation } from "../LocalEvaluation.ts"

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

/** @internal */
export const evaluatedLocally = "Evaluated locally"

/** @internal */
export const localValue = (local: LocalEvaluation | undefined, key: string): boolean | string | undefined => {
  const result = local?.records.get(key)
  return result !== undefined && result._tag === "Resolved" ? result.value : undefined
}

/** @internal */
export const remoteFlag = (response: DecideResponse | undefined, key: string): RemoteFlag | undefined =>
  response !== undefined && Object.hasOwn(response.flags, key) ? response.flags[key] : undefined

/** @internal */
export const remoteValue = (flag: RemoteFlag): boolean | string | undefined => {
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

/** @internal */
export const localPayload = (local: LocalEvaluation | undefined, key: string): unknown => {
  const result = local?.records.get(key)
  return result !== undefined && result._tag === "Resolved" ? result.payload : undefined
}

/** @internal */
export const remotePayload = (flag: RemoteFlag): unknown =>
  flag.failed === true ? undefined : decodePayload(flag.payload)

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

/** @internal */
export const localRecord = (local: LocalEvaluation | undefined, key: string): FlagRecord | undefined => {
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

/** @internal */
export const remoteRecord = (response: DecideResponse | undefined, key: string): FlagRecord | undefined => {
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
