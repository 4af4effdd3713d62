// Generated from packages/effect-posthog/test/transport/eventTransport.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { httpClientError } from "../support/standIns.ts"
import { makeLogger } from "../support/standIns.ts"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Duration, Effect, Fiber, Layer, Logger, Option, Redacted } from "effect"
import * as TestClock from "../support/testClock.ts"
import type { EventBatch, PostHogEvent, SendOutcome } from "effect-posthog-4"
import { Compression, CompressionError, EventTransport, PostHogConfig } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"
import * as Zlib from "node:zlib"
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib"
import { userAgent } from "../../src/internal/library.ts"
import { eventRequest } from "../../src/internal/transport/sendEvents.ts"

interface Sent {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const event = (properties: Record<string, unknown> = {}, more: Partial<PostHogEvent> = {}): PostHogEvent => ({
  event: "paid",
  distinctId: "ada",
  uuid: "0199f3c2-8d10-7c4e-9a77-5b0d5a3c1e42",
  timestamp: "2025-10-30T10:45:00.123Z",
  properties,
  ...more
})

const batchOf = (more: Partial<EventBatch> = {}): EventBatch => ({
  route: "analytics",
  events: [event()],
  requestId: "0199f3c2-0000-7c4e-9a77-5b0d5a3c1e42",
  createdAt: 1_000,
  attempt: 1,
  ...more
})

type Answer = () => Response | Error

const send = (
  batch: EventBatch,
  events: Options["events"] = {},
  answer: Answer = () => new Response("{\"status\":1}")
) =>
  Effect.gen(function*() {
    const sent: Array<Sent> = []
    const client = HttpClient.make((request, url) => {
      const body = request.body._tag === "Uint8Array" ? request.body.body : new Uint8Array()
      sent.push({
        url: url.href,
        headers: {
          ...request.headers,
          ...(request.body.contentType ? { "content-type": request.body.contentType } : {})
        },
        body
      })
      const answered = answer()
      return answered instanceof Error
        ? Effect.fail(httpClientError({ request, reason: "Transport", cause: answered }))
        : Effect.succeed(HttpClientResponse.fromWeb(request, answered))
    })
    const outcome = yield* Effect.flatMap(EventTransport, (transport) => transport.send(batch)).pipe(
      Effect.provide(EventTransport.layer),
      Effect.provideService(HttpClient.HttpClient, client),
      Effect.provide(PostHogConfig.layer({
        apiKey: Redacted.make("phc_test"),
        host: "http://posthog.example/",
        events: { compression: "none", ...events }
      }))
    )
    return { outcome: outcome as SendOutcome, sent: sent[0]! }
  })

const json = ({ body }: Sent): any => JSON.parse(new TextDecoder().decode(body))

describe("the batch endpoint", () => {
  it.effect("gets the envelope and the events in order", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("2 seconds")
      const second = event({ amount: 1 }, { event: "second" })
      const { outcome, sent } = yield* send(batchOf({ events: [event({ $set: { a: 1 } }), second] }))
      assert.deepStrictEqual(outcome, { _tag: "Delivered" })
      assert.strictEqual(sent.url, "http://posthog.example/batch/")
      assert.deepInclude(sent.headers, { "user-agent": userAgent, "content-type": "application/json" })
      assert.notProperty(sent.headers, "content-encoding")
      assert.notProperty(sent.headers, "authorization")
      assert.deepStrictEqual(json(sent), {
        api_key: "phc_test",
        batch: [
          {
            event: "paid",
            distinct_id: "ada",
            uuid: "0199f3c2-8d10-7c4e-9a77-5b0d5a3c1e42",
            timestamp: "2025-10-30T10:45:00.123Z",
            properties: { $set: { a: 1 } }
          },
          {
            event: "second",
            distinct_id: "ada",
            uuid: "0199f3c2-8d10-7c4e-9a77-5b0d5a3c1e42",
            timestamp: "2025-10-30T10:45:00.123Z",
            properties: { amount: 1 }
          }
        ],
        sent_at: "1970-01-01T00:00:02.000Z"
      })
    }))

