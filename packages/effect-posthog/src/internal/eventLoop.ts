import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"

const timers = Scheduler.timer(0)

/**
 * Resumes in a later turn of the event loop, so that input, output and timers get theirs. A plain `Effect.yieldNow` only
 * starts a microtask, and microtasks run before the loop turns; a sleep would wait for the `Clock`, which a test may
 * have stopped.
 *
 * @internal
 */
export const nextTurn: Effect.Effect<void> = Effect.withScheduler(Effect.yieldNow(), timers)

/**
 * Runs synchronous work that may hold the event loop for too long: each `yield` of the generator ends a turn of the loop.
 *
 * @internal
 */
export const runSteps = <A>(steps: () => Generator<void, A>): Effect.Effect<A> =>
  Effect.suspend(() => {
    const running = steps()
    let result = running.next()
    if (result.done === true) return Effect.succeed(result.value)
    return Effect.map(
      Effect.whileLoop({
        while: () => result.done !== true,
        body: () => nextTurn,
        step: () => {
          result = running.next()
        }
      }),
      () => result.value as A
    )
  })
