import type { RejectReason } from "../Delivery.ts"
import type { EventDraft, PostHogEvent } from "../EventDraft.ts"

/** @internal */
export type Route = NonNullable<EventDraft["route"]>

/**
 * Bytes of JSON one event may have.
 *
 * @internal
 */
export const maxEventBytes: Readonly<Record<Route, number>> = {
  analytics: 900 * 1024,
  ai: 8 * 1024 * 1024
}

const mostBytesPerCharacter = 6

const encoder = new TextEncoder()

/**
 * An event that is ready for the buffer. Its exact size is measured only where the estimate leaves a doubt.
 *
 * @internal
 */
export class Candidate {
  readonly event: PostHogEvent
  /** About its length as JSON. */
  readonly estimate: number
  private measured = -1

  constructor(event: PostHogEvent, estimate: number) {
    this.event = event
    this.estimate = estimate
  }

  /** No event is larger than this. */
  get byteBound(): number {
    return this.measured >= 0 ? this.measured : this.estimate * mostBytesPerCharacter
  }

  /** The exact size as JSON: on the wire, the name of the distinct id is one character longer. */
  get bytes(): number {
    if (this.measured < 0) this.measured = encoder.encode(JSON.stringify(this.event)).length + 1
    return this.measured
  }

  /** The same event under the id that its caller was told. */
  withId(uuid: string): Candidate {
    return this.event.uuid === uuid ? this : new Candidate({ ...this.event, uuid }, this.estimate)
  }

  fits(limit: number): boolean {
    return this.byteBound <= limit || this.bytes <= limit
  }
}

/**
 * An event that will not be queued, and what the log is to say about it.
 *
 * @internal
 */
export class Refusal {
  readonly reason: RejectReason
  readonly warning: string | undefined

  constructor(reason: RejectReason, warning?: string) {
    this.reason = reason
    this.warning = warning
  }
}
