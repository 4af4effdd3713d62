// Generated from packages/testkit/src/internal/server/batchEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isObject as isRecord } from "effect/Predicate"
import type { CaptureRoute, ReceivedEvent } from "../../Recording.ts"
import { type JsonObject, objectOrEmpty, stringOr } from "../json.ts"
import type { Project } from "../project/project.ts"
import * as Answer from "./answer.ts"
import type { Handler } from "./endpoint.ts"
import { refuseUnreadable, uuidPattern } from "./endpoint.ts"
import type { IncomingRequest } from "./incomingRequest.ts"
import type { RequestLog } from "./requestLog.ts"

// PostHog looks in these places, and takes any JSON value for an id.
const distinctIdOf = (event: JsonObject): string => {
  const properties = objectOrEmpty(event["properties"])
  const value = event["distinct_id"] ?? event["$distinct_id"] ?? properties["distinct_id"] ?? properties["$distinct_id"]
  if (value === undefined || value === null) return ""
  return typeof value === "string" ? value : JSON.stringify(value)
}

/** @internal */
export const receivedEvent = (sent: JsonObject, route: CaptureRoute): ReceivedEvent => ({
  event: String(sent["event"]),
  distinct_id: distinctIdOf(sent),
  uuid: stringOr(sent["uuid"], undefined),
  timestamp: stringOr(sent["timestamp"], undefined),
  properties: objectOrEmpty(sent["properties"]),
  route,
  sent
})

type Rule = (event: JsonObject) => string | undefined

const absent = (value: unknown): boolean => value === undefined || value === null

const rules: ReadonlyArray<Rule> = [
  ({ event }) => (typeof event === "string" && event !== "" ? undefined : "has no event name"),
  (event) => (distinctIdOf(event) === "" ? "has no distinct_id" : undefined)
]

const strictRules: ReadonlyArray<Rule> = [
  ({ uuid }) =>
    absent(uuid) || uuid === "" || (typeof uuid === "string" && uuidPattern.test(uuid))
      ? undefined
      : "has a uuid that is not a UUID",
  ({ timestamp }) =>
    absent(timestamp) || typeof timestamp === "string" ? undefined : "has a timestamp that is not a string",
  ({ properties }) =>
    properties === undefined || isRecord(properties) ? undefined : "has properties that are not an object",
  (event) => {
    const wrong = ["$set", "$set_once"].find((name) => !absent(event[name]) && !isRecord(event[name]))
    return wrong === undefined ? undefined : `has a ${wrong} that is not an object`
  },
  ({ properties }) => {
    const mode = objectOrEmpty(properties)["$cookieless_mode"]
    return mode === undefined || typeof mode === "boolean" ? undefined : "has a $cookieless_mode that is not a boolean"
  }
]

const problemOfEvent = (event: unknown, index: number, strict: boolean): string | undefined => {
  if (!isRecord(event)) return `batch[${index}] is not an object`
  for (const rule of strict ? [...rules, ...strictRules] : rules) {
    const problem = rule(event)
    if (problem !== undefined) return `batch[${index}] ${problem}`
  }
  return undefined
}

/**
 * The older capture protocol, `POST /batch/`, and the one for AI events, which has the same envelope.
 *
 * @internal
 */
export const make = (
  route: Extract<CaptureRoute, "batch" | "ai">,
  project: Project,
  log: RequestLog
): Handler =>
(request, fault) =>
  Effect.suspend(() => {
    const refused = refuseUnreadable(request)
    if (refused !== undefined) return Effect.succeed(refused)
    const batch = validate(request, project)
    if (Result.isFailure(batch)) return Effect.succeed(batch.failure)
    if (fault._tag === "QuotaLimited") {
      return Effect.succeed(Answer.json(200, { status: 1, quota_limited: ["events"] }))
    }
    return Effect.as(
      log.accepted(batch.success.map((event) => receivedEvent(event, route)), request),
      Answer.json(200, { status: 1 })
    )
  })

// One unusable event costs the whole request.
const validate = (
  request: IncomingRequest,
  { projectKey, strict }: Project
): Result.Result<ReadonlyArray<JsonObject>, Answer.Answer> => {
  const refuse = (status: number, detail: string) => Result.fail(Answer.error(request.endpoint, status, detail))
  const encoding = request.headers["content-encoding"]?.toLowerCase()
  if (strict && encoding !== undefined && encoding !== "gzip" && encoding !== "identity") {
    return refuse(400, "This endpoint takes no compression but gzip")
  }
  const body = request.body._tag === "Json" ? request.body.value : undefined
  if (!isRecord(body)) return refuse(400, "The body is not a JSON object")
  if (typeof body["api_key"] !== "string" || body["api_key"] === "") return refuse(401, "The body has no api_key")
  if (body["api_key"] !== projectKey) return refuse(401, "The api_key is not this project's")
  const batch = body["batch"]
  if (!Array.isArray(batch) || batch.length === 0) return refuse(400, "The batch is not an array with events")
  for (const [index, event] of batch.entries()) {
    const problem = problemOfEvent(event, index, strict)
    if (problem !== undefined) return refuse(400, problem)
  }
  return Result.succeed(batch)
}
