import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { isRecord } from "effect/Predicate"
import type * as Fault from "../../Fault.ts"
import { type JsonObject } from "../json.ts"
import * as Answer from "./answer.ts"
import { receivedEvent } from "./batchEndpoint.ts"
import type { Handler } from "./endpoint.ts"
import { refuseUnreadable } from "./endpoint.ts"
import type { IncomingRequest } from "./incomingRequest.ts"
import type { RequestLog } from "./requestLog.ts"

type Refused = readonly [status: number, detail: string]

const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const headerRules: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["user-agent", /./],
  ["posthog-sdk-info", /^.+\/.+$/],
  ["posthog-attempt", /^[1-9]\d*$/],
  ["posthog-request-id", uuid],
  ["posthog-request-timestamp", timestamp]
]

const refuseHeaders = ({ headers }: IncomingRequest, projectKey: string): Refused | undefined => {
  if (headers["authorization"] !== `Bearer ${projectKey}`) return [401, "The bearer token is not the project's key"]
  if (headers["content-type"]?.startsWith("application/json") !== true) return [415, "The content type is not JSON"]
  for (const [name, pattern] of headerRules) {
    if (!pattern.test(headers[name] ?? "")) return [400, `The header ${name} is missing or malformed`]
  }
  return undefined
}

const eventRules: ReadonlyArray<readonly [field: string, valid: (value: unknown) => boolean]> = [
  ["event", (value) => typeof value === "string" && value !== ""],
  ["uuid", (value) => typeof value === "string" && uuid.test(value)],
  ["distinct_id", (value) => typeof value === "string" && value !== ""],
  ["timestamp", (value) => typeof value === "string" && timestamp.test(value)],
  ["options", isRecord],
  ["properties", isRecord],
  ["session_id", (value) => value === undefined || typeof value === "string"],
  ["window_id", (value) => value === undefined || typeof value === "string"]
]

const refuseEvent = (event: unknown, index: number): Refused | undefined => {
  if (!isRecord(event)) return [400, `batch[${index}] is no object`]
  for (const [field, valid] of eventRules) {
    if (!valid(event[field])) return [400, `batch[${index}].${field} is missing or has the wrong type`]
  }
  return undefined
}

const forbidden = ["api_key", "token", "sent_at"]

// One event of the wrong shape spoils the whole request: the server parses strictly.
const parse = (request: IncomingRequest, projectKey: string): Either.Either<ReadonlyArray<JsonObject>, Refused> => {
  const headers = refuseHeaders(request, projectKey)
  if (headers !== undefined) return Either.left(headers)
  const body = request.body._tag === "Json" ? request.body.value : undefined
  if (!isRecord(body)) return Either.left([400, "The body is no JSON object"])
  const superfluous = forbidden.find((field) => field in body)
  if (superfluous !== undefined) return Either.left([400, `The body must not have ${superfluous}`])
  if (typeof body["created_at"] !== "string" || !timestamp.test(body["created_at"])) {
    return Either.left([400, "created_at is missing or malformed"])
  }
  const batch = body["batch"]
  if (!Array.isArray(batch) || batch.length === 0) return Either.left([400, "The batch is no array of events"])
  for (const [index, event] of batch.entries()) {
    const refused = refuseEvent(event, index)
    if (refused !== undefined) return Either.left(refused)
  }
  return Either.right(batch)
}

interface Result {
  readonly result: string
  readonly details?: string | undefined
}

const resultOf = (fault: Fault.Fault, index: number): Result => {
  const scripted = fault._tag === "Results" ? fault.results[index] : undefined
  if (scripted === undefined) return { result: "ok" }
  return typeof scripted === "string" ? { result: scripted } : scripted
}

const isAccepted = ({ result }: Result): boolean => result !== "retry" && result !== "drop"

/**
 * The newer capture protocol, `POST /i/v1/analytics/events`, with one result per event.
 *
 * @internal
 */
export const make = (projectKey: string, log: RequestLog): Handler => (request, fault) =>
  Effect.gen(function*() {
    const standing = {
      ...(fault._tag === "Results" ? fault.headers : {}),
      date: DateTime.toDateUtc(yield* DateTime.now).toUTCString(),
      ...(request.headers["posthog-request-id"] === undefined
        ? {}
        : { "posthog-request-id": request.headers["posthog-request-id"] })
    }
    const unreadable = refuseUnreadable(request)
    if (unreadable !== undefined) return { ...unreadable, headers: { ...unreadable.headers, ...standing } }
    const parsed = parse(request, projectKey)
    if (Either.isLeft(parsed)) return Answer.error("events", parsed.left[0], parsed.left[1], standing)
    if (fault._tag === "QuotaLimited") return Answer.error("events", 402, undefined, standing)
    const answers = parsed.right.map((event, index) => ({ event, answer: resultOf(fault, index) }))
    yield* log.accepted(
      answers.filter(({ answer }) => isAccepted(answer)).map(({ event }) => receivedEvent(event, "events"))
    )
    const results = Object.fromEntries(answers.map(({ answer, event }) => [String(event["uuid"]), answer]))
    return Answer.json(200, { results }, standing)
  })
