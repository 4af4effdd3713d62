/**
 * The evaluation of all flags for one person, and its failure.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as Metric from "effect/Metric"
import type * as MetricLabel from "effect/MetricLabel"
import { Decider } from "./Decider.ts"
import { describeRemoteFailure } from "./Decision.ts"
import type { DeciderError, DecideResponse, RemoteFailure } from "./Decision.ts"
import { DedupCache } from "./DedupCache.ts"
import { EventQueue } from "./EventQueue.ts"
import type { FlagKeys, Registry } from "./Flag.ts"
import type { FlagSnapshot, TypedSnapshot } from "./FlagSnapshot.ts"
import { TraceDistinctId } from "./FlagTelemetry.ts"
import { evaluationErrors } from "./internal/evaluation/evaluation.ts"
import type { Evaluation, Reporter, Subject as EvaluatedSubject } from "./internal/evaluation/evaluation.ts"
import { charge, inTurn } from "./internal/evaluation/evaluationBudget.ts"
import { resolveRequest, unreadableRequest } from "./internal/evaluation/request.ts"
import type { ResolvedRequest } from "./internal/evaluation/request.ts"
import { makeSnapshot } from "./internal/evaluation/snapshot.ts"
import { answerAttributes, failureAttributes, requestAttributes } from "./internal/evaluation/telemetry.ts"
import { clockOf } from "./internal/eventLoop.ts"
import { keys as keysOfFlags } from "./internal/flagKeys.ts"
import { annotated, isDebug } from "./internal/library.ts"
import { devicePropertyOf } from "./internal/properties.ts"
import { quote } from "./internal/quote.ts"
import { requestContextRef } from "./internal/requestContext.ts"
import type { Subject } from "./internal/requestContext.ts"
import { isTraced } from "./internal/traced.ts"
import { Warnings } from "./internal/warnings.ts"
import type { LocalEvaluation } from "./LocalEvaluation.ts"
import { LocalEvaluator, refreshOf } from "./LocalEvaluator.ts"
import * as Metrics from "./PostHogMetrics.ts"

export type {
  /**
   * Whom flags are evaluated for.
   *
   * @since 3.0.0
   * @category models
   */
  Subject
}

type Services = Decider | LocalEvaluator | EventQueue | DedupCache

/**
 * Some flags needed the server, and the server did not answer. `snapshot` holds what was decided locally: it is safe to
 * use, and exposures read from it report the class of the failure.
 *
 * **Details**
 *
 * Quota limits and flags that the server could not compute do not fail an evaluation: they are in `FlagSnapshot.errors`.
 * No field is called `status`, which web frameworks would take for the status of their own response.
 *
 * @since 3.0.0
 * @category errors
 */
export class RemoteFlagsError<S extends FlagSnapshot = FlagSnapshot> extends Data.TaggedError("RemoteFlagsError")<
  RemoteFailure & { readonly snapshot: FlagSnapshot }
> {
  /**
   * What was decided locally.
   *
   * @since 3.0.0
   */
  declare readonly snapshot: S

  /**
   * The same failure with another view of the snapshot.
   *
   * @since 3.0.0
   */
  withSnapshot<T extends FlagSnapshot>(snapshot: T): RemoteFlagsError<T> {
    const { cause, httpStatus, reason } = this
    return new RemoteFlagsError<T>({ reason, httpStatus, cause, snapshot })
  }

  override get message(): string {
    const { length } = this.snapshot.keys
    const kept = length === 1 ? "1 flag was" : `${length} flags were`
    return `Remote flag evaluation failed: ${describeRemoteFailure(this)}. ${kept} decided locally.`
  }
}

/**
 * How to evaluate, for whom.
 *
 * @since 3.0.0
 * @category models
 */
export interface EvaluationOptions extends Subject {
  /** Never ask the server: flags that cannot be decided locally are missing. Default: the configured one. */
  readonly onlyEvaluateLocally?: boolean | undefined
  /** Keep PostHog from deriving a location from the address that asks. Default: the configured one. */
  readonly disableGeoip?: boolean | undefined
}

