// Generated from packages/effect-posthog/test/remoteConfig.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertNone, assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect, Layer, Redacted } from "effect"
import { PostHog, PostHogConfig } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"
import * as PostHogPromise from "effect-posthog-4/PostHogPromise"
import { getRemoteConfigPayload } from "effect-posthog-4/RemoteConfig"

const payloads = { json: "{\"limit\":3}", text: "plain text", "a/b c?": "1" }

const server = PostHogServer.layer({
  secretKey: "phs_secret",
  definitions: {
    flags: [
      ...Object.entries(payloads).map(([key, payload], id) => ({ id, key, active: true, payload: { true: payload } })),
      { id: 9, key: "bare", active: true, payload: undefined }
    ].map(({ payload, ...flag }) => ({
      ...flag,
      filters: { groups: [{ rollout_percentage: 100 }], payloads: payload }
    }))
  }
})

const withOptions = (options: Partial<Options>) =>
  Effect.map(PostHogServer.PostHogServer, ({ url }) =>
    Layer.merge(
      PostHogConfig.layer({
        apiKey: Redacted.make("phc_test"),
        secretKey: Redacted.make("phs_secret"),
        host: url,
        ...options
      }),
      FetchHttpClient.layer
    ))

const failing = (key: string, options: Partial<Options> = {}) =>
  Effect.flatMap(withOptions(options), (layer) => Effect.provide(Effect.flip(getRemoteConfigPayload(key)), layer))

describe("remote config", () => {
  it.live("is a payload by key, decoded where it is JSON", () =>
    Effect.gen(function*() {
      const layer = yield* withOptions({})
      const read = (key: string) => Effect.provide(getRemoteConfigPayload(key), layer)
      assertSome(yield* read("json"), { limit: 3 })
      assertSome(yield* read("text"), "plain text")
      assertSome(yield* read("a/b c?"), 1)
      assertNone(yield* read("bare"))
      assertNone(yield* read("absent"))
      assertNone(yield* read("half of a pair: \ud800"))
    }).pipe(Effect.provide(server)))

  it.live("fails with a reason that names the key and no secret", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      strictEqual((yield* failing("json", { secretKey: undefined })).reason, "NoSecretKey")
      strictEqual((yield* failing("json", { secretKey: Redacted.make("phs_wrong") })).reason, "Unauthorized")
      strictEqual((yield* failing("json", { host: "http://127.0.0.1:9" })).reason, "ConnectionError")
      strictEqual((yield* failing("json", { flags: { maxResponseBytes: 3 } })).reason, "TooLarge")
      for (
        const [status, reason] of [[402, "QuotaLimited"], [403, "Forbidden"], [429, "RateLimited"], [
          500,
          "ApiError"
        ]] as const
      ) {
        yield* always("remoteConfig", Fault.status(status))
        const error = yield* failing("json")
        strictEqual(error.reason, reason)
        strictEqual(error.httpStatus, status)
        assert.include(error.message, "\"json\"")
        assert.notMatch(JSON.stringify(error) + error.message, /phs_|phc_/)
      }
      yield* always("remoteConfig", Fault.malformedBody)
      strictEqual((yield* failing("json")).reason, "InvalidResponse")
      yield* always("remoteConfig", Fault.hang)
      strictEqual((yield* failing("json", { flags: { requestTimeout: "600 millis" } })).reason, "Timeout")
    }).pipe(Effect.provide(server)))

  it.effect("is nothing for a client that is disabled", () =>
    Effect.flatMap(getRemoteConfigPayload("json"), (payload) => Effect.sync(() => assertNone(payload))).pipe(
      Effect.provide([
        PostHog.layerDisabled,
        Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.die("a request")))
      ])
    ))

  it.live("is undefined where the promise client cannot fetch it, with a line in the log", () =>
    Effect.gen(function*() {
      const { always, url } = yield* PostHogServer.PostHogServer
      const lines: Array<string> = []
      const log = (line: string) => void lines.push(line)
      const posthog = PostHogPromise.make({
        apiKey: "phc_test",
        secretKey: "phs_secret",
        host: url,
        logger: { error: log, warn: log }
      })
      deepStrictEqual(yield* Effect.promise(() => posthog.getRemoteConfigPayload("json")), { limit: 3 })
      yield* always("remoteConfig", Fault.status(500))
      strictEqual(yield* Effect.promise(() => posthog.getRemoteConfigPayload("json")), undefined)
      yield* Effect.promise(() => posthog.close())
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "A remote config was not fetched")
    }).pipe(Effect.provide(server)))
})
