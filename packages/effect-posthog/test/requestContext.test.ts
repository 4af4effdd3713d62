import { PostHogTest } from "@effect-posthog/testkit"
import {
  FetchHttpClient,
  type HttpApp,
  HttpClient,
  HttpClientRequest,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber, Layer, Logger } from "effect"
import { evaluateFlags, Events, RequestContext } from "effect-posthog"
import { createServer, request as nodeRequest } from "node:http"
import * as Doubles from "./support/doubles.ts"

const { current } = RequestContext

describe("RequestContext", () => {
  it.effect("is empty outside, set inside, and gone afterwards", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* current, {})
      const inside = yield* RequestContext.with(current, { distinctId: "ada", sessionId: "s-1" })
      strictEqual(inside.distinctId, "ada")
      strictEqual(inside.sessionId, "s-1")
      yield* Effect.exit(RequestContext.with(Effect.die("broken"), { distinctId: "ada" }))
      deepStrictEqual(yield* current, {})
    }))

  it.effect("inner fields win, others stay, properties are merged", () =>
    Effect.gen(function*() {
      const inner = yield* current.pipe(
        RequestContext.with({ distinctId: "inner", properties: { b: 2, c: 2 } }),
        RequestContext.with({
          distinctId: "outer",
          deviceId: "device",
          sessionId: "session",
          properties: { a: 1, b: 1 }
        })
      )
      deepStrictEqual(inner, {
        distinctId: "inner",
        sessionId: "session",
        properties: { a: 1, b: 2, c: 2 }
      })
    }))

  it.effect("survives what code without types passes, and says what it left out", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const posthog = yield* PostHogTest.PostHogTest
      const ada = {
        distinctId: "ada",
        deviceId: "phone",
        groups: { company: "acme" },
        personProperties: { plan: "scale" },
        groupProperties: { company: { size: 1 } },
        properties: { page: "/" }
      }
      const work = Effect.zipRight(evaluateFlags(), Events.capture({ event: "seen" }))
      const within = (context: unknown) =>
        work.pipe(RequestContext.with(context as RequestContext.RequestContext), RequestContext.with(ada))
      for (const field of Object.keys(ada)) yield* within({ [field]: null })
      yield* within({ distinctId: "", deviceId: "", sessionId: "" })
      for (const context of [undefined, null, "text", 17]) yield* within(context)
      const given = (yield* posthog.remoteRequests).map((
        { deviceId, distinctId, groupProperties, personProperties }
      ) => ({
        distinctId,
        deviceId,
        personProperties,
        groupProperties
      }))
      for (const request of given) {
        deepStrictEqual(request, {
          distinctId: "ada",
          deviceId: "phone",
          personProperties: { plan: "scale" },
          groupProperties: { company: { size: 1 } }
        })
      }
      strictEqual(given.length, 11)
      yield* posthog.forget
      yield* Effect.provide(
        within({ personProperties: "text", groupProperties: ["a"], groups: new Map(), properties: "text" }),
        Logger.replace(Logger.defaultLogger, logger)
      )
      const [request] = yield* posthog.remoteRequests
      deepStrictEqual([request?.personProperties, request?.groupProperties, request?.groups], [
        undefined,
        undefined,
        undefined
      ])
      const event = yield* posthog.expectEvent({ event: "seen" })
      deepStrictEqual([event.properties["0"], event.properties["$groups"]], [undefined, undefined])
      for (const field of ["personProperties", "groupProperties", "groups", "properties"]) {
        assert.include(lines.join("\n"), `"RequestContext.${field}"`)
      }
      yield* Effect.map(RequestContext.fresh(current, null as never), (context) => deepStrictEqual(context, {}))
      deepStrictEqual(RequestContext.fromHeaders(undefined as never), {})
      deepStrictEqual(RequestContext.fromCookies(undefined as never, "phc_test"), {})
    }).pipe(Effect.provide(PostHogTest.layer())))

  it.effect("inherits nothing when it is fresh", () =>
    Effect.gen(function*() {
      const inner = yield* current.pipe(
        RequestContext.fresh({ distinctId: "inner" }),
        RequestContext.with({ distinctId: "outer", deviceId: "device", properties: { a: 1 } })
      )
      deepStrictEqual(inner, { distinctId: "inner" })
    }))

  it.effect("is inherited by fibers forked inside, also when they outlive the scope", () =>
    Effect.gen(function*() {
      const latch = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(Effect.zipRight(Deferred.await(latch), current)).pipe(
        RequestContext.with({ distinctId: "ada" })
      )
      yield* Deferred.succeed(latch, undefined)
      strictEqual((yield* Fiber.join(fiber)).distinctId, "ada")
      const many = yield* Effect.all([current, current], { concurrency: "unbounded" }).pipe(
        RequestContext.with({ distinctId: "grace" })
      )
      deepStrictEqual(many.map(({ distinctId }) => distinctId), ["grace", "grace"])
    }))

  it.effect("does not leak between requests that run at once", () =>
    Effect.gen(function*() {
      const seen = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => `user-${index}`),
        (distinctId) =>
          Effect.gen(function*() {
            const before = (yield* current).distinctId
            yield* Effect.yieldNow()
            const after = yield* Effect.fork(current).pipe(Effect.flatMap(Fiber.join))
            return before === distinctId && after.distinctId === distinctId
          }).pipe(RequestContext.with({ distinctId })),
        { concurrency: "unbounded" }
      )
      assert.isTrue(seen.every(Boolean))
      deepStrictEqual(yield* current, {})
    }))

  it.effect("is the identity of evaluations and events that name none; explicit arguments win", () => {
    const identities: Array<readonly [string, string | undefined]> = []
    const { layer, queue } = Doubles.services({
      local: ({ deviceId, distinctId }) => {
        identities.push([distinctId, deviceId])
        return Doubles.evaluation({ a: true })
      }
    })
    return Effect.gen(function*() {
      yield* evaluateFlags({})
      yield* evaluateFlags({ distinctId: "" })
      yield* evaluateFlags({ distinctId: "grace", deviceId: "mine" })
      yield* evaluateFlags({ deviceId: "", personProperties: { $device_id: "of the person" } })
      deepStrictEqual(identities, [
        ["ada", "device"],
        ["ada", "device"],
        ["grace", "mine"],
        ["ada", undefined]
      ])
      yield* Events.capture({ event: "paid" })
      yield* Events.capture({ event: "paid", distinctId: "grace", properties: { $session_id: "mine" } })
      deepStrictEqual(
        queue.taken.map(({ contextProperties, distinctId, properties }) => [
          distinctId,
          contextProperties,
          properties
        ]),
        [
          ["ada", { $session_id: "session", route: "/cart" }, undefined],
          ["grace", { $session_id: "session", route: "/cart" }, { $session_id: "mine" }]
        ]
      )
    }).pipe(
      RequestContext.with({
        distinctId: "ada",
        deviceId: "device",
        sessionId: "session",
        properties: { route: "/cart" }
      }),
      Effect.provide(layer)
    )
  })

  it.effect("is not invented: without any id flags are empty and silent", () => {
    const { layer, queue, requests } = Doubles.services({ local: Doubles.evaluation({ a: true }) })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags({})
      deepStrictEqual(snapshot.keys, [])
      assertNone(yield* snapshot.getFlag("a"))
      strictEqual(requests.length + queue.offers.length, 0)
    }).pipe(RequestContext.with({ sessionId: "session" }), Effect.provide(layer))
  })
})

