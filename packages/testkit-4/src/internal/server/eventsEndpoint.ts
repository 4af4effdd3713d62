// Generated from packages/testkit/src/internal/server/eventsEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isObject as isRecord } from "effect/Predicate"
import type * as Fault from "../../Fault.ts"
import type { JsonObject } from "../json.ts"
import type { Project } from "../project/project.ts"
import * as Answer from "./answer.ts"
import { receivedEvent } from "./batchEndpoint.ts"
import type { Handler } from "./endpoint.ts"
import { refuseUnreadable, uuidPattern } from "./endpoint.ts"
import type { IncomingRequest } from "./incomingRequest.ts"
import type { RequestLog } from "./requestLog.ts"

interface Refused {
  readonly status: number
  readonly detail: string
  /** PostHog's word for it, where that is not the usual one for the status. */
  readonly tag?: string
}

const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)$/

const headerRules: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ["user-agent", /./],
  ["posthog-sdk-info", /^.+\/.+$/],
  ["posthog-attempt", /^[1-9]\d*$/],
  ["posthog-request-id", uuidPattern],
  ["posthog-request-timestamp", timestamp]
]

const refuseHeaders = ({ headers }: IncomingRequest, projectKey: string): Refused | undefined => {
  if (headers["authorization"] !== `Bearer ${projectKey}`) {
    return { status: 401, detail: "The bearer token is not the project's key" }
  }
  if (headers["content-type"]?.toLowerCase().startsWith("application/json") !== true) {
    return { status: 415, detail: "The content type is not JSON" }
  }
  const wrong = headerRules.find(([name, pattern]) => !pattern.test(headers[name] ?? ""))
  return wrong === undefined ? undefined : { status: 400, detail: `The header ${wrong[0]} is missing or malformed` }
}

const eventRules: ReadonlyArray<readonly [field: string, valid: (value: unknown) => boolean]> = [
  ["event", (value) => typeof value === "string"],
  ["uuid", (value) => typeof value === "string"],
  ["distinct_id", (value) => typeof value === "string"],
  ["timestamp", (value) => typeof value === "string" && timestamp.test(value)],
  ["options", isRecord],
  ["session_id", (value) => value === undefined || typeof value === "string"],
  ["window_id", (value) => value === undefined || typeof value === "string"]
]

const refuseEvent = (event: unknown, index: number): Refused | undefined => {
  if (!isRecord(event)) return { status: 400, detail: `batch[${index}] is not an object` }
  for (const [field, valid] of eventRules) {
    if (!valid(event[field])) {
      return { status: 400, detail: `batch[${index}].${field} is missing or has the wrong type` }
    }
  }
  const uuid = String(event["uuid"]).trim()
  if (uuid === "") return { status: 400, tag: "missing_event_uuid", detail: `batch[${index}] has no uuid` }
  return uuidPattern.test(uuid)
    ? undefined
    : { status: 400, tag: "invalid_event_uuid", detail: `batch[${index}].uuid is not a UUID` }
}

const refuseDuplicates = (batch: ReadonlyArray<JsonObject>): Refused | undefined => {
  const seen = new Set<string>()
  for (const { uuid } of batch) {
    const key = String(uuid).trim().toLowerCase()
    if (seen.has(key)) return { status: 400, tag: "duplicate_event_uuid", detail: `duplicate event uuid: ${key}` }
    seen.add(key)
  }
  return undefined
}

const forbidden = ["api_key", "token", "sent_at"]

