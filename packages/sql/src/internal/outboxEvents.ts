import type { PostHogEvent, Prepared } from "effect-posthog"
import { isRecord } from "effect/Predicate"
import type { Row } from "./outboxTable.ts"

/** @internal */
export type Route = Prepared["route"]

/**
 * A row whose event can be sent.
 *
 * @internal
 */
export interface Waiting {
  readonly id: string
  readonly attempts: number
  readonly route: Route
  readonly event: PostHogEvent
  readonly bytes: number
}

/**
 * Events that are sent in one request.
 *
 * @internal
 */
export interface Request {
  readonly route: Route
  readonly waiting: Array<Waiting>
  readonly uuids: Set<string>
  bytes: number
}

/** Bytes of JSON that the events of one request come to, unless a single event is larger. */
const mostBytes = 4.5 * 1024 * 1024

/** Attempts after which an event is sent alone: it may be what requests fail for. */
const attemptsInCompany = 3

const encoder = new TextEncoder()

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

/**
 * The event of a row, or what is wrong with the row.
 *
 * @internal
 */
export const readRow = ({ attempts, body, id, route }: Row): Waiting | string => {
  if (route !== "analytics" && route !== "ai") return "the route is unknown"
  if (typeof body !== "string") return "the body is not a text"
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return "the body is not JSON"
  }
  if (!isRecord(parsed)) return "the body is not an event"
  const { distinctId, event, properties, timestamp, uuid } = parsed
  if (!isText(event) || !isText(distinctId) || !isText(timestamp) || !isText(uuid) || !isRecord(properties)) {
    return "the body is not an event"
  }
  return {
    id,
    attempts,
    route,
    event: { event, distinctId, properties, timestamp, uuid },
    bytes: encoder.encode(body).length
  }
}

/**
 * Divides events into requests, in their order. PostHog refuses a request in which two events have one id.
 *
 * @internal
 */
export const requestsOf = (all: ReadonlyArray<Waiting>, maxBatchSize: number): ReadonlyArray<Request> => {
  const requests: Array<Request> = []
  const open = new Map<Route, Request>()
  const start = (route: Route): Request => {
    const request: Request = { route, waiting: [], uuids: new Set(), bytes: 0 }
    requests.push(request)
    return request
  }
  for (const waiting of all) {
    const { attempts, bytes, event, route } = waiting
    const uuid = event.uuid.toLowerCase()
    let request = attempts >= attemptsInCompany ? start(route) : open.get(route)
    if (
      request === undefined || request.waiting.length >= maxBatchSize || request.uuids.has(uuid) ||
      (request.waiting.length > 0 && request.bytes + bytes > mostBytes)
    ) {
      request = start(route)
    }
    if (attempts < attemptsInCompany) open.set(route, request)
    request.waiting.push(waiting)
    request.uuids.add(uuid)
    request.bytes += bytes
  }
  return requests
}
