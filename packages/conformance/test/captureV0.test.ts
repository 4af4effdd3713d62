import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Scenario from "./harness/Scenario.ts"
import { gaps, instant, onlyEvent, utcGrammar, uuidGrammar, uuidsOf } from "./harness/Scenario.ts"

layer(Scenario.layer({ protocol: "v0", codec: "gzip" }), { excludeTestServices: true })("V0 capture", (it) => {
  describe.concurrent("request", () => {
    it.effect("is a POST to /batch/ with the key in its body", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.capture()
        yield* test.flush
        const { body, headers, path } = yield* test.onlyRequest
        assert.strictEqual(path, "/batch/")
        assert.strictEqual(body!["api_key"], Scenario.apiKey)
        assert.hasAllKeys(body, ["api_key", "batch", "sent_at"])
        assert.match(body!["sent_at"], utcGrammar)
        assert.match(headers["content-type"]!, /^application\/json/)
        assert.match(headers["user-agent"]!, /^effect-posthog\/\d/)
        assert.notProperty(headers, "content-encoding")
        assert.notProperty(headers, "authorization")
        assert.strictEqual(headers["x-test-id"], test.testId)
      }))

    it.effect("carries the key and the host that it was given", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init({ api_key: "phc_another_key" })
        yield* test.capture()
        yield* test.flush
        assert.strictEqual((yield* test.onlyRequest).body!["api_key"], "phc_another_key")
      }))

    it.effect("says that it is a migration only when it is one", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        for (const historical_migration of [true, false]) {
          yield* test.init({ historical_migration })
          yield* test.capture()
          yield* test.flush
        }
        const [migration, ordinary] = yield* test.requests
        assert.strictEqual(migration!.body!["historical_migration"], true)
        assert.notProperty(ordinary!.body, "historical_migration")
      }))

    it.effect("is compressed with gzip only when compression is on", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        for (const enable_compression of [true, false]) {
          yield* test.init({ enable_compression })
          yield* test.capture()
          yield* test.flush
        }
        const [compressed, plain] = yield* test.requests
        assert.strictEqual(compressed!.headers["content-encoding"], "gzip")
        assert.deepStrictEqual([...compressed!.bytes.subarray(0, 2)], [0x1f, 0x8b])
        assert.strictEqual(onlyEvent(compressed!)["event"], "test event")
        assert.notProperty(plain!.headers, "content-encoding")
        assert.strictEqual(onlyEvent(plain!)["event"], "test event")
      }))
  })

  describe.concurrent("event", () => {
    it.effect("has its name, person, id, time and properties", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        const properties = {
          text: "ünï ✓ \"",
          nested: { list: [1, null, { deep: true }] },
          n: 1.5,
          no: false,
          nil: null
        }
        const { uuid } = yield* test.capture({ properties })
        yield* test.flush
        const event = onlyEvent(yield* test.onlyRequest)
        assert.hasAllKeys(event, ["event", "distinct_id", "uuid", "timestamp", "properties"])
        assert.strictEqual(event["event"], "test event")
        assert.strictEqual(event["distinct_id"], "user-1")
        assert.match(event["uuid"], uuidGrammar)
        assert.strictEqual(event["uuid"], uuid)
        assert.match(event["timestamp"], utcGrammar)
        assert.deepInclude(event["properties"], properties)
        assert.strictEqual(event["properties"]["$lib"], "effect-posthog")
        assert.isString(event["properties"]["$lib_version"])
        assert.notProperty(event["properties"], "distinct_id")
      }))

    it.effect("says that its location is not to be looked up only when asked to", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        for (const options of [{}, { disable_geoip: false }, { disable_geoip: true }]) {
          yield* test.init(options)
          yield* test.capture()
          yield* test.flush
        }
        const said = (yield* test.requests).map((request) => onlyEvent(request)["properties"]["$geoip_disable"])
        assert.deepStrictEqual(said, [undefined, undefined, true])
      }))

    it.effect("keeps its options as properties", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.capture({
          properties: { kept: 1 },
          options: {
            cookieless_mode: true,
            disable_skew_correction: true,
            process_person_profile: false,
            product_tour_id: "tour-1",
            other: "x"
          }
        })
        yield* test.flush
        assert.deepInclude(onlyEvent(yield* test.onlyRequest)["properties"], {
          kept: 1,
          $cookieless_mode: true,
          $ignore_sent_at: true,
          $process_person_profile: false,
          $product_tour_id: "tour-1",
          $other: "x"
        })
      }))

    for (
      const [given, sent] of [
        ["2025-01-02T03:04:05Z", "2025-01-02T03:04:05"],
        ["2025-01-02T03:04:05.678Z", "2025-01-02T03:04:05.678"],
        ["2025-01-02T03:04:05.123456Z", "2025-01-02T03:04:05.123456"],
        ["2025-01-02T03:04:05+00:00", "2025-01-02T03:04:05"],
        ["2025-01-02T08:34:05+05:30", "2025-01-02T03:04:05"],
        ["2025-01-01T19:04:05.123456789-08:00", "2025-01-02T03:04:05.123456789"],
        ["2024-12-31T23:59:59.9-00:30", "2025-01-01T00:29:59.9"]
      ] as const
    ) {
      it.effect(`has the time ${given} in UTC`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.init()
          yield* test.capture({ timestamp: given, properties: { seen_at: given } })
          yield* test.flush
          const { properties, timestamp } = onlyEvent(yield* test.onlyRequest)
          assert.match(timestamp, utcGrammar)
          assert.strictEqual(instant(timestamp), sent)
          assert.strictEqual(properties["seen_at"], given)
        }))
    }

    it.effect("of an AI application goes the ordinary way when it is captured the ordinary way", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.capture({ event: "$ai_generation" })
        yield* test.flush
        assert.strictEqual((yield* test.onlyRequest).path, "/batch/")
      }))
  })

  describe.concurrent("queue", () => {
    it.effect("sends nothing on init, and nothing when there is nothing to flush", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.flush
        yield* test.flush
        assert.lengthOf(yield* test.requests, 0)
      }))

    it.effect("sends events in one request, in order, each with an id of its own", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.captureMany(5)
        const { events_flushed } = yield* test.flush
        assert.strictEqual(events_flushed, 5)
        const request = yield* test.onlyRequest
        assert.deepStrictEqual(request.events.map(({ event }) => event), [0, 1, 2, 3, 4].map((at) => `event ${at}`))
        assert.strictEqual(new Set(uuidsOf(request)).size, 5)
      }))

    it.effect("sends by itself when flush_at is reached", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init({ flush_at: 3 })
        yield* test.captureMany(3)
        const [request] = yield* test.awaitRequests(1)
        assert.lengthOf(request!.events, 3)
      }))

    it.effect("sends an event once when flush_at and a flush both ask for it", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init({ flush_at: 1 })
        yield* test.capture()
        yield* test.flush
        yield* test.flush
        onlyEvent(yield* test.onlyRequest)
      }))

    it.effect("sends by itself when flush_interval_ms has passed", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init({ flush_interval_ms: 50 })
        yield* test.capture()
        onlyEvent((yield* test.awaitRequests(1))[0]!)
      }))
  })

  describe.concurrent("retries", () => {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      it.effect(`sends the same events again after ${status}`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ status }, { status: 200 })
          yield* test.init()
          yield* test.captureMany(3)
          yield* test.flush
          const requests = yield* test.requests
          assert.lengthOf(requests, 2)
          assert.deepStrictEqual(requests[1]!.events, requests[0]!.events)
          assert.isAtLeast(gaps(requests)[0]!, 100)
        }))
    }

    for (const status of [301, 400, 401, 402, 403, 404, 413, 415, 422]) {
      it.effect(`sends once when the answer is ${status}`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ status })
          yield* test.init()
          yield* test.capture()
          yield* test.flush
          yield* test.flush
          yield* test.onlyRequest
          const state = yield* test.state
          assert.strictEqual(state["pending_events"], 0)
          assert.strictEqual(state["total_events_sent"], 0)
          assert.match(String(state["last_error"]), new RegExp(`^api_error_${status}(: |$)`))
        }))
    }

    for (const max_retries of [0, 1, 3]) {
      it.effect(`gives up after ${max_retries} retries, and for good`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer(...Array.from({ length: max_retries + 1 }, () => ({ status: 503 })))
          yield* test.init({ max_retries })
          const { uuid: lost } = yield* test.capture()
          yield* test.flush
          assert.lengthOf(yield* test.requests, max_retries + 1)
          yield* test.capture()
          yield* test.flush
          const requests = yield* test.requests
          assert.lengthOf(requests, max_retries + 2)
          assert.notInclude(uuidsOf(requests.at(-1)!), lost)
        }))
    }

    it.effect("makes four attempts unless told otherwise, further and further apart", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer(...Array.from({ length: 5 }, () => ({ status: 503 })))
        yield* test.init()
        yield* test.capture()
        yield* test.flush
        const requests = yield* test.requests
        assert.lengthOf(requests, 4)
        const [first, second, third] = gaps(requests)
        assert.isAtLeast(first!, 250 - 5)
        assert.isAtLeast(second!, 500 - 5)
        assert.isAtLeast(third!, 1000 - 5)
      }))

    it.effect("waits for as long as Retry-After says", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status: 429, headers: { "retry-after": "3" } }, { status: 200 })
        yield* test.init()
        yield* test.capture()
        yield* test.flush
        const requests = yield* test.requests
        assert.lengthOf(requests, 2)
        assert.isAtLeast(gaps(requests)[0]!, 2500)
      }))

    for (const header of ["0", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"]) {
      it.effect(`takes Retry-After: ${header} for none`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ status: 503, headers: { "retry-after": header } })
          yield* test.init()
          yield* test.capture()
          yield* test.flush
          const requests = yield* test.requests
          assert.lengthOf(requests, 2)
          assert.isAtLeast(gaps(requests)[0]!, 100)
        }))
    }

    it.effect("sends a batch that was too large in halves", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status: 413 }, { status: 200 }, { status: 413 })
        yield* test.init()
        yield* test.captureMany(4)
        yield* test.flush
        const [whole, ...parts] = yield* test.requests
        // Two halves, of which the second is too large again.
        assert.deepStrictEqual(parts.map(({ events }) => events.length), [2, 2, 1, 1])
        assert.deepStrictEqual([...uuidsOf(parts[0]!), ...uuidsOf(parts[1]!)], uuidsOf(whole!))
        assert.strictEqual((yield* test.state)["total_events_sent"], 4)
      }))
  })
})
