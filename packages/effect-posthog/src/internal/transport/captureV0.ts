import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { EventBatch, SendOutcome } from "../../Delivery.ts"
import type { PostHogEvent } from "../../EventDraft.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { makeUtcFormatter } from "../timestamp.ts"
import { eventRequest } from "./sendEvents.ts"
import type { EventProtocol, EventResponse, makeSendEvents } from "./sendEvents.ts"

const paths: Readonly<Record<EventBatch["route"], string>> = {
  analytics: "/batch/",
  // The endpoint answers only with the slash at its end.
  ai: "/i/v0/ai/batch/"
}

const eventOf = ({ distinctId, event, properties, timestamp, uuid }: PostHogEvent) => ({
  event,
  distinct_id: distinctId,
  uuid,
  timestamp,
  properties
})

const isRetryable = (status: number): boolean => status === 408 || status === 429 || status >= 500

const classify = ({ retryAfter, status }: EventResponse): SendOutcome => {
  if (status >= 200 && status < 300) return { _tag: "Delivered" }
  const details = `api_error_${status}`
  if (isRetryable(status)) return { _tag: "Retry", details, retryAfter }
  return { _tag: status === 413 ? "TooLarge" : "Rejected", details }
}

const protocol: EventProtocol = { answersInBody: false, classify }

/**
 * The batch endpoint, and the AI endpoint, which speaks the same protocol.
 *
 * @internal
 */
export const makeCaptureV0 = (settings: Settings, send: ReturnType<typeof makeSendEvents>) => {
  const formatUtc = makeUtcFormatter()
  const requests = {
    analytics: eventRequest(settings.host + paths.analytics),
    ai: eventRequest(settings.host + paths.ai)
  }
  const migration = settings.events.historicalMigration ? { historical_migration: true } : {}

  return (batch: EventBatch): Effect.Effect<SendOutcome> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      send({
        request: requests[batch.route],
        body: JSON.stringify({
          api_key: Redacted.value(settings.apiKey),
          batch: batch.events.map(eventOf),
          sent_at: formatUtc(now),
          ...migration
        })
      }, protocol))
}
