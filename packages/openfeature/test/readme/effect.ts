import { make, requestContextPropagator } from "@effect-posthog/openfeature"
import { OpenFeature } from "@openfeature/server-sdk"
import { Effect, Layer } from "effect"
import { RequestContext } from "effect-posthog"

// Needs the services of PostHog.layer.
export const OpenFeatureLayer = Layer.scopedDiscard(Effect.gen(function*() {
  const provider = yield* make()
  OpenFeature.setTransactionContextPropagator(requestContextPropagator())
  yield* Effect.promise(() => OpenFeature.setProviderAndWait(provider))
}))

const client = OpenFeature.getClient()

// The targeting key is the distinct id of the request's context.
export const isNewCheckout = Effect.promise(() => client.getBooleanValue("new-checkout", false)).pipe(
  RequestContext.with({ distinctId: "user-17" })
)
