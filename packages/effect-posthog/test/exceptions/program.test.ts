import { PostHogServer } from "@effect-posthog/testkit"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/failingProgram.ts", import.meta.url))

it.live(
  "a program that fails delivers its one exception and ends with exit code 1",
  () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.PostHogServer
      const child = spawn(process.execPath, ["--import", "tsx", program, server.url], {
        stdio: ["ignore", "ignore", "inherit"]
      })
      const [code] = yield* Effect.promise(() => once(child, "close"))
      assert.strictEqual(code, 1)
      const events = yield* server.events
      assert.deepStrictEqual(events.map(({ event }) => event), ["$exception"])
      const { properties } = events[0] ?? {}
      assert.strictEqual(properties?.["$exception_level"], "fatal")
      assert.strictEqual(properties?.["$exception_source"], "effect.run_main")
      assert.strictEqual(properties?.["$exception_type"], "RangeError")
      assert.deepStrictEqual(properties?.["effect_spans"], ["migrate"])
      const text = JSON.stringify(properties?.["$exception_list"])
      assert.include(text, "\"type\":\"onuncaughtexception\"")
      assert.include(text, "\"filename\":\"failingProgram.ts\"")
    }).pipe(Effect.provide(PostHogServer.layer())),
  60_000
)