  it.effect("is told of imports, and only of those", () =>
    Effect.gen(function*() {
      const { sent } = yield* send(batchOf(), { historicalMigration: true })
      assert.strictEqual(json(sent).historical_migration, true)
    }))

  it.effect("has a sibling for AI events, which speaks the same in either mode and knows gzip alone", () =>
    Effect.gen(function*() {
      const { sent } = yield* send(batchOf({ route: "ai" }), { protocol: "v1", compression: "br" })
      assert.strictEqual(sent.url, "http://posthog.example/i/v0/ai/batch/")
      assert.strictEqual(sent.headers["content-encoding"], "gzip")
      assert.strictEqual(JSON.parse(gunzipSync(sent.body).toString()).api_key, "phc_test")
    }))

  const statuses: ReadonlyArray<readonly [ReadonlyArray<number>, SendOutcome["_tag"]]> = [
    [[200, 201, 204, 299], "Delivered"],
    [[408, 429, 500, 501, 502, 503, 504, 599], "Retry"],
    [[413], "TooLarge"],
    [[301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 415, 422], "Rejected"]
  ]
  for (const [list, tag] of statuses) {
    for (const status of list) {
      it.effect(`answers ${status}: ${tag}`, () =>
        Effect.gen(function*() {
          const { outcome } = yield* send(
            batchOf(),
            {},
            () =>
              new Response(status === 204 || status === 304 ? null : "x", { status, headers: { "retry-after": "7" } })
          )
          assert.strictEqual(outcome._tag, tag)
          if (outcome._tag === "Retry") assert.deepStrictEqual(outcome.retryAfter, Duration.seconds(7))
          if (outcome._tag !== "Delivered") assert.strictEqual(outcome.details, `api_error_${status}`)
        }))
    }
  }

  it.effect("takes the events when its status says so, whatever becomes of the body", () =>
    Effect.gen(function*() {
      const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) })
      const { outcome } = yield* send(batchOf(), {}, () => new Response(broken))
      assert.deepStrictEqual(outcome, { _tag: "Delivered" })
      const stalled = yield* Effect.forkChild(send(batchOf(), {}, () => new Response(new ReadableStream({}))), { uninterruptible: "inherit" })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual((yield* Fiber.join(stalled)).outcome, { _tag: "Delivered" })
    }))

  it.effect("may be tried again when it is out of reach or silent", () =>
    Effect.gen(function*() {
      const refused = yield* send(batchOf(), {}, () => new Error("phc_test ECONNREFUSED"))
      assert.deepStrictEqual(refused.outcome, { _tag: "Retry", details: "connection_error" })
    }))
})

