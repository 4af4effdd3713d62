import { assert, describe, it } from "@effect/vitest"
import { setTimeout } from "node:timers/promises"
import { eventLoopHeld } from "../src/measuring/eventLoop.ts"

const hold = (millis: number) => {
  for (const end = performance.now() + millis; performance.now() < end;);
}

describe("the time for which the event loop is held", () => {
  it("includes the turn in which the work begins, and is known without it", async () => {
    const held = await eventLoopHeld(async () => {
      hold(60)
      await setTimeout(5)
      hold(20)
    })
    assert.isAtLeast(held.millis, 60 - 2)
    assert.isAtLeast(held.laterMillis, 20 - 2)
    assert.isAtMost(held.laterMillis, held.millis)
  })
})
