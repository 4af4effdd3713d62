import { Flag } from "effect-posthog"
import type { PromiseClient } from "effect-posthog/PostHogPromise"

const newCheckout = Flag.boolean("new-checkout").pipe(Flag.withDefault(false))

/** Knows nothing of a framework: the client it is given knows whose request this is. */
export const checkout = async (posthog: PromiseClient) => {
  const flags = await posthog.evaluateFlags({ flagKeys: [newCheckout] })
  const total = flags.get(newCheckout) ? 39 : 42
  void posthog.capture({ event: "checkout viewed", properties: { total }, flags })
  return { total }
}
