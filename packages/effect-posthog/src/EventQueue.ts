/**
 * Admission and delivery of events.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { EventDraft, EventId } from "./EventDraft.ts"

/**
 * Why the queue did not take an event.
 *
 * @since 0.1.0
 * @category models
 */
export type RejectReason = "Disabled" | "Hook" | "HookFailed" | "Closed" | "Overflow" | "TooLarge"

/**
 * The queue's answer to an offer. An accepted event ends exactly once on `deliveries`; a rejected one never existed.
 *
 * @since 0.1.0
 * @category models
 */
export type Offered =
  | { readonly _tag: "Accepted"; readonly id: EventId }
  | { readonly _tag: "Rejected"; readonly reason: RejectReason }

/**
 * Why an accepted event was not delivered.
 *
 * - `Overflow`: the queue was full and this was its oldest event
 * - `Rejected`: the server refused the event or the request that carried it
 * - `TooLarge`: the server found the event alone too large
 * - `RetriesExhausted`: every attempt failed
 * - `ShutdownTimeout`: the scope closed and the time to drain ran out
 * - `Hook`, `HookFailed`: an effectful hook decided after `tryOffer` had answered
 *
 * @since 0.1.0
 * @category models
 */
export type DropReason =
  | "Overflow"
  | "Rejected"
  | "TooLarge"
  | "RetriesExhausted"
  | "ShutdownTimeout"
  | "Hook"
  | "HookFailed"

/**
 * How an accepted event ended. `Missed` tells a slow subscriber how many ends it did not see.
 *
 * @since 0.1.0
 * @category models
 */
export type Delivery =
  | { readonly _tag: "Delivered"; readonly id: EventId; readonly event: string }
  | {
    readonly _tag: "Dropped"
    readonly id: EventId
    readonly event: string
    readonly reason: DropReason
    /** What the server said, or the class of the last failure: never a body or a key. */
    readonly details?: string | undefined
  }
  | { readonly _tag: "Missed"; readonly count: number }

/**
 * The queue's books since its layer was built: `accepted = delivered + dropped + queued`. Events being sent count as
 * queued.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  readonly accepted: number
  readonly delivered: number
  readonly dropped: number
  readonly queued: number
  readonly droppedBy: Readonly<Record<DropReason, number>>
  readonly rejected: Readonly<Record<RejectReason, number>>
}

/**
 * Admission and delivery of events. `PostHog.layer` provides it; tests replace it with `Layer.succeed` or
 * `EventQueue.layerNoop`.
 *
 * @since 0.1.0
 * @category tags
 */
export class EventQueue extends Context.Tag("effect-posthog/EventQueue")<EventQueue, {
  /** Admits an event. Suspends only when the queue is full under `"backpressure"`, or while an effectful hook runs. */
  readonly offer: (draft: EventDraft) => Effect.Effect<Offered>
  /** Admits an event or refuses it, and never suspends. Exposures use it. */
  readonly tryOffer: (draft: EventDraft) => Effect.Effect<Offered>
  /** Resolves when every event accepted before it has ended. Never fails. */
  readonly flush: Effect.Effect<void>
  /** How accepted events end, from the moment of subscription. Bounded and sliding for each subscriber. */
  readonly deliveries: Stream.Stream<Delivery>
  readonly counts: Effect.Effect<Counts>
}>() {}
