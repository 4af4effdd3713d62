import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { createServer } from "node:http"
import type { CommandError } from "../terminal/output.ts"
import type { LocalServer } from "./localServer.ts"
import { describeListening } from "./localServer.ts"
import { EvaluateRequest, FaultRequest, ForceRequest, makePageApi, summary } from "./pageApi.ts"
import * as Files from "./pageFiles.ts"
import { refuse } from "./requestGuard.ts"

/** Nothing from elsewhere, nothing inline, in no frame. */
const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store"
}

const text = (status: number, content: string, type = "text/plain; charset=utf-8") =>
  HttpServerResponse.text(content, { status, contentType: type, headers: securityHeaders })

const jsonAnswer = (value: unknown, status = 200) =>
  text(status, JSON.stringify(value) ?? "null", "application/json; charset=utf-8")

/** The most that one message tells of what arrived: at a thousand events a second nobody reads them all. */
const mostShown = 50

const encoder = new TextEncoder()

const message = (value: unknown): Uint8Array => encoder.encode(`data: ${JSON.stringify(value)}\n\n`)

/** What happens, as server-sent events: a message at most every tenth of a second. */
const happenings = (local: LocalServer): Stream.Stream<Uint8Array> =>
  Stream.mergeAll([
    local.posthog.arrivals.pipe(
      Stream.groupedWithin(4096, "100 millis"),
      Stream.map((chunk) => {
        const arrived = Array.from(chunk)
        return message({
          kind: "arrived",
          events: arrived.filter(({ _tag }) => _tag === "Event").length,
          shown: arrived.slice(-mostShown).map(summary)
        })
      })
    ),
    Stream.map(local.changes, ({ revision }) => message({ kind: "changed", revision })),
    // Notices connections that are gone.
    Stream.map(Stream.schedule(Stream.repeatValue(undefined), Schedule.spaced("15 seconds")), () =>
      encoder.encode(": still here\n\n"))
  ], { concurrency: "unbounded" }).pipe((events) =>
    Stream.concat(Stream.succeed(encoder.encode(": hello\n\n")), events)
  )

/** Serves the page on loopback, as long as the scope lives. */
export const makePageServer = (
  local: LocalServer,
  options: { readonly pagePort: number; readonly projectKey: string; readonly secretKey: string }
): Effect.Effect<{ readonly url: string }, CommandError, Scope.Scope> =>
  Effect.gen(function*() {
    const api = yield* makePageApi(local, options)
    const nodeServer = createServer()
    const server = yield* NodeHttpServer.make(() => nodeServer, { port: options.pagePort, host: "127.0.0.1" }).pipe(
      Effect.mapError((error) => describeListening(options.pagePort, error))
    )
    // Pages that listen would keep the server from closing.
    yield* Effect.addFinalizer(() => Effect.sync(() => nodeServer.closeAllConnections()))
    const port = server.address._tag === "TcpAddress" ? server.address.port : options.pagePort

    const answer = Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const refusal = refuse(request.method, request.headers, port)
      if (refusal !== undefined) return text(refusal.status, refusal.message)
      const [path] = request.url.split("?")
      switch (`${request.method} ${path}`) {
        case "GET /":
          return text(200, Files.html, "text/html; charset=utf-8")
        case "GET /page.css":
          return text(200, Files.css, "text/css; charset=utf-8")
        case "GET /page.js":
          return text(200, Files.script, "text/javascript; charset=utf-8")
        case "GET /api/state":
          return jsonAnswer(yield* api.state)
        case "GET /api/happenings":
          return HttpServerResponse.stream(happenings(local), {
            contentType: "text/event-stream",
            headers: securityHeaders
          })
        case "POST /api/evaluate":
          return jsonAnswer(
            yield* Effect.flatMap(HttpServerRequest.schemaBodyJson(EvaluateRequest), (body) => api.evaluate(body))
          )
        case "POST /api/force":
          yield* Effect.flatMap(HttpServerRequest.schemaBodyJson(ForceRequest), (body) => api.force(body))
          return jsonAnswer({})
        case "POST /api/fault":
          yield* Effect.flatMap(HttpServerRequest.schemaBodyJson(FaultRequest), (body) => api.setFault(body))
          return jsonAnswer({})
        default:
          return text(404, "There is nothing here.")
      }
    }).pipe(
      Effect.catchTag("Unusable", ({ message }) => Effect.succeed(jsonAnswer({ problem: message }, 400))),
      Effect.catchAll(() => Effect.succeed(jsonAnswer({ problem: "The request cannot be read." }, 400))),
      HttpIncomingMessage.withMaxBodySize(Option.some(FileSystem.MiB(1)))
    )
    yield* server.serve(answer)
    return { url: `http://127.0.0.1:${port}/` }
  })