/**
 * Whom to evaluate flags for, which ones, and how.
 *
 * **Details**
 *
 * Fields that are left out come from the fiber's `RequestContext`; properties of the same person and of the same groups
 * are merged, the request's own on top. Without a distinct id the snapshot is empty.
 *
 * @since 3.0.0
 * @category models
 */
export interface EvaluationRequest extends EvaluationOptions {
  /** Evaluate, ask for and keep these flags alone. `[]`: none, and no request. Default: all. */
  readonly flagKeys?: FlagKeys | undefined
}

const subjectOf = (
  { deviceId, disableGeoip, distinctId, groups, personProperties }: ResolvedRequest
): EvaluatedSubject => ({
  distinctId,
  deviceId,
  deviceProperty: devicePropertyOf(personProperties),
  groups,
  disableGeoip
})

// Keys that neither the definitions nor a server that answered in full knows.
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

// One set of warnings for each client: what one project is told does not silence another.
const warningsOf = (() => {
  const byEvaluator = new WeakMap<object, Warnings>()
  return (evaluator: typeof LocalEvaluator.Service): Warnings => {
    const warnings = byEvaluator.get(evaluator) ?? new Warnings("EvaluateFlags")
    byEvaluator.set(evaluator, warnings)
    return warnings
  }
})()

const warnOfAnswer = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  evaluator: typeof LocalEvaluator.Service,
  response: DecideResponse
): Effect.Effect<void> => {
  if (response.quotaLimited !== true && response.errorsWhileComputingFlags !== true) return Effect.void
  const [kind, message] = response.quotaLimited === true
    ? ["quota", "PostHog did not evaluate flags: the project is over its quota for feature flags"] as const
    : ["errors", "PostHog could not compute every flag; the others have their values"] as const
  return warningsOf(evaluator).warn(kind, message, clockOf(fiber).unsafeCurrentTimeMillis())
}

/** One evaluation under way. */
interface Pending {
  readonly request: ResolvedRequest
  readonly subject: EvaluatedSubject
  readonly requested: ReadonlySet<string> | undefined
  readonly reporter: Reporter | undefined
  readonly registry: Registry | undefined
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

const snapshotOf = (pending: Pending, evaluation: Evaluation): FlagSnapshot =>
  makeSnapshot(evaluation, pending.registry)

const nothing = (pending: Pending): FlagSnapshot =>
  snapshotOf(pending, conclude(pending, undefined, undefined, undefined))

const askServer = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  pending: Pending,
  local: LocalEvaluation,
  decider: typeof Decider.Service,
  evaluator: typeof LocalEvaluator.Service,
  tags: ReadonlyArray<MetricLabel.MetricLabel>
): Effect.Effect<FlagSnapshot, RemoteFlagsError> => {
  const { request: { flagKeys, groupProperties, groups, personProperties }, subject } = pending
  const { deviceId, disableGeoip, distinctId } = subject
  const clock = clockOf(fiber)
  const start = clock.unsafeCurrentTimeNanos()
  const traced = isTraced(fiber)
  const annotate = (attributes: () => Readonly<Record<string, unknown>>): Effect.Effect<void> =>
    traced ? Effect.annotateCurrentSpan(attributes()) : Effect.void
  // Failures count as well: they are the slowest.
  const count = (counter: Metric.Metric.Counter<number>): void => {
    Metrics.remoteEvaluationDuration.unsafeUpdate(Duration.nanos(clock.unsafeCurrentTimeNanos() - start), tags)
    counter.unsafeUpdate(1, tags)
  }
  const asked = decider.decide({
    distinctId,
    deviceId,
    groups,
    personProperties,
    groupProperties,
    flagKeys,
    disableGeoip
  })
  const evaluated = Effect.matchEffect(asked, {
    onFailure: (failure) => {
      const { cause, httpStatus, reason } = failure
      count(Metrics.evaluationsFailed)
      const snapshot = snapshotOf(pending, conclude(pending, local, undefined, failure))
      return Effect.zipRight(
        annotate(() => failureAttributes(failure)),
        Effect.fail(new RemoteFlagsError({ reason, httpStatus, cause, snapshot }))
      )
    },
    onSuccess: (response) => {
      count(Metrics.evaluationsRemote)
      const evaluation = conclude(pending, local, response, undefined)
      const snapshot = snapshotOf(pending, evaluation)
      const absent = absentKeys(pending.requested, local, response)
      const warning = warnOfAnswer(fiber, evaluator, response)
      if (!traced && absent.length === 0 && warning === Effect.void) return Effect.succeed(snapshot)
      return annotate(() => answerAttributes(evaluation)).pipe(
        Effect.zipRight(absent.length === 0 ? Effect.void : evaluator.noteAbsent(absent, local)),
        Effect.zipRight(warning),
        Effect.as(snapshot)
      )
    }
  })
  if (!traced) return evaluated
  return Effect.flatMap(TraceDistinctId, (shown) =>
    Effect.withSpan(evaluated, "PostHog.evaluateFlags", {
      captureStackTrace: false,
      attributes: requestAttributes(shown ? distinctId : undefined, flagKeys)
    }))
}

