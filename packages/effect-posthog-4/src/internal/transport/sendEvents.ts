// Generated from packages/effect-posthog/src/internal/transport/sendEvents.ts by packages/tools/editions.mjs: change that file, not this one.
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type { EventBatch, SendOutcome } from "../../Delivery.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { readText } from "../http/readText.ts"
import type { BodyText } from "../http/readText.ts"
import { makeRequestWhole } from "../http/request.ts"
import { makeTimeLimit } from "../http/timeLimit.ts"
import { userAgent } from "../library.ts"
import { oneLine } from "../quote.ts"
import { Warnings } from "../warnings.ts"
import type { CompressedBody, Compressor } from "./compressBody.ts"
import { diagnoseAnswer, diagnoseLoss } from "./diagnosis.ts"
import { parseRetryAfter } from "./retryAfter.ts"
import { shownWords, wordsOfRefusal } from "./serverWords.ts"

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
  /** As much of it as was read. */
  readonly body: string
  /** The body is larger than what is read of an answer. */
  readonly tooLarge: boolean
  /** For an answer other than a 2xx: its status, and for a refusal of what was sent what the server said. */
  readonly details: string
  /** What the server said about one event, ready to be shown. */
  readonly wordsOf: (text: string) => string
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

/** How long the rest of an answer is waited for whose status already decides. */
const restLimit = Duration.millis(500)

const isSuccess = (status: number): boolean => status >= 200 && status < 300

// Whether a status refuses what was sent, for which one event in it may be to blame.
const isOfContent = (status: number): boolean => status === 400 || status === 413 || status === 422

/**
 * The outcome of a refusal.
 *
 * @internal
 */
export const refused = ({ details, status }: EventResponse): SendOutcome =>
  status === 413
    ? { _tag: "TooLarge", details }
    : isOfContent(status)
    ? { _tag: "Rejected", details, narrowable: true }
    : { _tag: "Rejected", details }

/** @internal */
export const eventRequest = (
  url: string,
  headers: Readonly<Record<string, string>> = {}
): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.post(url).pipe(HttpClientRequest.setHeaders({ ...headers, "user-agent": userAgent }))

/** What a transport has for all its requests. */
interface Parts {
  readonly client: HttpClient.HttpClient
  readonly settings: Settings
  readonly compressor: Compressor
}

/**
 * One attempt: compresses, posts, waits no longer than the timeout, and says what became of it. Never fails; the reasons
 * it gives never hold what was sent. Warns about answers that tell of a wrong configuration.
 *
 * @internal
 */
export const makeSendEvents = ({ client, compressor, settings }: Parts) => {
  const { maxResponseBytes, maxRetries, requestTimeout } = settings.events
  const { host } = settings
  const apiKey = Redacted.value(settings.apiKey)
  const withinLimit = makeTimeLimit(requestTimeout, settings.runtime)
  const withinRestLimit = makeTimeLimit(restLimit, settings.runtime)
  const requestWhole = makeRequestWhole(client)
  const warnings = new Warnings("EventTransport")
  const wordsOf = (text: string) => shownWords(text, apiKey)

  const detailsOf = (status: number, body: string): string => {
    const words = isOfContent(status) ? wordsOfRefusal(body, apiKey) : undefined
    return words === undefined ? `api_error_${status}` : `api_error_${status}: ${oneLine(words)}`
  }

  const answerTo = (
    { headers, status }: HttpClientResponse.HttpClientResponse,
    { text, tooLarge }: BodyText
  ): Effect.Effect<EventResponse> =>
    Effect.map(Clock.currentTimeMillis, (now) => ({
      status,
      retryAfter: parseRetryAfter(headers["retry-after"], now),
      body: text,
      tooLarge,
      details: detailsOf(status, text),
      wordsOf
    }))

  // The status decides, so neither a body that breaks nor one that drips changes the answer. It is read for what the
  // server says, and so that the connection can be used again.
  const readRest = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<BodyText> =>
    Effect.suspend(() => {
      const read = { text: "" }
      const soFar = (): BodyText => ({ text: read.text, tooLarge: true })
      return withinRestLimit(
        Effect.catchCause(readText(response, maxResponseBytes, read), () => Effect.sync(soFar)),
        () => Exit.succeed(soFar())
      )
    })

  const classified = (
    response: HttpClientResponse.HttpClientResponse,
    body: BodyText,
    { classify }: EventProtocol
  ): Effect.Effect<SendOutcome> =>
    Effect.flatMap(answerTo(response, body), (answer) => {
      const outcome = classify(answer)
      const diagnosis = outcome._tag === "Rejected" || outcome._tag === "TooLarge"
        ? diagnoseAnswer(host, answer.status, outcome.details)
        : undefined
      return diagnosis === undefined ? Effect.succeed(outcome) : Effect.as(warn(diagnosis), outcome)
    })

  const warn = ({ kind, warning }: { readonly kind: string; readonly warning: string }): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => warnings.warn(kind, warning, now))

  const post = (
    request: HttpClientRequest.HttpClientRequest,
    { bytes, encoding }: CompressedBody,
    protocol: EventProtocol,
    { attempt }: EventBatch
  ): Effect.Effect<SendOutcome> =>
    Effect.suspend(() => {
      const read = (response: HttpClientResponse.HttpClientResponse) =>
        Effect.flatMap(
          protocol.answersInBody && isSuccess(response.status)
            ? readText(response, maxResponseBytes)
            : readRest(response),
          (body) => classified(response, body, protocol)
        )
      const lost = (outcome: SendOutcome, error?: unknown) =>
        outcome._tag === "Retry" && attempt > maxRetries
          ? Effect.as(warn(diagnoseLoss(host, outcome.details, attempt, error)), outcome)
          : Effect.succeed(outcome)

      const withBody = HttpClientRequest.bodyUint8Array(request, bytes, "application/json")
      return requestWhole(
        encoding === undefined ? withBody : HttpClientRequest.setHeader(withBody, "content-encoding", encoding),
        read
      ).pipe(
        (sent) => withinLimit(sent, () => Exit.succeed<SendOutcome>({ _tag: "Retry", details: "timeout" })),
        Effect.matchEffect({
          onSuccess: (outcome) => lost(outcome),
          onFailure: (error) =>
            // The given client may be one that refuses statuses by itself.
            error._tag === "HttpClientError" && error.reason._tag === "StatusCodeError"
              ? Effect.flatMap(read(error.reason.response), (outcome) => lost(outcome))
              : lost({ _tag: "Retry", details: "connection_error" }, error)
        }),
        Effect.catch(() => Effect.succeed<SendOutcome>({ _tag: "Retry", details: "connection_error" }))
      )
    })

  // Responses outlive their use until the next major garbage collection; the text of the events must not be reachable
  // from them.
  return (
    { body, request }: EventRequest,
    protocol: EventProtocol,
    batch: EventBatch
  ): Effect.Effect<SendOutcome> =>
    Effect.flatMap(
      compressor.compress(encoder.encode(body)),
      (compressed) => post(request, compressed, protocol, batch)
    )
}
