// Generated from packages/effect-posthog/src/internal/queue/counters.ts by packages/tools/editions.mjs: change that file, not this one.
import type { DropReason, EventCounts, RejectReason } from "../../Delivery.ts"

/**
 * The counts of a queue: `accepted = delivered + duplicates + dropped + queued` holds after every call.
 *
 * @internal
 */
export class Counters {
  private accepted = 0
  private delivered = 0
  private duplicates = 0
  private dropped = 0
  private readonly droppedBy: Record<DropReason, number> = {
    Overflow: 0,
    Rejected: 0,
    TooLarge: 0,
    RetriesExhausted: 0,
    ShutdownTimeout: 0,
    Hook: 0,
    HookFailed: 0
  }
  private readonly rejected: Record<RejectReason, number> = {
    Disabled: 0,
    Hook: 0,
    HookFailed: 0,
    Closed: 0,
    Overflow: 0,
    TooLarge: 0
  }

  accept(): void {
    this.accepted++
  }

  deliver(): void {
    this.delivered++
  }

  duplicate(): void {
    this.duplicates++
  }

  drop(reason: DropReason): void {
    this.dropped++
    this.droppedBy[reason]++
  }

  reject(reason: RejectReason): void {
    this.rejected[reason]++
  }

  get counts(): EventCounts {
    return {
      accepted: this.accepted,
      delivered: this.delivered,
      duplicates: this.duplicates,
      dropped: this.dropped,
      queued: this.accepted - this.delivered - this.duplicates - this.dropped,
      droppedBy: { ...this.droppedBy },
      rejected: { ...this.rejected }
    }
  }
}
