// Generated from packages/effect-posthog/test/exceptions/promise.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogServer } from "@effect-posthog/testkit"
import { assert, it } from "../support/effectVitest.ts"
import { Effect, Logger, Redacted } from "effect"
import * as PostHogPromise from "effect-posthog-4/PostHogPromise"

const quiet = Logger.layer([])

it.live("a client of promises captures exceptions by the same rules, and never rejects", () =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    const client = PostHogPromise.make({
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
  }).pipe(Effect.provide(PostHogServer.layer({ remoteFlags: { beta: true } })), Effect.provide(quiet)))

it.live("a client that is shut down captures nothing", () =>
  Effect.promise(async () => {
    const client = PostHogPromise.make({ apiKey: "phc_test", host: "http://127.0.0.1:9" })
    await client.shutdown()
    assert.isUndefined(await client.captureException(new Error("boom")))
  }))
