// Generated from packages/effect-posthog/test/definitions/http.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Zlib from "node:zlib"
import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "../../src/index.ts"
import type { DefinitionsErrorReason } from "../../src/index.ts"
import type { DefinitionsOptions } from "../../src/PostHogConfig.ts"
import { document, resolved, settled } from "../support/scriptedEndpoint.ts"

const quietly = Effect.provideService(References.MinimumLogLevel, "None")

const build = (
  host: string,
  client: Layer.Layer<HttpClient.HttpClient>,
  definitions: DefinitionsOptions = { pollInterval: "1 hour", requestTimeout: "20 seconds" }
) =>
  LocalEvaluator.layer.pipe(
    Layer.provide(DefinitionsSource.layerHttp),
    Layer.provide(PostHogConfig.layer({
      apiKey: Redacted.make("phc_test"),
      secretKey: Redacted.make("phs_test"),
      host,
      definitions
    })),
    Layer.provide(client),
    Layer.build,
    Effect.map(Context.get(LocalEvaluator))
  )

const served = document(["one", "two"], { minimal_flag_called_events: true })

const refusing = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, HttpClient.filterStatusOk)).pipe(
  Layer.provide(FetchHttpClient.layer)
)

const clients = [
  ["fetch", FetchHttpClient.layer],
  ["node:http", NodeHttpClient.layerNodeHttp],
  ["a client that refuses statuses by itself", refusing]
] as const

/** Row by row: what the server does, how the load ends, and whether the definitions stay. */
const table: ReadonlyArray<readonly [string, Fault.Fault, DefinitionsErrorReason, "kept" | "cleared"]> = [
  ["401", Fault.status(401), "Unauthorized", "kept"],
  ["402", Fault.quotaLimited, "QuotaLimited", "cleared"],
  ["403", Fault.status(403), "Forbidden", "kept"],
  ["429", Fault.status(429, { retryAfter: 3600 }), "RateLimited", "kept"],
  ["500", Fault.status(500), "ApiError", "kept"],
  ["503", Fault.status(503), "ApiError", "kept"],
  ["a redirect", Fault.status(302, { headers: { location: "/flags/definitions" } }), "ApiError", "kept"],
  ["a reset", Fault.reset, "ConnectionError", "kept"],
  ["a reset in the middle of the body", Fault.resetMidBody, "ConnectionError", "kept"],
  ["an end in the middle of the body", Fault.truncatedBody, "ConnectionError", "kept"],
  ["half a document", Fault.malformedBody, "InvalidDocument", "kept"],
  ["a page", Fault.body("<!doctype html>"), "InvalidDocument", "kept"],
  ["another document", Fault.body({ results: [] }), "InvalidDocument", "kept"]
]

for (const [name, client] of clients) {
  describe(`over HTTP with ${name}`, () => {
    it.scopedLive("loads, revalidates, and loads what has changed", () =>
      Effect.gen(function*() {
        const server = yield* PostHogServer.make({ definitions: served })
        const evaluator = yield* build(server.url, client)
        yield* evaluator.ready
        assert.deepStrictEqual(resolved(evaluator), ["one", "two"])
        assert.isTrue(evaluator.evaluate({ distinctId: "someone" }).minimalFlagCalledEvents)
        yield* evaluator.reload
        yield* server.setDefinitions(document(["three"]))
        yield* evaluator.reload
        assert.deepStrictEqual(resolved(evaluator), ["three"])
        assert.isFalse(evaluator.evaluate({ distinctId: "someone" }).minimalFlagCalledEvents)
        const requests = yield* server.definitionRequests
        assert.deepStrictEqual(requests.map(({ status }) => Option.getOrUndefined(status)), [200, 304, 200])
        assert.strictEqual(requests[0]?.headers.authorization, "Bearer phs_test")
        assert.isUndefined(requests[0]?.headers["if-none-match"])
        assert.isString(requests[1]?.headers["if-none-match"])
      }))

    for (const [what, fault, reason, outcome] of table) {
      it.scopedLive(`${what}: ${reason}, and what is loaded is ${outcome}`, () =>
        quietly(Effect.gen(function*() {
          const server = yield* PostHogServer.make({ definitions: served })
          const evaluator = yield* build(server.url, client)
          yield* evaluator.reload
          // Another document, so that a refused answer cannot pass for an unchanged one.
          yield* server.setDefinitions(document(["three"]))
          yield* server.script("definitions", fault)
          const failure = yield* Effect.flip(evaluator.reload)
          assert.strictEqual(failure.reason, reason)
          assert.deepStrictEqual(resolved(evaluator), outcome === "kept" ? ["one", "two"] : [])
          assert.strictEqual((yield* server.definitionRequests).length, 2)
          yield* evaluator.reload
          assert.deepStrictEqual(resolved(evaluator), ["three"])
          const held = (yield* server.definitionRequests)[2]?.headers["if-none-match"]
          assert.strictEqual(held === undefined, outcome === "cleared")
        })))
    }

    for (
      const [what, fault] of [
        ["no answer", Fault.hang],
        ["a body that stops", Fault.stalledBody],
        ["a body that drips", Fault.drip("1 second")]
      ] as const
    ) {
      it.scopedLive(`${what} is bounded, and its connection is given up`, () =>
        quietly(Effect.gen(function*() {
          const server = yield* PostHogServer.make({ definitions: served })
          yield* server.always("definitions", fault)
          const evaluator = yield* build(server.url, client, { pollInterval: "1 hour", requestTimeout: "200 millis" })
          assert.strictEqual((yield* Effect.flip(evaluator.reload)).reason, "Timeout")
          yield* server.awaitConnections(0)
        })))
    }

    it.scopedLive("a server that is not there is a connection error", () =>
      quietly(Effect.gen(function*() {
        const scope = yield* Scope.make()
        const { url } = yield* Scope.provide(PostHogServer.make(), scope)
        yield* Scope.close(scope, Exit.void)
        const evaluator = yield* build(url, client)
        const { problem, reason } = yield* Effect.flip(evaluator.reload)
        assert.strictEqual(reason, "ConnectionError")
        assert.strictEqual(problem, "ECONNREFUSED")
      })))

    it.scopedLive("polls by itself, and heals", () =>
      quietly(Effect.gen(function*() {
        const server = yield* PostHogServer.make({ definitions: served })
        yield* server.script("definitions", Fault.status(503), Fault.reset, Fault.status(500))
        const evaluator = yield* build(server.url, client, { pollInterval: "100 millis" })
        yield* evaluator.ready
        assert.deepStrictEqual(resolved(evaluator), ["one", "two"])
        yield* server.awaitRequests("definitions", 6)
        yield* settled(evaluator)
        assert.strictEqual((yield* evaluator.status).failures, 0)
      })))

    it.scopedLive("closing in the middle of a load leaves no connection", () =>
      Effect.gen(function*() {
        const server = yield* PostHogServer.make({ definitions: served })
        yield* server.always("definitions", Fault.stalledBody)
        const scope = yield* Scope.make()
        yield* Scope.provide(build(server.url, client), scope)
        yield* server.awaitRequests("definitions", 1)
        yield* Scope.close(scope, Exit.void)
        yield* server.awaitConnections(0)
      }))
  })
}

