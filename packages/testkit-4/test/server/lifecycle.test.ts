// Generated from packages/testkit/test/server/lifecycle.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault, PostHogServer } from "@effect-posthog/testkit-4"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import { assertSome, deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Client from "../support/client.ts"

/** Runs a program in a process of its own until it ends by itself, and answers with its exit code and what it printed. */
const run = (file: string) =>
  Effect.callback<readonly [code: number | null, printed: string]>((resume) => {
    const program = fileURLToPath(new URL(file, import.meta.url))
    const child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["ignore", "pipe", "inherit"] })
    let printed = ""
    child.stdout.on("data", (text) => printed += text)
    child.once("close", (code) => resume(Effect.succeed([code, printed])))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

describe("the life of a server", () => {
  it.live("closing is prompt although a request hangs, and the request fails", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(PostHogServer.layer(), scope)
      const fiber = yield* Effect.gen(function*() {
        const server = yield* Client.server
        yield* server.script("flags", Fault.hang)
        const fiber = yield* Effect.forkChild(Effect.exit(Client.flags()), { uninterruptible: "inherit" })
        yield* server.awaitRequests("flags", 1)
        return fiber
      }).pipe(Effect.provide(context))
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(fiber)))
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  it.live("nothing keeps the process alive once it is closed, whatever request never ended", () =>
    Effect.gen(function*() {
      const ended = yield* Effect.timeoutOption(run("../support/neverAnswering.ts"), "20 seconds")
      const faults = ["hang", "reset", "delay", "stalledBody", "truncatedBody", "resetMidBody", "drip"]
      assertSome(ended, [0, faults.map((fault) => `closed on ${fault}\n`).join("")])
    }))

  it.live("two servers share nothing", () =>
    Effect.gen(function*() {
      const one = yield* Layer.build(PostHogServer.layer())
      const two = yield* Layer.build(PostHogServer.layer())
      yield* Effect.provide(Client.flags(), one)
      const [first, second] = yield* Effect.all([
        Effect.provide(Effect.flatMap(Client.server, (server) => server.requests), one),
        Effect.provide(Effect.flatMap(Client.server, (server) => server.requests), two)
      ])
      deepStrictEqual([first.length, second.length], [1, 0])
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer)))

  it.live("a port that is taken fails the layer", () =>
    Effect.gen(function*() {
      const { url } = yield* Client.server
      const port = Number(new URL(url).port)
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(PostHogServer.layer({ port }))))
      assert.isTrue(Exit.isFailure(exit))
    }).pipe(Effect.provide(PostHogServer.layer())))

  it.live("reset forgets what was recorded, scripted and set", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.setRemoteFlags({ gamma: true })
      yield* server.always("flags", Fault.status(503))
      yield* Client.flags()
      yield* Client.batch(Client.v0Event("paid"))
      yield* server.reset
      deepStrictEqual([yield* server.requests, yield* server.events], [[], []])
      const answer = yield* Client.flags()
      deepStrictEqual(Object.keys(answer.json.flags), ["beta"])
      strictEqual((yield* server.awaitRequests("flags", 1)).length, 1)
    }).pipe(Effect.provide(Client.serverAndClient({ remoteFlags: { beta: true } }))))

  it.live("waiting for events resolves when they have come, and at once when they are there already", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const waiting = yield* Effect.forkChild(server.awaitEvents(2), { uninterruptible: "inherit" })
      yield* Client.batch(Client.v0Event("a", 1))
      yield* Client.batch(Client.v0Event("b", 2))
      deepStrictEqual((yield* Fiber.join(waiting)).map(({ event }) => event), ["a", "b"])
      strictEqual((yield* server.awaitEvents(1)).length, 2)
    }).pipe(Effect.provide(Client.serverAndClient())))

  it.live("the oldest requests give way beyond the capacity", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      for (let index = 0; index < 5; index++) yield* Client.batch(Client.v0Event("paid", index))
      deepStrictEqual((yield* server.events).map(({ properties }) => properties["index"]), [3, 4])
      strictEqual((yield* server.requests).length, 2)
      yield* server.awaitRequests("batch", 5)
    }).pipe(Effect.provide(Client.serverAndClient({ capacity: 2 }))))
})
