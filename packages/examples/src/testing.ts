import { Effect, Layer } from "effect"
import type { EventDraft } from "effect-posthog"
import { Decider, evaluateFlags, EventQueue, Events, PostHog } from "effect-posthog"

const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "user-17" })
  const isNew = yield* flags.isEnabled("new-checkout")
  yield* Events.capture({ event: "checkout finished", distinctId: "user-17", flags })
  return isNew ? "new" : "old"
})

const captured: Array<EventDraft> = []

const TestLive = Layer.mergeAll(
  Layer.succeed(Decider, {
    enabled: true,
    decide: () => Effect.succeed({ flags: { "new-checkout": { enabled: true } } })
  }),
  Layer.mock(EventQueue, {
    offer: (draft) =>
      Effect.sync(() => {
        captured.push(draft)
        return { _tag: "Accepted", id: "a" }
      })
  })
)

export const test = checkout.pipe(Effect.provide(Layer.provideMerge(TestLive, PostHog.layerDisabled)))
