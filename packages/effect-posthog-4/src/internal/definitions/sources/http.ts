// Generated from packages/effect-posthog/src/internal/definitions/sources/http.ts by packages/tools/editions.mjs: change that file, not this one.
import type * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { DefinitionsError } from "../../../Definitions.ts"
import type { DefinitionsLoad } from "../../../Definitions.ts"
import type { DefinitionsSource } from "../../../DefinitionsSource.ts"
import type { Settings } from "../../../PostHogConfig.ts"
import { runInSlices, yieldToEventLoop } from "../../eventLoop.ts"
import { isSmall } from "../../http/readText.ts"
import { causes, isTimeout, makeScopedRequest, ourRefs } from "../../http/request.ts"
import { reasonOfStatus } from "../../http/statusReason.ts"
import { makeLimited } from "../../http/timeLimit.ts"
import { userAgent } from "../../library.ts"
import { isTraced } from "../../traced.ts"
import { describe } from "../jsonProblem.ts"
import { parseDocument } from "../parseDocument.ts"

/** What systems call their failures: no message, which may quote the URL and with it the token. */
const failureCode = /^[A-Za-z][A-Za-z0-9_]{2,59}$/

const transportError = (error: HttpClientError.HttpClientError): DefinitionsError => {
  let problem: string = error.reason._tag.replace(/Error$/, "")
  for (const { code } of causes(error)) {
    if (typeof code === "string" && failureCode.test(code)) {
      problem = code
      break
    }
  }
  return new DefinitionsError({ reason: isTimeout(error) ? "Timeout" : "ConnectionError", problem })
}

const failureOf = (cause: Cause.Cause<DefinitionsError | HttpClientError.HttpClientError>): DefinitionsError => {
  const failure = Cause.findErrorOption(cause)
  if (Option.isNone(failure)) {
    return new DefinitionsError({ reason: "UnknownError", problem: "the HTTP client failed unexpectedly" })
  }
  return failure.value._tag === "DefinitionsError" ? failure.value : transportError(failure.value)
}

const tooLarge = (maxBytes: number) =>
  new DefinitionsError({ reason: "TooLarge", problem: `the document is larger than ${maxBytes} bytes` })

// Counts what arrives after decompression: a small answer may stand for a very large document.
const readChunks = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number
): Effect.Effect<ReadonlyArray<Uint8Array>, DefinitionsError | HttpClientError.HttpClientError> =>
  Effect.suspend(() => {
    if (Number(response.headers["content-length"]) > maxBytes) return Effect.fail(tooLarge(maxBytes))
    const chunks: Array<Uint8Array> = []
    let bytes = 0
    return Stream.runForEach(response.stream, (chunk) => {
      bytes += chunk.byteLength
      if (bytes > maxBytes) return Effect.fail(tooLarge(maxBytes))
      chunks.push(chunk)
      return yieldToEventLoop
    }).pipe(
      Effect.as(chunks)
    )
  })

/** Characters in a piece of text, at least. */
const pieceLength = 64 * 1024

/**
 * The text of a document in pieces, each decoded when it is asked for: bytes are no work for the collector of garbage, a
 * long text is.
 */
const decoded = (chunks: ReadonlyArray<Uint8Array>): Iterable<string> => ({
  *[Symbol.iterator]() {
    const decoder = new TextDecoder()
    let piece = ""
    for (const chunk of chunks) {
      piece += decoder.decode(chunk, { stream: true })
      if (piece.length < pieceLength) continue
      yield piece
      piece = ""
    }
    yield piece + decoder.decode()
  }
})

/** Milliseconds for which two answers may have the same date: it counts in seconds. */
const sameDateFor = 2000

/**
 * Says how old an answer is that an HTTP cache kept: by its `Age`, or because its `Date` was seen before. Such an answer
 * does not show that the definitions are current. `undefined` for an answer of the server.
 */
