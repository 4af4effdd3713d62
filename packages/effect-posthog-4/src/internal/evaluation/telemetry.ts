// Generated from packages/effect-posthog/src/internal/evaluation/telemetry.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { describeRemoteFailure, remoteFailureCode } from "../../Decision.ts"
import type { RemoteFailure } from "../../Decision.ts"
import { FlagSetId, FlagTelemetry, resultReason, TraceDistinctId } from "../../FlagTelemetry.ts"
import type { EmitFlagRead } from "../../FlagTelemetry.ts"
import type { LocalEvaluation } from "../../LocalEvaluation.ts"
import { clockOf } from "../eventLoop.ts"
import { annotated } from "../library.ts"
import { errorOf, recordOf } from "./evaluation.ts"
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
 * What a read found wrong beside the evaluation: OpenTelemetry's `error.type`.
 *
 * @internal
 */
export type ReadProblem = "type_mismatch" | "parse_error" | undefined

const errorType = (
  evaluation: Evaluation,
  record: FlagRecord | undefined,
  problem: ReadProblem
): string | undefined => {
  if (problem !== undefined) return problem
  if (record?.value !== undefined) return undefined
  if (evaluation.subject.distinctId === "") return "targeting_key_missing"
  if (record !== undefined) return "general"
  const { errors, local, response } = evaluation
  const isLoaded = local !== undefined && (local.loadedAt !== undefined || local.records.size > 0)
  return !isLoaded && response === undefined && errors.length === 0 ? "provider_not_ready" : "flag_not_found"
}

const flagAttributes = (
  evaluation: Evaluation,
  key: string,
  record: FlagRecord | undefined,
  problem: ReadProblem
): Attributes => {
  const type = errorType(evaluation, record, problem)
  const message = errorOf(evaluation, key, record)
  return {
    ...provider,
    "feature_flag.key": key,
    "feature_flag.result.reason": problem === undefined ? reasonOf(record, evaluation.local?.stale === true) : "error",
    ...valueAttribute(record?.value),
    ...versionAttribute(record?.version),
    ...(type === undefined ? {} : { "error.type": type }),
    ...(message === "" ? {} : { "feature_flag.error.message": message })
  }
}

const subjectAttributes = (context: Context.Context<never>, distinctId: string): Attributes => {
  const set = Context.get(context, FlagSetId)
  return {
    ...(distinctId !== "" && Context.get(context, TraceDistinctId) ? { "feature_flag.context.id": distinctId } : {}),
    ...(set === undefined ? {} : { "feature_flag.set.id": set })
  }
}

/**
 * Reports the first read of a flag. Without a replaced {@link FlagTelemetry} and without a sampled span it does nothing.
 * Gives an effect when there is something to say about it in the log.
 *
 * @internal
 */
export const traceRead = (
  fiber: Fiber.Fiber<unknown, unknown>,
  evaluation: Evaluation,
  key: string,
  problem: ReadProblem
): Effect.Effect<void> | undefined => {
  const context = fiber.context
  const span = fiber.cache.span
  const replaced = context.mapUnsafe.get(FlagTelemetry.key) as EmitFlagRead | undefined
  if (replaced === undefined && (span === undefined || span._tag !== "Span" || !span.sampled)) return undefined
  const emit = replaced ?? FlagTelemetry.spanEvent
  try {
    emit({
      name: "feature_flag.evaluation",
      attributes: {
        ...flagAttributes(evaluation, key, recordOf(evaluation, key), problem),
        ...subjectAttributes(context as Context.Context<never>, evaluation.subject.distinctId)
      },
      time: clockOf(fiber).monotonicTimeNanosUnsafe()
    }, span)
    return undefined
  } catch (error) {
    return annotated("FlagTelemetry")(Effect.logError("A function given as FlagTelemetry failed", error))
  }
}

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
      ? flagAttributes(evaluation, only, record, undefined)
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
