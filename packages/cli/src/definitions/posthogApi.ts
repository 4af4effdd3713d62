import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { version } from "../version.ts"
import { parseJson } from "./parseJson.ts"

/** An answer of PostHog, whatever its status. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** No answer came. Never holds the request: its address and its headers hold keys. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  readonly reason: "Timeout" | "Connection" | "TooLarge"
  /** What the system calls the failure, such as `ENOTFOUND`. */
  readonly code: string | undefined
}> {}

const longestAnswer = 64 * 1024 * 1024

const timeLimit = "15 seconds"

/** What systems call their failures: no message, which may quote the address. */
const failureCode = /^[A-Z][A-Z0-9_]{2,59}$/

const codeOf = (error: unknown): string | undefined => {
  let cause: unknown = error
  for (let depth = 0; depth < 8 && Predicate.isRecord(cause); depth++) {
    const { code, name } = cause as { readonly code?: unknown; readonly name?: unknown }
    if (typeof code === "string" && failureCode.test(code)) return code
    if (name === "TimeoutError") return "ETIMEDOUT"
    const { errors } = cause as { readonly errors?: unknown }
    cause = cause["cause"] ?? (Array.isArray(errors) ? errors[0] : undefined)
  }
  return undefined
}

const read = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let bytes = 0
    let text = ""
    return Stream.runForEach(response.stream, (chunk) => {
      bytes += chunk.byteLength
      if (bytes > longestAnswer) return Effect.fail(new NoAnswer({ reason: "TooLarge", code: undefined }))
      text += decoder.decode(chunk, { stream: true })
      return Effect.void
    }).pipe(
      Effect.map((): Answer => ({
        status: response.status,
        headers: { ...response.headers },
        text: text + decoder.decode()
      })),
      // Answers without a body have no stream.
      Effect.catchTag("ResponseError", (error) =>
        error.reason === "EmptyBody"
          ? Effect.succeed<Answer>({ status: response.status, headers: { ...response.headers }, text: "" })
          : Effect.fail(error))
    )
  })

const send = (
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Answer, NoAnswer, HttpClient.HttpClient> =>
  Effect.flatMap(
    HttpClient.HttpClient,
    (client) =>
      client.execute(HttpClientRequest.setHeader(request, "user-agent", `effect-posthog-cli/${version}`)).pipe(
        Effect.flatMap(read),
        Effect.scoped,
        Effect.mapError((error: HttpClientError.HttpClientError | NoAnswer) =>
          error._tag === "NoAnswer" ? error : new NoAnswer({ reason: "Connection", code: codeOf(error) })
        ),
        Effect.timeoutFail({
          duration: timeLimit,
          onTimeout: () => new NoAnswer({ reason: "Timeout", code: undefined })
        }),
        // Spans would hold the address, and with it the key of the project.
        Effect.withTracerEnabled(false)
      )
  )

/** What identifies a project to PostHog. */
export interface Project {
  readonly host: string
  readonly secretKey: Redacted.Redacted<string>
  /** The secret key names its project. Personal keys belong to several, so that this has to tell which. */
  readonly projectKey: Option.Option<string>
}

/** Asks for the flag definitions. */
export const getDefinitions = (
  { host, projectKey, secretKey }: Project
): Effect.Effect<Answer, NoAnswer, HttpClient.HttpClient> => {
  const token = Option.match(projectKey, { onNone: () => "", onSome: (key) => `token=${encodeURIComponent(key)}&` })
  return send(
    HttpClientRequest.get(`${host}/flags/definitions?${token}send_cohorts`).pipe(
      HttpClientRequest.bearerToken(secretKey),
      HttpClientRequest.acceptJson
    )
  )
}

/** Asks for the values of no flags, which tells whether the key of the project is known. */
export const postFlags = (
  host: string,
  projectKey: string
): Effect.Effect<Answer, NoAnswer, HttpClient.HttpClient> =>
  send(
    HttpClientRequest.post(`${host}/flags/?v=2`).pipe(
      HttpClientRequest.bodyUnsafeJson({
        token: projectKey,
        distinct_id: "effect-posthog-doctor",
        evaluation_runtime: "server",
        flag_keys_to_evaluate: [],
        geoip_disable: true
      })
    )
  )

/** The name of a host without its path, for messages. */
export const hostName = (host: string): string => host.replace(/^https?:\/\//, "")

const hintOfCode = (code: string | undefined): string => {
  switch (code) {
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return ": is the clock of this machine right?"
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return ": does a proxy inspect the traffic? Node.js trusts its certificate with NODE_EXTRA_CA_CERTS"
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return ": does the host begin with https where it should be http, or the other way around?"
    default:
      return ""
  }
}

/** Why no answer came, for people. */
export const describeNoAnswer = (host: string, { code, reason }: NoAnswer): string => {
  const name = hostName(host)
  switch (reason) {
    case "Timeout":
      return `${name} did not answer within ${timeLimit}`
    case "TooLarge":
      return `${name} answered with more than ${longestAnswer / 1024 / 1024} MiB`
    case "Connection":
      switch (code) {
        case "ENOTFOUND":
        case "EAI_AGAIN":
          return `${name} cannot be found (${code}): is the host right, and is there a network?`
        case "ECONNREFUSED":
          return `${name} refuses connections (ECONNREFUSED): is the port right?`
        default:
          return `${name} cannot be reached${code === undefined ? "" : ` (${code})`}${hintOfCode(code)}`
      }
  }
}

/** What to look at when a host does not know the address. */
export const notHere =
  "is this a PostHog host, such as https://eu.i.posthog.com? A PostHog of your own below a path needs " +
  "the path in the host"

/** What a status of the definitions endpoint says about keys and limits; nothing for 200. */
export const describeStatus = (host: string, { headers, status }: Answer): string | undefined => {
  const answered = `${hostName(host)} answered ${status}`
  switch (status) {
    case 200:
      return undefined
    case 401:
      return `${answered}: is POSTHOG_SECRET_KEY a secret key (phs_, or a personal phx_ with POSTHOG_API_KEY) of this host's region?`
    case 402:
      return `${answered}: the project is over its quota of flag requests`
    case 403:
      return `${answered}: the key may not read flags; a personal key needs the scope feature_flag:read`
    case 404:
      return `${answered}: ${notHere}`
    case 429: {
      const wait = headers["retry-after"]
      return `${answered}: too many requests${
        wait !== undefined && /^\d+$/.test(wait) ? `; try again in ${wait} s` : ""
      }`
    }
    default:
      return status >= 300 && status < 400
        ? `${answered}, a redirect, which is not followed because the key would go along`
        : answered
  }
}

/** The definitions in an answer with status 200, or what is wrong with it. */
export const definitionsIn = (host: string, { text }: Answer): Either.Either<unknown, string> =>
  Either.flatMap(
    Either.mapLeft(parseJson(text), () => `${hostName(host)} answered with something that is not JSON`),
    (document) =>
      Predicate.isRecord(document) && Array.isArray(document["flags"])
        ? Either.right(document)
        : Either.left(`${hostName(host)} answered with JSON that is not a definitions document`)
  )
