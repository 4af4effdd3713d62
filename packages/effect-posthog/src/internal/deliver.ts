import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type * as Types from "effect/Types"
import type { DropReason } from "../Delivery.ts"
import type { EventBatch, SendOutcome } from "../EventBatch.ts"
import type { EventIdSource } from "../EventIds.ts"
import type { Settings } from "../Options.ts"
import * as Metrics from "../PostHogMetrics.ts"
import { retryDelay } from "./backoff.ts"
import type { Lane } from "./lane.ts"
import type { QueuedEvent, Route } from "./queuedEvent.ts"

type Next =
  | { readonly _tag: "Done" }
  | { readonly _tag: "Split" }
  | {
    readonly _tag: "Again"
    readonly pending: ReadonlyArray<QueuedEvent>
    readonly details: string
    readonly retryAfter: Duration.Duration | undefined
  }

const done: Next = { _tag: "Done" }
const split: Next = { _tag: "Split" }

const requests: Readonly<Record<SendOutcome["_tag"], Metric.Metric.Counter<number>>> = {
  Delivered: Metric.tagged(Metrics.eventRequests, "outcome", "delivered"),
  Retry: Metric.tagged(Metrics.eventRequests, "outcome", "retry"),
  TooLarge: Metric.tagged(Metrics.eventRequests, "outcome", "too_large"),
  Rejected: Metric.tagged(Metrics.eventRequests, "outcome", "rejected")
}

const allDelivered: SendOutcome = { _tag: "Delivered" }

// A transport that broke instead of answering may or may not have reached the server, like a lost connection.
const broken: SendOutcome = { _tag: "Retry", details: "unknown_error" }

const endAll = (lane: Lane, entries: ReadonlyArray<QueuedEvent>, reason?: DropReason, details?: string): void => {
  for (const entry of entries) lane.end(entry, reason, details)
}

const settleDelivered = (
  lane: Lane,
  entries: ReadonlyArray<QueuedEvent>,
  { dropped = [], retry = [], retryAfter }: Extract<SendOutcome, { readonly _tag: "Delivered" }>
): Next => {
  if (dropped.length === 0 && retry.length === 0) {
    endAll(lane, entries)
    return done
  }
  // A server may answer in lower case for a uuid that the caller wrote in upper case.
  const again = new Set(retry.map((id) => id.toLowerCase()))
  const refused = new Map(dropped.map(({ details, id }) => [id.toLowerCase(), details]))
  const pending: Array<QueuedEvent> = []
  for (const entry of entries) {
    const id = entry.id.toLowerCase()
    if (again.has(id)) pending.push(entry)
    else if (refused.has(id)) lane.end(entry, "Rejected", refused.get(id))
    else lane.end(entry)
  }
  return pending.length === 0
    ? done
    : { _tag: "Again", pending, details: "the server asked for a retry", retryAfter }
}

const settle = (lane: Lane, entries: ReadonlyArray<QueuedEvent>, outcome: SendOutcome): Next => {
  switch (outcome._tag) {
    case "Delivered":
      return settleDelivered(lane, entries, outcome)
    case "Retry":
      return { _tag: "Again", pending: entries, details: outcome.details, retryAfter: outcome.retryAfter }
    case "Rejected":
      endAll(lane, entries, "Rejected", outcome.details)
      return done
    case "TooLarge":
      if (entries.length > 1) return split
      endAll(lane, entries, "TooLarge", outcome.details)
      return done
  }
}

/**
 * Sends the events of a batch until every one of them has ended: attempt by attempt, within one budget of retries, in
 * halves when the server finds the request too large. Interruption leaves the events of the current attempt without an
 * end, for the lane to give them one.
 *
 * @internal
 */
export const makeDeliver = (
  settings: Settings["events"],
  ids: EventIdSource,
  send: (batch: EventBatch) => Effect.Effect<SendOutcome | void>,
  /** Says in the log that the server found this event too large, alone in its request. */
  warnOfSize: (entry: QueuedEvent) => Effect.Effect<void>
) => {
  // Nothing may come between the server's answer and the books.
  const attempt = (lane: Lane, entries: ReadonlyArray<QueuedEvent>, batch: EventBatch): Effect.Effect<Next> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        restore(Effect.catchAllCause(Effect.suspend(() => send(batch)), () => Effect.succeed(broken))),
        (answer) => {
          const outcome = answer ?? allDelivered
          requests[outcome._tag].unsafeUpdate(1, [])
          const next = settle(lane, entries, outcome)
          lane.settle()
          return outcome._tag === "TooLarge" && next === done
            ? Effect.as(Effect.forEach(entries, warnOfSize, { discard: true }), next)
            : Effect.succeed(next)
        }
      )
    )

  const deliver = (lane: Lane, route: Route, entries: ReadonlyArray<QueuedEvent>): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (createdAt) => {
      // No literal: see decision 0014.
      const batch = {} as Types.Mutable<EventBatch>
      batch.route = route
      batch.events = entries.map((entry) => entry.event)
      batch.requestId = ids.make(createdAt)
      batch.createdAt = createdAt
      batch.attempt = 1
      return Effect.flatMap(
        attempt(lane, entries, batch),
        (next) => next._tag === "Done" ? Effect.void : proceed(lane, entries, batch, next)
      )
    })

  // What follows on a first attempt that did not settle everything.
  const proceed = (
    lane: Lane,
    entries: ReadonlyArray<QueuedEvent>,
    batch: EventBatch,
    first: Next
  ): Effect.Effect<void> =>
    Effect.gen(function*() {
      let pending = entries
      let next = first
      for (let number = 1; next._tag !== "Done"; number++) {
        if (next._tag === "Split") {
          const middle = Math.ceil(pending.length / 2)
          yield* deliver(lane, batch.route, pending.slice(0, middle))
          return yield* deliver(lane, batch.route, pending.slice(middle))
        }
        pending = next.pending
        if (number > settings.maxRetries) {
          endAll(lane, pending, "RetriesExhausted", next.details)
          return lane.settle()
        }
        const delay = retryDelay(settings.retryBase, number - 1, yield* Random.next, next.retryAfter)
        yield* Effect.sleep(Duration.millis(delay))
        next = yield* attempt(lane, pending, {
          ...batch,
          events: pending.map((entry) => entry.event),
          attempt: number + 1
        })
      }
    })

  return deliver
}
