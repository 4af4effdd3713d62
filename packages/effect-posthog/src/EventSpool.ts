/**
 * Events that survive the process: a spool in a folder.
 *
 * @since 3.0.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EventStore, EventStoreError } from "./EventStore.ts"
import type { EventStoreStatus, GivenUp, RecoveredEvent, StoredEvent } from "./EventStore.ts"
import { makeFileStore } from "./internal/spool/fileStore.ts"
import { validateSpool } from "./internal/spool/spoolOptions.ts"
import { withQueueStorage } from "./internal/spool/storage.ts"
import type { PostHogConfigError } from "./PostHogConfigError.ts"

export {
  /**
   * Where an event queue keeps its events so that they survive the process.
   *
   * @since 3.0.0
   * @category tags
   */
  EventStore,
  /**
   * A store could not write events.
   *
   * @since 3.0.0
   * @category errors
   */
  EventStoreError
}
export type {
  /**
   * What a store holds and what became of what it held.
   *
   * @since 3.0.0
   * @category models
   */
  EventStoreStatus,
  /**
   * The oldest part of a store, which was given up to make room.
   *
   * @since 3.0.0
   * @category models
   */
  GivenUp,
  /**
   * An event that a store gives back.
   *
   * @since 3.0.0
   * @category models
   */
  RecoveredEvent,
  /**
   * An event that is to be stored.
   *
   * @since 3.0.0
   * @category models
   */
  StoredEvent
}

/**
 * What an acknowledged event survives.
 *
 * **Details**
 *
 * - `"process"`: the end of the process, however sudden. The operating system has the event
 * - `"machine"`: also the end of the operating system, or a loss of power. The disk has the event, as far as it keeps its
 *   word. Events that wait for the disk at the same time share one wait
 *
 * @since 3.0.0
 * @category models
 */
export type Durability = "process" | "machine"

/**
 * Options of a spool.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface SpoolOptions {
  /**
   * A folder on a local disk. It is created, for its owner alone. Processes may share it: each writes files of its own, and
   * sends what processes that died have left.
   */
  readonly directory: string
  /** Default: `"process"`. */
  readonly durability?: Durability | undefined
  /** Bytes on disk at most, for each process; `events.whenFull` says what happens then. Default: 256 MiB. */
  readonly maxBytes?: number | undefined
  /** How long an event is worth sending, from its capture on. Default: 7 days. */
  readonly horizon?: Duration.DurationInput | undefined
}

/**
 * Keeps events in files, so that an acknowledged event survives a crash of the process and an outage of PostHog.
 *
 * **When to use**
 *
 * When losing the events in memory with a crash is not acceptable, and the process has a disk that it finds again: a
 * server, a container with a volume. What has to agree with a transaction of a database belongs into an outbox.
 *
 * **Details**
 *
 * Give it to the layer of a client. `Events.capture` then answers when the event is written; exposures never wait. A batch
 * whose retries are exhausted is not dropped: it waits on disk until the server takes it, for as long as the horizon. What
 * is left when the process ends is sent by the next one that opens the folder, for the same project.
 *
 * An event may arrive twice after a crash, under the same uuid. A folder that cannot be written costs the protection, not the
 * events: they stay in memory, and a warning says so.
 *
 * **Example**
 *
 * ```ts
 * import { NodeFileSystem } from "@effect/platform-node"
 * import { Layer, Redacted } from "effect"
 * import { PostHog } from "effect-posthog"
 * import * as EventSpool from "effect-posthog/EventSpool"
 *
 * export const PostHogLive = PostHog.layer({ apiKey: Redacted.make("phc_project") }).pipe(
 *   Layer.provide(EventSpool.layer({ directory: "/var/lib/shop/events" })),
 *   Layer.provide(NodeFileSystem.layer)
 * )
 * ```
 *
 * @since 3.0.0
 * @category layers
 */
export const layer = (
  options: SpoolOptions
): Layer.Layer<EventStore, PostHogConfigError, FileSystem.FileSystem> =>
  Layer.scopedContext(Effect.gen(function*() {
    const settings = yield* validateSpool(options)
    const fileSystem = yield* FileSystem.FileSystem
    return withQueueStorage(yield* makeFileStore(fileSystem, settings))
  }))

/**
 * Lets the event queue keep its events in a store of your own.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerStore = <E, R>(store: Layer.Layer<EventStore, E, R>): Layer.Layer<EventStore, E, R> =>
  Layer.map(store, (context) => withQueueStorage(Context.get(context, EventStore)))