describe("the analytics endpoint", () => {
  const v1 = { protocol: "v1" } as const

  it.effect("gets its headers and body", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("2 seconds")
      const { sent } = yield* send(batchOf({ attempt: 2 }), { ...v1, historicalMigration: true })
      assert.strictEqual(sent.url, "http://posthog.example/i/v1/analytics/events")
      assert.deepInclude(sent.headers, {
        authorization: "Bearer phc_test",
        "posthog-sdk-info": userAgent,
        "user-agent": userAgent,
        "posthog-attempt": "2",
        "posthog-request-id": "0199f3c2-0000-7c4e-9a77-5b0d5a3c1e42",
        "posthog-request-timestamp": "1970-01-01T00:00:02.000Z"
      })
      assert.deepStrictEqual(json(sent), {
        created_at: "1970-01-01T00:00:01.000Z",
        historical_migration: true,
        batch: [{
          event: "paid",
          uuid: "0199f3c2-8d10-7c4e-9a77-5b0d5a3c1e42",
          distinct_id: "ada",
          timestamp: "2025-10-30T10:45:00.123Z",
          options: {},
          properties: {}
        }]
      })
    }))

  const lifted = (properties: Record<string, unknown>, more: Partial<PostHogEvent> = {}) =>
    Effect.map(send(batchOf({ events: [event(properties, more)] }), v1), ({ sent }) => json(sent).batch[0])

  it.effect("has places of their own for some properties", () =>
    Effect.gen(function*() {
      const given = {
        $cookieless_mode: " TRUE ",
        $ignore_sent_at: 2,
        $process_person_profile: "0",
        $product_tour_id: "tour",
        $session_id: "s",
        $window_id: "w",
        $lib: "l",
        $lib_version: "v",
        $set: { a: 1 },
        $groups: { g: 1 },
        $is_server: true,
        own: [1]
      }
      const kept = structuredClone(given)
      assert.deepInclude(yield* lifted(given), {
        session_id: "s",
        window_id: "w",
        options: {
          cookieless_mode: true,
          disable_skew_correction: true,
          process_person_profile: false,
          product_tour_id: "tour"
        },
        properties: { $set: { a: 1 }, $groups: { g: 1 }, $is_server: true, own: [1] }
      })
      assert.deepStrictEqual(given, kept)
    }))

  it.effect("gets none of them when their values are unusable, and never keeps them as properties", () =>
    Effect.gen(function*() {
      const wire = yield* lifted({
        $cookieless_mode: "yes",
        $ignore_sent_at: null,
        $process_person_profile: {},
        $product_tour_id: 5,
        $session_id: 5,
        $window_id: true
      })
      assert.deepStrictEqual(Object.keys(wire).sort(), [
        "distinct_id",
        "event",
        "options",
        "properties",
        "timestamp",
        "uuid"
      ])
      assert.deepStrictEqual([wire.options, wire.properties], [{}, {}])
    }))

  it.effect("gets the id of an alias once, and properties of any name", () =>
    Effect.gen(function*() {
      const wire = yield* lifted({ distinct_id: "ada", alias: "b" }, { event: "$create_alias" })
      assert.deepStrictEqual(wire.properties, { alias: "b" })
      const odd = yield* lifted(JSON.parse("{\"__proto__\":{\"x\":1}}"))
      assert.deepStrictEqual(Object.keys(odd.properties), ["__proto__"])
    }))

  const outcomeOf = (body: string, init: ResponseInit = {}) =>
    Effect.map(send(batchOf(), v1, () => new Response(body, init)), ({ outcome }) => outcome)

  it.effect("answers event by event; words it does not know yet are ends that count as delivered", () =>
    Effect.gen(function*() {
      const outcome = yield* outcomeOf(
        JSON.stringify({
          results: {
            a: { result: "ok" },
            b: { result: "retry", details: "not_persisted" },
            c: { result: "drop", details: "invalid_event" },
            d: { result: "limited" },
            e: { result: "warning" },
            f: { result: "quarantined" },
            g: "strange"
          }
        }),
        { headers: { "retry-after": "2" } }
      )
      assert.deepStrictEqual(outcome, {
        _tag: "Delivered",
        dropped: [{ id: "c", details: "invalid_event" }],
        retry: ["b"],
        retryAfter: Duration.seconds(2)
      })
    }))

  it.effect("counts a body without results as delivered, and one that cannot be read as a refusal", () =>
    Effect.gen(function*() {
      for (const body of ["{}", "{\"results\":{}}"]) {
        assert.strictEqual((yield* outcomeOf(body))._tag, "Delivered", body)
      }
      for (const body of ["", "{", "null", "[]", "5", "{\"results\":5}", "{\"results\":[]}"]) {
        assert.deepStrictEqual(yield* outcomeOf(body), { _tag: "Rejected", details: "invalid_response" }, body)
      }
    }))

  it.effect("retries some statuses; 429 is final", () =>
    Effect.gen(function*() {
      for (const status of [408, 500, 502, 503, 504]) {
        assert.strictEqual((yield* outcomeOf("x", { status }))._tag, "Retry", String(status))
      }
      for (const status of [301, 400, 401, 402, 403, 404, 415, 422, 429, 501, 505]) {
        const outcome = yield* outcomeOf("x", { status })
        assert.strictEqual(outcome._tag, "Rejected", String(status))
        assert.strictEqual("narrowable" in outcome, status === 400 || status === 422, String(status))
      }
      assert.strictEqual((yield* outcomeOf("x", { status: 413 }))._tag, "TooLarge")
    }))

  it.effect("is asked again when the body breaks off or stalls", () =>
    Effect.gen(function*() {
      const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) })
      const cut = yield* send(batchOf(), v1, () => new Response(broken))
      assert.deepStrictEqual(cut.outcome, { _tag: "Retry", details: "connection_error" })
      const stalled = yield* Effect.forkChild(send(batchOf(), v1, () => new Response(new ReadableStream({}))), { uninterruptible: "inherit" })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual((yield* Fiber.join(stalled)).outcome, { _tag: "Retry", details: "timeout" })
    }))
})