// One event of the wrong shape costs the whole request: the server parses strictly.
const parse = (
  request: IncomingRequest,
  { projectKey, strict }: Project
): Result.Result<ReadonlyArray<JsonObject>, Refused> => {
  const refuse = (detail: string, tag?: string) =>
    Result.fail({ status: 400, detail, ...(tag === undefined ? {} : { tag }) })
  const headers = refuseHeaders(request, projectKey)
  if (headers !== undefined) return Result.fail(headers)
  const body = request.body._tag === "Json" ? request.body.value : undefined
  if (!isRecord(body)) return refuse("The body is not a JSON object")
  const superfluous = forbidden.find((field) => field in body)
  if (superfluous !== undefined) return refuse(`The body must not have ${superfluous}`)
  if (typeof body["created_at"] !== "string" || !timestamp.test(body["created_at"])) {
    return refuse("created_at is missing or malformed")
  }
  const batch = body["batch"]
  if (!Array.isArray(batch)) return refuse("The batch is not an array of events")
  if (batch.length === 0) return refuse("The batch is empty", "empty_batch")
  for (const [index, event] of batch.entries()) {
    const refused = refuseEvent(event, index)
    if (refused !== undefined) return Result.fail(refused)
  }
  const duplicate = strict ? refuseDuplicates(batch) : undefined
  return duplicate === undefined ? Result.succeed(batch) : Result.fail(duplicate)
}

interface Result {
  readonly result: string
  readonly details?: string | undefined
}

const scriptedResult = (fault: Fault.Fault, index: number): Result | undefined => {
  const scripted = fault._tag === "Results" ? fault.results[index] : undefined
  return typeof scripted === "string" ? { result: scripted } : scripted
}

/** In bytes, for names and ids alike. */
const longestName = 200

const lengthOf = (value: unknown): number => Buffer.byteLength(String(value))

const readableBoolean = (value: unknown): boolean =>
  typeof value === "boolean" || typeof value === "number" ||
  (typeof value === "string" && ["true", "false", "1", "0"].includes(value.trim().toLowerCase()))

const optionRules: Readonly<Record<string, (value: unknown) => boolean>> = {
  cookieless_mode: readableBoolean,
  disable_skew_correction: readableBoolean,
  process_person_profile: readableBoolean,
  product_tour_id: (value) => typeof value === "string" || Number.isInteger(value)
}

const hasInvalidOptions = (options: unknown): boolean =>
  isRecord(options) &&
  Object.entries(optionRules).some(([name, valid]) => {
    const value = options[name]
    return value !== undefined && value !== null && !valid(value)
  })

// Events of the right shape that PostHog cannot use are dropped one by one.
const dropReason = (event: JsonObject, strict: boolean): string | undefined => {
  if (event["event"] === "") return "missing_event_name"
  if (String(event["distinct_id"]).trim() === "") return "missing_distinct_id"
  if (event["properties"] !== undefined && !isRecord(event["properties"])) return "malformed_event_properties"
  if (!strict) return undefined
  if (lengthOf(event["event"]) > longestName) return "event_name_too_long"
  if (lengthOf(event["distinct_id"]) > longestName) return "distinct_id_too_large"
  if (Number.isNaN(Date.parse(String(event["timestamp"])))) return "invalid_event_timestamp"
  return hasInvalidOptions(event["options"]) ? "invalid_options" : undefined
}

const resultOf = (event: JsonObject, scripted: Result | undefined, strict: boolean): Result => {
  const details = dropReason(event, strict)
  return details === undefined ? scripted ?? { result: "ok" } : { result: "drop", details }
}

const isAccepted = ({ result }: Result): boolean => result !== "retry" && result !== "drop"

/**
 * The newer capture protocol, `POST /i/v1/analytics/events`, with one result per event.
 *
 * @internal
 */
export const make = (project: Project, log: RequestLog): Handler => (request, fault) =>
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
    const parsed = parse(request, project)
    if (Result.isFailure(parsed)) {
      const { detail, status, tag } = parsed.failure
      return Answer.error("events", status, detail, standing, tag)
    }
    if (fault._tag === "QuotaLimited") return Answer.error("events", 402, undefined, standing)
    const answers = parsed.success.map((event, index) => ({
      event,
      answer: resultOf(event, scriptedResult(fault, index), project.strict)
    }))
    yield* log.accepted(
      answers.filter(({ answer }) => isAccepted(answer)).map(({ event }) => receivedEvent(event, "events")),
      request
    )
    const results = Object.fromEntries(answers.map(({ answer, event }) => [String(event["uuid"]), answer]))
    return Answer.json(200, { results }, standing)
  })
