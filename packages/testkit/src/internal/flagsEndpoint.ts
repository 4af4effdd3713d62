import type { Result } from "@effect-posthog/evaluator"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Fault from "../Fault.ts"
import { FlagsBody } from "../Recording.ts"
import type { RemoteAnswer, RemoteFlag } from "../RemoteFlag.ts"
import * as Answer from "./answer.ts"
import type { DefinedFlag } from "./definitions.ts"
import type { Handler } from "./endpoint.ts"
import { refuseUnreadable } from "./endpoint.ts"
import type { Subject } from "./evaluation.ts"
import * as FlagsAnswer from "./flagsAnswer.ts"
import { isObject, type JsonObject } from "./json.ts"
import { groupId, type Project, type ProjectState } from "./project.ts"
import { randomUuid } from "./randomUuid.ts"

const decodeBody = Schema.decodeUnknownOption(FlagsBody)

const nonEmptyString = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

// What the request says lies over what is stored, property by property.
const subjectOf = (body: FlagsBody, raw: JsonObject, state: ProjectState): Subject => {
  const stored = <A>(map: HashMap.HashMap<A, JsonObject>, key: A): JsonObject =>
    Option.getOrElse(HashMap.get(map, key), () => ({}))
  const personProperties = { ...stored(state.persons, body.distinct_id), ...body.person_properties }
  const groups = body.groups ?? {}
  return {
    distinctId: body.distinct_id,
    deviceId: nonEmptyString(body.device_id) ?? nonEmptyString(raw["$device_id"]) ??
      nonEmptyString(personProperties["$device_id"]),
    personProperties,
    groups,
    groupProperties: Object.fromEntries(
      Object.entries(groups).map(([type, key]) => [
        type,
        { ...stored(state.groups, groupId(type, key)), ...body.group_properties?.[type] }
      ])
    ),
    evaluationContexts: body.evaluation_contexts ?? []
  }
}

const answerOf = (remote: RemoteFlag, body: FlagsBody): RemoteAnswer => {
  const value = typeof remote === "function" ? remote(body) : remote
  return typeof value === "object" ? value : { value }
}

const decide = (
  body: FlagsBody,
  raw: JsonObject,
  state: ProjectState,
  now: number,
  failed: ReadonlyArray<string>
): ReadonlyArray<FlagsAnswer.DecidedFlag> => {
  const requested = body.flag_keys_to_evaluate === undefined ? undefined : new Set(body.flag_keys_to_evaluate)
  const isRequested = (key: string) => requested === undefined || requested.has(key)
  const evaluate = state.definitions.evaluation(subjectOf(body, raw, state), now)
  const remote = (key: string): RemoteAnswer | undefined => {
    const flag = Object.hasOwn(state.remoteFlags, key) ? state.remoteFlags[key] : undefined
    return flag === undefined ? undefined : answerOf(flag, body)
  }

  const defined = state.definitions.flags
    .filter((flag) => flag.active && isRequested(flag.key) && state.definitions.byKey.get(flag.key) === flag)
    .flatMap((flag): ReadonlyArray<FlagsAnswer.DecidedFlag> => {
      if (failed.includes(flag.key)) return [FlagsAnswer.failed(flag.key, flag)]
      const answer = remote(flag.key)
      if (answer !== undefined) return [FlagsAnswer.fromRemote(flag.key, answer, flag)]
      const result = evaluate(flag.key)
      return result === undefined ? [] : [decidedFlag(flag, result)]
    })
  const onlyHere = Object.keys(state.remoteFlags)
    .filter((key) => isRequested(key) && !state.definitions.byKey.has(key))
    .flatMap((key): ReadonlyArray<FlagsAnswer.DecidedFlag> => {
      const answer = remote(key)
      return answer === undefined ? [] : [FlagsAnswer.fromRemote(key, answer, undefined)]
    })
  return [...defined, ...onlyHere]
}

// What cannot be computed without PostHog's own database is off, unless the test says otherwise.
const decidedFlag = (flag: DefinedFlag, result: Result): FlagsAnswer.DecidedFlag =>
  result._tag === "Resolved"
    ? FlagsAnswer.evaluated(flag, result.value, result.reason, result.conditionIndex)
    : FlagsAnswer.evaluated(flag, false, "no_condition_match", undefined)

/**
 * `POST /flags/?v=2`: evaluates the definitions for the caller, under the decisions set by hand.
 *
 * @internal
 */
export const make = (project: Project): Handler => (request, fault) =>
  Effect.gen(function*() {
    const refused = refuseUnreadable(request)
    if (refused !== undefined) return refused
    const raw = request.body._tag === "Json" ? request.body.value : undefined
    if (!isObject(raw)) return Answer.error("flags", 400, "The body is no JSON object")
    const token = nonEmptyString(raw["token"]) ?? nonEmptyString(raw["api_key"])
    if (token === undefined) return Answer.error("flags", 400, "The body has no token")
    if (token !== project.projectKey) return Answer.error("flags", 401, "The token is not this project's")
    const body = Option.getOrUndefined(decodeBody(raw))
    if (body === undefined || body.distinct_id === "") {
      return Answer.error("flags", 400, "The body has no distinct_id, or a field of the wrong type")
    }
    const state = yield* Ref.get(project.state)
    const now = yield* Clock.currentTimeMillis
    const limited = fault._tag === "QuotaLimited"
    const shape = request.query["v"] === "2" ? state.flagsShape : "v3"
    return FlagsAnswer.render(shape, {
      flags: limited ? [] : decide(body, raw, state, now, failedKeys(fault)),
      errors: fault._tag === "ComputationErrors",
      limited,
      requestId: yield* randomUuid,
      evaluatedAt: now,
      minimal: state.definitions.minimalFlagCalledEvents
    })
  })

const failedKeys = (fault: Fault.Fault): ReadonlyArray<string> => fault._tag === "ComputationErrors" ? fault.failed : []