// A server that answers every request in one way, which the embedded one would not.
const serving = (listener: Http.RequestListener) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Http.Server>((resume) => {
        const server = Http.createServer(listener)
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  )

describe("hostile answers", () => {
  const limited: DefinitionsOptions = { pollInterval: "1 hour", maxDocumentBytes: 100_000 }

  it.scopedLive("a document above the limit is refused by its announced length, without being read", () =>
    quietly(Effect.gen(function*() {
      const url = yield* serving((_request, response) => {
        response.writeHead(200, { "content-length": 50_000_000 })
        response.write("{")
      })
      const { reload } = yield* build(url, FetchHttpClient.layer, limited)
      const { reason } = yield* Effect.flip(reload)
      assert.strictEqual(reason, "TooLarge")
    })))

  it.scopedLive("a document above the limit is refused while it arrives, and what is loaded stays", () =>
    quietly(Effect.gen(function*() {
      let sent = 0
      let large = false
      const url = yield* serving((_request, response) => {
        if (!large) {
          response.end(JSON.stringify(served))
          return
        }
        const space = " ".repeat(64 * 1024)
        const write = () => {
          while (!response.destroyed && response.write(space)) sent += space.length
        }
        response.on("drain", write)
        write()
      })
      const evaluator = yield* build(url, FetchHttpClient.layer, limited)
      yield* evaluator.reload
      large = true
      const { problem, reason } = yield* Effect.flip(evaluator.reload)
      assert.strictEqual(reason, "TooLarge")
      assert.strictEqual(problem, "the document is larger than 100000 bytes")
      assert.deepStrictEqual(resolved(evaluator), ["one", "two"])
      // What the buffers of the connection hold, not an endless document.
      assert.isBelow(sent, 20_000_000)
    })))

  it.scopedLive("a small answer that inflates to a large document is refused by its inflated size", () =>
    quietly(Effect.gen(function*() {
      const bomb = Zlib.gzipSync(Buffer.alloc(50_000_000, " "))
      assert.isBelow(bomb.length, 100_000)
      const url = yield* serving((_request, response) => {
        response.writeHead(200, { "content-encoding": "gzip", "content-length": bomb.length })
        response.end(bomb)
      })
      const { reload } = yield* build(url, FetchHttpClient.layer, limited)
      const { reason } = yield* Effect.flip(reload)
      assert.strictEqual(reason, "TooLarge")
    })))

  it.scopedLive("a compressed document is a document", () =>
    Effect.gen(function*() {
      const body = Zlib.gzipSync(JSON.stringify(served))
      const url = yield* serving((_request, response) => {
        response.writeHead(200, { "content-encoding": "gzip" })
        response.end(body)
      })
      const evaluator = yield* build(url, FetchHttpClient.layer)
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["one", "two"])
    }))

  it.scopedLive("deep nesting, duplicate keys and odd values spoil only what they are in", () =>
    quietly(Effect.gen(function*() {
      const one = JSON.stringify(served.flags[0])
      const bodies: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
        [`{"flags":[${one}],"x":${"[".repeat(5000)}${"]".repeat(5000)}}`, ["before"]],
        [`{"flags":[${one}],"x":${"[".repeat(200)}${"]".repeat(200)}}`, ["one"]],
        [`{"flags":[],"flags":[${one}]}`, ["one"]],
        [`{"flags":[${one},${one}]}`, ["one"]],
        [`{"flags":[null,3,"x",[],{},{"key":7},${one}]}`, ["one"]],
        [`{"flags":[{"key":"__proto__","active":false},${one}],"__proto__":{"flags":[]}}`, ["__proto__", "one"]],
        [`{"flags":[${one}],"cohorts":[],"group_type_mapping":"no","property_matching_version":"two"}`, ["one"]]
      ]
      let body = ""
      const url = yield* serving((_request, response) => {
        response.end(body)
      })
      const evaluator = yield* build(url, FetchHttpClient.layer)
      for (const [text, expected] of bodies) {
        body = JSON.stringify(document(["before"]))
        yield* evaluator.reload
        body = text
        yield* Effect.ignore(evaluator.reload)
        assert.deepStrictEqual(resolved(evaluator), expected, text.slice(0, 60))
      }
    })))
})
