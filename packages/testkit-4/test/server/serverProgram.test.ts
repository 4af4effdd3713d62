// Generated from packages/testkit/test/server/serverProgram.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as FileSystem from "effect/FileSystem"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Console, Effect, Exit, Fiber, Queue, type Scope } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { main } from "../../src/internal/server/serverProgram.ts"
import { v0Event } from "../support/client.ts"

const program = fileURLToPath(new URL("../../src/bin/EffectPostHogServer.ts", import.meta.url))

const runProgram = fileURLToPath(new URL("../../../tools/program.mjs", import.meta.url))

/** The program in a process of its own, and its lines as they come. */
const spawned = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [runProgram, program, ...args])),
      (child) =>
        Effect.callback<void>((resume) => {
          if (child.exitCode !== null) return resume(Effect.void)
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGTERM")
        })
    )
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => Queue.offerUnsafe(lines, line))
    }
    const exit = Effect.callback<number | null>((resume) => {
      if (child.exitCode !== null) return resume(Effect.succeed(child.exitCode))
      child.once("exit", (code) => resume(Effect.succeed(code)))
    })
    const line = (pattern: RegExp) => Effect.repeat(Queue.take(lines), { until: (line) => pattern.test(line) })
    return { exit, interrupt: Effect.sync(() => child.kill("SIGINT")), line }
  })

/** The program in this process, and its lines as they come. */
const start = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const lines = yield* Queue.unbounded<string>()
    const print = (text: string) => Queue.offerUnsafe(lines, text)
    const silent = yield* Console.consoleWith(Effect.succeed)
    const fiber = yield* Effect.forkScoped(Effect.provideService(main(args), Console.Console, { ...silent, log: print, error: print } as Console.Console), { uninterruptible: "inherit" })
    const line = (pattern: RegExp) => Effect.repeat(Queue.take(lines), { until: (line) => pattern.test(line) })
    return { exit: Fiber.await(fiber), line, lines: Queue.clear(lines) }
  })

const listening = Effect.fn(function*(line: (pattern: RegExp) => Effect.Effect<string>) {
  const [, url = "", flags = ""] = /^Listening on (\S+) with (\d+) flags?$/.exec(yield* line(/^Listening/)) ?? []
  return { url, flags: Number(flags) }
})

const request = (url: string, init?: RequestInit) => Effect.promise(() => fetch(url, init))

const json = (url: string, init?: RequestInit) =>
  Effect.flatMap(request(url, init), (response) => Effect.promise(() => response.json()))

const post = (body: unknown): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" }
})

const flagsOf = (url: string, distinctId: string, more: object = {}) =>
  Effect.map(
    json(`${url}/flags/?v=2`, post({ token: "phc_test", distinct_id: distinctId, ...more })),
    ({ flags }) =>
      Object.fromEntries(
        Object.values<{ key: string; enabled: boolean; variant: string | null }>(flags).map((
          { enabled, key, variant }
        ) => [key, enabled ? variant ?? true : false])
      )
  )

const document = (...keys: ReadonlyArray<string>) =>
  JSON.stringify({ flags: keys.map((key, index) => ({ id: index + 1, key, active: true, filters: { groups: [] } })) })

const folder = Effect.flatMap(FileSystem.FileSystem, (files) =>
  Effect.map(files.makeTempDirectoryScoped(), (path) => ({
    path,
    write: (name: string, text: string) => Effect.as(files.writeFileString(`${path}/${name}`, text), `${path}/${name}`),
    link: (target: string, name: string) => Effect.as(files.symlink(target, `${path}/${name}`), `${path}/${name}`)
  })))

const failure = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { exit, line } = yield* start(...args)
    const message = yield* line(/^effect-posthog-server: /)
    assert.isTrue(Exit.isFailure(yield* exit))
    return message.replace(/^effect-posthog-server: (.*) \(see effect-posthog-server --help\)$/, "$1")
  })

