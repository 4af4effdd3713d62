import { describeRemoteFailure, remoteFailureCode } from "../../Decision.ts"
import type { RemoteFailure } from "../../Decision.ts"
import { resultReason } from "../../FlagTelemetry.ts"
import type { LocalEvaluation } from "../../LocalEvaluation.ts"
import { recordOf } from "./evaluation.ts"
import type { Evaluation, FlagRecord } from "./evaluation.ts"

/** Attributes after OpenTelemetry's conventions for feature flags. They never hold a property or a payload. */
type Attributes = Readonly<Record<string, unknown>>

const provider = { "feature_flag.provider.name": "PostHog" }

const reasonOf = (record: FlagRecord | undefined, isStale: boolean): string => {
  if (record?.value === undefined) return "error"
  const { reasonCode, source } = record
  return resultReason({ source: source === "remote" ? "remote" : "local", reasonCode }, { isStale })
}

const valueAttribute = (value: boolean | string | undefined): Attributes => {
  if (value === undefined) return {}
  return typeof value === "string" ? { "feature_flag.result.variant": value } : { "feature_flag.result.value": value }
}

const versionAttribute = (version: number | undefined): Attributes =>
  version === undefined ? {} : { "feature_flag.version": String(version) }

/**
 * How one flag was decided.
 *
 * @internal
 */
export const flagAttributes = (
  key: string,
  record: FlagRecord | undefined,
  error: string,
  stale: boolean
): Attributes => ({
  ...provider,
  "feature_flag.key": key,
  "feature_flag.result.reason": reasonOf(record, stale),
  ...valueAttribute(record?.value),
  ...versionAttribute(record?.version),
  ...(record?.value === undefined ? { "error.type": record === undefined ? "flag_not_found" : "general" } : {}),
  ...(error === "" ? {} : { "feature_flag.error.message": error })
})

/**
 * What is known of an evaluation before it is done.
 *
 * @internal
 */
export const requestAttributes = (
  distinctId: string | undefined,
  flagKeys: ReadonlyArray<string> | undefined
): Attributes => ({
  ...provider,
  ...(distinctId === undefined ? {} : { "feature_flag.context.id": distinctId }),
  ...(flagKeys === undefined ? {} : { "posthog.flags.requested": flagKeys.length })
})

/**
 * What is known of an evaluation that the server answered.
 *
 * @internal
 */
export const answerAttributes = (evaluation: Evaluation): Attributes => {
  const { errors, local, requested, response } = evaluation
  const [only, ...more] = requested ?? []
  const record = only === undefined ? undefined : recordOf(evaluation, only)
  return {
    "posthog.flags.local": countResolved(local),
    "posthog.flags.remote": Object.keys(response?.flags ?? {}).length,
    ...(response?.requestId === undefined ? {} : { "posthog.request_id": response.requestId }),
    ...(only !== undefined && more.length === 0
      ? flagAttributes(only, record, errors.join(","), local?.stale === true)
      : errors.length === 0
      ? {}
      : { "feature_flag.error.message": errors.join(",") })
  }
}

const countResolved = (local: LocalEvaluation | undefined): number => {
  let count = 0
  for (const result of local?.records.values() ?? []) if (result._tag === "Resolved") count += 1
  return count
}

/** @internal */
export const failureAttributes = (failure: RemoteFailure): Attributes => ({
  "error.type": "general",
  "posthog.failure": remoteFailureCode(failure),
  "feature_flag.error.message": describeRemoteFailure(failure)
})
