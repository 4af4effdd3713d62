import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { clockOf, turns } from "../eventLoop.ts"

/**
 * Interrupts an effect that takes too long, waits for its end, and ends with something else. Fiber references that the
 * effect changes stay as they were.
 *
 * @internal
 */
export type TimeLimit = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  onTimeout: () => Exit.Exit<A, E>
) => Effect.Effect<A, E, R>

interface Run {
  readonly deadline: number
  readonly child: Fiber.RuntimeFiber<unknown, unknown>
  isLate: boolean
}

const interrupt = (fiber: Fiber.RuntimeFiber<unknown, unknown>): void => fiber.unsafeInterruptAsFork(fiber.id())

/**
 * Sleeps on one clock while something runs. The limit is the same for all, so that the run that began first is the first
 * to be late.
 */
class Watch {
  private readonly clock: Clock.Clock
  private readonly limitMillis: number
  private readonly running = new Set<Run>()
  private sleeper: Fiber.RuntimeFiber<void> | undefined
  private isEnding = false

  constructor(clock: Clock.Clock, limit: Duration.Duration) {
    this.clock = clock
    this.limitMillis = Duration.toMillis(limit)
  }

  begin(child: Run["child"]): Run {
    const run = { deadline: this.now() + this.limitMillis, child, isLate: false }
    this.running.add(run)
    // From here on, as what waits for the child may be interrupted before it does.
    child.addObserver(() => this.end(run))
    return run
  }

  /** To be awaited after a run has begun. */
  readonly start: Effect.Effect<void> = Effect.suspend(() =>
    this.sleeper === undefined
      ? Effect.map(
        // No child of the effect that happens to start it, as it serves others too, and in need of no scope: it ends a
        // turn after the last of them.
        // oxlint-disable-next-line no-restricted-properties
        Effect.forkDaemon(Effect.interruptible(this.sleep)),
        (sleeper) => {
          this.sleeper = sleeper
        }
      )
      : Effect.void
  )

  private end(run: Run): void {
    this.running.delete(run)
    if (this.running.size > 0 || this.isEnding) return
    this.isEnding = true
    // Another one often follows at once.
    turns.scheduleTask(this.rest, 0)
  }

  private readonly rest = (): void => {
    this.isEnding = false
    if (this.running.size > 0 || this.sleeper === undefined) return
    interrupt(this.sleeper)
    this.sleeper = undefined
  }

  private readonly sleep: Effect.Effect<void> = Effect.suspend(() => {
    for (const run of this.running) {
      const left = run.deadline - this.now()
      if (left > 0) return Effect.zipRight(this.clock.sleep(Duration.millis(left)), this.sleep)
      this.running.delete(run)
      run.isLate = true
      interrupt(run.child)
    }
    this.sleeper = undefined
    return Effect.void
  })

  // Of the clock that no change of the system's time moves.
  private now(): number {
    return Number(this.clock.unsafeCurrentTimeNanos()) / 1e6
  }
}

const outcome = <A, E>(
  child: Fiber.RuntimeFiber<A, E>,
  run: Run,
  onTimeout: () => Exit.Exit<A, E>
): Effect.Effect<A, E> =>
  Effect.async((resume) => {
    child.addObserver((exit) => resume(run.isLate && Exit.isInterrupted(exit) ? onTimeout() : exit))
    return Fiber.interrupt(child)
  })

/**
 * One limit for many effects. `Effect.timeoutTo` starts, races and interrupts a sleeping fiber for each, a quarter of what
 * a request over loopback takes a client. Here one fiber sleeps for all, as long as there are any.
 *
 * @internal
 */
export const makeTimeLimit = (limit: Duration.Duration): TimeLimit => {
  const watches = new WeakMap<Clock.Clock, Watch>()
  const watchOn = (clock: Clock.Clock): Watch => {
    const watch = watches.get(clock) ?? new Watch(clock, limit)
    watches.set(clock, watch)
    return watch
  }
  return (self, onTimeout) =>
    Effect.withFiberRuntime((fiber) => {
      const watch = watchOn(clockOf(fiber))
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Effect.fork(Effect.interruptible(self)), (child) => {
          const run = watch.begin(child)
          return Effect.zipRight(watch.start, restore(outcome(child, run, onTimeout)))
        })
      )
    })
}
