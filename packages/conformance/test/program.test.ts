import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Scenario from "./harness/Scenario.ts"

const workspace = fileURLToPath(new URL("../../..", import.meta.url))

const pnpm = `${workspace}/node_modules/pnpm/bin/pnpm.cjs`

/** The command of the README, and what it runs. */
const pnpmConformance = [pnpm, "--silent", "conformance"]
const program = [`${workspace}/packages/tools/program.mjs`, `${workspace}/packages/conformance/src/main.ts`]

/** The adapter in a process of its own, on any free port. */
const start = (command: ReadonlyArray<string>, ...words: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
    const problems = yield* Queue.unbounded<string>()
    const child = spawn(process.execPath, [...command, ...words], {
      cwd: workspace,
      env: { ...process.env, PORT: "0" }
    })
    createInterface({ input: child.stdout }).on("line", (line) => lines.unsafeOffer(line))
    createInterface({ input: child.stderr }).on("line", (line) => problems.unsafeOffer(line))
    const exited = yield* Effect.fork(
      Effect.async<number | null>((resume) => {
        child.once("close", (code) => resume(Effect.succeed(code)))
      })
    )
    yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGTERM")))
    return { child, lines, problems, exited }
  })

describe.concurrent("Program", () => {
  for (
    const [signal, command, words, capabilities] of [
      ["SIGTERM", pnpmConformance, [], ["capture_v0", "capture_ai_v0", "encoding_gzip"]],
      ["SIGINT", program, ["v1", "br"], ["capture_v1", "encoding_br"]]
    ] as const
  ) {
    it.scopedLive(
      `prints its address, serves ${capabilities[0]}, and stops at ${signal}`,
      () =>
        Effect.gen(function*() {
          const { child, exited, lines } = yield* start(command, ...words)
          const url = yield* Queue.take(lines)
          assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
          const call = (method: "GET" | "POST", path: string, body?: unknown) =>
            Scenario.callAt(url, method, path, body).pipe(Effect.provide(FetchHttpClient.layer))
          assert.deepStrictEqual((yield* call("GET", "/health"))["capabilities"], capabilities)
          // Something to discard, at a server that does not answer.
          yield* call("POST", "/init", { api_key: Scenario.apiKey, host: "http://127.0.0.1:1", flush_at: 1 })
          yield* call("POST", "/capture", { distinct_id: "user-1", event: "lost" })
          child.kill(signal)
          // The pipes close when the last process that holds them is gone: no adapter keeps the port.
          yield* exited
          assert.strictEqual(yield* Queue.size(lines), 0)
        }),
      60_000
    )
  }

  it.scopedLive("says why it does not start", () =>
    Effect.gen(function*() {
      const { exited, lines, problems } = yield* start(program, "v2")
      assert.strictEqual(yield* Queue.take(problems), "\"v2\" must be one of v0, v1")
      assert.notStrictEqual(yield* exited, 0)
      assert.strictEqual(yield* Queue.size(lines), 0)
    }), 60_000)
})
