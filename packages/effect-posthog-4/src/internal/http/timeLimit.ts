// Generated from packages/effect-posthog/src/internal/http/timeLimit.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { clockOf, turns } from "../eventLoop.ts"
import type { Runtime as RunsOn } from "../runtime.ts"
import { wake } from "../wake.ts"

interface Run {
  readonly deadline: number
  readonly child: Fiber.Fiber<unknown, unknown>
  isLate: boolean
}

const interrupt = (fiber: Fiber.Fiber<unknown, unknown>): void =>
  wake(() => fiber.interruptUnsafe())

/**
 * Sleeps on one clock while something runs. The limit is the same for all, so that the run that began first is the first
 * to be late.
 */
class Watch {
  private readonly clock: Clock.Clock
  private readonly limitMillis: number
  private readonly running = new Set<Run>()
  private sleeper: Fiber.Fiber<void> | undefined
  private isStarting = false
  private isEnding = false

  constructor(clock: Clock.Clock, limit: Duration.Duration) {
    this.clock = clock
    this.limitMillis = Duration.toMillis(limit)
  }

  begin(child: Run["child"], runtime: Context.Context<never>): Run {
    const run = this.add(child)
    if (this.sleeper === undefined && this.running.size > 0) this.start(runtime)
    return run
  }

  /** The same for what is usually over before the event loop turns: if it is, nobody sleeps. */
  beginSoon(child: Run["child"], runtime: () => Context.Context<never>): Run {
    const run = this.add(child)
    if (this.sleeper === undefined && this.running.size > 0 && !this.isStarting) {
      this.isStarting = true
      turns.scheduleTask(() => {
        this.isStarting = false
        if (this.sleeper === undefined && this.running.size > 0) this.start(runtime())
      }, 0)
    }
    return run
  }

  private add(child: Run["child"]): Run {
    const run = { deadline: this.now() + this.limitMillis, child, isLate: false }
    if (child.pollUnsafe() !== undefined) return run
    this.running.add(run)
    child.addObserver(() => this.end(run))
    return run
  }

  private start(runtime: Context.Context<never>): void {
    // Not a child of the effect that happens to start it, as it serves others too, and in need of no scope: it ends a
    // turn after the last of them.
    const sleeper = Effect.runForkWith(runtime)(this.sleep)
    if (sleeper.pollUnsafe() === undefined) this.sleeper = sleeper
  }

  private end(run: Run): void {
    this.running.delete(run)
    if (this.running.size > 0 || this.isEnding || this.sleeper === undefined) return
    this.isEnding = true
    // Another one often follows at once.
    turns.scheduleTask(this.rest, 0)
  }

  private readonly rest = (): void => {
    this.isEnding = false
    if (this.running.size > 0 || this.sleeper === undefined) return
    const sleeper = this.sleeper
    this.sleeper = undefined
    interrupt(sleeper)
  }

  private readonly sleep: Effect.Effect<void> = Effect.suspend(() => {
    for (const run of this.running) {
      // Whole milliseconds: a clock that counts in doubles tells a present-day date with an error of a fraction, for which
      // a test clock would have to be moved on once more.
      const left = Math.round(run.deadline - this.now())
      if (left > 0) return Effect.andThen(this.clock.sleep(Duration.millis(left)), this.sleep)
      this.running.delete(run)
      run.isLate = true
      interrupt(run.child)
    }
    this.sleeper = undefined
    return Effect.void
  })

  // Of the clock that no change of the system's time moves.
  private now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}

/**
 * Runs an effect in a fiber of its own for as long as the limit allows, and ends with what `settle` makes of its exit.
 * `isLate`: it was interrupted because it took too long. Fiber references that the effect changes stay as they were.
 *
 * @internal
 */
export type Limited = <A, E, B, E2, R>(
  self: Effect.Effect<A, E, R>,
  settle: (exit: Exit.Exit<A, E>, isLate: boolean) => Exit.Exit<B, E2>
) => Effect.Effect<B, E2, R>

type Refs = <R>(context: Context.Context<R>) => Context.Context<R>

const makeWatches = (limit: Duration.Duration, runsOn: RunsOn) => {
  const watches = new WeakMap<Clock.Clock, Watch>()
  return (clock: Clock.Clock): Watch => {
    if (runsOn === "worker") return new Watch(clock, limit)
    let watch = watches.get(clock)
    if (watch === undefined) {
      watch = new Watch(clock, limit)
      watches.set(clock, watch)
    }
    return watch
  }
}

/**
 * One limit for many effects. `Effect.timeoutTo` starts, races and interrupts a sleeping fiber for each, a quarter of what
 * a request over loopback takes a client. Here one fiber sleeps for all, as long as there are any; on a worker each
 * request sleeps by itself, as a timer that another request set may never fire. `updateRefs`: the
 * references of the fibers.
 *
 * @internal
 */
export const makeLimited = (limit: Duration.Duration, runsOn: RunsOn, updateRefs?: Refs): Limited => {
  const watchOn = makeWatches(limit, runsOn)
  // A failure is not unhandled: `settle` gets it. Effect would log it as it is, with what must not be shown.
  const refs: Refs = (given) => {
    const handled = Context.add(given, References.UnhandledLogLevel, undefined)
    return updateRefs === undefined ? handled : updateRefs(handled)
  }
  return <A, E, B, E2, R>(
    self: Effect.Effect<A, E, R>,
    settle: (exit: Exit.Exit<A, E>, isLate: boolean) => Exit.Exit<B, E2>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.withFiber<B, E2, R>((fiber) => {
        const runtime = fiber.context as Context.Context<R>
        // Not `Effect.forkChild`: the fiber begins at once instead of in a later microtask, and nothing is joined or supervised.
        const child = Effect.runForkWith(refs(runtime))(self)
        const run = watchOn(clockOf(fiber)).begin(child, runtime)
        const outcome = Effect.callback<B, E2>((resume) => {
          child.addObserver((exit) => wake(() => resume(settle(exit, run.isLate && Exit.hasInterrupts(exit)))))
        })
        return Effect.matchCauseEffect(restore(outcome), {
          // Only this fiber's own interruption ends the wait before the child has ended.
          onFailure: (cause) =>
            child.pollUnsafe() === undefined
              ? Effect.andThen(Fiber.interrupt(child), Effect.failCause(cause))
              : Effect.failCause(cause),
          onSuccess: Effect.succeed
        })
      })
    )
}

const runtimeOf = (fiber: Run["child"]): Context.Context<never> =>
  fiber.context as Context.Context<never>

/**
 * A limit for what is left to do for a fiber that runs already: the fiber is interrupted when it takes longer than that
 * from the call on. The result says whether it was.
 *
 * @internal
 */
export const makeRestLimit = (limit: Duration.Duration, runsOn: RunsOn) => {
  const watchOn = makeWatches(limit, runsOn)
  return (fiber: Fiber.Fiber<unknown, unknown>): () => boolean => {
    const watch = watchOn(clockOf(fiber))
    const run = runsOn === "worker"
      ? watch.begin(fiber, runtimeOf(fiber))
      : watch.beginSoon(fiber, () => runtimeOf(fiber))
    return () => run.isLate
  }
}
