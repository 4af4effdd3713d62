// Generated from packages/effect-posthog/src/Delivery.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What becomes of events: the queue's answer to an offer, batches, what the server made of them, and the counts.
 *
 * @since 3.0.0
 */
import type * as Duration from "effect/Duration"
import type { EventId, PostHogEvent } from "./EventDraft.ts"

/**
 * Why the queue did not take an event.
 *
 * @since 3.0.0
 * @category models
 */
export type RejectReason = "Disabled" | "Hook" | "HookFailed" | "Closed" | "Overflow" | "TooLarge"

/**
 * The queue's answer to an offer. An accepted event ends exactly once on `deliveries`; a rejected one was never queued.
 *
 * @since 3.0.0
 * @category models
 */
export type OfferResult =
  | { readonly _tag: "Accepted"; readonly id: EventId }
  | { readonly _tag: "Rejected"; readonly reason: RejectReason }

/**
 * An event that is ready to be sent: enriched, stamped, and past the hooks.
 *
 * @since 3.0.0
 * @category models
 */
export interface Prepared {
  readonly _tag: "Prepared"
  readonly route: "analytics" | "ai"
  readonly event: PostHogEvent
}

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
 * @since 3.0.0
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
 * How an accepted event ended.
 *
 * **Details**
 *
 * - `Delivered`: the server took it
 * - `Duplicate`: it was not sent, because an equal event stands for it. That is no loss
 * - `Dropped`: it was lost
 * - `Missed`: tells a slow subscriber how many ends it did not see
 *
 * @since 3.0.0
 * @category models
 */
export type Delivery =
  | { readonly _tag: "Delivered"; readonly id: EventId; readonly event: string }
  | { readonly _tag: "Duplicate"; readonly id: EventId; readonly event: string }
  | {
    readonly _tag: "Dropped"
    readonly id: EventId
    readonly event: string
    readonly reason: DropReason
    /** What the server said, shortened, or the class of the last failure: never a whole body or a key. */
    readonly details?: string | undefined
  }
  | { readonly _tag: "Missed"; readonly count: number }

/**
 * What the queue has counted since its layer was built.
 *
 * **Details**
 *
 * `accepted = delivered + duplicates + dropped + queued` at any time. Events that are being sent count as queued.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventCounts {
  readonly accepted: number
  readonly delivered: number
  readonly duplicates: number
  readonly dropped: number
  readonly queued: number
  readonly droppedBy: Readonly<Record<DropReason, number>>
  readonly rejected: Readonly<Record<RejectReason, number>>
}

/**
 * Events that travel together. Across the attempts of one batch `requestId`, `createdAt` and the order of `events` stay
 * the same; events that already ended are left out of later attempts.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventBatch {
  readonly route: "analytics" | "ai"
  readonly events: ReadonlyArray<PostHogEvent>
  /** A uuid. */
  readonly requestId: string
  /** Epoch milliseconds at which the batch was formed. */
  readonly createdAt: number
  /** 1 for the first attempt. */
  readonly attempt: number
}

/**
 * What became of one attempt.
 *
 * - `Delivered`: the server took the batch, except the events listed in `dropped` (the server refused them),
 *   `duplicates` (equal events stand for them, and they were not sent) and `retry` (send them again)
 * - `Retry`: nothing was taken, and it is worth another attempt
 * - `TooLarge`: the server found the request too large
 * - `Rejected`: the server refused the batch for good
 *
 * @since 3.0.0
 * @category models
 */
export type SendOutcome =
  | {
    readonly _tag: "Delivered"
    readonly dropped?: ReadonlyArray<{ readonly id: string; readonly details?: string | undefined }> | undefined
    readonly duplicates?: ReadonlyArray<string> | undefined
    readonly retry?: ReadonlyArray<string> | undefined
    readonly retryAfter?: Duration.Duration | undefined
  }
  | { readonly _tag: "Retry"; readonly details: string; readonly retryAfter?: Duration.Duration | undefined }
  | { readonly _tag: "TooLarge"; readonly details: string }
  | {
    readonly _tag: "Rejected"
    readonly details: string
    /** One event may be the cause: the queue sends the batch again in parts, to find it and deliver the others. */
    readonly narrowable?: boolean | undefined
  }
