import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { isRecord } from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { EventBatch, SendOutcome } from "../../Delivery.ts"
import type { PostHogEvent } from "../../EventDraft.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { userAgent } from "../library.ts"
import type { eventOptions } from "./eventOptions.ts"
import type { EventProtocol, eventRequest, EventResponse, makeSendEvents, refused } from "./sendEvents.ts"

const path = "/i/v1/analytics/events"

interface Place {
  readonly in: "event" | "options" | "nowhere"
  readonly name: string
}

/** Properties that have a place of their own in this protocol, and must not stay among the others. */
const places: ReadonlyMap<string, Place> = new Map<string, Place>([
  ["$cookieless_mode", { in: "options", name: "cookieless_mode" }],
  ["$ignore_sent_at", { in: "options", name: "disable_skew_correction" }],
  ["$process_person_profile", { in: "options", name: "process_person_profile" }],
  ["$product_tour_id", { in: "options", name: "product_tour_id" }],
  ["$session_id", { in: "event", name: "session_id" }],
  ["$window_id", { in: "event", name: "window_id" }],
  // Headers carry these.
  ["$lib", { in: "nowhere", name: "" }],
  ["$lib_version", { in: "nowhere", name: "" }]
])

const makeEventOf =
  (eventOptions: Shared["eventOptions"]) =>
  ({ distinctId, event, properties, timestamp, uuid }: PostHogEvent): Record<string, unknown> => {
    const lifted: Record<string, unknown> = {}
    const options: Record<string, unknown> = {}
    const rest: Record<string, unknown> = {}
    for (const key of Object.keys(properties)) {
      const value = properties[key]
      const place = places.get(key)
      if (place === undefined) {
        // `__proto__` is a property like any other here.
        if (key === "__proto__") Object.defineProperty(rest, key, { value, enumerable: true })
        else rest[key] = value
        continue
      }
      if (place.in === "nowhere") continue
      const coerced = place.in === "options"
        ? eventOptions[key]?.(value)
        : typeof value === "string"
        ? value
        : undefined
      if (coerced !== undefined) (place.in === "event" ? lifted : options)[place.name] = coerced
    }
    // The id of an alias repeats the envelope's.
    if (event === "$create_alias") delete rest["distinct_id"]
    return { event, uuid, distinct_id: distinctId, timestamp, ...lifted, options, properties: rest }
  }

const retryableStatuses: ReadonlySet<number> = new Set([408, 500, 502, 503, 504])

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const malformed: SendOutcome = { _tag: "Rejected", details: "invalid_response" }

const tooLarge: SendOutcome = { _tag: "Rejected", details: "response_too_large" }

// Every word but "retry" and "drop" is an end that counts as delivered, the words of years to come included.
const readResults = ({ body, retryAfter, wordsOf }: EventResponse): SendOutcome => {
  const answer = parse(body)
  if (!isRecord(answer)) return malformed
  const results = "results" in answer ? answer["results"] : {}
  if (!isRecord(results)) return malformed
  const dropped: Array<{ readonly id: string; readonly details?: string | undefined }> = []
  const retry: Array<string> = []
  for (const id of Object.keys(results)) {
    const entry = results[id]
    if (!isRecord(entry)) continue
    if (entry["result"] === "retry") retry.push(id)
    else if (entry["result"] === "drop") {
      dropped.push({ id, details: typeof entry["details"] === "string" ? wordsOf(entry["details"]) : undefined })
    }
  }
  return { _tag: "Delivered", dropped, retry, retryAfter }
}

const makeClassify = (refused: Shared["refused"]) => (response: EventResponse): SendOutcome => {
  const { status } = response
  if (status >= 200 && status < 300) return response.tooLarge ? tooLarge : readResults(response)
  if (!retryableStatuses.has(status)) return refused(response)
  const { details, retryAfter } = response
  return { _tag: "Retry", details, retryAfter }
}

/**
 * What this protocol has in common with others. It is given, as imports would tear a bundle into more files: see decision
 * 0016.
 *
 * @internal
 */
export interface Shared {
  readonly eventOptions: typeof eventOptions
  readonly eventRequest: typeof eventRequest
  readonly formatUtc: (epochMillis: number) => string
  readonly refused: typeof refused
  readonly send: ReturnType<typeof makeSendEvents>
}

/**
 * The analytics endpoint that answers event by event.
 *
 * @internal
 */
export const makeCaptureV1 = (settings: Settings, { eventOptions, eventRequest, formatUtc, refused, send }: Shared) => {
  const protocol: EventProtocol = { answersInBody: true, classify: makeClassify(refused) }
  const eventOf = makeEventOf(eventOptions)
  const base = eventRequest(settings.host + path, {
    authorization: `Bearer ${Redacted.value(settings.apiKey)}`,
    "posthog-sdk-info": userAgent
  })
  const migration = settings.events.historicalMigration ? { historical_migration: true } : {}

  return (batch: EventBatch): Effect.Effect<SendOutcome> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      send(
        {
          request: HttpClientRequest.setHeaders(base, {
            "posthog-attempt": String(batch.attempt),
            "posthog-request-id": batch.requestId,
            "posthog-request-timestamp": formatUtc(now)
          }),
          body: JSON.stringify({
            created_at: formatUtc(batch.createdAt),
            ...migration,
            batch: batch.events.map(eventOf)
          })
        },
        protocol,
        batch
      ))
}
