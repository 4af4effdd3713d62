import type { RejectReason } from "../../Delivery.ts"
import type { EventDraft, EventId, PostHogEvent } from "../../EventDraft.ts"

/**
 * What a spool notes about an event.
 *
 * @internal
 */
export interface Stored {
  /** Absent: it is not stored yet, or could not be. */
  receipt: unknown
  /** The retries of its last batch were exhausted. */
  exhausted: boolean
  /** How often they were while the server took other events. */
  failures: number
  /** Until when, in epoch milliseconds, it is not sent. */
  notBefore: number
}

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

/** So many bytes are encoded, if need be, to say how large an event is that is refused. */
const mostEncoded = 2 * 1024 * 1024

/** The bytes of a text, if there are no more than the limit. */
const bytesWithin = (text: string, limit: number): number => {
  if (text.length * 3 <= limit) return encoder.encode(text).length
  if (text.length > limit) return Number.POSITIVE_INFINITY
  const { read, written } = encoder.encodeInto(text, new Uint8Array(limit))
  return read < text.length ? Number.POSITIVE_INFINITY : written
}

/**
 * An event from its preparation to its end. There are many of them at a time, so it is one object with all that the queue
 * notes about it. Its exact size is measured only where the estimate leaves a doubt.
 *
 * @internal
 */
export class QueuedEvent {
  /** What is sent; replaced when a hook decides late. */
  event: PostHogEvent
  /** About its length as JSON. */
  estimate: number
  private measured = -1

  /** Its place among the accepted events, from 1. */
  order = 0
  acceptedAt = 0
  /** Accepted, and not ended yet. */
  live = false
  /** On its way. */
  sending = false
  /** The caller or a hook chose the id, so another event may have the same. */
  hasGivenId = false
  /** Present when a spool takes care of the event. */
  stored: Stored | undefined = undefined

  constructor(event: PostHogEvent, estimate: number) {
    this.event = event
    this.estimate = estimate
  }

  get id(): EventId {
    return this.event.uuid as EventId
  }

  get name(): string {
    return this.event.event
  }

  /** No event is larger than this. */
  get byteBound(): number {
    return this.measured >= 0 ? this.measured : this.estimate * mostBytesPerCharacter
  }

  /** The exact size as JSON: on the wire, the name of the distinct id is one character longer. */
  get bytes(): number {
    return this.measure(Number.POSITIVE_INFINITY)
  }

  private measure(limit: number): number {
    if (this.measured < 0) this.measured = bytesWithin(JSON.stringify(this.event), limit) + 1
    return this.measured
  }

  /** Takes on what a hook made of the event, under the id that its caller was told. */
  become({ estimate, event, measured }: QueuedEvent): void {
    const { id } = this
    this.event = event.uuid === id ? event : { ...event, uuid: id }
    this.estimate = estimate
    this.measured = measured
  }

  /** Why the event is too large, in the words of a message; `undefined` when it is not. */
  excess(limit: number): string | undefined {
    if (this.byteBound <= limit) return undefined
    const bytes = this.measure(Math.max(limit, mostEncoded))
    if (bytes <= limit) return undefined
    return Number.isFinite(bytes) ? `${bytes} bytes` : `more than ${limit} bytes`
  }
}

/**
 * An event that will not be queued, and what the log is to say about it.
 *
 * @internal
 */
export class Rejection {
  readonly reason: RejectReason
  readonly warning: string | undefined

  constructor(reason: RejectReason, warning?: string) {
    this.reason = reason
    this.warning = warning
  }
}