const collectLogs = (lines: Array<string>) =>
  Logger.layer([makeLogger(({ message }) => {
      lines.push(String(message))
    })])

describe("answers", () => {
  const endless = (chunk: Uint8Array) => {
    let bytes = 0
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        bytes += chunk.length
        controller.enqueue(chunk)
      },
      cancel: () => {
        cancelled = true
      }
    })
    return { stream, read: () => bytes, isCancelled: () => cancelled }
  }

  for (const protocol of ["v0", "v1"] as const) {
    it.effect(`${protocol}: are read up to a mebibyte`, () =>
      Effect.gen(function*() {
        const body = endless(new TextEncoder().encode(" ".repeat(64 * 1024)))
        const { outcome } = yield* send(batchOf(), { protocol }, () => new Response(body.stream))
        assert.deepStrictEqual(
          outcome,
          protocol === "v0" ? { _tag: "Delivered" } : { _tag: "Rejected", details: "response_too_large" }
        )
        assert.isTrue(body.isCancelled())
        assert.isBelow(body.read(), 2 * 1024 * 1024)
      }))

    it.effect(`${protocol}: that refuse are waited for half a second longer`, () =>
      Effect.gen(function*() {
        const stalled = yield* Effect.forkChild(send(batchOf(), { protocol }, () => new Response(new ReadableStream({}), { status: 400 })), { uninterruptible: "inherit" })
        yield* TestClock.adjust("500 millis")
        assert.deepStrictEqual((yield* Fiber.join(stalled)).outcome, {
          _tag: "Rejected",
          details: "api_error_400",
          narrowable: true
        })
      }))
  }

  it.effect("v0: that drip keep a delivered batch for half a second at most", () =>
    Effect.gen(function*() {
      const stalled = yield* Effect.forkChild(send(batchOf(), {}, () => new Response(new ReadableStream({}))), { uninterruptible: "inherit" })
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual((yield* Fiber.join(stalled)).outcome, { _tag: "Delivered" })
    }))

  it.effect("of other servers are no receipt", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      for (const page of ["<!doctype html><title>Sign in</title>", "It works!", "{\"status\":"]) {
        const { outcome } = yield* Effect.provide(
          send(batchOf(), {}, () => new Response(page, { headers: { "content-type": "text/html" } })),
          collectLogs(lines)
        )
        assert.deepStrictEqual(outcome, { _tag: "Rejected", details: "invalid_response" }, page)
      }
      assert.match(
        lines[0] ?? "",
        /^http:\/\/posthog\.example answered 200 with something that is not PostHog's answer/
      )
    }))

  it.effect("that tell of a wrong configuration are logged with the host, the status and a hint", () =>
    Effect.gen(function*() {
      for (
        const [status, hint] of [[401, "apiKey"], [402, "quota"], [403, "apiKey"], [404, "PostHog host"], [
          308,
          "redirect"
        ]] as const
      ) {
        const lines: Array<string> = []
        yield* Effect.provide(send(batchOf(), {}, () => new Response(null, { status })), collectLogs(lines))
        assert.strictEqual(lines.length, 1)
        assert.include(lines[0], `http://posthog.example refused events with status ${status}`)
        assert.include(lines[0], hint)
        assert.notInclude(lines[0], "phc_test")
      }
    }))

  it.effect("that never came are logged with the last attempt alone", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const refused = () => Object.assign(new Error("connect"), { code: "ECONNREFUSED" })
      for (const attempt of [1, 2, 3, 4]) {
        yield* Effect.provide(send(batchOf({ attempt }), {}, refused), collectLogs(lines))
      }
      assert.deepStrictEqual(lines, [
        "http://posthog.example took no events in 4 attempts (connection_error, ECONNREFUSED); nothing listens there: " +
        "are host and its port right?"
      ])
    }))

  it.effect("say why, without the values and the key that they repeat", () =>
    Effect.gen(function*() {
      const body = JSON.stringify({
        error: "request_parsing_error",
        error_description: `invalid type: string "ada@example.com", expected a map; key phc_test; ${"x".repeat(10_000)}`
      })
      const { outcome } = yield* send(batchOf(), {}, () => new Response(body, { status: 400 }))
      assert.strictEqual(outcome._tag, "Rejected")
      if (outcome._tag !== "Rejected") return
      assert.include(
        outcome.details,
        "api_error_400: request_parsing_error: invalid type: string \"…\", expected a map"
      )
      assert.notMatch(outcome.details, /example\.com|phc_test/)
      assert.isBelow(outcome.details.length, 300)
    }))
})

