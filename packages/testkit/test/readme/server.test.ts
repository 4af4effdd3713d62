import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { evaluateFlags, Flags, PostHog } from "effect-posthog"

// Production's layer, pointed at the server.
const posthog = Layer.unwrapEffect(
  Effect.map(PostHogServer.PostHogServer, ({ url }) => PostHog.layer({ apiKey: Redacted.make("phc_test"), host: url }))
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(PostHogServer.layer({ remoteFlags: { beta: true } }))
)

it.live("a snapshot says that PostHog was overloaded", () =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    yield* server.script("flags", Fault.status(503))
    const flags = yield* evaluateFlags({ distinctId: "ada" }).pipe(Flags.orPartial)
    assert.deepStrictEqual(flags.errors, ["api_error_503"])
    assert.lengthOf(yield* server.flagRequests, 1)
  }).pipe(Effect.provide(posthog)))
