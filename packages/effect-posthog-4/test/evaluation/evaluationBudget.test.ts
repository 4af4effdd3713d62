// Generated from packages/effect-posthog/test/evaluation/evaluationBudget.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Clock from "effect/Clock"
import { assert, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect, Fiber } from "effect"
import * as TestClock from "../support/testClock.ts"
import { evaluateFlags } from "effect-posthog-4"
import * as Doubles from "../support/doubles.ts"

const many = Doubles.evaluation(
  Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`flag-${index}`, index % 2 === 0]))
)

describe("evaluations share the event loop", () => {
  it.live("the loop turns between many evaluations that run at once", () =>
    Effect.gen(function*() {
      let turns = 0
      let isOver = false
      const count = (): void => {
        turns += 1
        if (!isOver) setImmediate(count)
      }
      setImmediate(count)
      const turnsSeen: Array<number> = []
      const { layer } = Doubles.services({
        local: () => {
          turnsSeen.push(turns)
          return many
        }
      })
      yield* Effect.forEach(Array.from({ length: 100 }), () => evaluateFlags({ distinctId: "user-17" }), {
        concurrency: "unbounded",
        discard: true
      }).pipe(Effect.provide(layer))
      isOver = true
      strictEqual(turnsSeen.length, 100)
      assert.isAtLeast(new Set(turnsSeen).size, 15)
    }))

  it.live("an evaluation counts by its work, not by its flags", () =>
    Effect.gen(function*() {
      let turns = 0
      let isOver = false
      const count = (): void => {
        turns += 1
        if (!isOver) setImmediate(count)
      }
      setImmediate(count)
      const turnsSeen = new Set<number>()
      const { layer } = Doubles.services({
        local: () => {
          turnsSeen.add(turns)
          return Doubles.evaluation({ one: true }, { steps: 100_000 })
        }
      })
      yield* Effect.forEach(Array.from({ length: 50 }), () => evaluateFlags({ distinctId: "user-17" }), {
        concurrency: "unbounded",
        discard: true
      }).pipe(Effect.provide(layer))
      isOver = true
      assert.isAtLeast(turnsSeen.size, 45)
    }))

  it.effect("a stopped clock does not stop them", () => {
    const { layer } = Doubles.services({ local: many })
    return Effect.gen(function*() {
      const before = yield* Clock.currentTimeMillis
      const snapshots = yield* Effect.all(
        Array.from({ length: 50 }, () => evaluateFlags({ distinctId: "user-17" })),
        { concurrency: "unbounded" }
      )
      strictEqual(snapshots.length, 50)
      strictEqual(yield* Clock.currentTimeMillis, before)
    }).pipe(Effect.provide(layer))
  })

  it("a synchronous run is never made to wait", () => {
    const { layer } = Doubles.services({ local: many })
    const keys = Effect.runSync(
      Effect.forEach(Array.from({ length: 50 }), () => evaluateFlags({ distinctId: "user-17" })).pipe(
        Effect.map((snapshots) => snapshots.map((snapshot) => snapshot.keys.length)),
        Effect.provide(layer)
      )
    )
    deepStrictEqual(keys, Array.from({ length: 50 }, () => 1000))
  })

  it.live("those that wait can be interrupted, and the others go on", () =>
    Effect.gen(function*() {
      let evaluations = 0
      const { layer } = Doubles.services({
        local: () => {
          evaluations += 1
          return many
        }
      })
      yield* Effect.gen(function*() {
        const fibers = yield* Effect.forEach(
          Array.from({ length: 60 }),
          () => Effect.forkChild(evaluateFlags({ distinctId: "user-17" }), { uninterruptible: "inherit" })
        )
        yield* Effect.yieldNow
        yield* Fiber.interruptAll(fibers.slice(0, 50))
        yield* Fiber.joinAll(fibers.slice(50))
        assert.isBelow(evaluations, 60)
      }).pipe(Effect.provide(layer))
    }))
})
