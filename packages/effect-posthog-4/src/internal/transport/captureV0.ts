// Generated from packages/effect-posthog/src/internal/transport/captureV0.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { EventBatch, SendOutcome } from "../../Delivery.ts"
import type { PostHogEvent } from "../../EventDraft.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { withNow } from "../eventLoop.ts"
import { makeUtcFormatter } from "../timestamp.ts"
import { withUsableOptions } from "./eventOptions.ts"
import { eventRequest, refused } from "./sendEvents.ts"
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
  properties: withUsableOptions(properties)
})

const isRetryable = (status: number): boolean => status === 408 || status === 429 || status >= 500

// oxlint-disable-next-line no-control-regex
const binary = /[\u0000-\u0008\ufffd]/

// PostHog answers with JSON, older versions and relays with a word. The page of some other server is not its receipt.
const isForeign = ({ body, tooLarge }: EventResponse): boolean => {
  const text = body.trim()
  // A body that the client did not decompress says nothing about who answered.
  if (/^\w{0,16}$/.test(text) || binary.test(text)) return false
  if (tooLarge) return text.startsWith("<")
  try {
    JSON.parse(text)
    return false
  } catch {
    return true
  }
}

const classify = (response: EventResponse): SendOutcome => {
  const { status } = response
  if (status >= 200 && status < 300) {
    return isForeign(response) ? { _tag: "Rejected", details: "invalid_response" } : { _tag: "Delivered" }
  }
  if (!isRetryable(status)) return refused(response)
  const { details, retryAfter } = response
  return { _tag: "Retry", details, retryAfter }
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
    withNow((now) =>
      send(
        {
          request: requests[batch.route],
          body: JSON.stringify({
            api_key: Redacted.value(settings.apiKey),
            batch: batch.events.map(eventOf),
            sent_at: formatUtc(now),
            ...migration
          })
        },
        protocol,
        batch
      )
    )
}
