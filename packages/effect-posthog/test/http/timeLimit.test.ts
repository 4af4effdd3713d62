import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as TestClock from "effect/TestClock"
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
      assert.isTrue(Exit.isFailure(died) && Cause.isDie(died.cause))
      const interrupted = yield* Effect.exit(limit(Effect.interrupt, late))
      assert.isTrue(Exit.isInterrupted(interrupted))
    }))

  it.effect("interrupts what is late, and waits for its end", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const running = yield* Effect.fork(Effect.exit(limit(
        Effect.onInterrupt(Effect.never, () => Deferred.await(gate)),
        late
      )))
      yield* TestClock.adjust("2999 millis")
      assert.isNull(running.unsafePoll())
      yield* TestClock.adjust("1 millis")
      yield* settled
      assert.isNull(running.unsafePoll())
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.join(running), Exit.fail("late"))
    }))

  it.effect("ends when a test clock that tells a present-day date says so", () =>
    Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], (millis) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(1_790_000_000_000 + millis * 1001)
        const short = makeTimeLimit(Duration.millis(500), runtime)
        const running = yield* Effect.fork(Effect.exit(short(Effect.never, late)))
        yield* TestClock.adjust("500 millis")
        yield* settled
        assert.isNotNull(running.unsafePoll())
        yield* Fiber.interrupt(running)
      })))

  it.effect("applies where interruption does not", () =>
    Effect.gen(function*() {
      const running = yield* Effect.fork(Effect.exit(Effect.uninterruptible(limit(Effect.never, late))))
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* Fiber.join(running), Exit.fail("late"))
    }))

  it.effect("interrupts what runs when it is interrupted itself, and waits for its end", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const note = (event: string) =>
        Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 10), Effect.sync(() => events.push(event)))
      const running = yield* Effect.fork(
        limit(Effect.onInterrupt(Effect.never, () => note("inner")), late).pipe(Effect.ensuring(note("outer")))
      )
      yield* settled
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(running)))
      assert.deepStrictEqual(events, ["inner", "outer"])
    }))

  it.effect("leaves fiber references as they were", () =>
    Effect.gen(function*() {
      const changes = FiberRef.set(FiberRef.currentLogAnnotations, HashMap.make(["changed", true]))
      yield* limit(changes, late)
      assert.isTrue(HashMap.isEmpty(yield* FiberRef.get(FiberRef.currentLogAnnotations)))
    }))

  it.effect.skipIf(runtime === "worker")(
    "sleeps once for effects that follow each other, and no longer than they run",
    () =>
      Effect.gen(function*() {
        const { clock, sleeping } = yield* countSleeps
        const running = yield* Effect.fork(Effect.withClock(limit(Effect.never, late), clock))
        yield* settled
        for (let count = 0; count < 5; count++) {
          yield* Effect.withClock(limit(Effect.void, late), clock)
          assert.strictEqual(yield* sleeping, 1)
        }
        yield* Fiber.interrupt(running)
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
  })

  it.effect.prop(
    "is each effect's own, whatever else runs, and leaves no sleep behind",
    { runs: FastCheck.array(run, { minLength: 1, maxLength: 20 }) },
    ({ runs }) =>
      Effect.gen(function*() {
        const { clock, sleeping } = yield* countSleeps
        const start = clock.unsafeCurrentTimeMillis()
        const ends = yield* Effect.fork(Effect.withClock(
          Effect.forEach(runs, ({ after, takes }) =>
            Effect.delay(limit(Effect.sleep(takes), late), after).pipe(
              Effect.exit,
              Effect.map((exit) => [Exit.isFailure(exit), clock.unsafeCurrentTimeMillis() - start])
            ), { concurrency: "unbounded" }),
          clock
        ))
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
      const running = yield* Effect.fork(Effect.withFiberRuntime<never>((fiber) => {
        isLate = limitRest(fiber)
        return Effect.never
      }))
      yield* settled
      yield* TestClock.adjust("499 millis")
      yield* settled
      assert.isNull(running.unsafePoll())
      assert.isFalse(isLate())
      yield* TestClock.adjust("1 millis")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(running)))
      assert.isTrue(isLate())
    }))

  it.effect("leaves a fiber alone that ends in time, and no sleep behind", () =>
    Effect.gen(function*() {
      const { clock, sleeping } = yield* countSleeps
      const ended = Effect.withFiberRuntime<string>((fiber) => {
        const isLate = limitRest(fiber)
        return Effect.as(Effect.yieldNow(), isLate() ? "late" : "in time")
      })
      for (let count = 0; count < 3; count++) {
        const running = yield* Effect.fork(Effect.withClock(ended, clock))
        assert.strictEqual(yield* Fiber.join(running), "in time")
        yield* yieldToEventLoop
        yield* settled
        assert.strictEqual(yield* sleeping, 0)
      }
    }))
})
