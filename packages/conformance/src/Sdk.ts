/**
 * How the library names itself on the wire.
 */
import { EventQueue, Events, EventTransport, PostHogConfig } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export interface Sdk {
  readonly name: string
  readonly version: string
}

/**
 * Read off an event that a hook sees and nobody sends.
 */
export const sdk: Effect.Effect<Sdk> = Effect.suspend(() => {
  let name = ""
  let version = ""
  const queue = EventQueue.layer.pipe(
    Layer.provide(EventTransport.layerNoop),
    Layer.provide(PostHogConfig.layer({
      apiKey: Redacted.make("phc_name"),
      events: {
        beforeSend: ({ properties }) => {
          name = String(properties["$lib"])
          version = String(properties["$lib_version"])
          return null
        }
      }
    }))
  )
  return Events.capture({ event: "name", distinctId: "adapter" }).pipe(
    Effect.provide(queue),
    Effect.orDie,
    Effect.map(() => ({ name, version }))
  )
})
