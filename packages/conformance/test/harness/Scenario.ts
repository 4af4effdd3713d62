/**
 * A test as the harness runs it: a test id of its own, a cleared mock, a reset, and then calls to the adapter.
 */
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpServer } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel } from "effect"
import { randomUUID } from "node:crypto"
import type { Mode } from "../../src/Mode.ts"
import * as Program from "../../src/Program.ts"
import { type Answer, type Json, Mock, type Recorded } from "./Mock.ts"

/** The adapter in a mode, and the mock. One of each serves all tests of a file. */
export const layer = (mode: Mode) =>
  Layer.mergeAll(Program.layer(mode, 0), Mock.layer, FetchHttpClient.layer).pipe(
    // What is lost here is lost on purpose.
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )

/** One call to an adapter. Any answer but a 200 fails the test, as it does in the harness. */
export const callAt = Effect.fnUntraced(function*(url: string, method: "GET" | "POST", path: string, body?: unknown) {
  const request = HttpClientRequest.make(method)(`${url}${path}`)
  const response = yield* HttpClient.execute(
    body === undefined ? request : HttpClientRequest.bodyUnsafeJson(request, body)
  )
  assert.strictEqual(response.status, 200, `${method} ${path}`)
  return (yield* response.json) as Json
}, Effect.orDie)

export const apiKey = "phc_test_key"

export const make = Effect.gen(function*() {
  const mock = yield* Mock
  const client = yield* HttpClient.HttpClient
  const adapter = yield* HttpServer.addressFormattedWith(Effect.succeed)
  const testId = `t-${randomUUID()}`
  const call = (method: "GET" | "POST", path: string, body?: unknown) =>
    callAt(adapter, method, `${path}?test_id=${testId}`, body).pipe(
      Effect.provideService(HttpClient.HttpClient, client)
    )
  const post = (path: string, body?: unknown) =>
    Effect.tap(call("POST", path, body), (answer) => assert.isTrue(answer["success"], `${path} ${answer["error"]}`))

  const capture = (event: Json = {}) =>
    post("/capture", { distinct_id: "user-1", event: "test event", properties: null, timestamp: null, ...event })

  yield* mock.clear(testId)
  yield* post("/reset")
  return {
    testId,
    call,
    answer: (...answers: ReadonlyArray<Answer>) => mock.answer(testId, answers),
    init: (options: Json = {}) => post("/init", { api_key: apiKey, host: mock.url, ...options }),
    capture,
    captureMany: (count: number) =>
      Effect.forEach(Array.from({ length: count }), (_, at) => capture({ event: `event ${at}` })),
    captureAi: (event: Json = {}) =>
      post("/capture_ai", {
        distinct_id: "user-1",
        event: "$ai_generation",
        properties: null,
        timestamp: null,
        ...event
      }),
    getFeatureFlag: (flag: Json) => post("/get_feature_flag", { distinct_id: "user-1", ...flag }),
    flush: post("/flush"),
    reset: post("/reset"),
    state: call("GET", "/state"),
    requests: mock.requests(testId),
    awaitRequests: (count: number) => mock.awaitRequests(testId, count),
    /** What was sent so far, which must be exactly one request. */
    onlyRequest: Effect.map(mock.requests(testId), (requests) => {
      assert.lengthOf(requests, 1)
      return requests[0]!
    })
  }
})

/** What was sent so far, which must be exactly one event in one request. */
export const onlyEvent = ({ events }: Recorded): Json => {
  assert.lengthOf(events, 1)
  return events[0]!
}

/** The milliseconds between the requests. */
export const gaps = (requests: ReadonlyArray<Recorded>): ReadonlyArray<number> =>
  requests.slice(1).map(({ receivedAt }, at) => receivedAt - requests[at]!.receivedAt)

export const uuidsOf = ({ events }: Recorded): ReadonlyArray<string> => events.map(({ uuid }) => uuid)

/** What the harness takes for a timestamp. */
export const utcGrammar = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$/

export const uuidGrammar = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Two timestamps that differ in trailing zeros of the fraction are one. */
export const instant = (timestamp: string): string =>
  timestamp.replace(/(Z|\+00:00)$/, "").replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")
