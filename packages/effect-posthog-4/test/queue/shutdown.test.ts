// Generated from packages/effect-posthog/test/queue/shutdown.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogServer } from "@effect-posthog/testkit"
import { assert, it } from "../support/effectVitest.ts"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.ts`, import.meta.url))

const runProgram = fileURLToPath(new URL("../../../tools/program.mjs", import.meta.url))

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  it.live(
    `a process that is sent ${signal} in the middle of its stream delivers what it captured, and ends`,
    () =>
      Effect.gen(function*() {
        const server = yield* PostHogServer.PostHogServer
        const child = spawn(process.execPath, [runProgram, fixture("drainingProgram"), server.url], {
          stdio: ["ignore", "pipe", "inherit"]
        })
        let output = ""
        child.stdout.on("data", (chunk) => {
          output += String(chunk)
        })
        const ended = once(child, "close")
        yield* server.awaitEvents(300)
        child.kill(signal)
        yield* Effect.promise(() => ended)
        const captured = Number(/captured (\d+)/.exec(output)?.[1])
        const arrived = (yield* server.events).map((event) => event.uuid)
        assert.isAtLeast(captured, 300)
        assert.strictEqual(new Set(arrived).size, arrived.length)
        // One more may have been accepted in the step that was interrupted.
        assert.include([captured, captured + 1], arrived.length)
      }).pipe(Effect.provide(PostHogServer.layer())),
    60_000
  )
}

it.live(
  "a process whose events were flushed ends by itself: no timer of ours is left",
  () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.PostHogServer
      const child = spawn(process.execPath, [runProgram, fixture("serverlessHandler"), server.url], {
        stdio: "inherit"
      })
      const [code] = yield* Effect.promise(() => once(child, "close"))
      assert.strictEqual(code, 0)
      assert.deepStrictEqual((yield* server.events).map((event) => event.event), ["first", "second"])
    }).pipe(Effect.provide(PostHogServer.layer())),
  60_000
)
