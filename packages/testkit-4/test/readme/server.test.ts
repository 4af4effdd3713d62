// Generated from packages/testkit/test/readme/server.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault, PostHogServer } from "@effect-posthog/testkit-4"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, it } from "../support/effectVitest.ts"
import { Effect, Layer, Redacted } from "effect"
import { evaluateFlags, Flags, PostHog } from "effect-posthog"

// Production's layer, pointed at the server.
const posthog = Layer.unwrap(
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
