// Generated from packages/effect-posthog/test/definitions/callerLoads.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Clock from "effect/Clock"
import { interruptFiber } from "../support/standIns.ts"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import * as TestClock from "../support/testClock.ts"
import { DefinitionsError, DefinitionsSource, LocalEvaluator, PostHogConfig } from "effect-posthog-4"
import type { DefinitionsLoad } from "effect-posthog-4"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import { document, options } from "../support/scriptedEndpoint.ts"

type Answer = Effect.Effect<DefinitionsLoad, DefinitionsError>

const loaded = (...keys: ReadonlyArray<string>): Answer =>
  Effect.succeed({ _tag: "Loaded", document: document(keys), etag: keys.join() })

const refused: Answer = Effect.fail(new DefinitionsError({ reason: "Unauthorized", httpStatus: 401 }))

/** A source that answers as scripted, and with its last answer from then on. */
const makeSource = (...script: ReadonlyArray<Answer>) => {
  let loads = 0
  return {
    loads: () => loads,
    layer: Layer.succeed(DefinitionsSource, {
      load: () => Effect.suspend(() => script[Math.min(loads++, script.length - 1)]!)
    })
  }
}

const evaluatorOf = (source: ReturnType<typeof makeSource>) =>
  LocalEvaluator.layer.pipe(
    Layer.provide(source.layer),
    Layer.provide(
      Layer.orDie(PostHogConfig.layer({ ...options(), flags: { requestTimeout: 3000 }, runtime: "worker" }))
    )
  )

/** As `evaluateFlags` does it. */
const evaluate = Effect.gen(function*() {
  const { evaluate, refreshIfDue = Effect.die("nothing to drive") } = yield* LocalEvaluator
  yield* refreshIfDue
  return [...evaluate({ distinctId: "ada" }).records.keys()]
})

const status = Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.status)

const settled = Effect.repeat(Effect.andThen(yieldToEventLoop, Effect.yieldNow), { times: 20 })

const pollIsDue = TestClock.adjust("33 seconds")

const test = (
  name: string,
  script: ReadonlyArray<Answer>,
  program: (loads: () => number) => Effect.Effect<void, unknown, LocalEvaluator>
) =>
  it.effect(name, () => {
    const source = makeSource(...script)
    return Effect.provide(program(source.loads), evaluatorOf(source))
  })

describe("definitions on a worker", () => {
  test("are loaded by the first evaluation, and again by the one that finds them due", [
    loaded("one"),
    loaded("two")
  ], (loads) =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1 hour")
      yield* settled
      assert.strictEqual(loads(), 0)
      assert.deepStrictEqual(yield* evaluate, ["one"])
      assert.deepStrictEqual(yield* evaluate, ["one"])
      assert.strictEqual(loads(), 1)
      yield* pollIsDue
      yield* settled
      assert.strictEqual(loads(), 1)
      assert.deepStrictEqual(yield* evaluate, ["two"])
      assert.deepInclude(yield* status, { failures: 0, age: 0, flags: 1 })
    }))

  test("are loaded by each evaluation as long as there are none: none waits for another's load", [
    Effect.never,
    loaded("one")
  ], (loads) =>
    Effect.gen(function*() {
      yield* Effect.forkChild(evaluate, { uninterruptible: "inherit" })
      yield* settled
      assert.deepStrictEqual(yield* evaluate, ["one"])
      assert.strictEqual(loads(), 2)
    }))

  test("stay in use while one evaluation refreshes them, which takes no longer than a request may", [
    loaded("one"),
    Effect.never,
    loaded("two")
  ], (loads) =>
    Effect.gen(function*() {
      yield* evaluate
      yield* pollIsDue
      const refreshing = yield* Effect.forkChild(evaluate, { uninterruptible: "inherit" })
      yield* settled
      assert.deepStrictEqual(yield* evaluate, ["one"])
      assert.strictEqual(loads(), 2)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* Fiber.join(refreshing), ["one"])
      const { failures, lastFailure, nextAttemptAt } = yield* status
      assert.deepStrictEqual([failures, lastFailure?.reason], [1, "Timeout"])
      assert.isDefined(nextAttemptAt)
      assert.deepStrictEqual(yield* evaluate, ["one"])
      yield* pollIsDue
      assert.deepStrictEqual(yield* evaluate, ["two"])
      assert.deepInclude(yield* status, { failures: 0 })
    }))

  test("are refreshed by another evaluation when the one that began was cut off", [
    loaded("one"),
    Effect.never,
    loaded("two")
  ], () =>
    Effect.gen(function*() {
      const { evaluate: read, refreshIfDue = Effect.void } = yield* LocalEvaluator
      yield* evaluate
      yield* pollIsDue
      // A fiber that no clock wakes stands for a request that the runtime ended.
      const clock = yield* Clock.Clock
      const stopped = { ...clock, sleep: () => Effect.never }
      yield* Effect.forkChild(Effect.provideService(refreshIfDue, Clock.Clock, Object.setPrototypeOf(stopped, Object.getPrototypeOf(clock))), { uninterruptible: "inherit" })
      yield* settled
      yield* TestClock.adjust("3999 millis")
      assert.deepStrictEqual(yield* evaluate, ["one"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* evaluate, ["two"])
      assert.strictEqual(read({ distinctId: "ada" }).records.size, 1)
    }))

  test("are refreshed by the next evaluation when the one that began is interrupted", [
    loaded("one"),
    Effect.never,
    loaded("two")
  ], () =>
    Effect.gen(function*() {
      yield* evaluate
      yield* pollIsDue
      const refreshing = yield* Effect.forkChild(evaluate, { uninterruptible: "inherit" })
      yield* settled
      yield* interruptFiber(refreshing)
      assert.deepStrictEqual(yield* evaluate, ["two"])
      assert.deepInclude(yield* status, { failures: 0 })
    }))

  test("are left alone for the interval, and longer, after a refusal", [refused], (loads) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* evaluate, [])
      assert.deepStrictEqual(yield* evaluate, [])
      assert.strictEqual(loads(), 1)
      yield* TestClock.adjust("30 seconds")
      yield* evaluate
      assert.strictEqual(loads(), 1)
      yield* TestClock.adjust("36 seconds")
      yield* evaluate
      assert.strictEqual(loads(), 2)
    }))

  it.effect("are not undone by an answer that was asked for earlier and came later", () =>
    Effect.gen(function*() {
      const late = yield* Deferred.make<void>()
      const source = makeSource(Effect.andThen(Deferred.await(late), loaded("old")), loaded("new"))
      yield* Effect.gen(function*() {
        const slow = yield* Effect.forkChild(evaluate, { uninterruptible: "inherit" })
        yield* settled
        assert.deepStrictEqual(yield* evaluate, ["new"])
        yield* Deferred.succeed(late, undefined)
        assert.deepStrictEqual(yield* Fiber.join(slow), ["new"])
      }).pipe(Effect.provide(evaluatorOf(source)))
    }))

  test("are waited for by loading them", [refused, loaded("one")], (loads) =>
    Effect.gen(function*() {
      const waiting = yield* Effect.forkChild(LocalEvaluator.readyWithin("5 minutes"), { uninterruptible: "inherit" })
      yield* settled
      yield* TestClock.adjust("66 seconds")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(waiting)))
      assert.strictEqual(loads(), 2)
    }))
})