const echo = Effect.flatMap(current, (context) => HttpServerResponse.json(context))

const serving = <E>(app: HttpApp.Default<E>) =>
  HttpServer.serve(app).pipe(
    Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" }))
  )

const url = HttpServer.addressWith((address) =>
  Effect.succeed(address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : "")
)

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const client = yield* HttpClient.HttpClient
    const response = yield* client.execute(HttpClientRequest.get(`${yield* url}${path}`, { headers }))
    return (yield* response.json) as Record<string, unknown>
  }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))

/** A request with bytes that better clients refuse to send. */
const getRaw = (headers: Readonly<Record<string, string | Array<string>>>) =>
  Effect.flatMap(url, (base) =>
    Effect.async<Record<string, unknown>>((resume) => {
      const sent = nodeRequest(base, { headers: { connection: "close" } }, (response) => {
        let text = ""
        response.on("data", (chunk) => text += String(chunk))
        response.on("end", () => resume(Effect.sync(() => JSON.parse(text) as Record<string, unknown>)))
      })
      for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value)
      sent.end()
    }))

describe("RequestContext.middleware", () => {
  it.live("fills the context from the tracing headers, in any case", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* get("/", { "X-PostHog-Distinct-Id": " ada ", "x-posthog-session-id": "s-1" }), {
        distinctId: "ada",
        sessionId: "s-1"
      })
      deepStrictEqual(yield* get("/"), {})
    }).pipe(Effect.provide(serving(RequestContext.middleware(echo)))))

  it.live("cleans what comes from outside", () =>
    Effect.gen(function*() {
      const read = (value: string) =>
        Effect.map(getRaw({ "x-posthog-distinct-id": value }), (seen) => seen["distinctId"])
      strictEqual(yield* read("a\tb"), "ab")
      strictEqual(yield* read("a\u0085b\u009f"), "ab")
      strictEqual(yield* read(" \t "), undefined)
      strictEqual(yield* read("\u0080\u0081"), undefined)
      strictEqual(yield* read("x".repeat(5000)), "x".repeat(1000))
      strictEqual(yield* read("née"), "née")
    }).pipe(Effect.provide(serving(RequestContext.middleware(echo)))))

  it.live("keeps requests apart, and the surrounding context where headers say nothing", () =>
    Effect.gen(function*() {
      const answers = yield* Effect.forEach(
        Array.from({ length: 30 }, (_, index) => `user-${index}`),
        (id) => Effect.map(get("/slow", { "x-posthog-distinct-id": id }), ({ distinctId }) => distinctId === id),
        { concurrency: 10 }
      )
      assert.isTrue(answers.every(Boolean))
    }).pipe(
      Effect.provide(serving(
        HttpRouter.empty.pipe(
          HttpRouter.get("/slow", Effect.zipRight(Effect.sleep("5 millis"), echo)),
          HttpRouter.use(RequestContext.middleware)
        )
      ))
    ))

  it.live("works as middleware of a server and of a router", () =>
    Effect.gen(function*() {
      const { distinctId } = yield* get("/", { "x-posthog-distinct-id": "ada" })
      strictEqual(distinctId, "ada")
    }).pipe(
      Effect.provide(
        HttpServer.serve(HttpRouter.empty.pipe(HttpRouter.get("/", echo)), RequestContext.middleware).pipe(
          Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" }))
        )
      )
    ))

  it.live("tells about the request only when that is wanted", () =>
    Effect.gen(function*() {
      const { distinctId, properties } = yield* get("/path?q=1", {
        "x-posthog-distinct-id": "ada",
        "user-agent": "test/1"
      })
      strictEqual(distinctId, "ada")
      deepStrictEqual(properties, {
        $request_method: "GET",
        $current_url: `${yield* url}/path?q=1`,
        $request_path: "/path",
        $user_agent: "test/1",
        $ip: "127.0.0.1"
      })
    }).pipe(Effect.provide(serving(RequestContext.middlewareWith({ metadata: true })(echo)))))

  it.effect("takes the first usable value of a list, and ignores what is no text", () =>
    Effect.gen(function*() {
      const context = (headers: Readonly<Record<string, unknown>>) =>
        RequestContext.middleware(Effect.map(current, (seen) => HttpServerResponse.unsafeJson(seen))).pipe(
          Effect.provideService(
            HttpServerRequest.HttpServerRequest,
            { headers } as unknown as HttpServerRequest.HttpServerRequest
          ),
          Effect.map((response) => JSON.parse(new TextDecoder().decode((response.body as { body: Uint8Array }).body)))
        )
      deepStrictEqual(yield* context({ "X-POSTHOG-DISTINCT-ID": ["", "\u0001", " b "] }), { distinctId: "b" })
      deepStrictEqual(yield* context({ "X-POSTHOG-DISTINCT-ID": 7, "x-posthog-session-id": undefined }), {})
    }))
})
