import { make } from "@effect-posthog/openfeature"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { EventHook } from "@openfeature/open-telemetry-hooks"
import type { LogRecord } from "@opentelemetry/api-logs"
import { logs } from "@opentelemetry/api-logs"
import { Effect } from "effect"
import * as Flags from "./support/flags.ts"
import { bind, remote } from "./support/openFeature.ts"

const records: Array<LogRecord> = []

logs.setGlobalLoggerProvider({ getLogger: () => ({ emit: (record) => void records.push(record) }) })

describe("OpenTelemetry's hook for flags", () => {
  it.live("records the reason, the variant, the version and the set of a flag, and whom it was for", () =>
    Effect.gen(function*() {
      const { client } = yield* Effect.flatMap(make({ flagSetId: "shop", defaultDistinctId: "anybody" }), bind)
      client.addHooks(new EventHook())
      yield* Effect.promise(() => client.getStringDetails("pricing", "", { targetingKey: "ada", email: "a@b.c" }))
      yield* Effect.promise(() => client.getBooleanDetails("pricing", false))
      const evaluations = records.filter(({ eventName }) => eventName === "feature_flag.evaluation")
      const common = {
        "feature_flag.key": "pricing",
        "feature_flag.provider.name": "effect-posthog",
        "feature_flag.result.reason": "targeting_match",
        "feature_flag.result.variant": "annual",
        "feature_flag.set.id": "shop",
        "feature_flag.version": "3"
      }
      deepStrictEqual(evaluations.map(({ attributes }) => attributes), [
        { ...common, "feature_flag.result.value": "annual", "feature_flag.context.id": "ada" },
        { ...common, "feature_flag.result.value": true, "feature_flag.context.id": "anybody" }
      ])
    }).pipe(
      Effect.scoped,
      Effect.provide(remote({
        definitions: Flags.document(),
        remoteFlags: { pricing: { value: "annual", version: 3 } }
      }))
    ))
})
