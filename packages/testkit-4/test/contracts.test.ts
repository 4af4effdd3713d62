// Generated from packages/testkit/test/contracts.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { type Contract, DedupStoreContract, DefinitionsCacheContract } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual } from "./support/assertions.ts"
import { Clock, Effect, Layer, Logger } from "effect"
import * as TestClock from "./support/testClock.ts"
import { DedupStore, DefinitionsCache } from "effect-posthog"

const memory = Effect.map(DefinitionsCache.makeMemory(), DefinitionsCache.layerMemory)

/** The messages of the laws that this implementation breaks; without those of whole fleets, which take longer. */
const broken = (laws: ReadonlyArray<Contract.Law>) =>
  Effect.map(
    Effect.forEach(laws.filter(({ name }) => !name.includes("loader")), ({ check }) =>
      check.pipe(
        Effect.flip,
        Effect.map(({ message }) => message),
        Effect.option,
        Effect.scoped,
        Effect.provide([TestClock.layer, Logger.layer([])])
      )),
    (messages) => messages.flatMap((message) => (message._tag === "Some" ? [message.value] : []))
  )

type Cache = DefinitionsCache["Service"]

describe("the contract of a definitions cache", () => {
  it.live("finds a cache in which everybody fetches", () =>
    Effect.gen(function*() {
      const participants = Effect.map(memory, (layer) =>
        Layer.effect(
          DefinitionsCache,
          Effect.map(DefinitionsCache, (cache) => ({ ...cache, shouldFetch: Effect.succeed(true) }))
        ).pipe(Layer.provide(layer)))
      const messages = yield* broken(DefinitionsCacheContract.laws({ participants }))
      assert.include(messages, "How many participants should fetch: expected 1, got 8")
      assert.isAtLeast(messages.length, 3)
    }))

  it.live("finds a cache that loses the gate", () =>
    Effect.gen(function*() {
      const participants = Effect.map(memory, (layer) =>
        Layer.effect(
          DefinitionsCache,
          Effect.map(DefinitionsCache, (cache) => ({
            ...cache,
            received: (definitions) => cache.received({ ...definitions, minimalFlagCalledEvents: false })
          }))
        ).pipe(Layer.provide(layer)))
      const messages = yield* broken(DefinitionsCacheContract.laws({ participants }))
      assert.isAtLeast(messages.length, 3)
      for (const message of messages) assert.match(message, /^The definitions that .+ gets: expected/)
    }))

  it.live("finds a cache that keeps the lease of one that fails, and one that tells the time of the read", () =>
    Effect.gen(function*() {
      const changed = (change: (cache: Cache) => Partial<Cache>) =>
        DefinitionsCacheContract.laws({
          participants: Effect.map(memory, (layer) =>
            Layer.effect(DefinitionsCache, Effect.map(DefinitionsCache, (cache) => ({ ...cache, ...change(cache) })))
              .pipe(Layer.provide(layer)))
        })
      const keeping = yield* broken(changed(() => ({ failed: Effect.void })))
      assert.include(keeping, "shouldFetch of another participant after the failure: expected true, got false")
      const young = yield* broken(changed(({ get }) => ({
        get: (known) =>
          Effect.zipWith(
            get(known),
            Clock.currentTimeMillis,
            (answer, asOf) => answer._tag === "Empty" ? answer : { ...answer, asOf }
          )
      })))
      assert.include(young.join("\n"), "The time as of which definitions are current, ten seconds later")
    }))

  it.live("names the operation that fails", () =>
    Effect.gen(function*() {
      const participants = Effect.map(memory, (layer) =>
        Layer.effect(
          DefinitionsCache,
          Effect.map(DefinitionsCache, (cache) => ({ ...cache, shutdown: Effect.die("no connection") }))
        ).pipe(Layer.provide(layer)))
      const messages = yield* broken(DefinitionsCacheContract.laws({ participants }))
      assert.include(messages.join("\n"), "shutdown failed: Error: no connection")
    }))
})

describe("the contract of a dedup store", () => {
  const store = DedupStore.layerMemoryWith({ capacity: 100 })
  const changed = (change: (store: DedupStore["Service"]) => Partial<DedupStore["Service"]>) =>
    DedupStoreContract.laws({
      store: Layer.effect(DedupStore, Effect.map(DedupStore, (store) => ({ ...store, ...change(store) }))).pipe(
        Layer.provide(store)
      )
    })

  it.live("finds a store that is not atomic, one that folds keys, one that forgets, and one that fails", () =>
    Effect.gen(function*() {
      const slow = changed((store) => ({
        claim: (key) => Effect.andThen(Effect.yieldNow, Effect.as(store.claim(key), true))
      }))
      assert.include(yield* broken(slow), "How many of 100 concurrent claims were granted: expected 1, got 100")
      const folding = changed((store) => ({ claim: (key) => store.claim(key.trim()) }))
      deepStrictEqual(yield* broken(folding), [
        "The claim of \" a\" after others like it: expected true, got false"
      ])
      const small = DedupStoreContract.laws({ store: DedupStore.layerMemoryWith({ capacity: 90 }) })
      deepStrictEqual(yield* broken(small), ["The store forgot 100 of its 100 most recent keys"])
      const failing = changed(() => ({ release: () => Effect.die("no connection") }))
      deepStrictEqual(yield* broken(failing), ["release failed: Error: no connection"])
    }))
})