describe("options of events", () => {
  it.effect("are made to fit or left out, with v0 as with v1", () =>
    Effect.gen(function*() {
      const odd = [null, "TRUE", "0", 5, {}, "maybe", false, true]
      const events = odd.map((value) => event({ $cookieless_mode: value, $process_person_profile: value, kept: 1 }))
      const { sent } = yield* send(batchOf({ events }))
      const usable = [undefined, true, false, true, undefined, undefined, false, true]
      assert.deepStrictEqual(
        json(sent).batch.map(({ properties }: PostHogEvent) => properties),
        usable.map((value) =>
          value === undefined ? { kept: 1 } : { $cookieless_mode: value, $process_person_profile: value, kept: 1 }
        )
      )
    }))
})

describe("compression", () => {
  // Node has it from 22.15 on.
  const { zstdDecompressSync } = Zlib as { readonly zstdDecompressSync?: (bytes: Uint8Array) => Buffer }
  const decoders = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync, zstd: zstdDecompressSync! }
  const codecs = ["gzip", "deflate", "br", ...(zstdDecompressSync === undefined ? [] : ["zstd"] as const)] as const

  it.effect.runIf(zstdDecompressSync === undefined)(
    "zstd fails the layer where the runtime has none",
    () =>
      Effect.gen(function*() {
        const failed = yield* Effect.flip(send(batchOf(), { protocol: "v1", compression: "zstd" }))
        assert.strictEqual(failed.message, "events.compression: zstd is not available in this runtime")
      })
  )

  for (const codec of codecs) {
    for (const size of [10, 300_000]) {
      it.effect(`${codec} of ${size} characters`, () =>
        Effect.gen(function*() {
          const text = "ab".repeat(size / 2)
          const { sent } = yield* send(batchOf({ events: [event({ text })] }), { protocol: "v1", compression: codec })
          assert.strictEqual(sent.headers["content-encoding"], codec)
          if (codec === "deflate") assert.strictEqual(sent.body[0], 0x78)
          assert.strictEqual(JSON.parse(decoders[codec](sent.body).toString()).batch[0].properties.text, text)
        }))
    }
  }

  const unavailable = Layer.succeed(Compression, {
    compressor: (codec) => Effect.fail(new CompressionError({ reason: "Unavailable", codec }))
  })

  it.effect("that was asked for and is not there fails the layer; gzip, the default, gives way to plain bodies", () =>
    Effect.gen(function*() {
      const failed = yield* Effect.flip(
        Effect.provide(send(batchOf(), { protocol: "v1", compression: "br" }), unavailable)
      )
      assert.deepInclude(failed, { _tag: "PostHogConfigError", option: "events.compression" })
      const { sent } = yield* Effect.provide(send(batchOf(), { compression: "gzip" }), unavailable).pipe(
        Effect.provide(Logger.layer([]))
      )
      assert.notProperty(sent.headers, "content-encoding")
      assert.strictEqual(json(sent).api_key, "phc_test")
    }))

  it.effect("that fails sends the body as it is", () =>
    Effect.gen(function*() {
      const failing = Layer.succeed(Compression, {
        compressor: (codec) =>
          Effect.succeed(() => Effect.fail(new CompressionError({ reason: "Failed", codec, cause: "secret" })))
      })
      const { sent } = yield* Effect.provide(send(batchOf(), { compression: "gzip" }), failing).pipe(
        Effect.provide(Logger.layer([]))
      )
      assert.notProperty(sent.headers, "content-encoding")
      assert.strictEqual(json(sent).api_key, "phc_test")
    }))
})

