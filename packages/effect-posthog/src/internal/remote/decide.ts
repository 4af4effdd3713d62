import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { DeciderError } from "../../Decision.ts"
import type { DecideRequest, DecideResponse, RemoteFailureReason } from "../../Decision.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { isTimeout, makeRequestWhole, scrub } from "../http/request.ts"
import { makeTimeLimit } from "../http/timeLimit.ts"
import { userAgent } from "../library.ts"
import { flagsRequestBody } from "./flagsRequest.ts"
import { decodeFlagsResponse } from "./flagsResponse.ts"

const isRetryable = (error: DeciderError): boolean =>
  error.reason === "Timeout" || error.reason === "ConnectionError" ||
  (error.reason === "ApiError" && (error.httpStatus === 502 || error.httpStatus === 504))

const isRefusal = (status: number): boolean => status < 200 || status > 299

const refused = (status: number) => new DeciderError({ reason: "ApiError", httpStatus: status })

const backoff = Schedule.exponential("300 millis").pipe(Schedule.either(Schedule.spaced("30 seconds")))

const parse = (text: string): Option.Option<unknown> => {
  try {
    return Option.some(JSON.parse(text))
  } catch {
    return Option.none()
  }
}

// What else an answer says that is none does not matter, but a body that is left unread keeps its connection busy; one
// that takes its time is cut off.
const discard = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<void> =>
  Effect.ignore(Effect.timeout(response.text, "500 millis"))

// Reading the body is part of the transport: a connection that breaks in the middle is worth another attempt.
const read = (
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<DecideResponse, DeciderError | HttpClientError.HttpClientError> => {
  if (isRefusal(response.status)) return Effect.zipRight(discard(response), Effect.fail(refused(response.status)))
  return Effect.flatMap(response.text, (text) =>
    Option.match(Option.flatMap(parse(text), decodeFlagsResponse), {
      onNone: () => Effect.fail(new DeciderError({ reason: "InvalidResponse" })),
      onSome: Effect.succeed
    }))
}

// The given client may have time limits of its own.
const transportReason = (error: HttpClientError.HttpClientError): RemoteFailureReason => {
  if (error._tag === "RequestError" && error.reason !== "Transport") return "UnknownError"
  return isTimeout(error) ? "Timeout" : "ConnectionError"
}

/** @internal */
export const makeDecide = (settings: Settings, client: HttpClient.HttpClient) => {
  const withinLimit = makeTimeLimit(settings.flags.requestTimeout)
  const requestWhole = makeRequestWhole(client)
  const token = Redacted.value(settings.apiKey)
  const defaults = {
    token,
    disableGeoip: settings.disableGeoip,
    evaluationContexts: settings.flags.evaluationContexts
  }
  const post = HttpClientRequest.post(`${settings.host}/flags/?v=2`).pipe(
    HttpClientRequest.setHeader("user-agent", userAgent)
  )

  const failure = (error: DeciderError | HttpClientError.HttpClientError): DeciderError => {
    if (error._tag === "DeciderError") return error
    // The given client may be one that refuses statuses by itself.
    if (error._tag === "ResponseError" && error.reason === "StatusCode") {
      return refused(error.response.status)
    }
    return new DeciderError({ reason: transportReason(error), cause: scrub(error, token) })
  }

  const body = (request: DecideRequest): Effect.Effect<string, DeciderError> =>
    Effect.suspend(() => {
      const content = flagsRequestBody(request, defaults)
      return content === undefined
        ? Effect.fail(
          new DeciderError({ reason: "UnknownError", cause: new Error("the request is larger than 8 MiB") })
        )
        : Effect.succeed(content)
    })

  // A refusal that arrived in time is the answer, also when the time ends before its body does.
  const attempt = (json: string): Effect.Effect<DecideResponse, DeciderError> =>
    Effect.suspend(() => {
      let status: number | undefined
      const use = (response: HttpClientResponse.HttpClientResponse) => {
        status = response.status
        return read(response)
      }
      return withinLimit(
        Effect.mapError(requestWhole(HttpClientRequest.bodyText(post, json, "application/json"), use), failure),
        () =>
          Exit.fail(
            status !== undefined && isRefusal(status) ? refused(status) : new DeciderError({ reason: "Timeout" })
          )
      )
    })

  return (request: DecideRequest): Effect.Effect<DecideResponse, DeciderError> =>
    Effect.flatMap(
      body(request),
      (json) => Effect.retry(attempt(json), { schedule: backoff, times: settings.flags.maxRetries, while: isRetryable })
    )
}