const debugLine = (local: LocalEvaluation, asksServer: boolean): string => {
  let decided = 0
  for (const result of local.records.values()) if (result._tag === "Resolved") decided += 1
  const rest = local.records.size - decided
  const remaining = !local.needsRemote ? "" : asksServer ? "; PostHog is asked for the rest" : "; the rest is left out"
  return `Decided ${decided} flags locally, ${rest} undecided${remaining}`
}

const evaluate = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  pending: Pending,
  services: Context.Context<Decider | LocalEvaluator>,
  tags: ReadonlyArray<MetricLabel.MetricLabel>
): Effect.Effect<FlagSnapshot, RemoteFlagsError> => {
  const { request: { flagKeys, groupProperties, groups, onlyEvaluateLocally, personProperties }, subject } = pending
  const { deviceId, distinctId } = subject
  const evaluator = Context.get(services, LocalEvaluator)
  const decider = Context.get(services, Decider)
  const local = evaluator.evaluate({ distinctId, deviceId, groups, personProperties, groupProperties }, flagKeys)
  charge(local.records.size, local.steps)
  const asksServer = local.needsRemote && !onlyEvaluateLocally && decider.enabled
  const evaluated = asksServer
    ? askServer(fiber, pending, local, decider, evaluator, tags)
    : decidedLocally(pending, local, tags)
  return isDebug(fiber)
    ? Effect.zipRight(fromHere(Effect.logDebug(debugLine(local, asksServer))), evaluated)
    : evaluated
}

const decidedLocally = (
  pending: Pending,
  local: LocalEvaluation,
  tags: ReadonlyArray<MetricLabel.MetricLabel>
): Effect.Effect<FlagSnapshot> => {
  Metrics.evaluationsLocal.unsafeUpdate(1, tags)
  return Effect.succeed(snapshotOf(pending, conclude(pending, local, undefined, undefined)))
}

const withoutId = "evaluateFlags was called without a distinct id and outside a request context that has one, " +
  "so there are no flags"

/** Says once a minute what a call passed that could not be used, and goes on without it. */
const warnOfInput = (
  fiber: Fiber.RuntimeFiber<unknown, unknown>,
  evaluator: typeof LocalEvaluator.Service,
  { distinctId, unusable }: ResolvedRequest
): Effect.Effect<void> | undefined => {
  if (distinctId !== "" && unusable.length === 0) return undefined
  const now = clockOf(fiber).unsafeCurrentTimeMillis()
  const warnings = warningsOf(evaluator)
  if (unusable.length === 0) return warnings.once("no id", withoutId, now)
  const fields = unusable.slice(0, 5).map(quote).join(", ")
  return warnings.warn("input", `evaluateFlags left out what cannot be used: ${fields}`, now)
}

