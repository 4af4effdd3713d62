import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Recorded } from "./harness/Mock.ts"
import * as Scenario from "./harness/Scenario.ts"
import { gaps, instant, onlyEvent, utcGrammar, uuidGrammar, uuidsOf } from "./harness/Scenario.ts"

const path = "/i/v1/analytics/events"

// What one attempt of a batch has in common with the next.
const stable = ({ body, headers, path }: Recorded) => ({
  path,
  createdAt: body!["created_at"],
  authorization: headers["authorization"],
  contentType: headers["content-type"],
  userAgent: headers["user-agent"],
  sdkInfo: headers["posthog-sdk-info"],
  requestId: headers["posthog-request-id"]
})

const attemptsOf = (requests: ReadonlyArray<Recorded>) => requests.map(({ headers }) => headers["posthog-attempt"])

layer(Scenario.layer({ protocol: "v1", codec: "gzip" }), { excludeTestServices: true })("V1 capture", (it) => {
  describe.concurrent("request", () => {
    it.effect("says in its headers who sends it, with which key, and when", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.capture()
        yield* test.flush
        const { headers, path: sentTo } = yield* test.onlyRequest
        assert.strictEqual(sentTo, path)
        assert.strictEqual(headers["authorization"], `Bearer ${Scenario.apiKey}`)
        assert.match(headers["content-type"]!, /^application\/json/)
        assert.match(headers["user-agent"]!, /^effect-posthog\/\d/)
        assert.match(headers["posthog-sdk-info"]!, /^effect-posthog\/\d/)
        assert.strictEqual(headers["posthog-attempt"], "1")
        assert.match(headers["posthog-request-id"]!, uuidGrammar)
        assert.match(headers["posthog-request-timestamp"]!, utcGrammar)
        assert.notProperty(headers, "content-encoding")
        assert.strictEqual(headers["x-test-id"], test.testId)
      }))

    it.effect("has a body of a creation time and a batch, and nothing else", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.captureMany(2)
        yield* test.flush
        const { body, receivedAt } = yield* test.onlyRequest
        assert.hasAllKeys(body, ["created_at", "batch"])
        assert.match(body!["created_at"], utcGrammar)
        assert.isBelow(Math.abs(receivedAt - Date.parse(body!["created_at"])), 5000)
        assert.deepStrictEqual(body!["batch"].map(({ event }: { event: string }) => event), ["event 0", "event 1"])
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

    it.effect("has an id of its own for each batch", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.capture()
        yield* test.flush
        yield* test.capture()
        yield* test.flush
        const requests = yield* test.requests
        assert.lengthOf(requests, 2)
        assert.notStrictEqual(requests[0]!.headers["posthog-request-id"], requests[1]!.headers["posthog-request-id"])
      }))
  })

  describe.concurrent("event", () => {
    it.effect("has everything the protocol wants, and the library's name nowhere", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init({ disable_geoip: true })
        const properties = {
          amount: 129.5,
          $set: { tier: "gold" },
          $set_once: { first: 1 },
          $groups: { workspace: "ws-1" },
          nested: { a: [1, { b: null }] }
        }
        const { uuid } = yield* test.capture({ properties })
        yield* test.flush
        const event = onlyEvent(yield* test.onlyRequest)
        assert.hasAllKeys(event, ["event", "uuid", "distinct_id", "timestamp", "options", "properties"])
        assert.strictEqual(event["event"], "test event")
        assert.strictEqual(event["uuid"], uuid)
        assert.match(event["uuid"], uuidGrammar)
        assert.strictEqual(event["distinct_id"], "user-1")
        assert.match(event["timestamp"], utcGrammar)
        assert.deepStrictEqual(event["options"], {})
        assert.deepStrictEqual(event["properties"], { ...properties, $is_server: true, $geoip_disable: true })
      }))

    it.effect("has its options, session and window where the protocol wants them", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.capture({
          properties: { kept: 1, $session_id: "session-1", $window_id: "window-1" },
          options: {
            cookieless_mode: true,
            disable_skew_correction: false,
            process_person_profile: false,
            product_tour_id: "tour-1"
          }
        })
        yield* test.flush
        const { options, properties, session_id, window_id } = onlyEvent(yield* test.onlyRequest)
        assert.deepStrictEqual(options, {
          cookieless_mode: true,
          disable_skew_correction: false,
          process_person_profile: false,
          product_tour_id: "tour-1"
        })
        assert.strictEqual(session_id, "session-1")
        assert.strictEqual(window_id, "window-1")
        assert.deepStrictEqual(properties, { kept: 1, $is_server: true })
      }))

    for (
      const [given, taken] of [
        [true, true],
        [false, false],
        [1, true],
        [0, false],
        [-2.5, true],
        ["true", true],
        [" TRUE ", true],
        ["1", true],
        ["false", false],
        ["0", false],
        ["yes", undefined],
        ["", undefined],
        [null, undefined],
        [{}, undefined],
        [[true], undefined]
      ] as const
    ) {
      it.effect(`takes ${JSON.stringify(given)} for ${taken} where a boolean belongs`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.init()
          yield* test.capture({
            properties: { $cookieless_mode: given, $ignore_sent_at: given, $process_person_profile: given }
          })
          yield* test.flush
          const { options, properties } = onlyEvent(yield* test.onlyRequest)
          assert.deepStrictEqual(
            options,
            taken === undefined
              ? {}
              : { cookieless_mode: taken, disable_skew_correction: taken, process_person_profile: taken }
          )
          assert.deepStrictEqual(properties, { $is_server: true })
        }))
    }

    for (const unusable of [7, true, null, { a: 1 }, ["a"]]) {
      it.effect(`takes ${JSON.stringify(unusable)} for nothing where a string belongs`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.init()
          yield* test.capture({
            properties: { $product_tour_id: unusable, $session_id: unusable, $window_id: unusable }
          })
          yield* test.flush
          const event = onlyEvent(yield* test.onlyRequest)
          assert.hasAllKeys(event, ["event", "uuid", "distinct_id", "timestamp", "options", "properties"])
          assert.deepStrictEqual(event["options"], {})
          assert.deepStrictEqual(event["properties"], { $is_server: true })
        }))
    }

    for (
      const [given, sent] of [
        ["2025-01-02T03:04:05.123456Z", "2025-01-02T03:04:05.123456"],
        ["2025-01-02T08:34:05+05:30", "2025-01-02T03:04:05"],
        ["2025-03-01T00:30:00.5+01:00", "2025-02-28T23:30:00.5"]
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
  })

  describe.concurrent("retries", () => {
    for (const status of [408, 500, 502, 503, 504]) {
      it.effect(`makes another attempt at the same batch after ${status}`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ status }, { status: 200 })
          yield* test.init()
          yield* test.captureMany(3)
          yield* test.flush
          const requests = yield* test.requests
          assert.deepStrictEqual(attemptsOf(requests), ["1", "2"])
          const [first, second] = requests
          assert.deepStrictEqual(stable(second!), stable(first!))
          assert.deepStrictEqual(second!.events, first!.events)
          assert.notStrictEqual(
            second!.headers["posthog-request-timestamp"],
            first!.headers["posthog-request-timestamp"]
          )
          // The mock adds `Retry-After: 1` to all of these but 502.
          assert.isAtLeast(gaps(requests)[0]!, status === 502 ? 245 : 995)
        }))
    }

    for (const status of [301, 400, 401, 402, 403, 404, 413, 415, 429]) {
      it.effect(`makes one attempt when the answer is ${status}`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ status })
          yield* test.init()
          // A refusal of what a request holds is narrowed down to its events, so this is a request of one.
          yield* test.captureMany(status === 400 || status === 413 ? 1 : 2)
          yield* test.flush
          yield* test.flush
          yield* test.onlyRequest
          const state = yield* test.state
          assert.strictEqual(state["pending_events"], 0)
          assert.match(String(state["last_error"]), new RegExp(`^api_error_${status}(: |$)`))
        }))
    }

    for (const max_retries of [0, 1, 2]) {
      it.effect(`gives up after ${max_retries} retries`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer(...Array.from({ length: 5 }, () => ({ status: 502 })))
          yield* test.init({ max_retries })
          yield* test.capture()
          yield* test.flush
          assert.lengthOf(yield* test.requests, max_retries + 1)
        }))
    }

    it.effect("makes four attempts unless told otherwise, further and further apart", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer(...Array.from({ length: 5 }, () => ({ status: 502 })))
        yield* test.init()
        yield* test.capture()
        yield* test.flush
        const requests = yield* test.requests
        assert.deepStrictEqual(attemptsOf(requests), ["1", "2", "3", "4"])
        assert.strictEqual(new Set(requests.map(({ headers }) => headers["posthog-request-timestamp"])).size, 4)
        const [first, second, third] = gaps(requests)
        assert.isAtLeast(first!, 250 - 5)
        assert.isAtLeast(second!, 500 - 5)
        assert.isAtLeast(third!, 1000 - 5)
      }))

    for (const answer of [{ status: 503 }, { results: ["retry"] }]) {
      it.effect(`waits for as long as Retry-After says after ${JSON.stringify(answer)}`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ ...answer, headers: { "retry-after": "2" } })
          yield* test.init()
          yield* test.capture()
          yield* test.flush
          const requests = yield* test.requests
          assert.lengthOf(requests, 2)
          assert.isAtLeast(gaps(requests)[0]!, 1995)
        }))
    }
  })

  describe.concurrent("results", () => {
    it.effect("that ask for a retry are heard, for those events alone", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ results: ["ok", "retry", "drop", "retry", "limited"] }, { results: ["retry", "ok"] })
        yield* test.init()
        yield* test.captureMany(5)
        yield* test.flush
        const requests = yield* test.requests
        const [first, second, third] = requests
        const sent = first!.events
        assert.deepStrictEqual(attemptsOf(requests), ["1", "2", "3"])
        assert.deepStrictEqual(second!.events, [sent[1]!, sent[3]!])
        assert.deepStrictEqual(third!.events, [sent[1]!])
        for (const later of [second!, third!]) assert.deepStrictEqual(stable(later), stable(first!))
        const state = yield* test.state
        assert.strictEqual(state["pending_events"], 0)
        assert.strictEqual(state["total_retries"], 2)
        // All were sent; one was dropped by the server for good.
        assert.strictEqual(state["total_events_sent"], 5)
      }))

    for (const result of ["ok", "drop", "limited", "warning", "a word of years to come"]) {
      it.effect(`that are "${result}" are final`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ results: [result, result] })
          yield* test.init()
          yield* test.captureMany(2)
          yield* test.flush
          yield* test.flush
          yield* test.onlyRequest
          assert.strictEqual((yield* test.state)["pending_events"], 0)
        }))
    }

    for (
      const [name, sent, body] of [
        ["are missing", 1, {}],
        ["are empty", 1, { results: {} }],
        ["are of other events", 1, { results: { "0199f3c2-8d10-7c4e-9a77-5b0d5a3c1e42": { result: "retry" } } }],
        ["have no known form", 1, { results: { a: "retry" } }],
        ["are no object", 0, { results: ["retry"] }],
        ["are not in an object", 0, ["retry"]]
      ] as const
    ) {
      it.effect(`that ${name} end the batch`, () =>
        Effect.gen(function*() {
          const test = yield* Scenario.make
          yield* test.answer({ body })
          yield* test.init()
          yield* test.capture()
          yield* test.flush
          yield* test.onlyRequest
          const state = yield* test.state
          assert.strictEqual(state["pending_events"], 0)
          assert.strictEqual(state["total_events_sent"], sent)
        }))
    }

    it.effect("draw on the same budget as failures", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer(
          { status: 502 },
          { results: ["retry", "ok"], headers: { "retry-after": "0" } },
          { status: 502 }
        )
        yield* test.init({ max_retries: 2 })
        yield* test.captureMany(2)
        yield* test.flush
        const requests = yield* test.requests
        assert.deepStrictEqual(attemptsOf(requests), ["1", "2", "3"])
        assert.deepStrictEqual(requests.map(({ events }) => events.length), [2, 2, 1])
        assert.strictEqual((yield* test.state)["total_events_sent"], 1)
      }))
  })

  describe.concurrent("queue", () => {
    it.effect("sends nothing on init, and nothing when there is nothing to flush", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init()
        yield* test.flush
        assert.lengthOf(yield* test.requests, 0)
      }))

    it.effect("sends by itself when flush_at is reached, and each event once", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.init({ flush_at: 2 })
        yield* test.captureMany(4)
        yield* test.flush
        const requests = yield* test.requests
        assert.strictEqual(new Set(requests.flatMap(uuidsOf)).size, 4)
        assert.lengthOf(requests.flatMap(uuidsOf), 4)
        assert.isTrue(requests.every((request) => request.path === path))
      }))
  })
})
