// Generated from packages/effect-posthog/src/internal/queue/delivery.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import type * as Types from "effect/Types"
import type { DropReason, EventBatch, SendOutcome } from "../../Delivery.ts"
import type { EventIdSource } from "../../EventIds.ts"
import type { Settings } from "../../PostHogConfig.ts"
import * as Metrics from "../../PostHogMetrics.ts"
import { inTurn, withNow } from "../eventLoop.ts"
import { annotated, isDebug } from "../library.ts"
import { retryDelay } from "./backoff.ts"
import type { Batch } from "./batch.ts"
import type { QueuedEvent } from "./queuedEvent.ts"
import type { EventReports, Refusal } from "./reports.ts"
import type { RouteQueue } from "./routeQueue.ts"

type Next =
  | { readonly _tag: "Done" }
  | { readonly _tag: "Split"; readonly outcome: Extract<SendOutcome, { readonly _tag: "Rejected" | "TooLarge" }> }
  | {
    readonly _tag: "Again"
    readonly pending: ReadonlyArray<QueuedEvent>
    readonly details: string
    readonly retryAfter: Duration.Duration | undefined
  }

const done: Next = { _tag: "Done" }

const requests: Readonly<Record<SendOutcome["_tag"], Metric.Counter<number>>> = {
  Delivered: Metrics.eventRequestsWith("delivered"),
  Retry: Metrics.eventRequestsWith("retry"),
  TooLarge: Metrics.eventRequestsWith("too_large"),
  Rejected: Metrics.eventRequestsWith("rejected")
}

const allDelivered: SendOutcome = { _tag: "Delivered" }

// A transport that broke instead of answering may or may not have reached the server, like a lost connection.
const broken: SendOutcome = { _tag: "Retry", details: "unknown_error" }

const logDelivered = (count: number, millis: number): Effect.Effect<void> =>
  count === 0
    ? Effect.void
    : Effect.withFiber((fiber) =>
      isDebug(fiber)
        ? annotated("EventQueue")(
          Effect.logDebug(`delivered ${count} ${count === 1 ? "event" : "events"} in ${millis} ms`)
        )
        : Effect.void
    )

/** Requests that one batch may take, the parts included in which it is sent again. */
const mostRequests = 64

/** Batches in a row of which every part was refused, after which refused batches are not sent again in parts. */
const mostFruitless = 2

/** Beyond the limit of an attempt: how much later its end may be noticed before whoever delivers counts as cut off. */
const graceMillis = 5000

/** What became of a batch so far. */
interface Progress {
  readonly batch: Batch
  requests: number
  delivered: number
  /** The server took a request. */
  accepted: boolean
  /** A refused request was sent again in parts. */
  narrowed: boolean
  readonly refusals: Array<Refusal>
}

interface DeliveryParts {
  /** Learns how the events end. */
  readonly queue: Pick<RouteQueue, "route" | "end" | "settle">
  readonly settings: Settings["events"]
  readonly ids: EventIdSource
  readonly send: (batch: EventBatch) => Effect.Effect<SendOutcome | void>
  readonly warnOfSize: (event: QueuedEvent) => Effect.Effect<void>
  readonly reports: Pick<EventReports, "warnAboutRefusals">
}

/**
 * Sends events of a queue until every one of them has ended: attempt by attempt, within one budget of retries. A request
 * that the server finds too large, or refuses for what may be one event in it, is sent again in halves, until the events
 * at fault stand alone. At most 64 requests go out for one call: what is left then goes with the next, or ends when the
 * server took nothing. Where the server takes nothing at all, batch after batch, they are not halved any more until it
 * takes something.
 *
 * Interruption leaves the events of the current attempt without an end.
 *
 * @internal
 */
