// Generated from packages/effect-posthog/test/dedupStore.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "./support/standIns.ts"
import { assert, describe, it } from "./support/effectVitest.ts"
import { DedupCache, DedupStore, PostHogMetrics } from "effect-posthog-4"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "fast-check"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { FingerprintSet } from "../src/internal/dedup/fingerprintSet.ts"

describe("a set of fingerprints", () => {
  it("answers like a list that keeps the most recently added texts, gaps and all", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 1, max: 40 }),
        FastCheck.integer(),
        FastCheck.array(
          FastCheck.tuple(FastCheck.integer({ min: 0, max: 19 }), FastCheck.integer({ min: 0, max: 60 })),
          {
            minLength: 1000,
            maxLength: 3000
          }
        ),
        (capacity, seed, steps) => {
          const set = new FingerprintSet(capacity, seed)
          let texts: Array<string> = []
          for (const [action, number] of steps) {
            const text = `key ${number}`
            const isNew = !texts.includes(text)
            texts = texts.filter((other) => other !== text)
            if (action === 0) {
              set.remove(text)
            } else {
              texts = [...texts, text].slice(-capacity)
              assert.strictEqual(set.add(text), isNew)
            }
            assert.strictEqual(set.size, texts.length)
          }
        }
      ),
      { numRuns: 60 }
    )
  })

  it("keeps a million texts in 20 MB, and mixes none of them up", () => {
    const before = process.memoryUsage().arrayBuffers
    const set = new FingerprintSet(1_000_000, 1)
    let added = 0
    for (let index = 0; index < 1_000_000; index++) if (set.add(`7:user-${index}11:new-feature`)) added++
    assert.strictEqual(added, 1_000_000)
    assert.isFalse(set.add("7:user-011:new-feature"))
    assert.isAtMost(process.memoryUsage().arrayBuffers - before, 20_000_000)
  })

  it("spreads texts that differ in one character over all 64 bits", () => {
    // 200,000 fingerprints of 32 bits would collide about five times.
    const set = new FingerprintSet(200_000, 7)
    let added = 0
    for (let index = 0; index < 200_000; index++) if (set.add(String.fromCharCode(index % 50_000, index >> 4))) added++
    assert.strictEqual(added, 200_000)
  })
})

type Store = DedupStore["Service"]

const cacheOver = (behaviour: Partial<Store>) =>
  DedupCache.layer.pipe(
    Layer.provide(Layer.succeed(DedupStore, {
      claim: () => Effect.succeed(true),
      release: () => Effect.void,
      clear: Effect.void,
      ...behaviour
    })),
    Layer.build,
    Effect.map(Context.get(DedupCache))
  )

const exposure = { distinctId: "ada", key: "new-feature", value: true }

const failures = (reason: string) =>
  Effect.map(Metric.value(Metric.withAttributes(PostHogMetrics.dedupStoreFailures, { ["reason"]: reason })), ({ count }) => count)

const counted = Effect.all([failures("timeout"), failures("defect"), failures("paused")])

const withLog = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = makeLogger(({ message }) => void lines.push(String(message)))
  return Effect.map(
    Effect.provide(effect, Logger.layer([logger])),
    (result) => [result, lines] as const
  )
}

