// Generated from packages/effect-posthog/test/http/timeLimit.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Clock from "effect/Clock"
import * as References from "effect/References"
import { interruptFiber } from "../support/standIns.ts"
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "fast-check"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { updateReference } from "../../src/internal/references.ts"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import { makeRestLimit } from "../../src/internal/http/timeLimit.ts"
import { countSleeps, settled } from "../support/queue.ts"
import { makeTimeLimit } from "../support/timeLimit.ts"

const late = () => Exit.fail("late" as const)

describe.each(["process", "worker"] as const)("a time limit in a %s", (runtime) => {
  const limit = makeTimeLimit(Duration.seconds(3), runtime)

  it.effect("leaves what ends in time as it ends", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* limit(Effect.succeed(1), late), 1)
      assert.strictEqual(yield* Effect.flip(limit(Effect.fail("broken"), late)), "broken")
      const died = yield* Effect.exit(limit(Effect.die("bug"), late))
      assert.isTrue(Exit.isFailure(died) && Cause.hasDies(died.cause))
      const interrupted = yield* Effect.exit(limit(Effect.interrupt, late))
      assert.isTrue(Exit.hasInterrupts(interrupted))
    }))

  it.effect("interrupts what is late, and waits for its end", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const running = yield* Effect.forkChild(Effect.exit(limit(
        Effect.onInterrupt(Effect.never, () => Deferred.await(gate)),
        late
      )), { uninterruptible: "inherit" })
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(running.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* settled
      assert.isUndefined(running.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.join(running), Exit.fail("late"))
    }))

  it.effect("ends when a test clock that tells a present-day date says so", () =>
    Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], (millis) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_790_000_000_000 + millis * 1001)
        const short = makeTimeLimit(Duration.millis(500), runtime)
        const running = yield* Effect.forkChild(Effect.exit(short(Effect.never, late)), { uninterruptible: "inherit" })
        yield* TestClock.adjust("500 millis")
        yield* settled
        assert.isDefined(running.pollUnsafe())
        yield* interruptFiber(running)
      })))

  it.effect("applies where interruption does not", () =>
    Effect.gen(function*() {
      const running = yield* Effect.forkChild(Effect.exit(Effect.uninterruptible(limit(Effect.never, late))), { uninterruptible: "inherit" })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* Fiber.join(running), Exit.fail("late"))
    }))

  it.effect("interrupts what runs when it is interrupted itself, and waits for its end", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const note = (event: string) =>
        Effect.andThen(Effect.repeat(Effect.yieldNow, { times: 10 }), Effect.sync(() => events.push(event)))
      const running = yield* Effect.forkChild(limit(Effect.onInterrupt(Effect.never, () => note("inner")), late).pipe(Effect.ensuring(note("outer"))), { uninterruptible: "inherit" })
      yield* settled
      assert.isTrue(Exit.hasInterrupts(yield* interruptFiber(running)))
      assert.deepStrictEqual(events, ["inner", "outer"])
    }))

  it.effect("leaves fiber references as they were", () =>
    Effect.gen(function*() {
      const changes = updateReference(References.CurrentLogAnnotations, () => ({ changed: true }))
      yield* limit(changes, late)
      assert.deepStrictEqual(yield* References.CurrentLogAnnotations, {})
    }))

  it.effect.skipIf(runtime === "worker")(
    "sleeps once for effects that follow each other, and no longer than they run",
    () =>
      Effect.gen(function*() {
        const { clock, sleeping } = yield* countSleeps
        const running = yield* Effect.forkChild(Effect.provideService(limit(Effect.never, late), Clock.Clock, clock), { uninterruptible: "inherit" })
        yield* settled
        for (let count = 0; count < 5; count++) {
          yield* Effect.provideService(limit(Effect.void, late), Clock.Clock, clock)
          assert.strictEqual(yield* sleeping, 1)
        }
        yield* interruptFiber(running)
        yield* yieldToEventLoop
        yield* settled
        assert.strictEqual(yield* sleeping, 0)
      })
  )

  const quarters = (min: number, max: number) => FastCheck.integer({ min, max }).map((quarter) => quarter * 250)
  const run = FastCheck.record({
    after: quarters(0, 20),
    // A race that nobody may lose.
    takes: quarters(1, 24).filter((takes) => takes !== 3000)
  }, { noNullPrototype: true })

  it.effect.prop(
    "is each effect's own, whatever else runs, and leaves no sleep behind",
    { runs: FastCheck.array(run, { minLength: 1, maxLength: 20 }) },
    ({ runs }) =>
      Effect.gen(function*() {
        const { clock, sleeping } = yield* countSleeps
        const start = clock.currentTimeMillisUnsafe()
        const ends = yield* Effect.forkChild(Effect.provideService(Effect.forEach(runs, ({ after, takes }) =>
            Effect.delay(limit(Effect.sleep(takes), late), after).pipe(
              Effect.exit,
              Effect.map((exit) => [Exit.isFailure(exit), clock.currentTimeMillisUnsafe() - start])
            ), { concurrency: "unbounded" }), Clock.Clock, clock), { uninterruptible: "inherit" })
        for (let quarter = 0; quarter <= 32; quarter++) {
          yield* settled
          yield* TestClock.adjust("250 millis")
        }
        assert.deepStrictEqual(
          yield* Fiber.join(ends),
          runs.map(({ after, takes }) => [takes > 3000, after + Math.min(takes, 3000)])
        )
        yield* yieldToEventLoop
        yield* settled
        assert.strictEqual(yield* sleeping, 0)
      }),
    // `npx pnpm check` sets PROPERTY_RUNS to 4.
    { fastCheck: { numRuns: 6 * Number(process.env["PROPERTY_RUNS"] ?? 1) } }
  )
})

describe.each(["process", "worker"] as const)("a limit for the rest of a fiber in a %s", (runtime) => {
  const limitRest = makeRestLimit(Duration.millis(500), runtime)

  it.effect("interrupts the fiber when the time has passed", () =>
    Effect.gen(function*() {
      let isLate = () => false
      const running = yield* Effect.forkChild(Effect.withFiber<never>((fiber) => {
        isLate = limitRest(fiber)
        return Effect.never
      }), { uninterruptible: "inherit" })
      yield* settled
      yield* TestClock.adjust("499 millis")
      yield* settled
      assert.isUndefined(running.pollUnsafe())
      assert.isFalse(isLate())
      yield* TestClock.adjust("1 millis")
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(running)))
      assert.isTrue(isLate())
    }))

  it.effect("leaves a fiber alone that ends in time, and no sleep behind", () =>
    Effect.gen(function*() {
      const { clock, sleeping } = yield* countSleeps
      const ended = Effect.withFiber<string>((fiber) => {
        const isLate = limitRest(fiber)
        return Effect.as(Effect.yieldNow, isLate() ? "late" : "in time")
      })
      for (let count = 0; count < 3; count++) {
        const running = yield* Effect.forkChild(Effect.provideService(ended, Clock.Clock, clock), { uninterruptible: "inherit" })
        assert.strictEqual(yield* Fiber.join(running), "in time")
        yield* yieldToEventLoop
        yield* settled
        assert.strictEqual(yield* sleeping, 0)
      }
    }))
})
