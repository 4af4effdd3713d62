import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type * as Types from "effect/Types"
import type { DropReason, EventBatch, SendOutcome } from "../../Delivery.ts"
import type { EventIdSource } from "../../EventIds.ts"
import type { Settings } from "../../PostHogConfig.ts"
import * as Metrics from "../../PostHogMetrics.ts"
import { retryDelay } from "./backoff.ts"
import type { QueuedEvent } from "./queuedEvent.ts"
import type { RouteQueue } from "./routeQueue.ts"

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

/**
 * Sends events of a queue until every one of them has ended: attempt by attempt, within one budget of retries, in halves
 * when the server finds the request too large. Interruption leaves the events of the current attempt without an end.
 *
 * @internal
 */
export const makeDelivery = (
  queue: RouteQueue,
  settings: Settings["events"],
  ids: EventIdSource,
  send: (batch: EventBatch) => Effect.Effect<SendOutcome | void>,
  warnOfSize: (event: QueuedEvent) => Effect.Effect<void>
) => {
  const endAll = (events: ReadonlyArray<QueuedEvent>, reason?: DropReason, details?: string): void => {
    for (const event of events) queue.end(event, reason, details)
  }

  const settleDelivered = (
    events: ReadonlyArray<QueuedEvent>,
    { dropped = [], duplicates = [], retry = [], retryAfter }: Extract<SendOutcome, { readonly _tag: "Delivered" }>
  ): Next => {
    if (dropped.length === 0 && duplicates.length === 0 && retry.length === 0) {
      endAll(events)
      return done
    }
    // A server may answer in lower case for a uuid that the caller wrote in upper case.
    const again = new Set(retry.map((id) => id.toLowerCase()))
    const refused = new Map(dropped.map(({ details, id }) => [id.toLowerCase(), details]))
    const repeated = new Set(duplicates.map((id) => id.toLowerCase()))
    const pending: Array<QueuedEvent> = []
    for (const event of events) {
      const id = event.id.toLowerCase()
      if (again.has(id)) pending.push(event)
      else if (refused.has(id)) queue.end(event, "Rejected", refused.get(id))
      else if (repeated.has(id)) queue.end(event, "Duplicate")
      else queue.end(event)
    }
    return pending.length === 0
      ? done
      : { _tag: "Again", pending, details: "the server asked for a retry", retryAfter }
  }

  const settle = (events: ReadonlyArray<QueuedEvent>, outcome: SendOutcome): Next => {
    switch (outcome._tag) {
      case "Delivered":
        return settleDelivered(events, outcome)
      case "Retry":
        return { _tag: "Again", pending: events, details: outcome.details, retryAfter: outcome.retryAfter }
      case "Rejected":
        endAll(events, "Rejected", outcome.details)
        return done
      case "TooLarge":
        if (events.length > 1) return split
        endAll(events, "TooLarge", outcome.details)
        return done
    }
  }

  // Nothing may come between the server's answer and the counts.
  const attempt = (events: ReadonlyArray<QueuedEvent>, batch: EventBatch): Effect.Effect<Next> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        restore(Effect.catchAllCause(Effect.suspend(() => send(batch)), () => Effect.succeed(broken))),
        (answer) => {
          const outcome = answer ?? allDelivered
          requests[outcome._tag].unsafeUpdate(1, [])
          const next = settle(events, outcome)
          queue.settle()
          return outcome._tag === "TooLarge" && next === done
            ? Effect.as(Effect.forEach(events, warnOfSize, { discard: true }), next)
            : Effect.succeed(next)
        }
      )
    )

  const deliver = (events: ReadonlyArray<QueuedEvent>): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (createdAt) => {
      // No literal: see decision 0014.
      const batch = {} as Types.Mutable<EventBatch>
      batch.route = queue.route
      batch.events = events.map((event) => event.event)
      batch.requestId = ids.make(createdAt)
      batch.createdAt = createdAt
      batch.attempt = 1
      return Effect.flatMap(
        attempt(events, batch),
        (next) => next._tag === "Done" ? Effect.void : proceed(events, batch, next)
      )
    })

  // What follows on a first attempt that did not settle everything.
  const proceed = (events: ReadonlyArray<QueuedEvent>, batch: EventBatch, first: Next): Effect.Effect<void> =>
    Effect.gen(function*() {
      let pending = events
      let next = first
      for (let number = 1; next._tag !== "Done"; number++) {
        if (next._tag === "Split") {
          const middle = Math.ceil(pending.length / 2)
          yield* deliver(pending.slice(0, middle))
          return yield* deliver(pending.slice(middle))
        }
        pending = next.pending
        if (number > settings.maxRetries) {
          endAll(pending, "RetriesExhausted", next.details)
          return queue.settle()
        }
        const delay = retryDelay(settings.retryBase, number - 1, yield* Random.next, next.retryAfter)
        yield* Effect.sleep(Duration.millis(delay))
        next = yield* attempt(pending, {
          ...batch,
          events: pending.map((event) => event.event),
          attempt: number + 1
        })
      }
    })

  return deliver
}
