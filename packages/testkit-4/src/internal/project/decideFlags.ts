// Generated from packages/testkit/src/internal/project/decideFlags.ts by packages/tools/editions.mjs: change that file, not this one.
import type { Result } from "@effect-posthog/evaluator"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { FlagsBody } from "../../Recording.ts"
import type { RemoteAnswer, RemoteFlag } from "../../RemoteFlag.ts"
import type { JsonObject } from "../json.ts"
import type { DecidedFlag } from "./decidedFlag.ts"
import * as Decided from "./decidedFlag.ts"
import type { DefinedFlag } from "./definitions.ts"
import type { Subject } from "./evaluation.ts"
import { groupId, type ProjectState } from "./project.ts"
import { isVisible, type Runtime } from "./runtime.ts"

const nonEmpty = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

// What the request says lies over what is stored, property by property.
const subjectOf = (body: FlagsBody, state: ProjectState): Subject => {
  const stored = (map: HashMap.HashMap<string, JsonObject>, key: string): JsonObject =>
    Option.getOrElse(HashMap.get(map, key), () => ({}))
  const personProperties = { ...stored(state.persons, body.distinct_id), ...body.person_properties }
  const groups = body.groups ?? {}
  return {
    distinctId: body.distinct_id,
    deviceId: nonEmpty(body.device_id) ?? nonEmpty(body.$device_id) ?? nonEmpty(personProperties["$device_id"]),
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

// What cannot be computed without PostHog's own database is off, unless the test says otherwise.
const fromResult = (flag: DefinedFlag, result: Result): DecidedFlag =>
  result._tag === "Resolved"
    ? Decided.evaluated(flag, result.value, result.reason, result.conditionIndex)
    : Decided.evaluated(flag, false, "no_condition_match", undefined)

/**
 * What the server decides for a request: the active flags of the definitions, in their order, under the decisions made
 * by hand, and then the flags that were decided by hand alone, without those that are meant for another kind of SDK.
 * Those named as failed are marked so.
 *
 * @internal
 */
export const decideFlags = (
  body: FlagsBody,
  state: ProjectState,
  now: number,
  runtime: Runtime | undefined,
  failed: ReadonlyArray<string> = []
): ReadonlyArray<DecidedFlag> => {
  const { definitions, remoteFlags } = state
  const requested = body.flag_keys_to_evaluate === undefined ? undefined : new Set(body.flag_keys_to_evaluate)
  const isRequested = (key: string) => requested === undefined || requested.has(key)
  const evaluate = definitions.evaluation(subjectOf(body, state), now)

  const decide = (key: string, flag: DefinedFlag | undefined): DecidedFlag | undefined => {
    const remote = Object.hasOwn(remoteFlags, key) ? remoteFlags[key] : undefined
    const answer = remote === undefined ? undefined : answerOf(remote, body)
    if (!isVisible(answer?.runtime ?? flag?.runtime ?? "all", runtime)) return undefined
    if (failed.includes(key)) return Decided.failed(key, flag)
    if (answer !== undefined) return Decided.fromRemote(key, answer, flag)
    const result = flag === undefined ? undefined : evaluate(key)
    return flag === undefined || result === undefined ? undefined : fromResult(flag, result)
  }

  const active = [...definitions.byKey.values()].filter((flag) => flag.active)
  const byHand = Object.keys(remoteFlags).filter((key) => !definitions.byKey.has(key))
  return [
    ...active.filter(({ key }) => isRequested(key)).map((flag) => decide(flag.key, flag)),
    ...byHand.filter(isRequested).map((key) => decide(key, undefined))
  ].filter((flag) => flag !== undefined)
}
