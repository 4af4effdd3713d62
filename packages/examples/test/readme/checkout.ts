import { Effect } from "effect"
import { evaluateFlags, Events, Flag, Flags } from "effect-posthog"

const newCheckout = Flag.boolean("new-checkout").pipe(Flag.withDefault(false))

export const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags({
    distinctId: "user-17",
    personProperties: { plan: "scale" }
  }).pipe(Flags.orPartial)

  const total = (yield* flags.get(newCheckout)) ? 39 : 42

  yield* Events.capture({ event: "checkout finished", distinctId: "user-17", properties: { total }, flags })
  return total
})
