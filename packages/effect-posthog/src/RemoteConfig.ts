/**
 * Remote configuration: payloads that PostHog keeps by key, the same for everybody.
 *
 * @since 3.0.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { keyOf } from "./Flag.ts"
import type { FlagKey } from "./Flag.ts"
import { readText } from "./internal/http/readText.ts"
import { isTimeout, makeRequest } from "./internal/http/request.ts"
import { reasonOfStatus } from "./internal/http/statusReason.ts"
import { userAgent } from "./internal/library.ts"
import { quote } from "./internal/quote.ts"
import { PostHogConfig } from "./PostHogConfig.ts"
import type { Settings } from "./PostHogConfig.ts"

/**
 * Why a payload could not be fetched.
 *
 * - `NoSecretKey`: the client has no `secretKey`, which this endpoint asks for
 * - `Unauthorized` (401), `QuotaLimited` (402), `Forbidden` (403), `RateLimited` (429), `ApiError` (any other status)
 * - `Timeout`: no answer within `flags.requestTimeout`
 * - `ConnectionError`: no connection, or one that broke
 * - `TooLarge`: more than `flags.maxResponseBytes`
 * - `InvalidResponse`: the answer is not JSON
 *
 * @since 3.0.0
 * @category models
 */
export type RemoteConfigErrorReason =
  | "NoSecretKey"
  | "Unauthorized"
  | "QuotaLimited"
  | "Forbidden"
  | "RateLimited"
  | "ApiError"
  | "Timeout"
  | "ConnectionError"
  | "TooLarge"
  | "InvalidResponse"

/**
 * A payload could not be fetched. It never holds the request, because the URL contains a token.
 *
 * @since 3.0.0
 * @category errors
 */
export class RemoteConfigError extends Data.TaggedError("RemoteConfigError")<{
  readonly reason: RemoteConfigErrorReason
  readonly key: string
  /** The HTTP status, where there was one. */
  readonly httpStatus?: number | undefined
}> {
  override get message(): string {
    const status = this.httpStatus === undefined ? "" : ` (status ${this.httpStatus})`
    return `The remote config ${quote(this.key)} could not be fetched: ${this.reason}${status}`
  }
}

// The server sends the payload's JSON text as a JSON string. A payload that is no JSON is the text itself.
const decode = (text: string): Option.Option<unknown> => {
  const body: unknown = text === "" ? null : JSON.parse(text)
  if (typeof body !== "string") return Option.fromNullable(body)
  try {
    return Option.some(JSON.parse(body))
  } catch {
    return Option.some(body)
  }
}

const read = (key: string, maxBytes: number) => (response: HttpClientResponse.HttpClientResponse) =>
  Effect.gen(function*() {
    const { status: httpStatus } = response
    if (httpStatus === 404) return Option.none<unknown>()
    if (httpStatus !== 200) {
      return yield* new RemoteConfigError({ reason: reasonOfStatus(httpStatus), key, httpStatus })
    }
    const { text, tooLarge } = yield* readText(response, maxBytes)
    if (tooLarge) return yield* new RemoteConfigError({ reason: "TooLarge", key, httpStatus })
    return yield* Effect.try({
      try: () => decode(text),
      catch: () => new RemoteConfigError({ reason: "InvalidResponse", key, httpStatus })
    })
  })

const request = (settings: Settings, secretKey: Redacted.Redacted<string>, key: string) => {
  const token = encodeURIComponent(Redacted.value(settings.apiKey))
  // Half a surrogate pair has no encoding.
  const segment = encodeURIComponent(key.replace(/\p{Cs}/gu, "\ufffd"))
  const path = `/api/projects/@current/feature_flags/${segment}/remote_config`
  return HttpClientRequest.get(`${settings.host}${path}?token=${token}`).pipe(
    HttpClientRequest.bearerToken(secretKey),
    HttpClientRequest.setHeader("user-agent", userAgent),
    HttpClientRequest.acceptJson
  )
}

/**
 * Fetches the payload of a remote config flag, decoded from JSON. `None`: there is no such flag, or it has no payload.
 *
 * **When to use**
 *
 * For configuration that is the same for everybody, and for encrypted payloads, which no evaluation gives. What differs
 * from person to person is a flag's payload: see `FlagSnapshot.getFlagPayload`.
 *
 * **Details**
 *
 * Each call is one request with the client's `secretKey`, within `flags.requestTimeout`; nothing is remembered or
 * repeated, and no exposure is reported. `Effect.cachedWithTTL` keeps the answer, `Effect.retry` asks again. A client that
 * is disabled answers `None`.
 *
 * **Example**
 *
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Option } from "effect"
 * import { PostHog } from "effect-posthog"
 * import * as RemoteConfig from "effect-posthog/RemoteConfig"
 *
 * const prices = RemoteConfig.getRemoteConfigPayload("prices").pipe(
 *   Effect.provide([PostHog.layerDisabled, FetchHttpClient.layer])
 * )
 *
 * assert.deepStrictEqual(await Effect.runPromise(prices), Option.none())
 * ```
 *
 * @since 3.0.0
 * @category getters
 */
export const getRemoteConfigPayload = (
  flag: FlagKey
): Effect.Effect<Option.Option<unknown>, RemoteConfigError, PostHogConfig | HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const settings = yield* PostHogConfig
    const client = yield* HttpClient.HttpClient
    const key = keyOf(flag)
    if (!settings.enabled) return Option.none()
    if (settings.secretKey === undefined) return yield* new RemoteConfigError({ reason: "NoSecretKey", key })
    const { maxResponseBytes, requestTimeout } = settings.flags
    const readAnswer = read(key, maxResponseBytes)
    const fail = (reason: RemoteConfigErrorReason) => new RemoteConfigError({ reason, key })
    const failure = (error: HttpClientError.HttpClientError) => fail(isTimeout(error) ? "Timeout" : "ConnectionError")
    return yield* makeRequest(client)(request(settings, settings.secretKey, key), readAnswer).pipe(
      Effect.catchTags({
        RequestError: failure,
        // The given client may be one that refuses statuses by itself.
        ResponseError: (error) =>
          error.reason === "StatusCode" ?
            Effect.mapError(
              readAnswer(error.response),
              (again) => again._tag === "RemoteConfigError" ? again : failure(again)
            ) :
            failure(error)
      }),
      Effect.catchAllDefect(() => Effect.fail(fail("ConnectionError"))),
      Effect.timeoutFail({ duration: requestTimeout, onTimeout: () => fail("Timeout") }),
      Effect.withSpan("PostHog.getRemoteConfigPayload", {
        attributes: { "http.request.method": "GET" },
        captureStackTrace: false,
        kind: "client"
      })
    )
  })
