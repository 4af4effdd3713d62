import type { FileSystem, HttpClient, KeyValueStore } from "@effect/platform"
import { Effect, type Layer } from "effect"
import {
  DefinitionsCache,
  type DefinitionsError,
  DefinitionsSource,
  LocalEvaluator,
  type PostHogConfig
} from "effect-posthog"
import { describe, expect, test } from "tstyche"

describe("LocalEvaluator", () => {
  test("needs the configuration and a source, and its layer never fails", () => {
    expect(LocalEvaluator.layer).type.toBe<Layer.Layer<LocalEvaluator, never, PostHogConfig | DefinitionsSource>>()
    expect(LocalEvaluator.layerNoop).type.toBe<Layer.Layer<LocalEvaluator>>()
  })

  test("fails to become ready with a reason", () => {
    expect(LocalEvaluator.readyWithin("5 seconds")).type.toBe<Effect.Effect<void, DefinitionsError, LocalEvaluator>>()
    expect(Effect.flatMap(LocalEvaluator, ({ ready }) => ready)).type.toBe<Effect.Effect<void, never, LocalEvaluator>>()
  })
})

describe("DefinitionsSource", () => {
  test("each source says what it needs", () => {
    expect(DefinitionsSource.layerHttp).type.toBe<
      Layer.Layer<DefinitionsSource, never, PostHogConfig | HttpClient.HttpClient>
    >()
    expect(DefinitionsSource.layerFile("flags.json")).type.toBe<
      Layer.Layer<DefinitionsSource, never, PostHogConfig | FileSystem.FileSystem>
    >()
    expect(DefinitionsSource.layerStatic({ flags: [] })).type.toBe<Layer.Layer<DefinitionsSource>>()
    expect(DefinitionsSource.layerPersisted(DefinitionsSource.layerStatic({ flags: [] }))).type.toBe<
      Layer.Layer<DefinitionsSource, never, PostHogConfig | KeyValueStore.KeyValueStore>
    >()
    expect(DefinitionsSource.layerShared(DefinitionsSource.layerStatic({ flags: [] }))).type.toBe<
      Layer.Layer<DefinitionsSource, never, DefinitionsCache>
    >()
  })

  test("a source of one's own is a function", () => {
    expect<DefinitionsSource["Type"]>().type.toBeAssignableFrom<
      { readonly load: () => Effect.Effect<{ readonly _tag: "Loaded"; readonly document: unknown }> }
    >()
  })
})
