import { Effect, Layer, Stream } from "effect"
import {
  Decider,
  DedupCache,
  DedupStore,
  DefinitionsSource,
  EventIds,
  EventQueue,
  EventTransport,
  LocalEvaluator
} from "effect-posthog"
import { describe, expect, test } from "tstyche"

describe("a service written by hand", () => {
  test("a Decider says which flags are on, and no more", () => {
    expect(
      Layer.succeed(Decider, { enabled: true, decide: () => Effect.succeed({ flags: { beta: { enabled: true } } }) })
    ).type.toBe<Layer.Layer<Decider>>()
  })

  test("a LocalEvaluator says what is resolved, and no more", () => {
    expect(
      Layer.succeed(LocalEvaluator, {
        evaluate: () => ({
          records: new Map([[
            "beta",
            { _tag: "Resolved", value: true, payload: undefined, reason: "condition_match" }
          ]]),
          needsRemote: false
        }),
        noteAbsent: () => Effect.void,
        ready: Effect.void,
        reload: Effect.void,
        status: Effect.succeed({ source: "test", flags: 1, neverLocal: 0, stale: false, absentKeys: 0, failures: 0 }),
        changes: Stream.empty
      })
    ).type.toBe<Layer.Layer<LocalEvaluator>>()
  })

  test("an EventQueue accepts events under ids that are plain text", () => {
    expect(
      Layer.mock(EventQueue, {
        offer: () => Effect.succeed({ _tag: "Accepted", id: "first" }),
        tryOffer: ({ uuid = "none" }) => Effect.succeed({ _tag: "Accepted", id: uuid })
      })
    ).type.toBe<Layer.Layer<EventQueue>>()
  })

  test("a DedupCache", () => {
    expect(
      Layer.succeed(DedupCache, { claim: () => Effect.succeed(true), release: () => Effect.void })
    ).type.toBe<Layer.Layer<DedupCache>>()
  })
})

describe("a part written by hand", () => {
  test("an EventTransport answers nothing, or an outcome", () => {
    expect(Layer.succeed(EventTransport, { send: () => Effect.void })).type.toBe<Layer.Layer<EventTransport>>()
    expect(
      Layer.succeed(EventTransport, { send: () => Effect.succeed({ _tag: "Retry", details: "busy" }) })
    ).type.toBe<Layer.Layer<EventTransport>>()
  })

  test("a DedupStore is a set of strings", () => {
    const seen = new Set<string>()
    expect(
      Layer.succeed(DedupStore, {
        claim: (key) => Effect.sync(() => !seen.has(key) && seen.add(key).has(key)),
        release: (key) => Effect.sync(() => void seen.delete(key)),
        clear: Effect.sync(() => seen.clear())
      })
    ).type.toBe<Layer.Layer<DedupStore>>()
  })

  test("a DefinitionsSource has a document, or says that it is still the same", () => {
    expect(
      Layer.succeed(DefinitionsSource, {
        load: (etag) =>
          Effect.succeed(
            etag === "1" ? { _tag: "NotModified" } : { _tag: "Loaded", document: { flags: [] }, etag: "1" }
          )
      })
    ).type.toBe<Layer.Layer<DefinitionsSource>>()
  })

  test("EventIds make text", () => {
    expect(Layer.succeed(EventIds, { make: (now) => `event-${now}` })).type.toBe<Layer.Layer<EventIds>>()
  })
})
