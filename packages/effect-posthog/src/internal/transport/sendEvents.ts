import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { SendOutcome } from "../../Delivery.ts"
import { makeRequestWhole } from "../http/request.ts"
import { makeTimeLimit } from "../http/timeLimit.ts"
import { userAgent } from "../library.ts"
import type { CompressedBody, Compressor } from "./compressBody.ts"
import { parseRetryAfter } from "./retryAfter.ts"

/** @internal */
export interface EventRequest {
  /** Without a body. */
  readonly request: HttpClientRequest.HttpClientRequest
  readonly body: string
}

/** @internal */
export interface EventResponse {
  readonly status: number
  /** Lies ahead, when present. */
  readonly retryAfter: Duration.Duration | undefined
  /** Empty unless the protocol needs it. */
  readonly body: string
}

/**
 * How a protocol reads responses.
 *
 * @internal
 */
export interface EventProtocol {
  /** Whether the body of a 2xx decides. If so, losing it is losing the answer. */
  readonly answersInBody: boolean
  readonly classify: (response: EventResponse) => SendOutcome
}

const encoder = new TextEncoder()

const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** @internal */
export const eventRequest = (
  url: string,
  headers: Readonly<Record<string, string>> = {}
): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.post(url).pipe(HttpClientRequest.setHeaders({ ...headers, "user-agent": userAgent }))

/**
 * One attempt: compresses, posts, waits no longer than the timeout, and says what became of it. Never fails; the reasons
 * it gives never hold what was sent.
 *
 * @internal
 */
export const makeSendEvents = (
  client: HttpClient.HttpClient,
  compressor: Compressor,
  timeout: Duration.Duration
) => {
  const withinLimit = makeTimeLimit(timeout)
  const requestWhole = makeRequestWhole(client)

  const answerTo = (
    response: HttpClientResponse.HttpClientResponse,
    body: string
  ): Effect.Effect<EventResponse> =>
    Effect.map(Clock.currentTimeMillis, (now) => ({
      status: response.status,
      retryAfter: parseRetryAfter(response.headers["retry-after"], now),
      body
    }))

  const post = (
    request: HttpClientRequest.HttpClientRequest,
    { bytes, encoding }: CompressedBody,
    protocol: EventProtocol
  ): Effect.Effect<SendOutcome> =>
    Effect.suspend(() => {
      let known: SendOutcome | undefined

      const read = (response: HttpClientResponse.HttpClientResponse) => {
        if (protocol.answersInBody && isSuccess(response.status)) {
          return Effect.flatMap(response.text, (text) => Effect.map(answerTo(response, text), protocol.classify))
        }
        // The status says it all. The body is read only so that the connection can be used again.
        return Effect.flatMap(answerTo(response, ""), (answer) => {
          known = protocol.classify(answer)
          return Effect.as(Effect.ignore(response.arrayBuffer), known)
        })
      }

      const withBody = HttpClientRequest.bodyUint8Array(request, bytes, "application/json")
      return requestWhole(
        encoding === undefined ? withBody : HttpClientRequest.setHeader(withBody, "content-encoding", encoding),
        read
      ).pipe(
        (sent) => withinLimit(sent, () => Exit.succeed(known ?? { _tag: "Retry", details: "timeout" })),
        Effect.catchAll((error) =>
          known !== undefined
            ? Effect.succeed(known)
            // The given client may be one that refuses statuses by itself.
            : error._tag === "ResponseError" && error.reason === "StatusCode"
            ? Effect.map(answerTo(error.response, ""), protocol.classify)
            : Effect.succeed<SendOutcome>({ _tag: "Retry", details: "connection_error" })
        )
      )
    })

  // Responses outlive their use until the next major garbage collection; the text of the events must not be reachable
  // from them.
  return ({ body, request }: EventRequest, protocol: EventProtocol): Effect.Effect<SendOutcome> =>
    Effect.flatMap(
      compressor.compress(encoder.encode(body)),
      (compressed) => post(request, compressed, protocol)
    )
}
