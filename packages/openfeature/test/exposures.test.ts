import { PostHogServer } from "@effect-posthog/testkit"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Flags from "./support/flags.ts"
import { bound, exposures, local } from "./support/openFeature.ts"

const ada = { targetingKey: "ada", staff: "no", groups: { company: "acme" } }

const server = local({
  definitions: Flags.document(Flags.on("on"), Flags.variant("annual", "annual", "{\"price\":1}"), Flags.off("off"))
}, { flags: { onlyEvaluateLocally: true } })

describe("exposures", () => {
  it.live("are reported once for each person and value, whatever the type", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const { client, provider } = yield* bound()
      for (const _ of [1, 2, 3]) {
        yield* Effect.promise(() => client.getBooleanValue("on", false, ada))
        yield* Effect.promise(() => client.getStringValue("annual", "", ada))
        yield* Effect.promise(() => client.getObjectValue("annual", {}, ada))
        yield* Effect.promise(() => client.getStringValue("off", "", ada))
      }
      yield* Effect.promise(() => client.getBooleanValue("on", false, { targetingKey: "grace" }))
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual(yield* exposures, ["on", "annual", "off", "on"])
      const [first] = yield* events
      strictEqual(first?.distinct_id, "ada")
      strictEqual(first?.properties["$feature_flag_response"], true)
      deepStrictEqual(first?.properties["$groups"], { company: "acme" })
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("are none of values that the code did not act on", () =>
    Effect.gen(function*() {
      const { client, provider } = yield* bound()
      yield* Effect.promise(() => client.getNumberValue("annual", 0, ada))
      yield* Effect.promise(() => client.getObjectValue("on", {}, ada))
      yield* Effect.promise(() => client.getBooleanValue("on", false, {}))
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual(yield* exposures, [])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("can be switched off", () =>
    Effect.gen(function*() {
      const { client, provider } = yield* bound({ sendFeatureFlagEvents: false })
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("on", false, ada)), true)
      yield* Effect.promise(() => client.getBooleanValue("absent", false, ada))
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual(yield* exposures, [])
    }).pipe(Effect.scoped, Effect.provide(server)))
})
