// Generated from packages/tools/editions/tests/test/support/testClock.ts by packages/tools/editions.mjs: change that file, not this one.
// The test clock of Effect 4, which adjusts without waiting until the fibers that run have got to where they wait.
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

const settled = Effect.repeat(Effect.yieldNow, { times: 60 })

export const adjust = (duration) => settled.pipe(Effect.andThen(TestClock.adjust(duration)), Effect.andThen(settled))

export const setTime = (time) =>
  settled.pipe(
    Effect.andThen(TestClock.setTime(typeof time === "number" ? time : new Date(time).getTime())),
    Effect.andThen(settled)
  )
