import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { DeciderError } from "../../Decision.ts"
import type { DecideRequest, DecideResponse, RemoteFailureReason } from "../../Decision.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { clockOf } from "../eventLoop.ts"
import { FreshConnections } from "../http/freshConnections.ts"
import { readText } from "../http/readText.ts"
import { isTimeout, ourRefs, withOurOptions } from "../http/request.ts"
import { scrub } from "../http/scrub.ts"
import type { Withheld } from "../http/scrub.ts"
import { makeLimited } from "../http/timeLimit.ts"
import { userAgent } from "../library.ts"
import { oneLine } from "../quote.ts"
import { flagsRequestBody, TooLarge } from "./flagsRequest.ts"
import type { RequestBody } from "./flagsRequest.ts"
import { decodeFlagsResponse } from "./flagsResponse.ts"
import { RemoteReport } from "./remoteReport.ts"

const isRetryable = (error: DeciderError): boolean =>
  error.reason === "Timeout" || error.reason === "ConnectionError" ||
  (error.reason === "ApiError" && (error.httpStatus === 502 || error.httpStatus === 504))

const isRefusal = (status: number): boolean => status < 200 || status > 299

const refused = (status: number) => new DeciderError({ reason: "ApiError", httpStatus: status })

/** Milliseconds between a failed attempt, the first of which is 0, and the next. */
const delayAfter = (attempt: number): number => Math.min(30_000, 300 * 2 ** attempt)

// The rest of a refusal does not matter, but a body that is left unread keeps its connection busy; one that takes its
// time is cut off.
const discard = (response: HttpClientResponse.HttpClientResponse, maxBytes: number): Effect.Effect<void> =>
  Effect.ignore(Effect.timeout(readText(response, maxBytes), "500 millis"))

// Reading the body is part of the transport: a connection that breaks in the middle is worth another attempt.
const read = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number
): Effect.Effect<DecideResponse, DeciderError | HttpClientError.HttpClientError> =>
  isRefusal(response.status)
    ? Effect.zipRight(discard(response, maxBytes), Effect.fail(refused(response.status)))
    : Effect.flatMap(readText(response, maxBytes), (body) =>
      body.tooLarge ? Effect.fail(new DeciderError({ reason: "TooLarge" })) : decodeFlagsResponse(body.text))

// The given client may have time limits of its own.
const transportReason = (error: HttpClientError.HttpClientError): RemoteFailureReason => {
  if (error._tag === "RequestError" && error.reason !== "Transport") return "UnknownError"
  return isTimeout(error) ? "Timeout" : "ConnectionError"
}

type Failure = Cause.Cause<DeciderError | HttpClientError.HttpClientError>

/** @internal */
export const makeDecide = (settings: Settings, client: HttpClient.HttpClient) => {
  const { maxResponseBytes, maxRetries, requestTimeout } = settings.flags
  const limited = makeLimited(requestTimeout, settings.runtime, ourRefs)
  const { execute } = withOurOptions(client)
  const connections = new FreshConnections()
  const report = new RemoteReport(settings)
  const token = Redacted.value(settings.apiKey)
  const secrets = [token, settings.secretKey === undefined ? "" : Redacted.value(settings.secretKey)]
  const defaults = {
    token,
    disableGeoip: settings.disableGeoip,
    evaluationContexts: settings.flags.evaluationContexts
  }
  const post = HttpClientRequest.post(`${settings.host}/flags/?v=2`).pipe(
    HttpClientRequest.setHeader("user-agent", userAgent)
  )

  // Defects, and interruptions that are not ours, come from the given client: they never end the caller.
  const failureOf = (cause: Failure, withheld: Withheld): DeciderError => {
    const failed = Cause.failureOption(cause)
    if (Option.isNone(failed)) {
      return new DeciderError({ reason: "UnknownError", cause: scrub(Cause.squash(cause), withheld) })
    }
    const error = failed.value
    if (error._tag === "DeciderError") return error
    // The given client may be one that refuses statuses by itself.
    if (error._tag === "ResponseError" && error.reason === "StatusCode") return refused(error.response.status)
    return new DeciderError({ reason: transportReason(error), cause: scrub(error, withheld) })
  }

  const attempt = ({ bytes, text }: RequestBody): Effect.Effect<DecideResponse, DeciderError> =>
    Effect.withFiberRuntime((fiber) => {
      const clock = clockOf(fiber)
      const prepared = connections.prepare(post, clock.unsafeCurrentTimeNanos())
      let status: number | undefined
      const answered = Effect.flatMap(
        execute(HttpClientRequest.bodyUint8Array(prepared, bytes, "application/json")),
        (response) => {
          status = response.status
          return read(response, maxResponseBytes)
        }
      )
      return limited(answered, (exit, isLate) => {
        if (Exit.isSuccess(exit)) return Exit.succeed(exit.value)
        if (!isLate) {
          connections.failed(Cause.squash(exit.cause), clock.unsafeCurrentTimeNanos())
          return Exit.fail(failureOf(exit.cause, { secrets, body: text }))
        }
        // A refusal that arrived in time is the answer, also when the time ends before its body does.
        return Exit.fail(
          status !== undefined && isRefusal(status) ? refused(status) : new DeciderError({ reason: "Timeout" })
        )
      })
    })

  const failed = (error: DeciderError, since: bigint): Effect.Effect<never, DeciderError> =>
    Effect.zipRight(report.failed(error, since), Effect.fail(error))

  const attempts = (body: RequestBody, since: bigint, number: number): Effect.Effect<DecideResponse, DeciderError> =>
    Effect.matchEffect(attempt(body), {
      onFailure: (error) =>
        number < maxRetries && isRetryable(error)
          ? Effect.zipRight(Effect.sleep(delayAfter(number)), attempts(body, since, number + 1))
          : failed(error, since),
      onSuccess: (response) => report.answered(response, since)
    })

  const send = (body: RequestBody | TooLarge, since: bigint): Effect.Effect<DecideResponse, DeciderError> => {
    if (!(body instanceof TooLarge)) return attempts(body, since, 0)
    const cause = new Error(`the request is too large: ${oneLine(body.excess)}`)
    return failed(new DeciderError({ reason: "UnknownError", cause }), since)
  }

  return (request: DecideRequest): Effect.Effect<DecideResponse, DeciderError> =>
    Effect.withFiberRuntime((fiber) => {
      const body = flagsRequestBody(request, defaults)
      const since = clockOf(fiber).unsafeCurrentTimeNanos()
      return Effect.isEffect(body) ? Effect.flatMap(body, (large) => send(large, since)) : send(body, since)
    })
}
