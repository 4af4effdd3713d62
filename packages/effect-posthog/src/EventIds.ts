/**
 * Where the ids of events come from.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Utils from "effect/Utils"
import { makeUuidV7 } from "./internal/uuid.ts"

/**
 * A source of ids.
 *
 * @since 0.1.0
 * @category models
 */
export interface EventIdSource {
  /** A new version 7 uuid for the given epoch milliseconds. */
  readonly make: (epochMillis: number) => string
}

/**
 * The source of event ids. It needs no layer: by default ids are version 7 uuids with random bits from
 * `crypto.getRandomValues`, ascending within a millisecond. Tests replace it with `Layer.succeed` to make ids
 * predictable.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { EventIds } from "effect-posthog"
 *
 * const predictable = Layer.succeed(EventIds, EventIds.seeded(7))
 *
 * assert.strictEqual(EventIds.seeded(7).make(0), EventIds.seeded(7).make(0))
 * assert.ok(Layer.isLayer(predictable))
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class EventIds extends Context.Reference<EventIds>()("effect-posthog/EventIds", {
  defaultValue: (): EventIdSource => ({
    make: makeUuidV7((bytes) => {
      globalThis.crypto.getRandomValues(bytes)
    })
  })
}) {
  /**
   * A source that yields the same ids for the same seed and the same times.
   *
   * @since 0.1.0
   * @category testing
   */
  static readonly seeded = (seed: number): EventIdSource => {
    const random = new Utils.PCGRandom(seed)
    return {
      make: makeUuidV7((bytes) => {
        for (let index = 0; index < bytes.length; index++) bytes[index] = random.integer(256)
      })
    }
  }
}
