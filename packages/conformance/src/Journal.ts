/**
 * What one client sent, as `GET /state` tells it.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { type EventBatch, EventTransport, type SendOutcome } from "effect-posthog"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

/** One request that carried events. */
export interface RequestMade {
  readonly timestamp_ms: number
  /** 0 when no answer came. */
  readonly status_code: number
  /** 0 for a first attempt. */
  readonly retry_attempt: number
  readonly event_count: number
  readonly uuid_list: ReadonlyArray<string>
}

export interface Entries {
  readonly sent: number
  readonly retries: number
  readonly lastError: string | null
  readonly requests: ReadonlyArray<RequestMade>
}

export interface Journal {
  readonly entries: Effect.Effect<Entries>
  /** Sees each batch before it is compressed, and its end. */
  readonly watchTransport: (transport: typeof EventTransport.Service) => typeof EventTransport.Service
  /** Sees the status of each response. */
  readonly watchHttp: (client: HttpClient.HttpClient) => HttpClient.HttpClient
}

// Answers may name events that the batch does not carry.
const sentIn = (batch: EventBatch, outcome: SendOutcome): number => {
  if (outcome._tag !== "Delivered") return 0
  const again = new Set(outcome.retry?.map((id) => id.toLowerCase()))
  return batch.events.filter(({ uuid }) => !again.has(uuid.toLowerCase())).length
}

const errorIn = (outcome: SendOutcome): string | undefined => {
  if (outcome._tag !== "Delivered") return outcome.details
  const { dropped: [dropped] = [], retry = [] } = outcome
  if (dropped !== undefined) return dropped.details ?? "dropped"
  return retry.length > 0 ? "the server asked for a retry" : undefined
}

export const make: Effect.Effect<Journal> = Effect.sync(() => {
  const requests: Array<RequestMade> = []
  let sent = 0
  let retries = 0
  let lastError: string | null = null
  // What the HTTP client learns about the batch that the transport sends in the same fiber.
  const exchange = FiberRef.unsafeMake<{ status: number } | undefined>(undefined)

  const record = (batch: EventBatch, startedAt: number, status: number, outcome: SendOutcome): void => {
    requests.push({
      timestamp_ms: startedAt,
      status_code: status,
      retry_attempt: batch.attempt - 1,
      event_count: batch.events.length,
      uuid_list: batch.events.map(({ uuid }) => uuid)
    })
    sent += sentIn(batch, outcome)
    if (batch.attempt > 1) retries++
    lastError = errorIn(outcome) ?? lastError
  }

  return {
    entries: Effect.sync(() => ({ sent, retries, lastError, requests: [...requests] })),
    watchTransport: (transport) => ({
      send: (batch) =>
        Effect.flatMap(Clock.currentTimeMillis, (startedAt) => {
          const seen = { status: 0 }
          return transport.send(batch).pipe(
            Effect.locally(exchange, seen),
            Effect.tap((outcome) =>
              Effect.sync(() => record(batch, startedAt, seen.status, outcome ?? { _tag: "Delivered" }))
            )
          )
        })
    }),
    watchHttp: HttpClient.transformResponse(
      Effect.tap((response) =>
        Effect.map(FiberRef.get(exchange), (seen) => {
          if (seen !== undefined) seen.status = response.status
        })
      )
    )
  }
})
