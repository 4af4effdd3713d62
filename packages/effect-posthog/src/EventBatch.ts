/**
 * What one request carries, and what became of it.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type { PostHogEvent } from "./EventDraft.ts"

/**
 * Events that travel together. Across the attempts of one batch `requestId`, `createdAt` and the order of `events` stay
 * the same; events that already ended are left out of later attempts.
 *
 * @since 0.1.0
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
 * - `Delivered`: the server took the batch, but for the events listed in `dropped` (they ended) and `retry` (send again)
 * - `Retry`: nothing was taken, and it is worth another attempt
 * - `TooLarge`: the server found the request too large
 * - `Rejected`: the server refused the batch for good
 *
 * @since 0.1.0
 * @category models
 */
export type SendOutcome =
  | {
    readonly _tag: "Delivered"
    readonly dropped?: ReadonlyArray<{ readonly id: string; readonly details?: string | undefined }> | undefined
    readonly retry?: ReadonlyArray<string> | undefined
    readonly retryAfter?: Duration.Duration | undefined
  }
  | { readonly _tag: "Retry"; readonly details: string; readonly retryAfter?: Duration.Duration | undefined }
  | { readonly _tag: "TooLarge"; readonly details: string }
  | { readonly _tag: "Rejected"; readonly details: string }
