// Generated from packages/effect-posthog/test/dedup.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { DedupStoreContract } from "@effect-posthog/testkit"
import { assert, describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import * as FastCheck from "fast-check"
import { DedupCache, DedupStore, type ExposureKey } from "effect-posthog-4"
import { encode } from "effect-posthog-4/DedupCache"
import * as Doubles from "./support/doubles.ts"

const awkward = FastCheck.oneof(
  FastCheck.string({ maxLength: 4 }),
  FastCheck.constantFrom("", "1:", "1:a", "b1", "n", "s", "s1:a", ",", `"`, "\ud800", "é", "true", "__proto__")
)

const groups = FastCheck.dictionary(awkward, FastCheck.oneof(awkward, FastCheck.integer({ min: 0, max: 3 })), { noNullPrototype: true, maxKeys: 3
})

const exposures: FastCheck.Arbitrary<ExposureKey> = FastCheck.record({
  distinctId: awkward,
  key: awkward,
  value: FastCheck.option(FastCheck.oneof(FastCheck.boolean(), awkward), { nil: undefined }),
  deviceId: FastCheck.option(awkward, { nil: undefined }),
  groups: FastCheck.option(groups, { nil: undefined })
}, { noNullPrototype: true })

/** What makes exposures the same, said by a structure whose JSON cannot be mistaken. */
const identity = ({ deviceId, distinctId, groups, key, value }: ExposureKey): string =>
  JSON.stringify([
    distinctId,
    key,
    [typeof value, value ?? null],
    deviceId ?? "",
    Object.entries(groups ?? {}).map(([type, key]) => [type, String(key)]).sort()
  ])

describe("the key of an exposure", () => {
  it("is the same for the same exposures only", () => {
    FastCheck.assert(
      FastCheck.property(exposures, exposures, (a, b) => {
        strictEqual(encode(a) === encode(b), identity(a) === identity(b))
      }),
      { numRuns: 5000 }
    )
  })

  it("tells each part from the others", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(awkward, { minLength: 4, maxLength: 4 }),
        FastCheck.array(awkward, { minLength: 4, maxLength: 4 }),
        (a, b) => {
          const exposure = ([distinctId = "", key = "", value = "", deviceId = ""]: ReadonlyArray<string>) => ({
            distinctId,
            key,
            value,
            deviceId
          })
          strictEqual(encode(exposure(a)) === encode(exposure(b)), JSON.stringify(a) === JSON.stringify(b))
        }
      ),
      { numRuns: 5000 }
    )
  })

  it("tells booleans from text and from nothing, and not a number from its text", () => {
    const base = { distinctId: "a", key: "k" }
    const encoded = [true, "true", false, "false", undefined, "", "undefined"].map((value) =>
      encode({ ...base, value })
    )
    strictEqual(new Set(encoded).size, encoded.length)
    strictEqual(encode({ ...base, groups: { a: 1 } }), encode({ ...base, groups: { a: "1" } }))
  })

  it("does not depend on the order of groups, nor on their absence", () => {
    const base = { distinctId: "a", key: "k", value: true }
    strictEqual(encode({ ...base, groups: { a: "1", B: "2" } }), encode({ ...base, groups: { B: "2", a: "1" } }))
    strictEqual(encode({ ...base, groups: {} }), encode(base))
    strictEqual(encode({ ...base, deviceId: "" }), encode(base))
  })
})

const store = (capacity: number) =>
  Effect.map(
    Layer.build(Layer.fresh(DedupStore.layerMemoryWith({ capacity }))),
    (context) => Context.get(context, DedupStore)
  ).pipe(Effect.scoped)

type Step = readonly ["claim" | "release", string] | readonly ["clear"]

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  {
    weight: 8,
    arbitrary: FastCheck.tuple(FastCheck.constant("claim" as const), FastCheck.constantFrom(..."abcdefgh"))
  },
  {
    weight: 2,
    arbitrary: FastCheck.tuple(FastCheck.constant("release" as const), FastCheck.constantFrom(..."abcdefgh"))
  },
  { weight: 1, arbitrary: FastCheck.constant(["clear"] as const) }
)

