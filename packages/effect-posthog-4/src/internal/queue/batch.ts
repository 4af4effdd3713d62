// Generated from packages/effect-posthog/src/internal/queue/batch.ts by packages/tools/editions.mjs: change that file, not this one.
import type { RingBuffer } from "../ringBuffer.ts"
import type { QueuedEvent } from "./queuedEvent.ts"

/** Bytes of JSON that the events of one request come to, unless a single event is larger; the rest is for the envelope. */
const maxBatchBytes = 5 * 1024 * 1024 - 1024

/** What an event of a batch may take besides its own JSON: a comma, and `"options":{},` with the `v1` protocol. */
const besideEvent = 14

/**
 * Events that are on their way together. Not a literal: see decision 0014.
 *
 * @internal
 */
export class Batch {
  readonly events: ReadonlyArray<QueuedEvent>
  /**
   * Until when, in epoch milliseconds, no other fiber may take the events. The fiber that delivers them has been cut off
   * if it shows no sign of life by then.
   */
  heldUntil = Number.POSITIVE_INFINITY
  /** Those before this index have ended. */
  private from = 0

  constructor(events: ReadonlyArray<QueuedEvent>) {
    this.events = events
  }

  /** The first event, in order of acceptance, that has not ended. */
  get firstLive(): QueuedEvent | undefined {
    let first = this.events[this.from]
    while (first !== undefined && !first.live) first = this.events[++this.from]
    return first
  }
}

// Ids that the library makes are unique. The others, in whatever case, are compared with those before them.
const makeIsRepeated = (earlier: ReadonlyArray<QueuedEvent>) => {
  let ids: Set<string> | undefined
  return (event: QueuedEvent): boolean => {
    if (ids === undefined && !event.hasGivenId) return false
    ids ??= new Set(earlier.map(({ id }) => id.toLowerCase()))
    const { size } = ids
    return ids.add(event.id.toLowerCase()).size === size
  }
}

const bytesOf = (events: ReadonlyArray<QueuedEvent>): number => {
  let bytes = 0
  for (const event of events) bytes += event.bytes + besideEvent
  return bytes
}

/**
 * Takes the events of one request out of the buffer: the oldest, as many as fit, `most` of them at most, and none that
 * was accepted after the one with the order `upTo`.
 *
 * @internal
 */
export const takeEvents = (buffer: RingBuffer<QueuedEvent>, most: number, upTo: number): Array<QueuedEvent> => {
  const events: Array<QueuedEvent> = []
  const isRepeated = makeIsRepeated(events)
  let bound = 0
  let bytes: number | undefined
  for (let head = buffer.peek(0); head !== undefined && events.length < most; head = buffer.peek(0)) {
    // The fiber that had it before it was taken back delivered it after all.
    if (!head.live) {
      buffer.shift()
      continue
    }
    if (head.order > upTo) break
    bound += head.byteBound + besideEvent
    if (bound > maxBatchBytes) {
      bytes = (bytes ?? bytesOf(events)) + head.bytes + besideEvent
      if (events.length > 0 && bytes > maxBatchBytes) break
    }
    // PostHog refuses a request in which two events have one id: the second goes with the next.
    if (isRepeated(head)) break
    events.push(head)
    buffer.shift()
  }
  return events
}
