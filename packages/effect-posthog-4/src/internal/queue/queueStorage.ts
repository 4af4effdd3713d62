// Generated from packages/effect-posthog/src/internal/queue/queueStorage.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Settings } from "../../PostHogConfig.ts"
import type { Counters } from "./counters.ts"
import type { Route } from "./queuedEvent.ts"
import type { RouteQueue, RouteQueueOptions } from "./routeQueue.ts"

/**
 * What makes the events of a queue survive the process: it opens queues that store what they accept.
 *
 * @internal
 */
export interface QueueStorage {
  readonly counters: Counters
  readonly open: (options: RouteQueueOptions) => RouteQueue
  /** The queue works: what was stored before may enter it. */
  readonly start: (queueOf: (route: Route) => RouteQueue, inBackground: (effect: Effect.Effect<void>) => void) => void
  /** Nothing is offered any more. Stores what is not stored yet, within a time of its own. */
  readonly close: Effect.Effect<void>
}

/** @internal */
export interface QueueStorageMaker {
  readonly make: (settings: Settings) => QueueStorage
}

/**
 * Provided beside the public `EventStore`, so that programs without one load nothing of it.
 *
 * @internal
 */
export const queueStorage = Context.Service<QueueStorageMaker>("effect-posthog/internal/QueueStorage")
