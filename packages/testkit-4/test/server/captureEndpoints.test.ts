// Generated from packages/testkit/test/server/captureEndpoints.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "../support/effectVitest.ts"
import { assertSome, deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import * as Client from "../support/client.ts"

const withServer = Effect.provide(Client.serverAndClient())

describe("POST /batch/", () => {
  it.live("takes events in and records the request, typed", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const answer = yield* Client.batch(Client.v0Event("signed up", 1), Client.v0Event("paid", 2))
      strictEqual(answer.status, 200)
      deepStrictEqual(answer.json, { status: 1 })
      const [first, second] = yield* server.events
      strictEqual(first?.event, "signed up")
      strictEqual(first?.route, "batch")
      deepStrictEqual(second?.properties, { index: 2 })
      const [request] = yield* server.batchRequests
      strictEqual(request?.body.api_key, "phc_test")
      strictEqual(request?.body.batch.length, 2)
      assertSome(request!.status, 200)
    }).pipe(withServer))

  it.live("decompresses gzip, and counts the bytes on the wire", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const bytes = Client.compress.gzip({ api_key: "phc_test", batch: [Client.v0Event("paid")] })
      const answer = yield* Client.postBytes("/batch/", bytes, { "content-encoding": "gzip" })
      strictEqual(answer.status, 200)
      const [request] = yield* server.batchRequests
      strictEqual(request?.bodyBytes, bytes.length)
      strictEqual((yield* server.events).length, 1)
    }).pipe(withServer))

  it.live("refuses a missing key, a wrong key, broken JSON, a truncated gzip and an event without a name", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const gzip = Client.compress.gzip({ api_key: "phc_test", batch: [Client.v0Event("paid")] })
      const statuses = yield* Effect.all([
        Client.post("/batch/", { batch: [Client.v0Event("paid")] }),
        Client.post("/batch/", { api_key: "phc_other", batch: [Client.v0Event("paid")] }),
        Client.post("/batch/", "{\"api_key\":\"phc_te"),
        Client.postBytes("/batch/", gzip.subarray(0, 20), { "content-encoding": "gzip" }),
        Client.batch({ ...Client.v0Event("paid"), event: "" }),
        Client.batch(),
        Client.postBytes("/batch/", gzip, { "content-encoding": "zip" })
      ])
      deepStrictEqual(statuses.map((answer) => answer.status), [401, 401, 400, 400, 400, 400, 415])
      deepStrictEqual(yield* server.events, [])
      strictEqual((yield* server.requestsTo("batch")).length, 7)
    }).pipe(withServer))

  it.live("knows the AI route with its slash only", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const body = { api_key: "phc_test", batch: [Client.v0Event("$ai_generation")] }
      strictEqual((yield* Client.post("/i/v0/ai/batch/", body)).status, 200)
      strictEqual((yield* Client.post("/i/v0/ai/batch", body)).status, 404)
      const events = yield* server.events
      deepStrictEqual(events.map((event) => [event.event, event.route]), [["$ai_generation", "ai"]])
      strictEqual((yield* server.aiRequests).length, 1)
    }).pipe(withServer))
})

describe("POST /i/v1/analytics/events", () => {
  it.live("answers every event, echoes the request id, and dates the answer", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const event = Client.v1Event("paid", 7)
      const answer = yield* Client.capture(event)
      strictEqual(answer.status, 200)
      deepStrictEqual(answer.json, { results: { [event.uuid]: { result: "ok" } } })
      strictEqual(answer.headers["posthog-request-id"], Client.v1Headers["posthog-request-id"])
      assert.isTrue((answer.headers["date"] ?? "").endsWith("GMT"))
      deepStrictEqual((yield* server.events).map(({ route, uuid }) => [route, uuid]), [["events", event.uuid]])
      strictEqual((yield* server.eventsRequests).length, 1)
    }).pipe(withServer))

  for (const encoding of ["gzip", "deflate", "br"] as const) {
    it.live(`decompresses ${encoding}`, () =>
      Effect.gen(function*() {
        const server = yield* Client.server
        const bytes = Client.compress[encoding](Client.v1Body(Client.v1Event("paid")))
        const answer = yield* Client.postBytes("/i/v1/analytics/events", bytes, {
          ...Client.v1Headers,
          "content-encoding": encoding
        })
        strictEqual(answer.status, 200)
        strictEqual((yield* server.events).length, 1)
      }).pipe(withServer))
  }

  it.live("gives the scripted results by position and accepts what is neither to be dropped nor sent again", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const events = ["a", "b", "c", "d", "e"].map(Client.v1Event)
      yield* server.script(
        "events",
        Fault.results(["ok", "retry", { result: "drop", details: "invalid_event" }, "limited"], { retryAfter: 1 })
      )
      const answer = yield* Client.capture(...events)
      strictEqual(answer.headers["retry-after"], "1")
      deepStrictEqual(events.map(({ uuid }) => answer.json.results[uuid]), [
        { result: "ok" },
        { result: "retry" },
        { result: "drop", details: "invalid_event" },
        { result: "limited" },
        { result: "ok" }
      ])
      deepStrictEqual((yield* server.events).map(({ event }) => event), ["a", "d", "e"])
    }).pipe(withServer))

  it.live("refuses what PostHog refuses, with a structured error", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const event = Client.v1Event("paid")
      const path = "/i/v1/analytics/events"
      const attempts = yield* Effect.all([
        Client.post(path, Client.v1Body(event), { ...Client.v1Headers, authorization: "Bearer phc_other" }),
        Client.post(path, Client.v1Body(event), { ...Client.v1Headers, "posthog-attempt": "0" }),
        Client.post(path, Client.v1Body(event), { ...Client.v1Headers, "posthog-request-id": "one" }),
        Client.post(path, { ...Client.v1Body(event), api_key: "phc_test" }, Client.v1Headers),
        Client.post(path, { batch: [event] }, Client.v1Headers),
        Client.capture({ ...event, options: null }),
        Client.capture({ ...event, timestamp: "2025-10-30T10:45:00+02:00" }),
        Client.capture(event, { ...event, distinct_id: 7 })
      ])
      deepStrictEqual(attempts.map((answer) => [answer.status, answer.json.error]), [
        [401, "missing_authorization"],
        ...Array.from({ length: 7 }, () => [400, "request_parsing_error"])
      ])
      assert.isString(attempts[0].json.error_description)
      deepStrictEqual(yield* server.events, [])
    }).pipe(withServer))
})
