// The program of `projectKey.ts`, with the embedded server in the place of PostHog.
import { PostHogServer } from "@effect-posthog/testkit"
import { ConfigProvider, Effect, Layer } from "effect"
import { PostHogLive, program } from "./projectKey.ts"

const definitions = {
  flags: [{ key: "new-checkout", active: true, filters: { groups: [{ rollout_percentage: 100 }] } }]
}

const Environment = Layer.unwrapEffect(
  Effect.map(PostHogServer.PostHogServer, ({ url }) =>
    Layer.setConfigProvider(ConfigProvider.fromJson({
      POSTHOG_API_KEY: "phc_test",
      POSTHOG_SECRET_KEY: "phs_test",
      POSTHOG_HOST: url
    })))
).pipe(Layer.provide(PostHogServer.layer({ definitions })))

await Effect.runPromise(Effect.provide(program, Layer.provide(PostHogLive, Environment)))