export const makeDelivery = ({ ids, queue, reports, send, settings, warnOfSize }: DeliveryParts) => {
  /** Batches in a row that were sent in parts, all of which were refused. */
  let fruitless = 0
  const attemptMillis = Duration.toMillis(settings.requestTimeout) + graceMillis

  const endAll = (events: ReadonlyArray<QueuedEvent>, reason?: DropReason, details?: string): void => {
    for (const event of events) queue.end(event, reason, details)
  }

  const reject = (events: ReadonlyArray<QueuedEvent>, details: string, progress: Progress): void => {
    for (const event of events) {
      queue.end(event, "Rejected", details)
      progress.refusals.push({ name: event.name, details })
    }
  }

  const settleDelivered = (
    events: ReadonlyArray<QueuedEvent>,
    progress: Progress,
    { dropped = [], duplicates = [], retry = [], retryAfter }: Extract<SendOutcome, { readonly _tag: "Delivered" }>
  ): Next => {
    if (dropped.length === 0 && duplicates.length === 0 && retry.length === 0) {
      endAll(events)
      progress.delivered += events.length
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
      else if (repeated.has(id)) queue.end(event, "Duplicate")
      else if (refused.has(id)) {
        const details = refused.get(id)
        queue.end(event, "Rejected", details)
        progress.refusals.push({ name: event.name, details: details ?? "no reason given" })
      } else {
        queue.end(event)
        progress.delivered++
      }
    }
    return pending.length === 0
      ? done
      : { _tag: "Again", pending, details: "the server asked for a retry", retryAfter }
  }

  const mayNarrow = (events: ReadonlyArray<QueuedEvent>): boolean => events.length > 1 && fruitless < mostFruitless

  const settle = (events: ReadonlyArray<QueuedEvent>, outcome: SendOutcome, progress: Progress): Next => {
    switch (outcome._tag) {
      case "Delivered":
        progress.accepted = true
        fruitless = 0
        return settleDelivered(events, progress, outcome)
      case "Retry":
        return { _tag: "Again", pending: events, details: outcome.details, retryAfter: outcome.retryAfter }
      case "Rejected":
        if (outcome.narrowable === true && mayNarrow(events)) return { _tag: "Split", outcome }
        reject(events, outcome.details, progress)
        return done
      case "TooLarge":
        if (mayNarrow(events)) return { _tag: "Split", outcome }
        endAll(events, "TooLarge", outcome.details)
        return done
    }
  }

  // Whoever captured the events may still be in the same turn of the event loop.
  const sendInTurn = (events: ReadonlyArray<QueuedEvent>, batch: EventBatch): Effect.Effect<SendOutcome | void> => {
    let size = 0
    for (const { estimate } of events) size += estimate
    return inTurn(size, () => send(batch))
  }

  // Nothing may come between the server's answer and the counts.
  const attempt = (
    events: ReadonlyArray<QueuedEvent>,
    batch: EventBatch,
    progress: Progress
  ): Effect.Effect<Next> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        restore(Effect.catchCause(Effect.suspend(() => sendInTurn(events, batch)), () => Effect.succeed(broken))),
        (answer) => {
          const outcome = answer ?? allDelivered
          requests[outcome._tag].updateUnsafe(1, Context.empty())
          progress.requests++
          const next = settle(events, outcome, progress)
          queue.settle()
          return outcome._tag === "TooLarge" && next === done
            ? Effect.as(Effect.forEach(events.slice(0, 1), warnOfSize, { discard: true }), next)
            : Effect.succeed(next)
        }
      )
    )

  const deliverPart = (events: ReadonlyArray<QueuedEvent>, progress: Progress): Effect.Effect<void> =>
    withNow((createdAt) => {
      // No literal: see decision 0014.
      const batch = {} as Types.Mutable<EventBatch>
      batch.route = queue.route
      batch.events = events.map((event) => event.event)
      batch.requestId = ids.make(createdAt)
      batch.createdAt = createdAt
      batch.attempt = 1
      progress.batch.heldUntil = createdAt + attemptMillis
      return Effect.flatMap(
        attempt(events, batch, progress),
        (next) => next._tag === "Done" ? Effect.void : proceed(events, batch, next, progress)
      )
    })

  // What follows on a first attempt that did not settle everything.
  const proceed = (
    events: ReadonlyArray<QueuedEvent>,
    batch: EventBatch,
    first: Next,
    progress: Progress
  ): Effect.Effect<void> =>
    Effect.gen(function*() {
      let pending = events
      let next = first
      for (let number = 1; next._tag !== "Done"; number++) {
        if (next._tag === "Split") return yield* deliverHalves(pending, next.outcome, progress)
        pending = next.pending
        const { details } = next
        if (number > settings.maxRetries) {
          endAll(pending, "RetriesExhausted", details)
          return queue.settle()
        }
        if (isSpent(progress)) return giveUp(progress, () => endAll(pending, "RetriesExhausted", details))
        const delay = retryDelay(settings.retryBase, number - 1, yield* Random.next, next.retryAfter)
        progress.batch.heldUntil = (yield* Clock.currentTimeMillis) + delay + attemptMillis
        yield* Effect.sleep(Duration.millis(delay))
        next = yield* attempt(
          pending,
          { ...batch, events: pending.map((event) => event.event), attempt: number + 1 },
          progress
        )
      }
    })

  const isSpent = ({ narrowed, requests }: Progress): boolean => narrowed && requests >= mostRequests

  // The server took other parts: these may go with the next batch. It took nothing: they share the fate of the whole.
  const giveUp = ({ accepted }: Progress, end: () => void): void => {
    if (accepted) return
    end()
    queue.settle()
  }

  const deliverHalves = (
    events: ReadonlyArray<QueuedEvent>,
    outcome: Extract<SendOutcome, { readonly _tag: "Rejected" | "TooLarge" }>,
    progress: Progress
  ): Effect.Effect<void> => {
    const { details } = outcome
    const middle = Math.ceil(events.length / 2)
    progress.narrowed = true
    return Effect.forEach([events.slice(0, middle), events.slice(middle)], (half) =>
      Effect.suspend(() => {
        if (!isSpent(progress)) return deliverPart(half, progress)
        giveUp(
          progress,
          () => outcome._tag === "Rejected" ? reject(half, details, progress) : endAll(half, "TooLarge", details)
        )
        return Effect.void
      }), { discard: true })
  }

  return (batch: Batch): Effect.Effect<void> =>
    withNow((startedAt) => {
      const progress: Progress = { batch, requests: 0, delivered: 0, accepted: false, narrowed: false, refusals: [] }
      return Effect.flatMap(deliverPart(batch.events, progress), () => {
        if (progress.narrowed && !progress.accepted) fruitless++
        return withNow((now) => {
          const log = logDelivered(progress.delivered, now - startedAt)
          const { refusals } = progress
          return refusals.length === 0 ? log : Effect.andThen(log, reports.warnAboutRefusals(refusals, now))
        })
      })
    })
}
