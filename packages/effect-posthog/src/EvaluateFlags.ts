/**
 * The evaluation of all flags for one person, and its failure.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import type * as MetricLabel from "effect/MetricLabel"
import { Decider } from "./Decider.ts"
import { describeRemoteFailure } from "./Decision.ts"
import type { DeciderError, DecideResponse, RemoteFailure } from "./Decision.ts"
import { DedupCache } from "./DedupCache.ts"
import { EventQueue } from "./EventQueue.ts"
import { makeSnapshot } from "./FlagSnapshot.ts"
import type { FlagSnapshot } from "./FlagSnapshot.ts"
import { TraceDistinctId } from "./FlagTelemetry.ts"
import { evaluationErrors } from "./internal/evaluation/evaluation.ts"
import type { Evaluation, Reporter, Subject } from "./internal/evaluation/evaluation.ts"
import { charge, inTurn } from "./internal/evaluation/evaluationBudget.ts"
import { answerAttributes, failureAttributes, requestAttributes } from "./internal/evaluation/telemetry.ts"
import { annotated } from "./internal/library.ts"
import { devicePropertyOf } from "./internal/properties.ts"
import { requestContextRef } from "./internal/requestContext.ts"
import type { RequestContext } from "./internal/requestContext.ts"
import type { LocalEvaluation } from "./LocalEvaluation.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"
import * as Metrics from "./PostHogMetrics.ts"

/**
 * Some flags needed the server, and it could not be asked. `snapshot` holds what resolved locally: it is safe to use,
 * and exposures read from it report the class of the failure. Quota limits and flags that the server could not compute
 * are no failure: they are in `FlagSnapshot.errors`.
 *
 * @since 3.0.0
 * @category errors
 */
export class RemoteFlagsError extends Data.TaggedError("RemoteFlagsError")<
  RemoteFailure & { readonly snapshot: FlagSnapshot }
> {
  override get message(): string {
    const { length } = this.snapshot.keys
    return `Remote flag evaluation failed: ${describeRemoteFailure(this)}; ${length} flag${
      length === 1 ? "" : "s"
    } resolved locally`
  }
}

/**
 * Whom to evaluate flags for, which ones, and how.
 *
 * @since 3.0.0
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

const subjectOf = (request: EvaluationRequest, distinctId: string, deviceId: string | undefined): Subject => ({
  distinctId,
  deviceId,
  deviceProperty: devicePropertyOf(request.personProperties),
  groups: request.groups === undefined ? undefined : { ...request.groups },
  disableGeoip: request.disableGeoip
})

// A device named by the caller, as the person property too, comes before that of the fiber's context.
const deviceIdOf = (request: EvaluationRequest, current: RequestContext): string | undefined => {
  if (request.deviceId !== undefined && request.deviceId !== "") return request.deviceId
  return devicePropertyOf(request.personProperties) === undefined ? current.deviceId || undefined : undefined
}

// Keys nobody has ever heard of: neither the definitions nor a server that answered in full.
const absentKeys = (
  requested: ReadonlySet<string> | undefined,
  local: LocalEvaluation,
  response: DecideResponse
): ReadonlyArray<string> => {
  if (requested === undefined || response.quotaLimited === true || response.errorsWhileComputingFlags === true) {
    return []
  }
  return [...requested].filter((key) =>
    (local.records.get(key)?._tag ?? "Unknown") === "Unknown" && local.absent?.has(key) !== true &&
    !Object.hasOwn(response.flags, key)
  )
}

const fromHere = annotated("EvaluateFlags")

const withoutId = fromHere(Effect.logDebug("evaluateFlags: no distinct id, so there are no flags"))

const warn = (response: DecideResponse): Effect.Effect<void> => {
  if (response.quotaLimited === true) {
    return fromHere(
      Effect.logWarning("PostHog did not evaluate flags: the project is over its quota for feature flags")
    )
  }
  return response.errorsWhileComputingFlags === true
    ? fromHere(Effect.logWarning("PostHog could not compute every flag"))
    : Effect.void
}

/** One evaluation under way. */
interface Pending {
  readonly request: EvaluationRequest
  readonly subject: Subject
  readonly requested: ReadonlySet<string> | undefined
  readonly reporter: Reporter | undefined
}

const conclude = (
  { reporter, requested, subject }: Pending,
  local: LocalEvaluation | undefined,
  response: DecideResponse | undefined,
  failure: DeciderError | undefined
): Evaluation => ({
  subject,
  reporter,
  requested,
  local,
  response,
  errors: evaluationErrors(local, response, failure),
  reported: new Set()
})

