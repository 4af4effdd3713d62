// Generated from packages/effect-posthog/test/exceptions/program.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogServer } from "@effect-posthog/testkit"
import { assert, it } from "../support/effectVitest.ts"
import { Effect } from "effect"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Entry } from "../support/exceptions.ts"

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

// What PostHog's plugins for bundlers add to a chunk: it registers its id by a stack that begins in it.
const registration = `;(() => {
  const chunks = (globalThis._posthogChunkIds ??= {})
  chunks[new Error().stack] = "chunk-17"
  globalThis._posthogReleaseId = "release-4"
})();`

it.live(
  "a bundled program sends the id of its chunk, by which PostHog finds the source map, and its release",
  () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.PostHogServer
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-posthog-bundle-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const outfile = join(folder, "main.mjs")
      yield* Effect.promise(() =>
        build({
          entryPoints: [fileURLToPath(new URL("../fixtures/bundledProgram.ts", import.meta.url))],
          outfile,
          bundle: true,
          minify: true,
          keepNames: true,
          format: "esm",
          platform: "node",
          target: "node20",
          banner: { js: registration },
          logLevel: "error"
        })
      )
      const child = spawn(process.execPath, [outfile, server.url, folder], { stdio: ["ignore", "ignore", "inherit"] })
      const [code] = yield* Effect.promise(() => once(child, "close"))
      assert.strictEqual(code, 0)
      const [event] = yield* server.events
      assert.strictEqual(event?.properties["$release_id"], "release-4")
      const [exception] = (event?.properties["$exception_list"] ?? []) as ReadonlyArray<Entry>
      assert.strictEqual(exception?.type, "RangeError")
      const frames = exception?.stacktrace?.frames.filter(({ filename }) => filename === "main.mjs") ?? []
      assert.isNotEmpty(frames)
      for (const frame of frames) {
        assert.strictEqual(frame.chunk_id, "chunk-17")
        assert.isNumber(frame.lineno)
        assert.isNumber(frame.colno)
      }
      const crash = exception?.stacktrace?.frames.at(-1)
      assert.isTrue(crash?.in_app)
    }).pipe(Effect.scoped, Effect.provide(PostHogServer.layer())),
  60_000
)
