// What an application beside Effect does with the OpenFeature provider.
import type { ClientAndProviderOptions, PostHogProvider, ProviderOptions } from "@effect-posthog/openfeature"
import { fromClient, fromOptions, make, requestContextPropagator } from "@effect-posthog/openfeature"
import { OpenFeature } from "@openfeature/server-sdk"
import type { Provider } from "@openfeature/server-sdk"
import type { Effect, Scope } from "effect"
import { Redacted } from "effect"
import type { PostHog } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"

const choices: ProviderOptions = { defaultDistinctId: "anonymous", values: "payload" }

/** Compiles when a provider of ours is one of theirs. */
export const providers = (options: ClientAndProviderOptions): ReadonlyArray<Provider> => [
  fromOptions({ ...options, ...choices }),
  fromClient(PostHogPromise.make(options), choices)
]

export const inEffect: Effect.Effect<PostHogProvider, never, PostHog.Services | Scope.Scope> = make(choices)

/** Resolves flags through the real SDK and says what came out, as JSON. */
export const consume = async (host: string): Promise<string> => {
  OpenFeature.setTransactionContextPropagator(requestContextPropagator())
  await OpenFeature.setProviderAndWait(
    fromOptions({ apiKey: Redacted.make("phc_test"), secretKey: Redacted.make("phs_test"), host })
  )
  const client = OpenFeature.getClient()
  const context = { targetingKey: "ada", email: "ada@example.com", groups: { company: "acme" } }
  const details = [
    await client.getBooleanDetails("beta", false, context),
    await client.getStringDetails("pricing", "control", context),
    await client.getObjectDetails("pricing", {}, context),
    await client.getNumberDetails("absent", 7, context)
  ]
  client.track("checkout started", context, { value: 99.5 })
  await OpenFeature.close()
  return JSON.stringify(details.map(({ errorCode, value }) => errorCode ?? value))
}
