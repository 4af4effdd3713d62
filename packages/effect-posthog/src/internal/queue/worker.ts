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
import type { QueuedEvent, Route } from "./queuedEvent.ts"
import type { RouteQueue } from "./routeQueue.ts"

const longest = 30_000
const jitter = 0.25

/**
 * How long to wait before a retry, in milliseconds. The server's requestedDelay is a minimum, honoured up to 30 seconds. Jitter
 * only ever adds, so that both minima hold.
 *
 * @param retry 0 for the first retry
 * @param random from 0 to 1
 * @internal
 */
const retryDelay = (
  base: Duration.Duration,
  retry: number,
  random: number,
  retryAfter: Duration.Duration | undefined
): number => {
  const baseMillis = Duration.toMillis(base)
  const backoff = Math.min(baseMillis * 2 ** retry, Math.max(baseMillis, longest))
  const requestedDelay = retryAfter === undefined ? 0 : Math.min(Duration.toMillis(retryAfter), longest)
  return Math.max(backoff * (1 + jitter * random), requestedDelay)
}

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

const endAll = (
  routeQueue: RouteQueue,
  entries: ReadonlyArray<QueuedEvent>,
  reason?: DropReason,
  details?: string
): void => {
  for (const entry of entries) routeQueue.end(entry, reason, details)
}

const settleDelivered = (
  routeQueue: RouteQueue,
  entries: ReadonlyArray<QueuedEvent>,
  { dropped = [], duplicates = [], retry = [], retryAfter }: Extract<SendOutcome, { readonly _tag: "Delivered" }>
): Next => {
  if (dropped.length === 0 && duplicates.length === 0 && retry.length === 0) {
    endAll(routeQueue, entries)
    return done
  }
  // A server may answer in lower case for a uuid that the caller wrote in upper case.
  const again = new Set(retry.map((id) => id.toLowerCase()))
  const refused = new Map(dropped.map(({ details, id }) => [id.toLowerCase(), details]))
  const repeated = new Set(duplicates.map((id) => id.toLowerCase()))
  const pending: Array<QueuedEvent> = []
  for (const entry of entries) {
    const id = entry.id.toLowerCase()
    if (again.has(id)) pending.push(entry)
    else if (refused.has(id)) routeQueue.end(entry, "Rejected", refused.get(id))
    else if (repeated.has(id)) routeQueue.end(entry, "Duplicate")
    else routeQueue.end(entry)
  }
  return pending.length === 0
    ? done
    : { _tag: "Again", pending, details: "the server asked for a retry", retryAfter }
}

const settle = (routeQueue: RouteQueue, entries: ReadonlyArray<QueuedEvent>, outcome: SendOutcome): Next => {
  switch (outcome._tag) {
    case "Delivered":
      return settleDelivered(routeQueue, entries, outcome)
    case "Retry":
      return { _tag: "Again", pending: entries, details: outcome.details, retryAfter: outcome.retryAfter }
    case "Rejected":
      endAll(routeQueue, entries, "Rejected", outcome.details)
      return done
    case "TooLarge":
      if (entries.length > 1) return split
      endAll(routeQueue, entries, "TooLarge", outcome.details)
      return done
  }
}

/**
 * Sends the events of a batch until every one of them has ended: attempt by attempt, within one budget of retries, in
 * halves when the server finds the request too large. Interruption leaves the events of the current attempt without an
 * end, for the routeQueue to give them one.
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
  const attempt = (
    routeQueue: RouteQueue,
    entries: ReadonlyArray<QueuedEvent>,
    batch: EventBatch
  ): Effect.Effect<Next> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        restore(Effect.catchAllCause(Effect.suspend(() => send(batch)), () => Effect.succeed(broken))),
        (answer) => {
          const outcome = answer ?? allDelivered
          requests[outcome._tag].unsafeUpdate(1, [])
          const next = settle(routeQueue, entries, outcome)
          routeQueue.settle()
          return outcome._tag === "TooLarge" && next === done
            ? Effect.as(Effect.forEach(entries, warnOfSize, { discard: true }), next)
            : Effect.succeed(next)
        }
      )
    )

  const deliver = (routeQueue: RouteQueue, route: Route, entries: ReadonlyArray<QueuedEvent>): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (createdAt) => {
      // No literal: see decision 0014.
      const batch = {} as Types.Mutable<EventBatch>
      batch.route = route
      batch.events = entries.map((entry) => entry.event)
      batch.requestId = ids.make(createdAt)
      batch.createdAt = createdAt
      batch.attempt = 1
      return Effect.flatMap(
        attempt(routeQueue, entries, batch),
        (next) => next._tag === "Done" ? Effect.void : proceed(routeQueue, entries, batch, next)
      )
    })

  // What follows on a first attempt that did not settle everything.
  const proceed = (
    routeQueue: RouteQueue,
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
          yield* deliver(routeQueue, batch.route, pending.slice(0, middle))
          return yield* deliver(routeQueue, batch.route, pending.slice(middle))
        }
        pending = next.pending
        if (number > settings.maxRetries) {
          endAll(routeQueue, pending, "RetriesExhausted", next.details)
          return routeQueue.settle()
        }
        const delay = retryDelay(settings.retryBase, number - 1, yield* Random.next, next.retryAfter)
        yield* Effect.sleep(Duration.millis(delay))
        next = yield* attempt(routeQueue, pending, {
          ...batch,
          events: pending.map((entry) => entry.event),
          attempt: number + 1
        })
      }
    })

  return deliver
}
