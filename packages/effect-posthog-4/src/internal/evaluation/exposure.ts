// Generated from packages/effect-posthog/src/internal/evaluation/exposure.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { ExposureKey } from "../../DedupCache.ts"
import type { OfferResult } from "../../Delivery.ts"
import type { EventDraft } from "../../EventDraft.ts"
import * as Metrics from "../../PostHogMetrics.ts"
import { isAnswered, offerNow } from "../queue/immediateOffer.ts"
import { contextProperties, requestContextRef } from "../requestContext.ts"
import type { RequestContext } from "../requestContext.ts"
import { errorOf, recordOf } from "./evaluation.ts"
import type { Evaluation, FlagRecord, Reporter } from "./evaluation.ts"

const isNotEmpty = (record: Readonly<Record<string, unknown>>): boolean => {
  for (const _ in record) return true
  return false
}

const propertiesOf = (evaluation: Evaluation, key: string, record: FlagRecord | undefined): Record<string, unknown> => {
  const { local, response, subject } = evaluation
  const value = record?.value ?? null
  const isLocal = record?.source === "local"
  const properties: Record<string, unknown> = {
    $feature_flag: key,
    $feature_flag_response: value,
    locally_evaluated: isLocal || record?.source === "override"
  }
  if (record !== undefined) {
    if (record.id !== undefined) properties["$feature_flag_id"] = record.id
    if (record.version !== undefined) properties["$feature_flag_version"] = record.version
    if (record.reason !== undefined) properties["$feature_flag_reason"] = record.reason
    if (record.hasExperiment !== undefined) properties["$feature_flag_has_experiment"] = record.hasExperiment
    if (record.payload !== undefined) properties["$feature_flag_payload"] = record.payload
  }
  if (isLocal) {
    if (local?.loadedAt !== undefined) properties["$feature_flag_definitions_loaded_at"] = local.loadedAt
  } else if (record?.source !== "override" && response?.evaluatedAt !== undefined) {
    properties["$feature_flag_evaluated_at"] = response.evaluatedAt
  }
  if (response?.requestId !== undefined) properties["$feature_flag_request_id"] = response.requestId
  if (subject.deviceId !== undefined && subject.deviceId !== "") properties["$device_id"] = subject.deviceId
  if (evaluation.errors.length > 0 || value === null) {
    const error = errorOf(evaluation, key, record)
    if (error !== "") properties["$feature_flag_error"] = error
  }
  // Last, because its name differs from flag to flag: what comes before is of one shape for many.
  properties[`$feature/${key}`] = value
  return properties
}

const draftOf = (
  evaluation: Evaluation,
  key: string,
  record: FlagRecord | undefined,
  context: RequestContext
): EventDraft => ({
  event: "$feature_flag_called",
  distinctId: evaluation.subject.distinctId,
  properties: propertiesOf(evaluation, key, record),
  contextProperties: contextProperties(context),
  groups: evaluation.subject.groups !== undefined && isNotEmpty(evaluation.subject.groups)
    ? evaluation.subject.groups
    : undefined,
  disableGeoip: evaluation.subject.disableGeoip,
  minimal: record !== undefined && record.minimalGate && record.hasExperiment === false
})

/** One read of one flag. */
interface Reading {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly evaluation: Evaluation
  readonly reporter: Reporter
  readonly key: string
  readonly record: FlagRecord | undefined
  readonly exposure: ExposureKey
}

const tagsOf = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.context

const accept = (reading: Reading): void => {
  Metrics.exposuresSent.updateUnsafe(1, tagsOf(reading.fiber))
  reading.evaluation.reported.add(reading.key)
}

const takeBack = ({ exposure, fiber, reporter }: Reading): Effect.Effect<void> => {
  Metrics.exposuresRejected.updateUnsafe(1, tagsOf(fiber))
  return reporter.dedup.release(exposure)
}

const offer = <A>(reading: Reading, result: A): Effect.Effect<A> => {
  const { evaluation, fiber, key, record, reporter } = reading
  const draft = draftOf(evaluation, key, record, fiber.getRef(requestContextRef))
  const settle = ({ _tag }: OfferResult): Effect.Effect<A> => {
    if (_tag === "Rejected") return Effect.as(takeBack(reading), result)
    accept(reading)
    return Effect.succeed(result)
  }
  const offered = offerNow(fiber, reporter.queue.tryOffer, draft)
  if (isAnswered(offered)) return settle(offered.value)
  return Effect.matchCauseEffect(offered, {
    onFailure: (cause) => Effect.andThen(takeBack(reading), Effect.failCause(cause)),
    onSuccess: settle
  })
}

/**
 * Counts a read that calls for no report any more.
 *
 * @internal
 */
export const countRepeated = (fiber: Fiber.Fiber<unknown, unknown>): void =>
  Metrics.exposuresDeduplicated.updateUnsafe(1, tagsOf(fiber))

/**
 * Reports that the fiber reads a flag, unless that was reported before, and gives `result`. Never waits for the queue. A
 * claim whose event the queue did not take is given back; in between nothing can interrupt.
 *
 * @internal
 */
export const reportExposure = <A>(
  fiber: Fiber.Fiber<unknown, unknown>,
  evaluation: Evaluation,
  reporter: Reporter,
  key: string,
  result: A
): Effect.Effect<A> => {
  const { deviceId, deviceProperty, distinctId, groups } = evaluation.subject
  const record = recordOf(evaluation, key)
  const exposure: ExposureKey = { distinctId, key, value: record?.value, deviceId: deviceId ?? deviceProperty, groups }
  return Effect.uninterruptible(
    Effect.flatMap(reporter.dedup.claim(exposure), (claimed) => {
      if (claimed) return offer({ fiber, evaluation, reporter, key, record, exposure }, result)
      countRepeated(fiber)
      return Effect.succeed(result)
    })
  )
}
