// Generated from packages/effect-posthog/test/eventLoop.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual } from "./support/assertions.ts"
import { Effect } from "effect"
import { makeTurns } from "../src/internal/eventLoop.ts"

const turn = (platform: Parameters<typeof makeTurns>[0]) =>
  Effect.callback<string>((resume) => makeTurns(platform).scheduleTask(() => resume(Effect.succeed("turned")), 0))

describe("a later turn of the event loop", () => {
  it.live("comes with setImmediate, without it, and with one that throws", () =>
    Effect.gen(function*() {
      const throwing = {
        setImmediate: () => {
          throw new Error("not supported here")
        }
      }
      deepStrictEqual(
        yield* Effect.all([turn({ setImmediate: (task) => setImmediate(task) }), turn({}), turn(throwing)]),
        ["turned", "turned", "turned"]
      )
    }))
})
