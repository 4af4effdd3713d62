import { ErrorCode } from "@openfeature/server-sdk"
import type { EvaluationContext, FlagMetadata, ResolutionDetails } from "@openfeature/server-sdk"
import { Decider, evaluateFlags, Flags, LocalEvaluator, RequestContext } from "effect-posthog"
import type { EvaluationRequest, FlagDetail, FlagErrorCode, FlagSnapshot, PostHog } from "effect-posthog"
import { resultReason } from "effect-posthog/FlagTelemetry"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { readContext } from "./evaluationContext.ts"
import type { Kind, ValueOf } from "./flagValue.ts"
import { readFlag } from "./flagValue.ts"
import type { Settings } from "./settings.ts"

type Resolution<A> = Effect.Effect<ResolutionDetails<A>, never, PostHog.Services>

/**
 * A resolution that gives the caller's default because something is wrong.
 *
 * @internal
 */
export const failed = <A>(
  defaultValue: A,
  errorCode: ErrorCode,
  errorMessage: string,
  flagMetadata: FlagMetadata = {}
): ResolutionDetails<A> => ({ value: defaultValue, reason: "ERROR", errorCode, errorMessage, flagMetadata })

const metadataOf = (
  { flagSetId }: Settings,
  contextId: string | undefined,
  snapshot: FlagSnapshot,
  detail: FlagDetail | undefined
): FlagMetadata => {
  const requestId = Option.getOrUndefined(snapshot.requestId)
  const metadata: FlagMetadata = {}
  if (detail?.version !== undefined) metadata["version"] = String(detail.version)
  if (flagSetId !== undefined) metadata["flagSetId"] = flagSetId
  if (contextId !== undefined) metadata["contextId"] = contextId
  if (detail?.id !== undefined) metadata["id"] = detail.id
  if (detail !== undefined) metadata["source"] = detail.source
  if (detail?.reasonCode !== undefined) metadata["reasonCode"] = detail.reasonCode
  if (detail?.reason !== undefined) metadata["reason"] = detail.reason
  if (detail?.conditionIndex !== undefined) metadata["conditionIndex"] = detail.conditionIndex
  if (detail?.hasExperiment !== undefined) metadata["hasExperiment"] = detail.hasExperiment
  if (requestId !== undefined) metadata["requestId"] = requestId
  return metadata
}

const describe = (code: FlagErrorCode): string => {
  switch (code) {
    case "timeout":
      return "PostHog did not answer in time"
    case "connection_error":
      return "PostHog could not be reached"
    case "unknown_error":
      return "the answer of PostHog could not be used"
    case "quota_limited":
      return "the project is over its quota for feature flags"
    case "errors_while_computing_flags":
      return "PostHog could not compute every flag"
    default:
      return code.startsWith("api_error_") ? `PostHog answered with status ${code.slice("api_error_".length)}` : code
  }
}

/** Why a flag has no value. */
interface Problem {
  readonly code: ErrorCode
  readonly message: string
}

const general = (message: string): Problem => ({ code: ErrorCode.GENERAL, message })

const notFound: Problem = { code: ErrorCode.FLAG_NOT_FOUND, message: "PostHog has no flag with this key" }

const notLoaded = Effect.map(
  Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.status),
  ({ lastFailure, loadedAt, source }): Problem | undefined => {
    if (source === "none") return general("the client neither evaluates locally nor asks PostHog")
    if (loadedAt !== undefined) return undefined
    if (lastFailure === undefined) {
      return { code: ErrorCode.PROVIDER_NOT_READY, message: "flag definitions are not loaded yet" }
    }
    return lastFailure.reason === "QuotaLimited"
      ? general(describe("quota_limited"))
      : { code: ErrorCode.PROVIDER_NOT_READY, message: lastFailure.message }
  }
)

// An answer without the flag means that there is none, unless something kept the answer from being complete.
const problemOf = (
  request: EvaluationRequest & { readonly distinctId: string },
  key: string,
  snapshot: FlagSnapshot,
  detail: FlagDetail | undefined
): Effect.Effect<Problem, never, Decider | LocalEvaluator> => {
  const errors = snapshot.errors.filter((code) => code !== "definitions_stale")
  if (errors.length > 0) return Effect.succeed(general(errors.map(describe).join("; ")))
  if (detail !== undefined) return Effect.succeed(general("PostHog could not evaluate the flag"))
  return Effect.gen(function*() {
    const evaluator = yield* LocalEvaluator
    const record = evaluator.evaluate(request, [key]).records.get(key)
    if (record !== undefined && record._tag !== "Unknown") {
      return general("the definition of the flag is loaded, but neither local evaluation nor PostHog decided it")
    }
    const { enabled } = yield* Decider
    return (enabled ? undefined : yield* notLoaded) ?? notFound
  })
}

