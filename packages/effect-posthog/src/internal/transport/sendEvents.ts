import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import type { EventBatch, SendOutcome } from "../../Delivery.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { inTurn, withNow } from "../eventLoop.ts"
import { readText } from "../http/readText.ts"
import type { BodyText } from "../http/readText.ts"
import { ourRefs, withOurOptions } from "../http/request.ts"
import { makeLimited, makeRestLimit } from "../http/timeLimit.ts"
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

/** What came of a body that broke or was cut off. */
interface Read {
  text: string
}

const soFar = ({ text }: Read): BodyText => ({ text, tooLarge: true })

interface Answer {
  readonly response: HttpClientResponse.HttpClientResponse
  readonly body: BodyText
}

/** One answer, whose parts are worked out where they are asked for: most are not. */
class Answered implements EventResponse {
  readonly status: number
  readonly body: string
  readonly tooLarge: boolean
  readonly wordsOf: EventResponse["wordsOf"]
  private readonly response: HttpClientResponse.HttpClientResponse
  private readonly apiKey: string
  private readonly now: number

  constructor(
    { body: { text, tooLarge }, response }: Answer,
    apiKey: string,
    wordsOf: EventResponse["wordsOf"],
    now: number
  ) {
    this.status = response.status
    this.body = text
    this.tooLarge = tooLarge
    this.wordsOf = wordsOf
    this.response = response
    this.apiKey = apiKey
    this.now = now
  }

  get retryAfter(): Duration.Duration | undefined {
    return parseRetryAfter(this.response.headers["retry-after"], this.now)
  }

  get details(): string {
    const words = isOfContent(this.status) ? wordsOfRefusal(this.body, this.apiKey) : undefined
    return words === undefined ? `api_error_${this.status}` : `api_error_${this.status}: ${oneLine(words)}`
  }
}

// The given client may be one that refuses statuses by itself.
const refusedByClient = (
  error: HttpClientError.HttpClientError
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  error._tag === "ResponseError" && error.reason === "StatusCode"
    ? Effect.succeed(error.response)
    : Effect.fail(error)

const timedOut: SendOutcome = { _tag: "Retry", details: "timeout" }
const connectionLost: SendOutcome = { _tag: "Retry", details: "connection_error" }

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
  const limited = makeLimited(requestTimeout, settings.runtime, ourRefs)
  const limitRest = makeRestLimit(restLimit, settings.runtime)
  const { execute } = withOurOptions(client)
  const warnings = new Warnings("EventTransport")
  const wordsOf = (text: string) => shownWords(text, apiKey)

  const warn = ({ kind, warning }: { readonly kind: string; readonly warning: string }): Effect.Effect<void> =>
    withNow((now) => warnings.warn(kind, warning, now))

  const classified = (answer: Answer, { classify }: EventProtocol): Effect.Effect<SendOutcome> =>
    withNow((now) => {
      const response = new Answered(answer, apiKey, wordsOf, now)
      const outcome = classify(response)
      const diagnosis = outcome._tag === "Rejected" || outcome._tag === "TooLarge"
        ? diagnoseAnswer(host, response.status, outcome.details)
        : undefined
      return diagnosis === undefined ? Effect.succeed(outcome) : Effect.as(warn(diagnosis), outcome)
    })

  // The status decides, so neither a body that breaks nor one that drips changes the answer. It is read for what the
  // server says, and so that the connection can be used again.
  const readRest = (response: HttpClientResponse.HttpClientResponse, read: Read): Effect.Effect<Answer> =>
    Effect.catchAllCause(
      Effect.map(readText(response, maxResponseBytes, read), (body) => ({ response, body })),
      () => Effect.sync(() => ({ response, body: soFar(read) }))
    )

  const lost = (outcome: SendOutcome, attempt: number, error?: unknown): Effect.Effect<SendOutcome> =>
    outcome._tag === "Retry" && attempt > maxRetries
      ? Effect.as(warn(diagnoseLoss(host, outcome.details, attempt, error)), outcome)
      : Effect.succeed(outcome)

  const answered = (
    request: HttpClientRequest.HttpClientRequest,
    protocol: EventProtocol
  ): Effect.Effect<Answer | undefined, HttpClientError.HttpClientError> => {
    const read = { text: "" }
    let rest: { readonly response: HttpClientResponse.HttpClientResponse; readonly isLate: () => boolean } | undefined
    const asked = Effect.withFiberRuntime<Answer, HttpClientError.HttpClientError>((fiber) =>
      Effect.flatMap(Effect.catchAll(execute(request), refusedByClient), (response) => {
        if (protocol.answersInBody && isSuccess(response.status)) {
          return Effect.map(readText(response, maxResponseBytes), (body) => ({ response, body }))
        }
        rest = { response, isLate: limitRest(fiber) }
        return readRest(response, read)
      })
    )
    return limited(asked, (exit, isLate) => {
      if (Exit.isSuccess(exit)) return exit
      if (isLate) return Exit.succeed(undefined)
      return rest !== undefined && Exit.isInterrupted(exit) && rest.isLate()
        ? Exit.succeed({ response: rest.response, body: soFar(read) })
        : exit
    })
  }

  const post = (
    request: HttpClientRequest.HttpClientRequest,
    { bytes, encoding }: CompressedBody,
    protocol: EventProtocol,
    { attempt }: EventBatch
  ): Effect.Effect<SendOutcome> => {
    const withBody = HttpClientRequest.bodyUint8Array(request, bytes, "application/json")
    const after = (outcome: SendOutcome) => lost(outcome, attempt)
    return Effect.matchEffect(
      answered(
        encoding === undefined ? withBody : HttpClientRequest.setHeader(withBody, "content-encoding", encoding),
        protocol
      ),
      {
        onSuccess: (answer) =>
          answer === undefined ? after(timedOut) : Effect.flatMap(classified(answer, protocol), after),
        onFailure: (error) => lost(connectionLost, attempt, error)
      }
    )
  }

  // Responses outlive their use until the next major garbage collection; the text of the events must not be reachable
  // from them.
  return (
    { body, request }: EventRequest,
    protocol: EventProtocol,
    batch: EventBatch
  ): Effect.Effect<SendOutcome> =>
    Effect.flatMap(
      inTurn(body.length, () => compressor.compress(encoder.encode(body))),
      (compressed) => post(request, compressed, protocol, batch)
    )
}
