import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Queue } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { v0Event } from "../support/client.ts"

const program = fileURLToPath(new URL("../../src/bin/EffectPostHogServer.ts", import.meta.url))

/** The program in a process of its own, and its lines as they come. */
const start = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, ["--import", "tsx", program, ...args])),
      (child) =>
        Effect.async<void>((resume) => {
          if (child.exitCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGTERM")
        })
    )
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => lines.unsafeOffer(line))
    }
    const exit = Effect.async<number | null>((resume) => {
      if (child.exitCode !== null) return resume(Effect.succeed(child.exitCode))
      child.once("exit", (code) => resume(Effect.succeed(code)))
    })
    const line = (pattern: RegExp) => Effect.repeat(Queue.take(lines), { until: (line) => pattern.test(line) })
    return { exit, interrupt: Effect.sync(() => child.kill("SIGINT")), line }
  })

const request = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, init))

const document = (...keys: ReadonlyArray<string>) =>
  JSON.stringify({ flags: keys.map((key, index) => ({ id: index + 1, key, active: true, filters: { groups: [] } })) })

describe("effect-posthog-server", () => {
  it.live("serves a file, prints what arrives, follows the file, and survives a broken edit", () =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const file = `${yield* files.makeTempDirectoryScoped()}/definitions.json`
      yield* files.writeFileString(file, document("one"))
      const { line } = yield* start(file, "--port", "0")

      const [, url] = /^Listening on (\S+) with 1 flag$/.exec(yield* line(/^Listening/)) ?? []
      const definitions = request(`${url}/flags/definitions?token=phc_test`, {
        headers: { authorization: "Bearer phs_test" }
      }).pipe(Effect.flatMap((response) => Effect.promise(() => response.json())))
      const keys = Effect.map(definitions, ({ flags }) => flags.map(({ key }: { key: string }) => key))
      deepStrictEqual(yield* keys, ["one"])
      assert.match(yield* line(/ definitions /), /^\d\d:\d\d:\d\d definitions 200$/)

      const body = JSON.stringify({ api_key: "phc_test", batch: [v0Event("paid", 3)] })
      yield* request(`${url}/batch/`, { method: "POST", body })
      assert.match(yield* line(/ event /), / event       paid ada \{"index":3\}$/)

      // Whatever a name holds, an event is one line, and the terminal takes no orders from it.
      const hostile = JSON.stringify({ api_key: "phc_test", batch: [v0Event("two\nlines \u001b[31m\u2028", 4)] })
      yield* request(`${url}/batch/`, { method: "POST", body: hostile })
      assert.match(yield* line(/ event /), / event       two\\u000alines \\u001b\[31m\\u2028 ada \{"index":4\}$/)

      yield* files.writeFileString(file, document("one", "two"))
      assert.match(yield* line(/ reloaded /), / reloaded    2 flags$/)
      deepStrictEqual(yield* keys, ["one", "two"])

      yield* files.writeFileString(file, "{ \"flags\": [")
      assert.include(yield* line(/ kept /), "definitions.json is no JSON")
      deepStrictEqual(yield* keys, ["one", "two"])
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))

  it.live("says what keeps it from starting", () =>
    Effect.gen(function*() {
      const { exit, line } = yield* start("nowhere.json")
      assert.match(yield* line(/effect-posthog-server/), /nowhere\.json cannot be read/)
      strictEqual(yield* exit, 1)
    }).pipe(Effect.scoped))

  it.live("says that its port is taken, and ends on Ctrl-C", () =>
    Effect.gen(function*() {
      const first = yield* start("--port", "0")
      const [, port] =
        /^Listening on http:\/\/127\.0\.0\.1:(\d+) with 0 flags$/.exec(yield* first.line(/^Listening/)) ?? []
      const second = yield* start("--port", `${port}`)
      assert.match(
        yield* second.line(/effect-posthog-server/),
        new RegExp(`address already in use 127\\.0\\.0\\.1:${port}`)
      )
      strictEqual(yield* second.exit, 1)
      yield* first.interrupt
      strictEqual(yield* first.exit, 0)
    }).pipe(Effect.scoped))
})