/** One resolution under way. */
interface Question<K extends Kind> {
  readonly kind: K
  readonly key: string
  readonly defaultValue: ValueOf<K>
  readonly settings: Settings
  /** Hears of what should never happen. */
  readonly onDefect: (defect: unknown) => Effect.Effect<void>
}

const report = ({ key, settings }: Question<Kind>, snapshot: FlagSnapshot): Effect.Effect<unknown> =>
  settings.sendFeatureFlagEvents ? snapshot.getFlag(key) : Effect.void

const answer = <K extends Kind>(
  question: Question<K>,
  request: EvaluationRequest & { readonly distinctId: string },
  contextId: string | undefined,
  snapshot: FlagSnapshot
): Resolution<ValueOf<K>> => {
  const { defaultValue, key, kind, settings } = question
  const detail = Option.getOrUndefined(snapshot.detail(key))
  const flagMetadata = metadataOf(settings, contextId, snapshot, detail)
  const failure = ({ code, message }: Problem) => failed(defaultValue, code, message, flagMetadata)
  if (detail?.value === undefined) {
    return Effect.flatMap(problemOf(request, key, snapshot, detail), (problem) =>
      // As every reader of a missing flag, so that it can be found in PostHog.
      Effect.as(problem === notFound ? report(question, snapshot) : Effect.void, failure(problem)))
  }
  const reason = resultReason(detail, { isStale: snapshot.errors.includes("definitions_stale") }).toUpperCase()
  const success = (value: ValueOf<K>, variant: string | undefined): Resolution<ValueOf<K>> =>
    Effect.as(report(question, snapshot), {
      value,
      reason,
      flagMetadata,
      ...(variant === undefined ? {} : { variant })
    })
  const found = readFlag(kind, detail.value, snapshot.getFlagPayload(key), settings.values)
  switch (found._tag) {
    case "Value":
      return success(found.value, found.variant)
    case "Off":
      return success(defaultValue, undefined)
    case "TypeMismatch":
      return Effect.succeed(failure({ code: ErrorCode.TYPE_MISMATCH, message: found.problem }))
    case "ParseError":
      return Effect.succeed(failure({ code: ErrorCode.PARSE_ERROR, message: "the payload of the flag is not JSON" }))
  }
}

/**
 * Resolves one flag. It never fails: what goes wrong is an answer with an error code and the caller's default.
 *
 * @internal
 */
export const resolve = <K extends Kind>(
  question: Question<K>,
  context: EvaluationContext | undefined
): Resolution<ValueOf<K>> => {
  const { defaultValue, key, settings } = question
  const fail = (code: ErrorCode, message: string): Resolution<ValueOf<K>> =>
    Effect.succeed(failed(defaultValue, code, message))
  return Effect.flatMap(RequestContext.current, (current) => {
    if (typeof key !== "string" || key === "") return fail(ErrorCode.FLAG_NOT_FOUND, "the flag key is empty")
    const subject = readContext(context)
    if (Either.isLeft(subject)) return fail(ErrorCode.INVALID_CONTEXT, subject.left)
    const { deviceId, distinctId: given, groupProperties, groups, personProperties } = subject.right
    const distinctId = given ?? settings.defaultDistinctId ?? current.distinctId
    if (distinctId === undefined || distinctId === "") {
      return fail(ErrorCode.TARGETING_KEY_MISSING, "the evaluation context has no targeting key")
    }
    const contextId = given === undefined ? settings.defaultDistinctId : undefined
    const request = { distinctId, deviceId, groups, groupProperties, personProperties, flagKeys: [key] }
    return Effect.flatMap(
      Flags.orPartial(evaluateFlags(request)),
      (snapshot) => answer(question, request, contextId, snapshot)
    )
  }).pipe(
    Effect.catchAllDefect((defect) =>
      Effect.as(
        question.onDefect(defect),
        failed(defaultValue, ErrorCode.GENERAL, "the flag could not be resolved")
      )
    )
  )
}
