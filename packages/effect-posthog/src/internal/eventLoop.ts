import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"

interface Immediate {
  readonly setImmediate?: ((task: () => void) => unknown) | undefined
}

const { setImmediate: immediate } = globalThis as Immediate

/**
 * Runs each task in a later turn of the event loop: at once where the platform can do that, else by a timer, which takes
 * a millisecond or more. Neither is one of the `Clock`, which a test may have stopped.
 *
 * @internal
 */
export const turns: Scheduler.Scheduler = immediate === undefined
  ? Scheduler.timer(0)
  : Scheduler.make((task) => {
    immediate(task)
  })

/**
 * Resumes in a later turn of the event loop, so that input, output and timers get theirs. A plain `Effect.yieldNow` only
 * starts a microtask, and microtasks run before the loop turns.
 *
 * @internal
 */
export const nextTurn: Effect.Effect<void> = Effect.withScheduler(Effect.yieldNow(), turns)

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