// The counts of the metrics are those of the process.
describe.sequential("a store that does not answer", () => {
  for (
    const [name, never] of [
      ["hangs", Effect.never],
      ["hangs and cannot be interrupted", Effect.uninterruptible(Effect.never)]
    ] as const
  ) {
    it.scoped(`${name}: the exposure is reported after 50 milliseconds, and the store is left alone for 5 seconds`, () =>
      Effect.gen(function*() {
        let calls = 0
        let answer: Effect.Effect<boolean> = never
        const cache = yield* cacheOver({
          claim: () =>
            Effect.suspend(() => {
              calls++
              return answer
            })
        })
        const before = yield* counted
        const [, lines] = yield* withLog(Effect.gen(function*() {
          const claim = yield* Effect.forkChild(cache.claim(exposure), { uninterruptible: "inherit" })
          yield* TestClock.adjust("49 millis")
          assert.isUndefined(claim.pollUnsafe())
          yield* TestClock.adjust("1 millis")
          assert.isTrue(yield* Fiber.join(claim))
          for (let read = 0; read < 100; read++) assert.isTrue(yield* cache.claim(exposure))
          assert.strictEqual(calls, 1)

          yield* TestClock.adjust("5 seconds")
          const second = yield* Effect.forkChild(cache.claim(exposure), { uninterruptible: "inherit" })
          yield* Effect.yieldNow
          assert.isTrue(yield* cache.claim(exposure), "only the first call after the pause waits")
          yield* TestClock.adjust("50 millis")
          assert.isTrue(yield* Fiber.join(second))
          assert.strictEqual(calls, 2)

          answer = Effect.succeed(false)
          yield* TestClock.adjust("5 seconds")
          assert.isFalse(yield* cache.claim(exposure))
          assert.isFalse(yield* cache.claim(exposure))
        }))
        assert.strictEqual(lines.length, 1)
        const [timeout = 0, , paused = 0] = (yield* counted).map((count, index) => count - (before[index] ?? 0))
        assert.deepStrictEqual([timeout, paused], [2, 101])
      }))
  }

  it.scoped("fails, throws or is interrupted: the exposure is reported", () =>
    Effect.gen(function*() {
      const claims: ReadonlyArray<Store["claim"]> = [
        () => Effect.die(new Error("no such command")),
        () => Effect.interrupt,
        () => {
          throw new Error("not connected")
        }
      ]
      for (const claim of claims) {
        const cache = yield* cacheOver({ claim })
        const [, , paused] = yield* counted
        assert.isTrue(yield* cache.claim(exposure))
        assert.isTrue(yield* cache.claim(exposure))
        assert.strictEqual((yield* counted)[2], paused + 1)
      }
    }))

  it.scoped("answers later than at once, and in time: its answer counts", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOver({ claim: () => Effect.as(Effect.sleep("40 millis"), false) })
      const claim = yield* Effect.forkChild(cache.claim(exposure), { uninterruptible: "inherit" })
      yield* TestClock.adjust("40 millis")
      assert.isFalse(yield* Fiber.join(claim))
    }))

  it.scoped("hangs at a release or as the scope closes: neither waits for long", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const cache = yield* Scope.provide(cacheOver({ release: () => Effect.never, clear: Effect.never }), scope)
      const release = yield* Effect.forkChild(cache.release(exposure), { uninterruptible: "inherit" })
      yield* TestClock.adjust("50 millis")
      yield* Fiber.join(release)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { uninterruptible: "inherit" })
      yield* TestClock.adjust("50 millis")
      yield* Fiber.join(closing)
    }))

  it.live("hangs: a read of a flag still ends within its caller's timeout", () =>
    Effect.gen(function*() {
      const cache = yield* cacheOver({ claim: () => Effect.never })
      const [inTime, lines] = yield* cache.claim(exposure).pipe(
        Effect.uninterruptible,
        ((self) => Effect.timeoutOption(self, "10 seconds").pipe(Effect.map(Option.match({ onNone: () => false, onSome: () => true })))),
        withLog
      )
      assert.isTrue(inTime)
      assert.include(lines.join(), "did not answer within 50ms")
    }).pipe(Effect.scoped))

  it.scoped("keeps the context of the fiber that reads", () =>
    Effect.gen(function*() {
      const seen = yield* Deferred.make<Option.Option<string>>()
      const cache = yield* cacheOver({
        claim: () =>
          Effect.flatMap(Effect.option(Effect.currentSpan), (span) =>
            Effect.as(Deferred.succeed(seen, Option.map(span, ({ name }) => name)), true))
      })
      yield* cache.claim(exposure).pipe(Effect.withSpan("request"))
      assert.deepStrictEqual(yield* Deferred.await(seen), Option.some("request"))
    }))
})
