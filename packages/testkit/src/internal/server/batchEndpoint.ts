import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { isRecord } from "effect/Predicate"
import type { CaptureRoute, ReceivedEvent } from "../../Recording.ts"
import { type JsonObject, objectOrEmpty, stringOr } from "../json.ts"
import * as Answer from "./answer.ts"
import type { Handler } from "./endpoint.ts"
import { refuseUnreadable } from "./endpoint.ts"
import type { IncomingRequest } from "./incomingRequest.ts"
import type { RequestLog } from "./requestLog.ts"

const distinctIdOf = (event: JsonObject): unknown => {
  const properties = objectOrEmpty(event["properties"])
  return event["distinct_id"] ?? properties["distinct_id"] ?? properties["$distinct_id"]
}

/** @internal */
export const receivedEvent = (sent: JsonObject, route: CaptureRoute): ReceivedEvent => ({
  event: String(sent["event"]),
  distinct_id: String(distinctIdOf(sent)),
  uuid: stringOr(sent["uuid"], undefined),
  timestamp: stringOr(sent["timestamp"], undefined),
  properties: objectOrEmpty(sent["properties"]),
  route,
  sent
})

const problemOfEvent = (event: unknown, index: number): string | undefined => {
  if (!isRecord(event)) return `batch[${index}] is no object`
  if (typeof event["event"] !== "string" || event["event"] === "") return `batch[${index}] has no event name`
  const distinctId = distinctIdOf(event)
  if (typeof distinctId === "number" || (typeof distinctId === "string" && distinctId !== "")) return undefined
  return `batch[${index}] has no distinct_id`
}

/**
 * The older capture protocol, `POST /batch/`, and the one for AI events, which has the same envelope.
 *
 * @internal
 */
export const make =
  (route: Extract<CaptureRoute, "batch" | "ai">, projectKey: string, log: RequestLog): Handler => (request, fault) =>
    Effect.suspend(() => {
      const refused = refuseUnreadable(request)
      if (refused !== undefined) return Effect.succeed(refused)
      const batch = validate(request, projectKey)
      if (Either.isLeft(batch)) return Effect.succeed(batch.left)
      if (fault._tag === "QuotaLimited") {
        return Effect.succeed(Answer.json(200, { status: 1, quota_limited: ["events"] }))
      }
      return Effect.as(
        log.accepted(batch.right.map((event) => receivedEvent(event, route))),
        Answer.json(200, { status: 1 })
      )
    })

const validate = (
  request: IncomingRequest,
  projectKey: string
): Either.Either<ReadonlyArray<JsonObject>, Answer.Answer> => {
  const refuse = (status: number, detail: string) => Either.left(Answer.error(request.endpoint, status, detail))
  const body = request.body._tag === "Json" ? request.body.value : undefined
  if (!isRecord(body)) return refuse(400, "The body is no JSON object")
  if (typeof body["api_key"] !== "string" || body["api_key"] === "") return refuse(401, "The body has no api_key")
  if (body["api_key"] !== projectKey) return refuse(401, "The api_key is not this project's")
  const batch = body["batch"]
  if (!Array.isArray(batch) || batch.length === 0) return refuse(400, "The batch is no array of events")
  for (const [index, event] of batch.entries()) {
    const problem = problemOfEvent(event, index)
    if (problem !== undefined) return refuse(400, problem)
  }
  return Either.right(batch)
}
