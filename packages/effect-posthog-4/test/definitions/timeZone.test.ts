// Generated from packages/effect-posthog/test/definitions/timeZone.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual } from "../support/assertions.ts"
import { Effect, Layer, Redacted } from "effect"
import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "effect-posthog-4"

const document = {
  flags: [{
    key: "early-bird",
    active: true,
    filters: {
      groups: [{
        properties: [{ key: "joined", type: "person", operator: "is_date_before", value: "2026-03-01 00:00:00" }],
        rollout_percentage: 100
      }]
    }
  }]
}

const decide = (timeZone: string | undefined, joined: string) =>
  Effect.gen(function*() {
    const evaluator = yield* LocalEvaluator
    yield* evaluator.ready
    const result = evaluator.evaluate({ distinctId: "ada", personProperties: { joined } }).records.get("early-bird")
    return result?._tag === "Resolved" ? result.value : result?._tag
  }).pipe(
    Effect.provide(
      LocalEvaluator.layer.pipe(
        Layer.provide(DefinitionsSource.layerStatic(document)),
        Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), definitions: { timeZone } }))
      )
    )
  )

describe("definitions.timeZone", () => {
  it.effect("decides dates as the project does; without it, the server decides where the zone matters", () =>
    Effect.gen(function*() {
      // One in the morning in Berlin, the evening before in Los Angeles.
      const joined = "2026-03-01T00:30:00Z"
      deepStrictEqual(
        yield* Effect.forEach(["Europe/Berlin", "America/Los_Angeles", undefined], (zone) => decide(zone, joined)),
        [false, true, "Inconclusive"]
      )
      deepStrictEqual(yield* decide(undefined, "2020-01-01T00:00:00Z"), true)
    }))
})
