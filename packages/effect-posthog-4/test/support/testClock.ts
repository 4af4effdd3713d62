// Generated from packages/tools/editions/tests/test/support/testClock.ts by packages/tools/editions.mjs: change that file, not this one.
// A test clock like that of Effect 3: it goes from one sleep to the next, and first waits until what runs has got to
// where it waits. Effect 4's waits for the fibers that it wakes, but not for promises, microtasks and other turns.
import * as Clock from "effect/Clock"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"

interface Sleep {
  readonly until: number
  readonly latch: Latch.Latch
}

interface TestClock extends Clock.Clock {
  readonly adjust: (duration: Duration.Input) => Effect.Effect<void>
  readonly setTime: (time: number) => Effect.Effect<void>
  readonly sleeps: () => Effect.Effect<ReadonlyArray<number>>
}

const settled = Effect.repeat(Effect.yieldNow, { times: 60 })

const make = (): TestClock => {
  let now = 0
  let elapsed = 0n
  let sleeps: ReadonlyArray<Sleep> = []

  const advance = (time: number) => {
    if (time > now) elapsed += BigInt(Math.round((time - now) * 1_000_000))
    now = time
  }

  const run = (end: () => number) =>
    Effect.gen(function*() {
      yield* settled
      const time = end()
      for (;;) {
        const next = sleeps.reduce<Sleep | undefined>(
          (first, sleep) => first === undefined || sleep.until < first.until ? sleep : first,
          undefined
        )
        if (next === undefined || next.until > time) break
        advance(Math.max(now, next.until))
        sleeps = sleeps.filter((sleep) => sleep !== next)
        next.latch.openUnsafe()
        yield* settled
      }
      advance(time)
      yield* settled
    })

  return {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: () => BigInt(Math.round(now * 1_000_000)),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(now * 1_000_000))),
    monotonicTimeNanosUnsafe: () => elapsed,
    monotonicTimeNanos: Effect.sync(() => elapsed),
    sleep: (duration) =>
      Effect.suspend(() => {
        const sleep = { until: now + Duration.toMillis(duration), latch: Latch.makeUnsafe() }
        if (sleep.until <= now) return Effect.void
        sleeps = [...sleeps, sleep]
        return Effect.ensuring(
          sleep.latch.await,
          Effect.sync(() => {
            sleeps = sleeps.filter((other) => other !== sleep)
          })
        )
      }),
    adjust: (duration) => run(() => now + Duration.toMillis(Duration.fromInputUnsafe(duration))),
    setTime: (time) => run(() => time),
    sleeps: () => Effect.sync(() => sleeps.map(({ until }) => until))
  }
}

export const layer = Layer.sync(Clock.Clock, make)

const testClock = Effect.map(Clock.Clock, (clock) => clock as TestClock)

export const adjust = (duration: Duration.Input) => Effect.flatMap(testClock, (clock) => clock.adjust(duration))

export const setTime = (time: DateTime.DateTime.Input) =>
  Effect.flatMap(
    testClock,
    (clock) => clock.setTime(typeof time === "number" ? time : new Date(time as never).getTime())
  )

export const sleeps = () => Effect.flatMap(testClock, (clock) => clock.sleeps())