it.effect("requests are not redirected, have no span, and show no key", () =>
  Effect.gen(function*() {
    const inits: Array<RequestInit> = []
    const fetch = ((_url: URL, init: RequestInit) => {
      inits.push(init)
      return Promise.resolve(new Response(null, { status: 307, headers: { location: "http://elsewhere.example/" } }))
    }) as unknown as typeof globalThis.fetch
    const outcome = yield* Effect.flatMap(EventTransport, (transport) => transport.send(batchOf())).pipe(
      Effect.provide(EventTransport.layer),
      Effect.provide(FetchHttpClient.layer),
      Effect.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), host: "http://posthog.example" })),
      Effect.provideService(FetchHttpClient.Fetch, fetch),
      Effect.withSpan("caller")
    )
    assert.deepStrictEqual(outcome, { _tag: "Rejected", details: "api_error_307" })
    assert.deepInclude(inits[0], { redirect: "manual" })
    assert.notProperty(inits[0]?.headers, "traceparent")
    assert.notInclude(JSON.stringify(outcome), "phc_test")
    assert.notInclude(eventRequest("http://posthog.example/batch/").url, "phc_test")
  }))

it.effect("options for fetch that the client brings along stay, whether inside it or around it", () =>
  Effect.gen(function*() {
    const inits: Array<RequestInit> = []
    const fetch = ((_url: URL, init: RequestInit) => {
      inits.push(init)
      return Promise.resolve(new Response("{}"))
    }) as unknown as typeof globalThis.fetch
    const sendOnce = Effect.flatMap(EventTransport, (transport) => transport.send(batchOf()))
    const transport = EventTransport.layer.pipe(
      Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), host: "http://posthog.example" }))
    )
    const fetching = Layer.succeed(FetchHttpClient.Fetch, fetch)
    const including = Layer.succeed(FetchHttpClient.RequestInit, { credentials: "include" })
    yield* Effect.provide(
      sendOnce,
      Layer.provide(transport, Layer.provide(FetchHttpClient.layer, Layer.merge(fetching, including)))
    )
    yield* Effect.provide(sendOnce, Layer.provide(transport, Layer.provide(FetchHttpClient.layer, fetching))).pipe(
      Effect.provide(including)
    )
    for (const init of inits) assert.deepInclude(init, { credentials: "include", redirect: "manual" })
    assert.strictEqual(inits.length, 2)
    const after = yield* Effect.serviceOption(FetchHttpClient.RequestInit)
    assert.isTrue(Option.isNone(after))
  }))
