/**
 * What becomes of events: the queue's answer to an offer, the end of an accepted event, and the books.
 *
 * @since 0.1.0
 */
import type { EventId } from "./EventDraft.ts"

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
