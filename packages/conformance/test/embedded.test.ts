import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient, HttpClient, HttpServer } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel } from "effect"
import { randomUUID } from "node:crypto"
import * as Program from "../src/Program.ts"
import { callAt } from "./harness/Scenario.ts"

const share = (rollout_percentage: number) => ({ groups: [{ properties: [], rollout_percentage }] })

const definitions = {
  flags: [
    { id: 1, key: "beta", active: true, filters: share(100) },
    { id: 2, key: "off", active: true, filters: share(0) }
  ]
}

/** A client of the adapter for a PostHog of its own. */
const scenario = Effect.gen(function*() {
  const server = yield* PostHogServer.make({ definitions })
  const client = yield* HttpClient.HttpClient
  const adapter = yield* HttpServer.addressFormattedWith(Effect.succeed)
  const testId = `t-${randomUUID()}`
  const call = (method: "GET" | "POST", path: string, body?: unknown) =>
    callAt(adapter, method, `${path}?test_id=${testId}`, body).pipe(
      Effect.provideService(HttpClient.HttpClient, client)
    )
  const capture = (event: string) => call("POST", "/capture", { distinct_id: "ada", event, properties: { n: 1 } })
  yield* call("POST", "/reset")
  yield* call("POST", "/init", { api_key: "phc_test", host: server.url, enable_compression: true })
  return { server, call, capture, flush: call("POST", "/flush"), state: call("GET", "/state") }
})

const adapter = (protocol: "v0" | "v1") =>
  Layer.merge(Program.layer({ protocol, codec: "gzip" }, 0), FetchHttpClient.layer).pipe(
    // What is lost here is lost on purpose.
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )

for (const [protocol, endpoint] of [["v0", "batch"], ["v1", "events"]] as const) {
  layer(adapter(protocol), { excludeTestServices: true })(`${protocol} against the embedded server`, (it) => {
    it.scoped("delivers what it captures", () =>
      Effect.gen(function*() {
        const { call, capture, flush, server } = yield* scenario
        const { uuid } = yield* capture("paid")
        const ai = yield* call("POST", "/capture_ai", { distinct_id: "ada", event: "$ai_generation" })
        assert.strictEqual((yield* flush)["events_flushed"], 2)
        const events = yield* server.events
        assert.sameMembers(events.map(({ uuid }) => uuid!), [uuid, ai["uuid"]])
        assert.sameMembers(events.map(({ route }) => route), [endpoint, "ai"])
      }))

    for (
      const [name, fault] of [
        ["refused for now", Fault.status(503)],
        ["cut off before the answer", Fault.reset]
      ] as const
    ) {
      it.scoped(`delivers once what was ${name}`, () =>
        Effect.gen(function*() {
          const { capture, flush, server, state } = yield* scenario
          yield* server.script(endpoint, fault)
          const { uuid } = yield* capture("paid")
          yield* flush
          assert.deepStrictEqual((yield* server.events).map(({ uuid }) => uuid), [uuid])
          assert.lengthOf(yield* server.requestsTo(endpoint), 2)
          assert.deepInclude(yield* state, { pending_events: 0, total_events_sent: 1, total_retries: 1 })
        }))
    }

    it.scoped("gives up what stays refused", () =>
      Effect.gen(function*() {
        const { capture, flush, server, state } = yield* scenario
        yield* server.always(endpoint, Fault.status(500))
        yield* capture("paid")
        yield* flush
        assert.lengthOf(yield* server.requestsTo(endpoint), 4)
        assert.deepInclude(yield* state, { pending_events: 0, total_events_sent: 0, last_error: "api_error_500" })
      }))

    it.scoped("asks for flags, never for definitions, and reports exposures", () =>
      Effect.gen(function*() {
        const { call, flush, server } = yield* scenario
        for (const [key, value] of [["beta", true], ["off", false], ["unknown", null]] as const) {
          const answer = yield* call("POST", "/get_feature_flag", { key, distinct_id: "ada" })
          assert.strictEqual(answer["value"], value)
        }
        yield* flush
        assert.lengthOf(yield* server.flagRequests, 3)
        assert.lengthOf(yield* server.definitionRequests, 0)
        const exposures = (yield* server.events).map(({ event, properties }) => [
          event,
          properties["$feature_flag"],
          properties["$feature_flag_response"]
        ])
        assert.deepStrictEqual(exposures, [
          ["$feature_flag_called", "beta", true],
          ["$feature_flag_called", "off", false],
          ["$feature_flag_called", "unknown", null]
        ])
      }))

    it.scoped("leaves no connection behind", () =>
      Effect.gen(function*() {
        const { call, capture, server } = yield* scenario
        yield* server.always(endpoint, Fault.hang)
        yield* call("POST", "/init", { api_key: "phc_test", host: server.url, flush_at: 1 })
        yield* capture("paid")
        yield* server.awaitRequests(endpoint, 1)
        yield* call("POST", "/reset")
        yield* server.awaitConnections(0)
        assert.lengthOf(yield* server.requests, 1)
      }))
  })
}

layer(adapter("v1"), { excludeTestServices: true })("V1 results from the embedded server", (it) => {
  it.scoped("are heard event by event", () =>
    Effect.gen(function*() {
      const { capture, flush, server, state } = yield* scenario
      yield* server.script("events", Fault.results(["ok", "retry", "drop"]))
      const ids = yield* Effect.forEach(["a", "b", "c"], capture)
      yield* flush
      const sent = (yield* server.eventsRequests).map(({ body }) => body.batch.map(({ uuid }) => uuid))
      const [a, b, c] = ids.map(({ uuid }) => uuid)
      assert.deepStrictEqual(sent, [[a, b, c], [b]])
      assert.deepInclude(yield* state, { pending_events: 0, total_events_captured: 3 })
    }))
})
