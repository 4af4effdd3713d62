// Generated from packages/testkit/src/DedupStoreContract.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The laws of a `DedupStore`, for those who write one.
 *
 * @since 3.0.0
 */
import { DedupStore } from "effect-posthog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Law } from "./Contract.ts"
import { require, requireSame, succeeding } from "./internal/contract/requirements.ts"

/**
 * The implementation under test.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options<out E = never, out R = never> {
  /** A store that remembers at least `capacity` keys. Each law builds the layer once and needs an empty store. */
  readonly store: Layer.Layer<DedupStore, E, R>
  /** How many of the most recent keys must be remembered. Default: 100. */
  readonly capacity?: number | undefined
}

type Store = DedupStore["Service"]

// Keys are JSON texts of exposures. A store that trims, folds case or takes some characters for itself mixes them up.
const awkward = [
  "",
  "a",
  "A",
  " a",
  "a ",
  "a\n",
  "a\u0000",
  "é",
  "e\u0301",
  "*",
  "%",
  "a:b",
  "{a}",
  "__proto__",
  "true"
]

/**
 * The laws, each to be run as a test of its own.
 *
 * **When to use**
 *
 * When you implement `DedupStore`, and with it decide how long reported exposures are remembered.
 *
 * @since 3.0.0
 * @category testing
 * @example
 * ```ts
 * import { DedupStoreContract } from "@effect-posthog/testkit"
 * import { DedupStore } from "effect-posthog"
 * import { Effect } from "effect"
 *
 * const laws = DedupStoreContract.laws({ store: DedupStore.layerMemoryWith({ capacity: 100 }) })
 *
 * // With @effect/vitest: for (const { check, name } of laws) it.scoped(name, () => check)
 * Effect.runPromise(Effect.forEach(laws, ({ check }) => Effect.scoped(check)))
 * ```
 */
export const laws = <E = never, R = never>(options: Options<E, R>): ReadonlyArray<Law<R>> => {
  const { capacity = 100 } = options
  const make = Effect.map(
    succeeding("Building the store", Layer.build(options.store)),
    Context.get(DedupStore)
  )
  const claim = (store: Store, key: string) => succeeding("claim", store.claim(key))
  const requireClaim = (store: Store, key: string, expected: boolean, when: string) =>
    Effect.flatMap(
      claim(store, key),
      (isNew) => requireSame(isNew, expected, `The claim of ${JSON.stringify(key)} ${when}`)
    )

  return [
    {
      name: "the first claim of a key is granted, and no other",
      check: Effect.gen(function*() {
        const store = yield* make
        yield* requireClaim(store, "a", true, "when it is new")
        yield* requireClaim(store, "a", false, "when it was claimed before")
        yield* requireClaim(store, "a", false, "when it was claimed twice before")
      })
    },
    {
      name: "of many concurrent claims of a key one is granted",
      check: Effect.gen(function*() {
        const store = yield* make
        const all = yield* Effect.all(Array.from({ length: 100 }, () => claim(store, "a")), {
          concurrency: "unbounded"
        })
        yield* requireSame(all.filter((isNew) => isNew).length, 1, "How many of 100 concurrent claims were granted")
      })
    },
    {
      name: "keys are compared exactly",
      check: Effect.gen(function*() {
        const store = yield* make
        const keys = awkward.slice(0, capacity)
        yield* Effect.forEach(keys, (key) => requireClaim(store, key, true, "after others like it"))
        yield* Effect.forEach(keys, (key) => requireClaim(store, key, false, "when it was claimed before"))
      })
    },
    {
      name: "a released key can be claimed again, once",
      check: Effect.gen(function*() {
        const store = yield* make
        yield* succeeding("release", store.release("a"))
        yield* requireClaim(store, "a", true, "when an unknown key was released")
        yield* claim(store, "b")
        yield* succeeding("release", store.release("a"))
        yield* requireClaim(store, "b", false, "when another key was released")
        yield* requireClaim(store, "a", true, "when it was released")
        yield* requireClaim(store, "a", false, "when it was claimed after its release")
      })
    },
    {
      name: `the ${capacity} most recent keys are remembered`,
      check: Effect.gen(function*() {
        const store = yield* make
        const keys = Array.from({ length: 3 * capacity }, (_, index) => `key ${index}`)
        yield* Effect.forEach(keys, (key) => claim(store, key), { discard: true })
        const recent = yield* Effect.forEach(keys.slice(-capacity), (key) => claim(store, key))
        const forgotten = recent.filter((isNew) => isNew).length
        yield* require(forgotten === 0, `The store forgot ${forgotten} of its ${capacity} most recent keys`)
      })
    },
    {
      name: "the store works after it was cleared",
      check: Effect.gen(function*() {
        const store = yield* make
        yield* claim(store, "a")
        yield* succeeding("clear", store.clear)
        yield* requireClaim(store, "b", true, "when it is new")
        yield* requireClaim(store, "b", false, "when it was claimed before")
      })
    }
  ]
}