/** A list with the most recently claimed key at its end. */
const model = (capacity: number) => {
  let keys: Array<string> = []
  return (step: Step): boolean | undefined => {
    if (step[0] === "clear") {
      keys = []
      return undefined
    }
    const [action, key] = step
    const isNew = !keys.includes(key)
    keys = keys.filter((other) => other !== key)
    if (action === "release") return undefined
    keys = [...keys, key].slice(-capacity)
    return isNew
  }
}

describe("DedupStore.layerMemory", () => {
  const laws = DedupStoreContract.laws({ store: DedupStore.layerMemoryWith({ capacity: 100 }) })
  for (const { check, name } of laws) it.scoped(name, () => check)

  it("answers like a list ordered by the last claim", () => {
    const stores = [1, 2, 3, 4, 5].map((capacity) => ({ capacity, ...Effect.runSync(store(capacity)) }))
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...stores),
        FastCheck.array(step, { maxLength: 60 }),
        ({ capacity, claim, clear, release }, steps) => {
          const expected = model(capacity)
          Effect.runSync(clear)
          for (const step of steps) {
            const answer = Effect.runSync(
              step[0] === "clear" ? clear : (step[0] === "claim" ? claim : release)(step[1])
            )
            strictEqual(answer ?? undefined, expected(step))
          }
        }
      ),
      { numRuns: 500 }
    )
  })

  it.effect("makes room one at a time, however hard it is pressed", () =>
    Effect.gen(function*() {
      const { claim } = yield* store(100)
      for (let index = 0; index < 10_000; index++) yield* claim(`key-${index}`)
      for (let index = 9_900; index < 10_000; index++) strictEqual(yield* claim(`key-${index}`), false)
      strictEqual(yield* claim("key-9899"), true)
    }))

  it.effect("takes its capacity from the configuration", () =>
    Effect.gen(function*() {
      const { claim } = yield* DedupStore
      yield* claim("a")
      yield* claim("b")
      strictEqual(yield* claim("a"), true)
    }).pipe(Effect.provide(DedupStore.layerMemory.pipe(Layer.provide(Doubles.config({ dedup: { capacity: 1 } }))))))
})

describe("DedupCache.layer", () => {
  it.effect("gives a claim to one of many, and to the next one after its release", () =>
    Effect.gen(function*() {
      const { claim, release } = yield* DedupCache
      const exposure = { distinctId: "a", key: "k", value: true }
      const claims = yield* Effect.all(Array.from({ length: 100 }, () => claim(exposure)), { concurrency: "unbounded" })
      deepStrictEqual(claims.filter(Boolean).length, 1)
      yield* release(exposure)
      strictEqual(yield* claim(exposure), true)
      strictEqual(yield* claim(exposure), false)
    }).pipe(Effect.provide(Doubles.memoryDedup)))

  it.effect("forgets all when its scope closes", () =>
    Effect.gen(function*() {
      const memory = yield* store(10)
      const scope = yield* Scope.make()
      const layer = DedupCache.layer.pipe(Layer.provide(Layer.succeed(DedupStore, memory)))
      const cache = Context.get(yield* Layer.buildWithScope(layer, scope), DedupCache)
      yield* cache.claim({ distinctId: "a", key: "k" })
      strictEqual(yield* cache.claim({ distinctId: "a", key: "k" }), false)
      yield* Scope.close(scope, Exit.void)
      strictEqual(yield* memory.claim(encode({ distinctId: "a", key: "k" })), true)
    }))

  it.effect("uses whatever store it is given", () =>
    Effect.gen(function*() {
      const claimed: Array<string> = []
      const refusing = Layer.succeed(DedupStore, {
        claim: (key) => Effect.sync(() => claimed.push(key) < 0),
        release: () => Effect.void,
        clear: Effect.void
      })
      const answer = yield* Effect.flatMap(DedupCache, (cache) => cache.claim({ distinctId: "a", key: "k" })).pipe(
        Effect.provide(DedupCache.layer.pipe(Layer.provide(refusing)))
      )
      assert.isFalse(answer)
      strictEqual(claimed.length, 1)
    }))
})
