import { HttpServer } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Mock } from "./harness/Mock.ts"
import * as Scenario from "./harness/Scenario.ts"
import { onlyEvent, uuidsOf } from "./harness/Scenario.ts"

layer(Scenario.layer({ protocol: "v0", codec: "gzip" }), { excludeTestServices: true })("Adapter", (it) => {
  describe.concurrent("health", () => {
    it.effect("names the library as its requests do, and says what it can", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        const health = yield* test.call("GET", "/health")
        assert.deepStrictEqual(health["capabilities"], ["capture_v0", "capture_ai_v0", "encoding_gzip"])
        assert.isTrue(health["supports_parallel"])
        assert.isString(health["adapter_version"])
        yield* test.init()
        yield* test.capture()
        yield* test.flush
        const { headers } = yield* test.onlyRequest
        assert.strictEqual(headers["user-agent"], `${health["sdk_name"]}/${health["sdk_version"]}`)
      }))
  })

  describe.concurrent("reset", () => {
    it.effect("succeeds without a client, and again", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.reset
        yield* test.init()
        yield* test.reset
        yield* test.reset
        assert.lengthOf(yield* test.requests, 0)
      }))

    it.effect("discards what is queued, on both routes", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.captureMany(3)
        yield* test.captureAi()
        yield* test.reset
        yield* test.init()
        const { uuid } = yield* test.capture()
        yield* test.flush
        assert.deepStrictEqual(uuidsOf(yield* test.onlyRequest), [uuid])
      }))

    it.effect("ends waiting for a retry, and the flush that waits for it", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status: 503, headers: { "retry-after": "30" } })
        yield* test.init()
        yield* test.capture()
        const flush = yield* Effect.fork(test.flush)
        yield* test.awaitRequests(1)
        yield* test.reset
        assert.strictEqual((yield* Fiber.join(flush))["events_flushed"], 0)
        yield* test.init()
        const { uuid } = yield* test.capture()
        yield* test.flush
        const requests = yield* test.requests
        assert.lengthOf(requests, 2)
        assert.deepStrictEqual(uuidsOf(requests[1]!), [uuid])
      }))

    it.effect("leaves no client behind", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.capture()
        yield* test.reset
        assert.deepInclude(yield* test.state, { pending_events: 0, total_events_captured: 0, requests_made: [] })
        for (const path of ["/capture", "/flush"]) {
          assert.deepInclude(yield* test.call("POST", path, { event: "e", distinct_id: "d" }), { success: false })
        }
      }))
  })

  describe.concurrent("init", () => {
    it.effect("discards the client of before, and its counts", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.captureMany(2)
        yield* test.init()
        assert.deepInclude(yield* test.state, { total_events_captured: 0 })
        const { uuid } = yield* test.capture()
        yield* test.flush
        assert.deepStrictEqual(uuidsOf(yield* test.onlyRequest), [uuid])
      }))

    it.effect("makes do with sizes that no queue can have", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status: 503 })
        yield* test.init({ flush_at: 0, flush_interval_ms: 0, max_retries: -1, historical_migration: null })
        yield* test.capture()
        yield* test.flush
        yield* test.onlyRequest
      }))

    it.effect("says what is wrong with a client that cannot be made", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        const answer = yield* test.call("POST", "/init", { api_key: "", host: "http://127.0.0.1:1" })
        assert.isFalse(answer["success"])
        assert.include(answer["error"], "apiKey")
        assert.isFalse((yield* test.call("POST", "/init", { api_key: 7 }))["success"])
      }))
  })

  describe.concurrent("state", () => {
    it.effect("counts events and requests", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status: 503 })
        yield* test.init({ enable_compression: true })
        const captured = yield* test.captureMany(2)
        assert.deepInclude(yield* test.state, {
          pending_events: 2,
          total_events_captured: 2,
          total_events_sent: 0,
          total_retries: 0,
          last_error: null,
          requests_made: []
        })
        yield* test.flush
        const { requests_made, ...counts } = yield* test.state
        assert.deepStrictEqual(counts, {
          pending_events: 0,
          total_events_captured: 2,
          total_events_sent: 2,
          total_retries: 1,
          last_error: "api_error_503"
        })
        const uuid_list = captured.map(({ uuid }) => uuid)
        const made = requests_made.map(({ timestamp_ms, ...rest }: { timestamp_ms: number }) => {
          assert.isAbove(timestamp_ms, 0)
          return rest
        })
        assert.deepStrictEqual(made, [
          { status_code: 503, retry_attempt: 0, event_count: 2, uuid_list },
          { status_code: 200, retry_attempt: 1, event_count: 2, uuid_list }
        ])
      }))

    it.effect("knows of a server that is not there", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init({ host: "http://127.0.0.1:1", max_retries: 0 })
        yield* test.capture()
        assert.strictEqual((yield* test.flush)["events_flushed"], 0)
        const { last_error, requests_made } = yield* test.state
        assert.strictEqual(last_error, "connection_error")
        assert.strictEqual(requests_made[0].status_code, 0)
      }))
  })

  describe.concurrent("calls", () => {
    it.effect("that make no sense are answered with 200 and what is wrong", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        for (
          const [path, body] of [
            ["/capture", undefined],
            ["/capture", { distinct_id: "user-1" }],
            ["/capture", { distinct_id: "user-1", event: "" }],
            ["/capture_ai", { event: "$ai_generation" }],
            ["/get_feature_flag", { distinct_id: "user-1" }]
          ] as const
        ) {
          const answer = yield* test.call("POST", path, body)
          assert.isFalse(answer["success"], path)
          assert.isString(answer["error"])
        }
        assert.lengthOf(yield* test.requests, 0)
      }))

    it.effect("without a test id share one client, whose requests are not marked", () =>
      Effect.gen(function*() {
        const mock = yield* Mock
        const adapter = yield* HttpServer.addressFormattedWith(Effect.succeed)
        const post = (path: string, body?: unknown) => Scenario.callAt(adapter, "POST", path, body)
        yield* post("/reset")
        yield* post("/init", { api_key: Scenario.apiKey, host: mock.url })
        yield* post("/capture", { distinct_id: "user-1", event: "unmarked" })
        yield* post("/flush")
        const [request] = yield* mock.requests("")
        assert.notProperty(request!.headers, "x-test-id")
        assert.strictEqual(onlyEvent(request!)["event"], "unmarked")
      }))

    it.effect("with different test ids never meet", () =>
      Effect.gen(function*() {
        const tests = yield* Effect.replicateEffect(Scenario.make, 10)
        yield* Effect.forEach(tests, (test, at) =>
          Effect.gen(function*() {
            yield* test.answer({ status: at % 2 === 0 ? 503 : 200 })
            yield* test.init({ api_key: `phc_${at}`, flush_interval_ms: 60_000 })
            yield* test.captureMany(at + 1)
            yield* test.flush
          }), { concurrency: "unbounded" })
        yield* Effect.forEach(tests, (test, at) =>
          Effect.gen(function*() {
            const requests = yield* test.requests
            assert.lengthOf(requests, at % 2 === 0 ? 2 : 1)
            for (const { body, events, headers } of requests) {
              assert.strictEqual(body!["api_key"], `phc_${at}`)
              assert.lengthOf(events, at + 1)
              assert.strictEqual(headers["x-test-id"], test.testId)
            }
          }))
      }))
  })
})