const inFolder = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem | Scope.Scope>) =>
  effect.pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

describe("effect-posthog-server", () => {
  it.live("serves a file, prints what arrives, follows the file, and survives a broken edit", () =>
    inFolder(Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const { path, write } = yield* folder
      const file = `${path}/definitions.json`
      yield* write("definitions.json", document("one"))
      const { line } = yield* start(file, "--port", "0")

      const { url } = yield* listening(line)
      const definitions = json(`${url}/flags/definitions?token=phc_test`, {
        headers: { authorization: "Bearer phs_test" }
      })
      const keys = Effect.map(definitions, ({ flags }) => flags.map(({ key }: { key: string }) => key))
      deepStrictEqual(yield* keys, ["one"])
      assert.match(yield* line(/ definitions /), /^\d\d:\d\d:\d\d definitions 200$/)

      yield* request(`${url}/batch/`, post({ api_key: "phc_test", batch: [v0Event("paid", 3)] }))
      assert.match(yield* line(/ event /), / event       paid ada \{"index":3\}$/)

      // Whatever a name holds, an event is one line, and the terminal takes no orders from it.
      const hostile = { api_key: "phc_test", batch: [v0Event("two\nlines \u001b[31m\u2028\u202e", 4)] }
      yield* request(`${url}/batch/`, post(hostile))
      assert.match(yield* line(/ event /), / event       two\\u000alines \\u001b\[31m\\u2028\\u202e ada \{"index":4\}$/)
      yield* request(`${url}/batch/`, post({ api_key: "phc_test", batch: [v0Event("a".repeat(100_000), 4)] }))
      assert.isBelow((yield* line(/ event /)).length, 2100)

      yield* files.writeFileString(file, document("one", "two"))
      assert.match(yield* line(/ reloaded /), / reloaded    2 flags$/)
      deepStrictEqual(yield* keys, ["one", "two"])

      yield* files.writeFileString(file, "{ \"flags\": [ \"my secret")
      const kept = yield* line(/ kept /)
      assert.include(kept, "definitions.json is not valid JSON")
      assert.notInclude(kept, "secret")
      deepStrictEqual(yield* keys, ["one", "two"])
    })))

  it.live("takes simple flags, persons and groups", () =>
    inFolder(Effect.gen(function*() {
      const { write } = yield* folder
      const simple = yield* write(
        "flags.json",
        JSON.stringify({ on: true, off: false, pricing: "annual", full: { value: "b", payload: { a: 1 } } })
      )
      const first = yield* start(simple, "--port", "0")
      const { flags, url } = yield* listening(first.line)
      strictEqual(flags, 4)
      deepStrictEqual(yield* flagsOf(url, "ada"), { on: true, off: false, pricing: "annual", full: "b" })

      const property = (key: string, more: object = {}) => ({ key, operator: "exact", value: ["pro"], ...more })
      const definitions = yield* write(
        "definitions.json",
        JSON.stringify({
          flags: [
            { key: "person", active: true, filters: { groups: [{ properties: [property("plan")] }] } },
            {
              key: "group",
              active: true,
              filters: {
                aggregation_group_type_index: 0,
                groups: [{ properties: [property("plan", { type: "group", group_type_index: 0 })] }]
              }
            }
          ],
          group_type_mapping: { 0: "company" }
        })
      )
      const persons = yield* write("persons.json", JSON.stringify({ ada: { plan: "pro" } }))
      const groups = yield* write("groups.json", JSON.stringify({ company: { acme: { plan: "pro" } } }))
      const second = yield* start(definitions, "--port", "0", "--persons", persons, "--groups", groups)
      const { url: secondUrl } = yield* listening(second.line)
      deepStrictEqual(yield* flagsOf(secondUrl, "ada", { groups: { company: "acme" } }), { person: true, group: true })
      deepStrictEqual(yield* flagsOf(secondUrl, "bob", { groups: { company: "b" } }), { person: false, group: false })
    })))

  it.live("meets requests with faults, is quiet, and is lenient", () =>
    inFolder(Effect.gen(function*() {
      const faults = ["flags=503", "definitions=delay:1ms", "events=max-events:0", "ai=malformed-body"]
      const { line, lines } = yield* start(
        "--port",
        "0",
        "--quiet",
        "--lenient",
        ...faults.map((fault) => `--fault=${fault}`)
      )
      const { url } = yield* listening(line)
      const flags = yield* request(`${url}/flags/?v=2`, post({ token: "phc_test", distinct_id: "ada" }))
      strictEqual(flags.status, 503)
      const definitions = yield* request(`${url}/flags/definitions?token=phc_test`)
      strictEqual(definitions.status, 401)
      const event = { ...v0Event("paid"), properties: { $cookieless_mode: null } }
      const batch = yield* request(`${url}/batch/`, post({ api_key: "phc_test", batch: [event] }))
      strictEqual(batch.status, 200)
      deepStrictEqual([...yield* lines], ["Project key phc_test, secret key phs_test"])
    })))

  it.live("says what keeps it from starting", () =>
    inFolder(Effect.gen(function*() {
      const { link, path, write } = yield* folder
      const text = yield* write("text.json", "root:x:0:0 is a secret")
      const half = yield* write("half.json", "{\"a\":")
      const list = yield* write("list.json", "[]")
      const odd = yield* write("odd.json", "{\"a\":1}")
      const outside = yield* link("/etc/passwd", "outside.json")
      const device = yield* link("/dev/zero", "zero.json")
      const messages: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["nowhere.json"], "nowhere.json cannot be read: there is no such file"],
        [[text], `${text} is not valid JSON`],
        [[half], `${half} is not valid JSON at its end`],
        [[list], `${list} does not hold a JSON object`],
        [
          [odd],
          `${odd} is not a definitions document, which has a list of flags, and "a" is not a boolean, the key of a variant, or an object with a value`
        ],
        [[outside], `${outside} is a link to a file outside its folder`],
        [[device], `${device} is a link to a file outside its folder`],
        [["/dev/zero"], "/dev/zero is not a regular file"],
        [[path], `${path} is not a regular file`],
        [["--persons", odd], `${odd} does not map ids to properties`],
        [["--groups", odd], `${odd} does not map group types to keys to properties`],
        [["--port=65536"], "--port 65536 is not a port"],
        [
          ["--fault", "flag=503"],
          "--fault flag=503: the endpoint must be one of flags, definitions, remoteConfig, batch, ai, events, logs, metrics, traces"
        ],
        [["--fault", "flags=delay:soon"], "--fault flags=delay:soon: there is no such fault"],
        [
          ["--fault", "flags"],
          "--fault flags: the endpoint must be one of flags, definitions, remoteConfig, batch, ai, events, logs, metrics, traces"
        ],
        [["a.json", "b.json"], "There is more than one file"]
      ]
      for (const [args, message] of messages) {
        const said = yield* failure(...args)
        deepStrictEqual(said, message)
      }
      const kept = yield* link("text.json", "link.json")
      assert.include(yield* failure(kept), "is not valid JSON")
    })))

  it.live("is a process: ends on Ctrl-C with 0, and with 1 when it cannot start, when its port is taken for one", () =>
    inFolder(Effect.gen(function*() {
      const [first, broken] = yield* Effect.all([spawned("--port", "0"), spawned("nowhere.json")])
      const { url } = yield* listening(first.line)
      const { port } = new URL(url)
      strictEqual(
        yield* failure("--port", port),
        `Cannot listen: listen EADDRINUSE: address already in use 127.0.0.1:${port}`
      )
      yield* first.interrupt
      strictEqual(yield* first.exit, 0)
      assert.match(yield* broken.line(/effect-posthog-server/), /nowhere\.json cannot be read/)
      strictEqual(yield* broken.exit, 1)
    })))
})
