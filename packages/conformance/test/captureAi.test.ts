import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import * as Scenario from "./harness/Scenario.ts"
import { instant, onlyEvent, utcGrammar, uuidGrammar, uuidsOf } from "./harness/Scenario.ts"

const path = "/i/v0/ai/batch/"

layer(Scenario.layer({ protocol: "v0", codec: "gzip" }), { excludeTestServices: true })("AI capture", (it) => {
  it.effect("posts to its own path with the key in the body, and answers with the uuid it sent", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init()
      const { uuid } = yield* test.captureAi({ properties: { $ai_model: "m", $ai_input: [{ role: "user" }] } })
      yield* test.flush
      const request = yield* test.onlyRequest
      assert.strictEqual(request.path, path)
      assert.strictEqual(request.body!["api_key"], Scenario.apiKey)
      const event = onlyEvent(request)
      assert.strictEqual(event["uuid"], uuid)
      assert.match(event["uuid"], uuidGrammar)
      assert.strictEqual(event["event"], "$ai_generation")
      assert.deepInclude(event["properties"], { $ai_model: "m", $ai_input: [{ role: "user" }], $lib: "effect-posthog" })
    }))

  it.effect("keeps a uuid that is one, and replaces what is none", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init()
      const given = randomUUID()
      const kept = yield* test.captureAi({ uuid: given })
      const replaced = yield* test.captureAi({ uuid: "no uuid" })
      yield* test.flush
      assert.strictEqual(kept["uuid"], given)
      assert.match(replaced["uuid"], uuidGrammar)
      assert.deepStrictEqual(uuidsOf(yield* test.onlyRequest), [given, replaced["uuid"]])
    }))

  it.effect("sends the same event again after a failure", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.answer({ status: 503 }, { status: 200 })
      yield* test.init()
      yield* test.captureAi()
      yield* test.flush
      const requests = yield* test.requests
      assert.lengthOf(requests, 2)
      assert.isTrue(requests.every((request) => request.path === path))
      assert.deepStrictEqual(requests[1]!.events, requests[0]!.events)
    }))

  it.effect("shares no request with ordinary events, whatever becomes of either", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      // One of the two routes is refused, whichever comes first.
      yield* test.answer({ status: 400 })
      yield* test.init()
      const ordinary = yield* test.capture({ event: "$ai_generation" })
      const ai = yield* test.captureAi({ event: "not an AI name" })
      yield* test.flush
      const requests = yield* test.requests
      assert.lengthOf(requests, 2)
      const sentTo = new Map(requests.map((request) => [request.path, uuidsOf(request)]))
      assert.deepStrictEqual(sentTo.get("/batch/"), [ordinary["uuid"]])
      assert.deepStrictEqual(sentTo.get(path), [ai["uuid"]])
      assert.strictEqual((yield* test.state)["total_events_sent"], 1)
    }))

  it.effect("has its time in UTC", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init()
      yield* test.captureAi({ timestamp: "2025-01-02T08:34:05.25+05:30" })
      yield* test.flush
      const { timestamp } = onlyEvent(yield* test.onlyRequest)
      assert.match(timestamp, utcGrammar)
      assert.strictEqual(instant(timestamp), "2025-01-02T03:04:05.25")
    }))

  it.effect("is compressed when compression is on", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init({ enable_compression: true })
      yield* test.captureAi()
      yield* test.flush
      const request = yield* test.onlyRequest
      assert.strictEqual(request.headers["content-encoding"], "gzip")
      onlyEvent(request)
    }))
})

layer(Scenario.layer({ protocol: "v1", codec: "br" }), { excludeTestServices: true })("AI capture beside V1", (it) => {
  it.effect("speaks V0, and compresses with gzip", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init({ enable_compression: true })
      yield* test.captureAi()
      yield* test.flush
      const request = yield* test.onlyRequest
      assert.strictEqual(request.path, path)
      assert.strictEqual(request.headers["content-encoding"], "gzip")
      assert.strictEqual(request.body!["api_key"], Scenario.apiKey)
    }))
})