const nothing = (pending: Pending): FlagSnapshot => makeSnapshot(conclude(pending, undefined, undefined, undefined))

const askServer = (
  pending: Pending,
  local: LocalEvaluation,
  decider: typeof Decider.Service,
  evaluator: typeof LocalEvaluator.Service
): Effect.Effect<FlagSnapshot, RemoteFlagsError> => {
  const { request: { flagKeys, groupProperties, groups, personProperties }, subject } = pending
  const { deviceId, disableGeoip, distinctId } = subject
  // As an exit, so that failures count as well: they are the slowest.
  const answer = Effect.flatten(Metric.trackDuration(
    Effect.exit(
      decider.decide({ distinctId, deviceId, groups, personProperties, groupProperties, flagKeys, disableGeoip })
    ),
    Metrics.remoteEvaluationDuration
  ))
  const evaluated = Effect.matchEffect(answer, {
    onFailure: (failure) => {
      const { cause, httpStatus, reason } = failure
      const snapshot = makeSnapshot(conclude(pending, local, undefined, failure))
      return Metric.increment(Metrics.evaluationsFailed).pipe(
        Effect.zipRight(Effect.annotateCurrentSpan(failureAttributes(failure))),
        Effect.zipRight(Effect.fail(new RemoteFlagsError({ reason, httpStatus, cause, snapshot })))
      )
    },
    onSuccess: (response) => {
      const evaluation = conclude(pending, local, response, undefined)
      const absent = absentKeys(pending.requested, local, response)
      return Metric.increment(Metrics.evaluationsRemote).pipe(
        Effect.zipRight(Effect.annotateCurrentSpan(answerAttributes(evaluation))),
        Effect.zipRight(absent.length === 0 ? Effect.void : evaluator.noteAbsent(absent, local)),
        Effect.zipRight(warn(response)),
        Effect.as(makeSnapshot(evaluation))
      )
    }
  })
  return Effect.flatMap(TraceDistinctId, (traced) =>
    Effect.withSpan(evaluated, "PostHog.evaluateFlags", {
      captureStackTrace: false,
      attributes: requestAttributes(traced ? distinctId : undefined, flagKeys)
    }))
}

const evaluate = (
  pending: Pending,
  services: Context.Context<Decider | LocalEvaluator>,
  tags: ReadonlyArray<MetricLabel.MetricLabel>
): Effect.Effect<FlagSnapshot, RemoteFlagsError> => {
  const { request: { flagKeys, groupProperties, groups, onlyEvaluateLocally, personProperties }, subject } = pending
  const { deviceId, distinctId } = subject
  const evaluator = Context.get(services, LocalEvaluator)
  const decider = Context.get(services, Decider)
  const local = evaluator.evaluate({ distinctId, deviceId, groups, personProperties, groupProperties }, flagKeys)
  charge(local.records.size)
  if (local.needsRemote && onlyEvaluateLocally !== true && decider.enabled) {
    return askServer(pending, local, decider, evaluator)
  }
  Metrics.evaluationsLocal.unsafeUpdate(1, tags)
  return Effect.succeed(makeSnapshot(conclude(pending, local, undefined, undefined)))
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
 * @since 3.0.0
 * @category constructors
 */
export const evaluateFlags = (
  request: EvaluationRequest
): Effect.Effect<FlagSnapshot, RemoteFlagsError, Decider | LocalEvaluator | EventQueue | DedupCache> =>
  Effect.contextWithEffect((services: Context.Context<Decider | LocalEvaluator | EventQueue | DedupCache>) =>
    Effect.withFiberRuntime((fiber) => {
      const current = fiber.getFiberRef(requestContextRef)
      const distinctId = request.distinctId || current.distinctId || ""
      const pending: Pending = {
        request,
        subject: subjectOf(request, distinctId, deviceIdOf(request, current)),
        requested: request.flagKeys === undefined ? undefined : new Set(request.flagKeys),
        reporter: distinctId === ""
          ? undefined
          : { dedup: Context.get(services, DedupCache), queue: Context.get(services, EventQueue) }
      }
      if (distinctId === "") {
        return Effect.as(withoutId, nothing(pending))
      }
      if (pending.requested?.size === 0) return Effect.succeed(nothing(pending))
      return inTurn(
        fiber.currentScheduler,
        () => evaluate(pending, services, fiber.getFiberRef(FiberRef.currentMetricLabels))
      )
    })
  )
