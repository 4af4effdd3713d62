/**
 * Queueing and delivery of events.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Delivery, EventCounts, OfferResult, Prepared } from "./Delivery.ts"
import type { EventDraft } from "./EventDraft.ts"
import { EventIds } from "./EventIds.ts"
import { EventTransport } from "./EventTransport.ts"
import { rememberSettings } from "./internal/exceptions/clientSettings.ts"
import { makeDisabledQueue, makeEventQueue } from "./internal/queue/eventQueue.ts"
import { queueStorage } from "./internal/queue/queueStorage.ts"
import { PostHogConfig } from "./PostHogConfig.ts"

/** @internal */
export const makeQueue: Effect.Effect<
  typeof EventQueue.Service,
  never,
  PostHogConfig | EventTransport | Scope.Scope
> = Effect.gen(function*() {
  const settings = yield* PostHogConfig
  const transport = yield* EventTransport
  const ids = yield* EventIds
  const storage = yield* Effect.serviceOption(queueStorage)
  const queue = settings.enabled
    ? yield* makeEventQueue(
      settings,
      ids,
      transport.send,
      // On other runtimes nothing runs between requests that could write.
      Option.isSome(storage) && settings.runtime === "process" ? storage.value.make(settings) : undefined
    )
    : makeDisabledQueue()
  return rememberSettings(queue, settings, ids)
})

/**
 * Queueing and delivery of events. `PostHog.layer` provides it; tests replace it with `Layer.succeed` or
 * `EventQueue.layerNoop`.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import type { EventDraft, OfferResult } from "effect-posthog"
 * import { EventQueue, Events } from "effect-posthog"
 *
 * const drafts: Array<EventDraft> = []
 * const offer = (draft: EventDraft) =>
 *   Effect.sync((): OfferResult => {
 *     drafts.push(draft)
 *     return { _tag: "Accepted", id: `event-${drafts.length}` }
 *   })
 *
 * const remembering = Layer.mock(EventQueue, { offer, tryOffer: offer, flush: Effect.void })
 *
 * const program = Effect.gen(function*() {
 *   yield* Events.capture({ event: "paid", distinctId: "ada" })
 *   assert.deepStrictEqual(drafts.map(({ distinctId, event }) => [event, distinctId]), [["paid", "ada"]])
 * })
 *
 * Effect.runPromise(Effect.provide(program, remembering))
 * ```
 *
 * @since 3.0.0
 * @category tags
 */
export class EventQueue extends Context.Tag("effect-posthog/EventQueue")<EventQueue, {
  /** Accepts or rejects an event. Suspends only when the queue is full under `"backpressure"`, or while an effectful hook runs. */
  readonly offer: (draft: EventDraft) => Effect.Effect<OfferResult>
  /** Accepts or rejects an event, and never suspends. Exposures use it. */
  readonly tryOffer: (draft: EventDraft) => Effect.Effect<OfferResult>
  /**
   * Does all that `offer` does up to queueing, and gives the finished event to the caller, who sends it: an outbox, for
   * one. The event is not counted as accepted; a rejected one is counted as such.
   */
  readonly prepare: (
    draft: EventDraft
  ) => Effect.Effect<Prepared | Extract<OfferResult, { readonly _tag: "Rejected" }>>
  /**
   * Ends when every event accepted before it has ended. Never fails. With `runtime: "worker"` it sends what is queued, in
   * the fiber of the caller, and does not wait for what another caller is sending.
   */
  readonly flush: Effect.Effect<void>
  /** How accepted events end, from the moment of subscription. Bounded and sliding for each subscriber. */
  readonly deliveries: Stream.Stream<Delivery>
  readonly counts: Effect.Effect<EventCounts>
}>() {
  /**
   * The queue. Events wait until `events.flushAt` of them are queued, the oldest has waited for `events.flushInterval`,
   * or the program flushes; then they go out in batches, oldest first, one request at a time. Events for the AI endpoint
   * have a queue of their own.
   *
   * Closing the scope refuses new events and drains for at most `events.shutdownTimeout`; what could not be sent by
   * then ends as `ShutdownTimeout`. Afterwards no fiber, timer or request of the queue is left.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layer: Layer.Layer<EventQueue, never, PostHogConfig | EventTransport> = Layer.scoped(
    EventQueue,
    makeQueue
  )

  /**
   * Refuses every event with `Disabled`.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerNoop: Layer.Layer<EventQueue> = Layer.sync(EventQueue, makeDisabledQueue)
}
