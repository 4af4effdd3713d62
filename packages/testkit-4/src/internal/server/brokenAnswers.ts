// Generated from packages/testkit/src/internal/server/brokenAnswers.ts by packages/tools/editions.mjs: change that file, not this one.
import type { ServerResponse } from "node:http"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Answer } from "./answer.ts"

/**
 * The ways an answer leaves the server, the broken ones included. Each of those that cut the connection ends in `never`:
 * the platform interrupts the handler of a request whose connection is gone.
 */
type Delivery = Effect.Effect<HttpServerResponse.HttpServerResponse>

// `end` of platform's own responses writes the length; a stream does not, so it is given here.
const withLength = (answer: Answer) => ({ ...answer.headers, "content-length": String(answer.body.length) })

const half = (body: Uint8Array): Uint8Array => body.subarray(0, Math.ceil(body.length / 2))

/** @internal */
export const whole = (answer: Answer): Delivery =>
  Effect.succeed(
    answer.body.length === 0
      ? HttpServerResponse.empty({ status: answer.status, headers: answer.headers })
      : HttpServerResponse.uint8Array(answer.body, {
        status: answer.status,
        headers: answer.headers,
        contentType: answer.headers["content-type"] ?? "application/octet-stream"
      })
  )

const streamed = (answer: Answer, body: Stream.Stream<Uint8Array>): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.stream(body, {
    status: answer.status,
    headers: withLength(answer),
    contentType: answer.headers["content-type"] ?? "application/octet-stream",
    contentLength: answer.body.length
  })

/** @internal */
export const stalled = (answer: Answer): Delivery =>
  Effect.succeed(streamed(answer, Stream.concat(Stream.make(half(answer.body)), Stream.never)))

/** @internal */
export const dripping = (answer: Answer, interval: Duration.Duration): Delivery =>
  Effect.succeed(
    streamed(
      answer,
      Stream.range(0, answer.body.length - 1, 1).pipe(
        Stream.mapEffect((index) => {
          const byte = Effect.succeed(answer.body.subarray(index, index + 1))
          return index === 0 ? byte : Effect.delay(byte, interval)
        })
      )
    )
  )

/** @internal */
export const malformed = (answer: Answer): Delivery => whole({ ...answer, body: half(answer.body) })

const sendHalf = (request: HttpServerRequest.HttpServerRequest, answer: Answer): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const response = NodeHttpServerRequest.toServerResponse(request) as ServerResponse
    response.writeHead(answer.status, withLength(answer))
    response.write(half(answer.body), () => resume(Effect.void))
  })

/** @internal */
export const truncated = (request: HttpServerRequest.HttpServerRequest, answer: Answer): Delivery =>
  sendHalf(request, answer).pipe(
    Effect.andThen(Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.end())),
    Effect.andThen(Effect.never)
  )

// A client that finds a reset right behind the bytes it is reading may take it for an orderly end. So it gets the time
// to read them, by the real clock whatever clock the test runs under.
const untilRead = Effect.callback<void>((resume) => {
  setTimeout(() => resume(Effect.void), 20)
})

/** @internal */
export const resetMidBody = (request: HttpServerRequest.HttpServerRequest, answer: Answer): Delivery =>
  Effect.andThen(Effect.andThen(sendHalf(request, answer), untilRead), reset(request))

/** @internal */
export const reset = (request: HttpServerRequest.HttpServerRequest): Delivery =>
  Effect.andThen(
    Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.resetAndDestroy()),
    Effect.never
  )
