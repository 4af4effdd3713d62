// Generated from packages/testkit/src/internal/project/decidedFlag.ts by packages/tools/editions.mjs: change that file, not this one.
import type { RemoteAnswer } from "../../RemoteFlag.ts"
import type { DefinedFlag } from "./definitions.ts"

/**
 * A flag as the current answer shape has it.
 *
 * @internal
 */
export interface DecidedFlag {
  readonly key: string
  readonly enabled: boolean
  readonly variant: string | null
  readonly reason: { readonly code: string; readonly description: string; readonly condition_index: number | null }
  readonly metadata: {
    readonly id: number
    readonly version: number
    readonly payload: string | null
    readonly has_experiment?: boolean
  }
  readonly failed?: true
}

const describe = (code: string, conditionIndex: number | undefined): string => {
  switch (code) {
    case "condition_match":
      return conditionIndex === undefined ? "Matched condition set" : `Matched condition set ${conditionIndex + 1}`
    case "super_condition_value":
      return "Super condition value"
    case "holdout_condition_value":
      return "Holdout condition value"
    case "out_of_rollout_bound":
      return "Out of rollout bound"
    case "no_condition_match":
      return "No matching condition set"
    case "no_group_type":
      return "No group type"
    case "missing_dependency":
      return "Missing dependency"
    case "flag_disabled":
      return "Feature flag is disabled"
    default:
      return code
  }
}

const payloadText = (payload: unknown): string | null => {
  if (payload === undefined || payload === null) return null
  return typeof payload === "string" ? payload : JSON.stringify(payload)
}

const storedPayload = (flag: DefinedFlag | undefined, value: boolean | string): unknown => {
  const key = value === true ? "true" : value
  return flag !== undefined && typeof key === "string" && Object.hasOwn(flag.payloads, key)
    ? flag.payloads[key]
    : undefined
}

const metadata = (
  flag: DefinedFlag | undefined,
  payload: string | null,
  answer?: RemoteAnswer
): DecidedFlag["metadata"] => {
  const hasExperiment = answer?.hasExperiment ?? flag?.hasExperiment
  return {
    id: answer?.id ?? flag?.id ?? 0,
    version: answer?.version ?? flag?.version ?? 1,
    payload,
    ...(hasExperiment === undefined ? {} : { has_experiment: hasExperiment })
  }
}

const variantOf = (value: boolean | string): string | null => (typeof value === "string" ? value : null)

/** @internal */
export const evaluated = (
  flag: DefinedFlag,
  value: boolean | string,
  code: string,
  conditionIndex: number | undefined
): DecidedFlag => ({
  key: flag.key,
  enabled: value !== false,
  variant: variantOf(value),
  reason: { code, description: describe(code, conditionIndex), condition_index: conditionIndex ?? null },
  metadata: metadata(flag, payloadText(storedPayload(flag, value)))
})

/** @internal */
export const failed = (key: string, flag: DefinedFlag | undefined): DecidedFlag => ({
  key,
  enabled: false,
  variant: null,
  reason: { code: "evaluation_error", description: "Could not evaluate", condition_index: null },
  metadata: metadata(flag, null),
  failed: true
})

/** @internal */
export const fromRemote = (key: string, answer: RemoteAnswer, flag: DefinedFlag | undefined): DecidedFlag => {
  if (answer.failed === true) return failed(key, flag)
  const enabled = answer.value !== false
  const code = answer.reason?.code ?? (enabled ? "condition_match" : "no_condition_match")
  const conditionIndex = answer.reason === undefined ? (enabled ? 0 : undefined) : answer.reason.conditionIndex
  // A payload given by hand is a JSON value, so text is quoted; a stored one is JSON text already.
  const payload = answer.payload === undefined
    ? payloadText(storedPayload(flag, answer.value))
    : JSON.stringify(answer.payload)
  return {
    key,
    enabled,
    variant: variantOf(answer.value),
    reason: {
      code,
      description: answer.reason?.description ?? describe(code, conditionIndex),
      condition_index: conditionIndex ?? null
    },
    metadata: metadata(flag, payload, answer)
  }
}
