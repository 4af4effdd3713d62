// Generated from packages/effect-posthog/src/EventDelivery.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Sends events that a program keeps elsewhere, such as those of an outbox.
 *
 * @since 3.0.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { EventBatch, Prepared, SendOutcome } from "./Delivery.ts"
import type { PostHogEvent } from "./EventDraft.ts"
import { EventIds } from "./EventIds.ts"
import { EventTransport } from "./EventTransport.ts"
import { Batch } from "./internal/queue/batch.ts"
import { Counters } from "./internal/queue/counters.ts"
import { makeDelivery } from "./internal/queue/delivery.ts"
import { QueuedEvent } from "./internal/queue/queuedEvent.ts"
import { EventReports } from "./internal/queue/reports.ts"
import { quote } from "./internal/quote.ts"
import { Warnings } from "./internal/warnings.ts"
import { PostHogConfig } from "./PostHogConfig.ts"

/**
 * What became of one event.
 *
 * **Details**
 *
 * - `Delivered`: the server took it
 * - `Duplicate`: it was not sent, because an equal event stands for it
 * - `Refused`: the server refused this event, or found it too large, and would again
 * - `Retry`: it was not delivered, and it is not at fault: the server was away, or refused the request for what all
 *   events have in common, such as the project's key
 *
 * @since 3.0.0
 * @category models
 */
export type EventEnd =
  | { readonly _tag: "Delivered" }
  | { readonly _tag: "Duplicate" }
  | { readonly _tag: "Refused"; readonly reason: "Rejected" | "TooLarge"; readonly details: string }
  | { readonly _tag: "Retry"; readonly details: string }

/**
 * What became of the events of one call.
 *
 * @since 3.0.0
 * @category models
 */
export interface Sent {
  /** One for each event, in their order. */
  readonly ends: ReadonlyArray<EventEnd>
  /** How long the server asks to be left alone. */
  readonly retryAfter: Duration.Duration | undefined
}

/**
 * Sends finished events, all of one route: at most `events.maxBatchSize` of them, with different uuids.
 *
 * @since 3.0.0
 * @category models
 */
export type SendOnce = (
  route: Prepared["route"],
  events: ReadonlyArray<PostHogEvent>
) => Effect.Effect<Sent>

const delivered: EventEnd = { _tag: "Delivered" }
const duplicate: EventEnd = { _tag: "Duplicate" }
const notSent: EventEnd = { _tag: "Retry", details: "not sent" }

// The delivery asks of a queue only that it is told how events end.
class Ends {
  readonly route: Prepared["route"]
  readonly all = new Map<QueuedEvent, EventEnd>()

  constructor(route: Prepared["route"]) {
    this.route = route
  }

  end(event: QueuedEvent, reason?: string, details = ""): void {
    this.all.set(
      event,
      reason === undefined
        ? delivered
        : reason === "Duplicate"
        ? duplicate
        : reason === "Rejected" || reason === "TooLarge"
        ? { _tag: "Refused", reason, details }
        : { _tag: "Retry", details }
    )
  }

  settle(): void {}
}

const longer = (one: Duration.Duration | undefined, other: Duration.Duration | undefined) =>
  one === undefined || other === undefined ? one ?? other : Duration.max(one, other)

/**
 * Makes a function that tries to deliver events once.
 *
 * **When to use**
 *
 * Where finished events (`EventQueue.prepare`) wait in a store of the program's own, which decides when to send them again.
 *
 * **Details**
 *
 * Nothing is retried and nothing waits. A request that the server refuses for what may be one event is sent again in
 * halves until the events at fault stand alone, as `EventQueue` does; each call sends 64 requests at most. The events at
 * fault are named in the log. A transport that breaks has delivered nothing.
 *
 * @example
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { EventTransport, PostHogConfig } from "effect-posthog"
 * import * as EventDelivery from "effect-posthog/EventDelivery"
 *
 * const event = {
 *   event: "invoice paid",
 *   distinctId: "user-17",
 *   properties: {},
 *   timestamp: "2026-01-01T00:00:00Z",
 *   uuid: "01890000-0000-7000-8000-000000000000"
 * }
 *
 * const program = Effect.flatMap(EventDelivery.make, (send) => send("analytics", [event])).pipe(
 *   Effect.provide(Layer.merge(
 *     EventTransport.layerNoop,
 *     PostHogConfig.layer({ apiKey: Redacted.make("phc_example") })
 *   ))
 * )
 *
 * assert.deepStrictEqual((await Effect.runPromise(program)).ends, [{ _tag: "Delivered" }])
 * ```
 *
 * @since 3.0.0
 * @category constructors
 */
export const make: Effect.Effect<SendOnce, never, EventTransport | PostHogConfig> = Effect.gen(function*() {
  const settings = yield* PostHogConfig
  const transport = yield* EventTransport
  const ids = yield* EventIds
  const warnings = new Warnings("EventDelivery", 10_000)
  const reports = new EventReports(new Counters(), warnings)
  const warnOfSize = ({ bytes, name }: QueuedEvent): Effect.Effect<void> =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => warnings.warn("TooLarge", `The event ${quote(name)} is too large for the server: ${bytes} bytes`, now)
    )

  return (route, events) =>
    Effect.suspend(() => {
      const queue = new Ends(route)
      let retryAfter: Duration.Duration | undefined
      // Events wait for what a request is refused as a whole for: nothing is wrong with them.
      const judge = (answer: SendOutcome | void): SendOutcome => {
        const outcome: SendOutcome = answer ?? { _tag: "Delivered" }
        if (outcome._tag === "Delivered" || outcome._tag === "Retry") {
          retryAfter = longer(retryAfter, outcome.retryAfter)
        }
        return outcome._tag === "Rejected" && outcome.narrowable !== true
          ? { _tag: "Retry", details: outcome.details }
          : outcome
      }
      const deliver = makeDelivery({
        queue,
        settings: { ...settings.events, maxRetries: 0 },
        ids,
        send: (batch: EventBatch) => Effect.map(transport.send(batch), judge),
        warnOfSize,
        reports
      })
      const queued = events.map((event) => new QueuedEvent(event, 0))
      return Effect.map(deliver(new Batch(queued)), (): Sent => ({
        ends: queued.map((event) => queue.all.get(event) ?? notSent),
        retryAfter
      }))
    })
})
