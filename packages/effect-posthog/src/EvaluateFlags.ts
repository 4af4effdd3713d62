/**
 * The evaluation of all flags for one person.
 *
 * @since 0.1.0
 */
import type { EvaluationContext } from "@effect-posthog/evaluator"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import { Decider } from "./Decider.ts"
import type { DeciderError, DecideResponse } from "./Decision.ts"
import { DedupCache } from "./DedupCache.ts"
import { EventQueue } from "./EventQueue.ts"
import { makeSnapshot } from "./FlagSnapshot.ts"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import { evaluationErrors } from "./internal/evaluation.ts"
import type { Reporter, Subject } from "./internal/evaluation.ts"
import { requestContextRef } from "./internal/requestContextRef.ts"
import type { LocalEvaluation } from "./LocalEvaluation.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"
import * as Metrics from "./PostHogMetrics.ts"
import { RemoteFlagsError } from "./RemoteFlagsError.ts"

/**
 * Whom to evaluate flags for, which ones, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface EvaluationRequest {
  /** Absent or empty: the fiber's `RequestContext`. Neither: an empty snapshot that reports nothing. */
  readonly distinctId?: string | undefined
  /** Decides flags that are rolled out by device. Absent: the fiber's `RequestContext`. */
  readonly deviceId?: string | undefined
  /** Group type to group key, sent as given. */
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  /** What is known about the person, beside what PostHog has stored. */
  readonly personProperties?: Readonly<Record<string, unknown>> | undefined
  /** Group type to what is known about the group. */
  readonly groupProperties?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
  /** Evaluate, ask for and keep these flags alone. `[]`: none, and no request. */
  readonly flagKeys?: ReadonlyArray<string> | undefined
  /** Never ask the server: flags that cannot be decided locally are missing. Default: the configured one. */
  readonly onlyEvaluateLocally?: boolean | undefined
  /** Default: the configured one. */
  readonly disableGeoip?: boolean | undefined
}

const spanOptions = { captureStackTrace: false, attributes: { "feature_flag.provider.name": "PostHog" } } as const

const subjectOf = (request: EvaluationRequest, distinctId: string, deviceId: string | undefined): Subject => ({
  distinctId,
  deviceId,
  groups: request.groups === undefined ? undefined : { ...request.groups },
  disableGeoip: request.disableGeoip
})

const snapshotOf = (
  subject: Subject,
  reporter: Reporter | undefined,
  flagKeys: ReadonlyArray<string> | undefined,
  local: LocalEvaluation | undefined,
  response?: DecideResponse,
  failure?: DeciderError
): FlagSnapshot =>
  makeSnapshot({
    subject,
    reporter,
    requested: flagKeys === undefined ? undefined : new Set(flagKeys),
    local,
    response,
    errors: evaluationErrors(local, response, failure),
    reported: new Set()
  })

const silent = (request: EvaluationRequest): FlagSnapshot =>
  snapshotOf(subjectOf(request, "", undefined), undefined, request.flagKeys, undefined)

// Keys nobody has ever heard of: neither the definitions nor a server that answered in full.
const absentKeys = (
  flagKeys: ReadonlyArray<string> | undefined,
  local: LocalEvaluation,
  response: DecideResponse
): ReadonlyArray<string> => {
  if (flagKeys === undefined || response.quotaLimited === true || response.errorsWhileComputingFlags === true) return []
  return flagKeys.filter((key) => local.records.get(key)?._tag === "Unknown" && !Object.hasOwn(response.flags, key))
}

/**
 * Evaluates all flags for a person, or those of `flagKeys`, and yields them as an immutable snapshot.
 *
 * Flags are decided from the loaded definitions where that is possible. If something is left undecided, the server is
 * asked, in one request; a value decided locally is never overwritten by it.
 *
 * Fails with `RemoteFlagsError` when the server could not be asked; the error carries the snapshot of what resolved
 * locally. Quota limits and flags that the server could not compute do not fail it: they are in `snapshot.errors`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { evaluateFlags, PostHog } from "effect-posthog"
 *
 * const program = Effect.gen(function*() {
 *   const flags = yield* evaluateFlags({ distinctId: "user-17" }).pipe(
 *     Effect.catchTag("RemoteFlagsError", (error) => Effect.succeed(error.snapshot))
 *   )
 *   return (yield* flags.isEnabled("new-checkout")) ? "new" : "old"
 * })
 *
 * assert.strictEqual(await Effect.runPromise(program.pipe(Effect.provide(PostHog.layerDisabled))), "old")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const evaluateFlags = (
  request: EvaluationRequest
): Effect.Effect<FlagSnapshot, RemoteFlagsError, Decider | LocalEvaluator | EventQueue | DedupCache> =>
  Effect.flatMap(
    FiberRef.get(requestContextRef),
    (current) =>
      Effect.contextWithEffect((services: Context.Context<Decider | LocalEvaluator | EventQueue | DedupCache>) => {
        const { flagKeys } = request
        const distinctId = request.distinctId || current.distinctId
        if (distinctId === undefined || distinctId === "") {
          return Effect.as(Effect.logDebug("evaluateFlags: no distinct id, so there are no flags"), silent(request))
        }
        const deviceId = request.deviceId ?? current.deviceId
        const subject = subjectOf(request, distinctId, deviceId)
        const reporter = { dedup: Context.get(services, DedupCache), queue: Context.get(services, EventQueue) }
        if (flagKeys !== undefined && flagKeys.length === 0) {
          return Effect.succeed(snapshotOf(subject, reporter, flagKeys, undefined))
        }

        const { groupProperties, groups, personProperties } = request
        const context: EvaluationContext = { distinctId, deviceId, groups, personProperties, groupProperties }
        const evaluator = Context.get(services, LocalEvaluator)
        const decider = Context.get(services, Decider)
        const local = evaluator.evaluate(context, flagKeys)
        if (!local.needsRemote || request.onlyEvaluateLocally === true || !decider.enabled) {
          Metrics.evaluationsLocal.unsafeUpdate(1, [])
          return Effect.succeed(snapshotOf(subject, reporter, flagKeys, local))
        }

        return decider.decide({ ...context, flagKeys, disableGeoip: request.disableGeoip }).pipe(
          Metric.trackDuration(Metrics.remoteEvaluationDuration),
          Effect.matchEffect({
            onFailure: (failure) => {
              Metrics.evaluationsFailed.unsafeUpdate(1, [])
              const snapshot = snapshotOf(subject, reporter, flagKeys, local, undefined, failure)
              const { cause, reason, status } = failure
              return Effect.fail(new RemoteFlagsError({ reason, status, cause, snapshot }))
            },
            onSuccess: (response) => {
              Metrics.evaluationsRemote.unsafeUpdate(1, [])
              const absent = absentKeys(flagKeys, local, response)
              const snapshot = snapshotOf(subject, reporter, flagKeys, local, response)
              const warned = Effect.as(warn(response), snapshot)
              return absent.length === 0 ? warned : Effect.zipRight(evaluator.noteAbsent(absent), warned)
            }
          }),
          Effect.withSpan("PostHog.evaluateFlags", spanOptions)
        )
      })
  )

const warn = (response: DecideResponse): Effect.Effect<void> => {
  if (response.quotaLimited === true) {
    return Effect.logWarning("PostHog did not evaluate flags: the project is over its quota for feature flags")
  }
  return response.errorsWhileComputingFlags === true
    ? Effect.logWarning("PostHog could not compute every flag")
    : Effect.void
}
