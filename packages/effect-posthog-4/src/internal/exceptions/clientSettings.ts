// Generated from packages/effect-posthog/src/internal/exceptions/clientSettings.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Duration from "effect/Duration"
import type { EventIdSource } from "../../EventIds.ts"
import type { ExceptionsOptions, Settings } from "../../PostHogConfig.ts"

/**
 * What reports need to know of the client whose queue they go to.
 *
 * @internal
 */
export interface ClientSettings {
  readonly exceptions: ExceptionsOptions
  /** The super properties. */
  readonly properties: Readonly<Record<string, unknown>>
  readonly shutdownTimeout: Duration.Duration
  readonly ids: EventIdSource | undefined
}

interface Queue {
  readonly deliveries: object
}

// A queue that wraps another one, `{ ...queue, offer }`, keeps its deliveries.
const byDeliveries = new WeakMap<object, ClientSettings>()

/**
 * Remembers the settings that a queue was made with, for reports that know the queue alone.
 *
 * @internal
 */
export const rememberSettings = <Q extends Queue>(
  queue: Q,
  { events, exceptions, properties }: Settings,
  ids: EventIdSource
): Q => {
  byDeliveries.set(queue.deliveries, { exceptions, properties, shutdownTimeout: events.shutdownTimeout, ids })
  return queue
}

const defaults: ClientSettings = {
  exceptions: {},
  properties: {},
  shutdownTimeout: Duration.seconds(30),
  ids: undefined
}

/**
 * The settings of a queue; the defaults for one that was written by hand.
 *
 * @internal
 */
export const settingsOf = (queue: Queue): ClientSettings => byDeliveries.get(queue.deliveries) ?? defaults