const makeDating = () => {
  let lastDate: string | undefined
  let firstSeenAt = 0
  return ({ headers }: HttpClientResponse.HttpClientResponse, now: number): number | undefined => {
    const { age, date } = headers
    const seconds = Number(age)
    if (seconds > 0) return now - seconds * 1000
    if (date === undefined || date !== lastDate) {
      lastDate = date
      firstSeenAt = now
      return undefined
    }
    return now - firstSeenAt > sameDateFor ? firstSeenAt : undefined
  }
}

/** Bytes of a body that is read at once, where that many are announced: `Stream` is a lot of code to run first. */
const readAtOnce = 1024 * 1024

const readPieces = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number
): Effect.Effect<Iterable<string>, DefinitionsError | HttpClientError.HttpClientError> =>
  isSmall(response, Math.min(maxBytes, readAtOnce))
    ? Effect.map(response.text, (text) => [text])
    : Effect.map(readChunks(response, maxBytes), decoded)

const read = (maxBytes: number) => {
  const dating = makeDating()
  return Effect.fnUntraced(function*(response: HttpClientResponse.HttpClientResponse) {
    const { etag } = response.headers
    const { status } = response
    const asOf = dating(response, yield* Clock.currentTimeMillis)
    if (status === 304) return { _tag: "NotModified", etag, asOf } satisfies DefinitionsLoad
    if (status !== 200) {
      return yield* new DefinitionsError({ reason: reasonOfStatus(status), httpStatus: status })
    }
    const pieces = yield* readPieces(response, maxBytes)
    const document = yield* runInSlices(() => parseDocument(pieces))
    if (Result.isFailure(document)) {
      return yield* new DefinitionsError({
        reason: "InvalidDocument",
        httpStatus: status,
        problem: describe(document.failure)
      })
    }
    return { _tag: "Loaded", document: document.success, etag, asOf } satisfies DefinitionsLoad
  })
}

/**
 * Loads definitions from PostHog. The URL contains the project's token, so no log line, span or error contains the URL.
 *
 * @internal
 */
export const httpDefinitions = (
  settings: Settings,
  secretKey: Redacted.Redacted<string>,
  client: HttpClient.HttpClient
): DefinitionsSource["Service"] => {
  const { maxDocumentBytes, requestTimeout } = settings.definitions
  const url = `${settings.host}/flags/definitions?token=${
    encodeURIComponent(Redacted.value(settings.apiKey))
  }&send_cohorts`
  const readResponse = read(maxDocumentBytes)
  const request = makeScopedRequest(client)
  const limited = makeLimited(requestTimeout, settings.runtime, ourRefs)

  const ask = (etag: string | undefined): Effect.Effect<DefinitionsLoad, DefinitionsError> => {
    const get = HttpClientRequest.get(url).pipe(
      HttpClientRequest.bearerToken(secretKey),
      HttpClientRequest.setHeader("user-agent", userAgent),
      HttpClientRequest.acceptJson
    )
    const conditional = etag === undefined ? get : HttpClientRequest.setHeader(get, "if-none-match", etag)
    const answered = Effect.catch(request(conditional, readResponse), (error) =>
      // The given client may be one that refuses statuses by itself.
      error._tag === "HttpClientError" && error.reason._tag === "StatusCodeError"
        ? readResponse(error.reason.response)
        : Effect.fail(error))
    return limited(answered, (exit, isLate): Exit.Exit<DefinitionsLoad, DefinitionsError> => {
      if (isLate) return Exit.fail(new DefinitionsError({ reason: "Timeout" }))
      return Exit.isSuccess(exit) ? Exit.succeed(exit.value) : Exit.fail(failureOf(exit.cause))
    })
  }

  const load = (etag: string | undefined): Effect.Effect<DefinitionsLoad, DefinitionsError> =>
    Effect.withFiber((fiber) => {
      const asked = ask(etag)
      if (!isTraced(fiber)) return asked
      return asked.pipe(
        Effect.withSpan("PostHog.loadDefinitions", {
          attributes: { "http.request.method": "GET", "url.path": "/flags/definitions" },

          kind: "client",
          // A load serves all who wait for it, and polling outlives whatever built the layer.
          root: true
        }, { captureStackTrace: false })
      )
    })
  return { name: "http", origin: settings.host, load }
}
