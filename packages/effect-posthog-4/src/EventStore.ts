// Generated from packages/effect-posthog/src/EventStore.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Where an event queue keeps its events so that they survive the process.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { PostHogEvent } from "./EventDraft.ts"

/**
 * A store could not write events. The queue keeps them in memory.
 *
 * @since 3.0.0
 * @category errors
 */
export class EventStoreError extends Data.TaggedError("EventStoreError")<{
  readonly problem: string
}> {
  override get message(): string {
    return this.problem
  }
}

/**
 * An event that is to be stored.
 *
 * @since 3.0.0
 * @category models
 */
export interface StoredEvent {
  readonly event: PostHogEvent
  /** Epoch milliseconds. */
  readonly acceptedAt: number
  /** Whether the queue keeps the event in memory too. If not, it lets go of it, and `recover` has to give it back. */
  readonly kept: boolean
}

/**
 * An event that a store gives back.
 *
 * @since 3.0.0
 * @category models
 */
export interface RecoveredEvent {
  readonly event: PostHogEvent
  /** Epoch milliseconds. */
  readonly acceptedAt: number
  /** What `ended` is told. */
  readonly receipt: unknown
  /** Another queue had stored it: one of an earlier process, as a rule. */
  readonly adopted: boolean
}

/**
 * The oldest part of a store, which was given up to make room.
 *
 * @since 3.0.0
 * @category models
 */
export interface GivenUp {
  readonly queue: string
  /** Whether an event with this receipt was in it. */
  readonly has: (receipt: unknown) => boolean
  /** Events in it that the queue had appended and had not read again. */
  readonly unread: number
}

/**
 * What a store holds and what became of what it held.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventStoreStatus {
  /** Bytes on disk. */
  readonly bytes: number
  /** Events of earlier processes that were read. */
  readonly recovered: number
  /** Events whose writing was cut short, which therefore had not been acknowledged. */
  readonly torn: number
  /** Damaged events that could not be read. */
  readonly corrupt: number
  /** Events that were given up since they had waited for longer than the horizon. */
  readonly expired: number
  /** Events of earlier processes that were given up to make room. */
  readonly overflowed: number
  /** Events that could not be stored, and were kept in memory only. */
  readonly notStored: number
  /** Files that this version of the library cannot read. They are left alone. */
  readonly unreadableFiles: number
}

/**
 * Where an event queue keeps its events so that they survive the process.
 *
 * **When to use**
 *
 * `EventSpool.layer` provides one in a folder. Implement it to keep events elsewhere, and give it to the client with
 * `EventSpool.layerStore`.
 *
 * **Details**
 *
 * A queue has a name that is the same in each process of a project. It appends the events of one turn of the event loop
 * together, and answers who captured them when `append` is done. Events that it does not keep in memory it reads again
 * with `recover`, in the order in which they were appended. No method may wait for long.
 *
 * @since 3.0.0
 * @category tags
 */
export class EventStore extends Context.Service<EventStore, {
  /** Stores events, all or none, and gives a receipt for each. Done when they survive the process. */
  readonly append: (
    queue: string,
    events: ReadonlyArray<StoredEvent>
  ) => Effect.Effect<ReadonlyArray<unknown>, EventStoreError>
  /** These events were delivered, or given up: they are not needed any more. */
  readonly ended: (receipts: ReadonlyArray<unknown>) => Effect.Effect<void>
  /** The next events that the queue does not have in memory, oldest first: its own, and those of queues that are no more. */
  readonly recover: (queue: string, most: number) => Effect.Effect<ReadonlyArray<RecoveredEvent>>
  /** Whether this many bytes more are too many. */
  readonly isFull: (bytes: number) => boolean
  /** Gives up the oldest part of what is stored, for newer events. `undefined` when there is nothing to give up. */
  readonly giveUpOldest: () => GivenUp | undefined
  /** How long an event is worth sending. */
  readonly horizon: Duration.Duration
  /** Adds to `expired` and `notStored` what the queue knows. */
  readonly count: (what: "expired" | "notStored", events: number) => void
  readonly status: Effect.Effect<EventStoreStatus>
}>()("effect-posthog/EventStore") {}
