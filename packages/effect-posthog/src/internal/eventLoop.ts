import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

/**
 * The clock of a fiber.
 *
 * @internal
 */
export const clockOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Clock.Clock =>
  Context.get(fiber.currentDefaultServices, Clock.Clock)

/**
 * Goes on with the time in epoch milliseconds. `Clock.currentTimeMillis` takes several steps of a fiber, this takes one.
 *
 * @internal
 */
export const withNow = <A, E, R>(next: (now: number) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => next(clockOf(fiber).unsafeCurrentTimeMillis()))

interface Immediate {
  readonly setImmediate?: ((task: () => void) => unknown) | undefined
}

/**
 * A scheduler that runs each task in a later turn of the event loop: at once where the platform can do that, else by a
 * timer, which takes a millisecond or more.
 *
 * @internal
 */
export const makeTurns = (platform: Immediate): Scheduler.Scheduler => {
  const timer = Scheduler.timer(0)
  const { setImmediate } = platform
  // Some platforms have a function of that name that throws.
  let isUsable = setImmediate !== undefined
  return Scheduler.make((task) => {
    if (isUsable) {
      try {
        setImmediate?.(task)
        return
      } catch {
        isUsable = false
      }
    }
    timer.scheduleTask(task, 0)
  })
}

/**
 * {@link makeTurns} of this platform. It takes no part in the `Clock`, which a test may have stopped.
 *
 * @internal
 */
export const turns: Scheduler.Scheduler = makeTurns(globalThis as Immediate)

/**
 * Resumes in a later turn of the event loop, so that input, output and timers get theirs. A plain `Effect.yieldNow` only
 * starts a microtask, and microtasks run before the loop turns.
 *
 * @internal
 */
export const yieldToEventLoop: Effect.Effect<void> = Effect.withScheduler(Effect.yieldNow(), turns)

/** Text of so many characters is written, encoded and compressed in a few milliseconds. */
const mostInOneTurn = 512 * 1024

/**
 * Does one of several works on a text of so many characters: in a turn of the event loop of its own when the text is
 * large, else at once.
 *
 * @internal
 */
export const inTurn = <A, E, R>(characters: number, work: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  characters > mostInOneTurn ? Effect.flatMap(yieldToEventLoop, work) : work()

/** How long one turn may take, in nanoseconds. */
const turnLength = 2_000_000n

/** Steps in one turn at most: a bound that holds on a clock that stands still. */
const turnSteps = 8

/**
 * Runs synchronous work that may hold the event loop for too long: where the generator yields, the loop may turn.
 *
 * @internal
 */
export const runInSlices = <A>(steps: () => Generator<void, A>): Effect.Effect<A> =>
  Effect.clockWith((clock) => {
    const running = steps()
    const turn = () => {
      const end = clock.unsafeCurrentTimeNanos() + turnLength
      let result = running.next()
      for (let count = 1; result.done !== true && count < turnSteps; count++) {
        if (clock.unsafeCurrentTimeNanos() >= end) break
        result = running.next()
      }
      return result
    }
    let result = turn()
    if (result.done === true) return Effect.succeed(result.value)
    return Effect.map(
      Effect.whileLoop({
        while: () => result.done !== true,
        body: () => yieldToEventLoop,
        step: () => {
          result = turn()
        }
      }),
      () => result.value as A
    )
  })
