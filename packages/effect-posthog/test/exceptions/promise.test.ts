import { PostHogServer } from "@effect-posthog/testkit"
import { assert, it, vi } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"

const recorder = () => {
  const lines: Array<string> = []
  const log = (message: string) => void lines.push(message)
  return { lines, logger: { error: log, warn: log } }
}

it.live("a client of promises captures exceptions by the same rules, and never rejects", () =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    const { lines, logger } = recorder()
    const client = PostHogPromise.make({
      logger,
      apiKey: Redacted.make("phc_test"),
      host: server.url,
      exceptions: { root: "/srv/app" }
    })
    const error = Object.assign(new TypeError("boom", { cause: "a reason" }), {
      stack: "TypeError: boom\n    at load (/srv/app/src/a.js:3:9)"
    })
    yield* Effect.promise(async () => {
      const id = await client.captureException(error, {
        distinctId: "ada",
        level: "warning",
        fingerprint: "mine",
        properties: { area: "checkout", $exception_source: "mine" },
        flags: await client.evaluateFlags({ distinctId: "ada" })
      })
      assert.isString(id)
      assert.isUndefined(await client.captureException(error))
      assert.isString(await client.captureException(undefined))
      await client.close()
      assert.isUndefined(await client.captureException(new Error("late")))
      await vi.waitUntil(() => lines.length > 0, 10_000)
    })
    const [event, empty] = (yield* server.events).filter(({ event }) => event === "$exception")
    assert.strictEqual(event?.distinct_id, "ada")
    assert.deepInclude(event?.properties, {
      area: "checkout",
      "$feature/beta": true,
      $exception_type: "TypeError",
      $exception_message: "boom",
      $exception_level: "warning",
      $exception_fingerprint: "mine"
    })
    assert.notProperty(event?.properties, "$exception_source")
    assert.deepStrictEqual(event?.properties["$exception_list"], [
      {
        type: "TypeError",
        value: "boom",
        mechanism: { type: "generic", handled: true, synthetic: false, exception_id: 0 },
        stacktrace: {
          type: "raw",
          frames: [{
            platform: "node:javascript",
            filename: "src/a.js",
            function: "load",
            lineno: 3,
            colno: 9,
            in_app: true
          }]
        }
      },
      {
        type: "Error",
        value: "a reason",
        mechanism: { type: "chained", source: "cause", synthetic: true, exception_id: 1, parent_id: 0 }
      }
    ])
    assert.strictEqual(empty?.properties["$exception_message"], "undefined")
    assert.strictEqual(empty?.properties["$process_person_profile"], false)
    assert.strictEqual(lines.length, 1)
    assert.include(lines[0], "An event was not captured: The client is closed")
  }).pipe(Effect.provide(PostHogServer.layer({ remoteFlags: { beta: true } }))))

it.live("a client that is shut down captures nothing", () =>
  Effect.promise(async () => {
    const { lines, logger } = recorder()
    const client = PostHogPromise.make({ apiKey: "phc_test", host: "http://127.0.0.1:9", logger })
    await client.shutdown()
    assert.isUndefined(await client.captureException(new Error("boom")))
    await vi.waitUntil(() => lines.length > 0, 10_000)
    assert.strictEqual(lines.length, 1)
    assert.include(lines[0], "An event was not captured: The client is closed")
  }))