/** @internal */
export const evaluateResolved = (
  request: ResolvedRequest,
  registry: Registry | undefined
): Effect.Effect<FlagSnapshot, RemoteFlagsError, Services> =>
  Effect.contextWithEffect((services: Context.Context<Services>) =>
    Effect.withFiberRuntime((fiber) => {
      const pending: Pending = {
        request,
        subject: subjectOf(request),
        requested: request.flagKeys === undefined ? undefined : new Set(request.flagKeys),
        registry,
        reporter: request.distinctId === ""
          ? undefined
          : { dedup: Context.get(services, DedupCache), queue: Context.get(services, EventQueue) }
      }
      const warning = warnOfInput(fiber, Context.get(services, LocalEvaluator), request)
      const refreshIfDue = refreshOf(Context.get(services, LocalEvaluator))
      const evaluateNow = () => evaluate(fiber, pending, services, fiber.getFiberRef(FiberRef.currentMetricLabels))
      const evaluation = request.distinctId === "" || pending.requested?.size === 0
        ? Effect.succeed(nothing(pending))
        : refreshIfDue === undefined
        ? inTurn(fiber.currentScheduler, evaluateNow)
        // No turn is awaited: it might be that of another request.
        : Effect.flatMap(refreshIfDue, evaluateNow)
      return warning === undefined ? evaluation : Effect.zipRight(warning, evaluation)
    })
  )

/**
 * Evaluates flags for a person and yields them as an immutable snapshot.
 *
 * **When to use**
 *
 * Once per request: branch on the snapshot and attach it to the events of the request.
 *
 * **Details**
 *
 * Flags are decided from the loaded definitions where that is possible. If something is left undecided, the server is
 * asked, in one request; its answer never overwrites a value that was decided locally.
 *
 * With `flags`, a registry of typed flags, these alone are evaluated and read by their names. Otherwise `flagKeys` says
 * which ones; without it, all are.
 *
 * Fails with `RemoteFlagsError` when the server did not answer; the error carries the snapshot of what was decided
 * locally. Quota limits and flags that the server could not compute do not fail it: they are in `snapshot.errors`.
 *
 * **Example**
 *
 * ```ts
 * import { Effect } from "effect"
 * import { evaluateFlags, Flag, Flags, PostHog } from "effect-posthog"
 *
 * const flags = Flag.registry({ newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)) })
 *
 * const program = Effect.gen(function*() {
 *   const snapshot = yield* evaluateFlags({ distinctId: "user-17", flags }).pipe(Flags.orPartial)
 *   return (yield* snapshot.flags.newCheckout) ? "new" : "old"
 * })
 *
 * assert.strictEqual(await Effect.runPromise(program.pipe(Effect.provide(PostHog.layerDisabled))), "old")
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const evaluateFlags: {
  <const R extends Registry>(
    request: EvaluationOptions & { readonly flags: R }
  ): Effect.Effect<TypedSnapshot<R>, RemoteFlagsError<TypedSnapshot<R>>, Services>
  (request?: EvaluationRequest): Effect.Effect<FlagSnapshot, RemoteFlagsError, Services>
} = (
  request: EvaluationRequest & { readonly flags?: Registry } = {}
): Effect.Effect<never, never, Services> =>
  Effect.withFiberRuntime((fiber) => {
    let flags: Registry | undefined
    let resolved: ResolvedRequest
    try {
      // Callers without types pass `null`, and objects that throw when they are read.
      const given = request ?? {}
      flags = given.flags
      const asked = flags === undefined ? given : { ...given, flagKeys: keysOfFlags(flags) }
      resolved = resolveRequest(asked, fiber.getFiberRef(requestContextRef))
    } catch {
      resolved = unreadableRequest
    }
    // The registry that was passed is the one by which the snapshot is read.
    return evaluateResolved(resolved, flags) as unknown as Effect.Effect<never, never, Services>
  })
