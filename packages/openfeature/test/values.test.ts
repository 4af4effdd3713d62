import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { JsonValue } from "@openfeature/server-sdk"
import { Effect } from "effect"
import * as Flags from "./support/flags.ts"
import { bound, local, remote } from "./support/openFeature.ts"

const context = { targetingKey: "ada" }

const definitions = Flags.document(
  Flags.on("on"),
  Flags.on("on-text", JSON.stringify("hello")),
  Flags.on("on-number", "7"),
  Flags.on("on-list", "[1,2]"),
  Flags.on("on-broken", "{\"a\":"),
  Flags.variant("annual", "annual"),
  Flags.variant("annual-text", "annual", JSON.stringify("A year")),
  Flags.variant("annual-number", "annual", "99.5"),
  Flags.variant("annual-object", "annual", "{\"price\":99}"),
  Flags.variant("ten", "10"),
  Flags.variant("half", " 0.5 "),
  Flags.variant("hundred", "1e2", "7"),
  Flags.variant("endless", "Infinity"),
  Flags.variant("blank", " "),
  Flags.variant("huge", "huge", "1e999"),
  Flags.off("off"),
  Flags.inactive("inactive")
)

type Kind = "boolean" | "string" | "number" | "object"

/** The value, the variant and the reason or the error code of a resolution. */
const outcome = (values: "variant" | "payload", kind: Kind, key: string) =>
  Effect.gen(function*() {
    const { client } = yield* bound({ values })
    const details = yield* Effect.promise((): Promise<
      { readonly value: JsonValue; variant?: string; reason?: string; errorCode?: string }
    > => {
      switch (kind) {
        case "boolean":
          return client.getBooleanDetails(key, true, context)
        case "string":
          return client.getStringDetails(key, "default", context)
        case "number":
          return client.getNumberDetails(key, -1, context)
        case "object":
          return client.getObjectDetails(key, { default: true }, context)
      }
    })
    return [details.value, details.variant ?? null, details.errorCode ?? details.reason ?? null]
  })

type Row = readonly [kind: Kind, key: string, value: JsonValue, variant: string | null, reason: string]

const match = "TARGETING_MATCH"

const alike: ReadonlyArray<Row> = [
  ["boolean", "on", true, null, match],
  ["boolean", "annual", true, "annual", match],
  ["boolean", "off", false, null, "DEFAULT"],
  ["boolean", "inactive", false, null, "DISABLED"],
  ["boolean", "on-broken", true, null, match],
  ["string", "annual", "annual", "annual", match],
  ["string", "annual-number", "annual", "annual", match],
  ["string", "on", "default", null, "TYPE_MISMATCH"],
  ["string", "off", "default", null, "DEFAULT"],
  ["string", "inactive", "default", null, "DISABLED"],
  ["number", "ten", 10, "10", match],
  ["number", "half", 0.5, " 0.5 ", match],
  ["number", "endless", -1, null, "TYPE_MISMATCH"],
  ["number", "blank", -1, null, "TYPE_MISMATCH"],
  ["number", "annual", -1, null, "TYPE_MISMATCH"],
  ["number", "annual-text", -1, null, "TYPE_MISMATCH"],
  ["number", "huge", -1, null, "TYPE_MISMATCH"],
  ["number", "on", -1, null, "TYPE_MISMATCH"],
  ["number", "off", -1, null, "DEFAULT"],
  ["object", "on-list", [1, 2], null, match],
  ["object", "annual-object", { price: 99 }, "annual", match],
  ["object", "annual-text", { default: true }, null, "TYPE_MISMATCH"],
  ["object", "annual", { default: true }, null, "TYPE_MISMATCH"],
  ["object", "on", { default: true }, null, "TYPE_MISMATCH"],
  ["object", "on-broken", { default: true }, null, "PARSE_ERROR"],
  ["object", "off", { default: true }, null, "DEFAULT"],
  ["object", "inactive", { default: true }, null, "DISABLED"]
]

const rows: { readonly [V in "variant" | "payload"]: ReadonlyArray<Row> } = {
  variant: [
    ...alike,
    ["string", "annual-text", "annual", "annual", match],
    ["string", "on-text", "default", null, "TYPE_MISMATCH"],
    ["number", "hundred", 100, "1e2", match],
    ["number", "annual-number", -1, null, "TYPE_MISMATCH"],
    ["number", "on-number", -1, null, "TYPE_MISMATCH"],
    ["number", "on-broken", -1, null, "TYPE_MISMATCH"]
  ],
  payload: [
    ...alike,
    ["string", "annual-text", "A year", "annual", match],
    ["string", "on-text", "hello", null, match],
    ["number", "hundred", 7, "1e2", match],
    ["number", "annual-number", 99.5, "annual", match],
    ["number", "on-number", 7, null, match],
    ["number", "on-broken", -1, null, "PARSE_ERROR"]
  ]
}

// The server does not tell of flags that are switched off.
const evaluations = [
  ["locally", local({ definitions }), () => true],
  ["by the server", remote({ definitions }), (key: string) => key !== "inactive"]
] as const

for (const [where, layer, isKnown] of evaluations) {
  describe(`flags that are evaluated ${where}`, () => {
    for (const values of ["variant", "payload"] as const) {
      it.live(`have the value that the caller's type asks for, from the ${values}`, () =>
        Effect.gen(function*() {
          for (const [kind, key, ...expected] of rows[values].filter(([, key]) => isKnown(key))) {
            deepStrictEqual([kind, key, ...yield* outcome(values, kind, key)], [kind, key, ...expected])
          }
        }).pipe(Effect.scoped, Effect.provide(layer)))
    }
  })
}

describe("details of a resolution", () => {
  it.live("say where the value is from, never what it depends on", () =>
    Effect.gen(function*() {
      const { client } = yield* bound({ flagSetId: "shop", defaultDistinctId: "anybody" })
      const details = yield* Effect.promise(() =>
        client.getStringDetails("annual-text", "", { targetingKey: "ada", email: "ada@example.com" })
      )
      deepStrictEqual(details.flagMetadata, {
        flagSetId: "shop",
        id: 2,
        source: "local",
        reasonCode: "condition_match",
        reason: "Evaluated locally",
        conditionIndex: 0
      })
      deepStrictEqual(Object.keys(details).sort(), ["flagKey", "flagMetadata", "reason", "value", "variant"])
      const anonymous = yield* Effect.promise(() => client.getBooleanDetails("on", false))
      strictEqual(anonymous.flagMetadata["contextId"], "anybody")
    }).pipe(Effect.scoped, Effect.provide(local({ definitions }))))

  it.live("name the version and the request of what the server decided", () =>
    Effect.gen(function*() {
      const { client } = yield* bound()
      const { flagMetadata, reason } = yield* Effect.promise(() => client.getBooleanDetails("split", false, context))
      strictEqual(reason, "SPLIT")
      strictEqual(flagMetadata["version"], "7")
      strictEqual(flagMetadata["source"], "remote")
      strictEqual(flagMetadata["hasExperiment"], true)
      strictEqual(typeof flagMetadata["requestId"], "string")
    }).pipe(
      Effect.scoped,
      Effect.provide(remote({
        remoteFlags: {
          split: {
            value: false,
            version: 7,
            hasExperiment: true,
            reason: { code: "out_of_rollout_bound", description: "Out of rollout bound" }
          }
        }
      }))
    ))
})
