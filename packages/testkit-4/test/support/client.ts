// Generated from packages/testkit/test/support/client.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogServer } from "@effect-posthog/testkit-4"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { Effect, Layer } from "effect"
import * as Zlib from "node:zlib"

export const serverAndClient = (options?: PostHogServer.Options) =>
  Layer.merge(PostHogServer.layer(options), FetchHttpClient.layer)

export const server = PostHogServer.PostHogServer

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  // The tests look into answers of every shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

type Send = Effect.Effect<
  Answered,
  HttpClientError.HttpClientError,
  HttpClient.HttpClient | PostHogServer.PostHogServer
>

const answered = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(response.text, (text): Answered => ({
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text)
    }
  }))

const send = (
  change: (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest
): Send =>
  Effect.gen(function*() {
    const { url } = yield* server
    const client = yield* HttpClient.HttpClient
    return yield* Effect.flatMap(
      client.execute(change(HttpClientRequest.get(url))),
      answered
    ).pipe(Effect.scoped)
  })

export const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Send =>
  send((request) =>
    request.pipe(
      HttpClientRequest.setMethod("POST"),
      HttpClientRequest.appendUrl(path),
      typeof body === "string"
        ? HttpClientRequest.bodyText(body, "application/json")
        : HttpClientRequest.bodyJsonUnsafe(body),
      HttpClientRequest.setHeaders(headers)
    )
  )

export const postBytes = (path: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): Send =>
  send((request) =>
    request.pipe(
      HttpClientRequest.setMethod("POST"),
      HttpClientRequest.appendUrl(path),
      HttpClientRequest.bodyUint8Array(bytes, "application/json"),
      HttpClientRequest.setHeaders(headers)
    )
  )

export const get = (path: string, headers: Readonly<Record<string, string>> = {}): Send =>
  send((request) => request.pipe(HttpClientRequest.appendUrl(path), HttpClientRequest.setHeaders(headers)))

export const definitions = (headers: Readonly<Record<string, string>> = {}): Send =>
  get("/flags/definitions?token=phc_test&send_cohorts", { authorization: "Bearer phs_test", ...headers })

export const flags = (body: Readonly<Record<string, unknown>> = {}): Send =>
  post("/flags/?v=2", {
    token: "phc_test",
    distinct_id: "ada",
    groups: {},
    person_properties: {},
    group_properties: {},
    geoip_disable: true,
    ...body
  })

const uuidOf = (index: number) => `0199f3c2-8d10-7c4e-9a77-${index.toString(16).padStart(12, "0")}`

export const v0Event = (event: string, index = 0) => ({
  event,
  distinct_id: "ada",
  uuid: uuidOf(index),
  timestamp: "2025-10-30T10:45:00.123Z",
  properties: { index }
})

export const batch = (...events: ReadonlyArray<unknown>): Send =>
  post("/batch/", { api_key: "phc_test", batch: events })

export const v1Event = (event: string, index = 0) => ({ ...v0Event(event, index), options: {} })

export const v1Headers = {
  authorization: "Bearer phc_test",
  "user-agent": "test/1.0.0",
  "posthog-sdk-info": "test/1.0.0",
  "posthog-attempt": "1",
  "posthog-request-id": "0199f3c2-8d10-7c4e-9a77-ffffffffffff",
  "posthog-request-timestamp": "2025-10-30T10:45:02.004Z"
}

export const v1Body = (...batch: ReadonlyArray<unknown>) => ({ created_at: "2025-10-30T10:45:02.004Z", batch })

export const capture = (...events: ReadonlyArray<unknown>): Send =>
  post("/i/v1/analytics/events", v1Body(...events), v1Headers)

export const compress = {
  gzip: (value: unknown) => Zlib.gzipSync(JSON.stringify(value)),
  deflate: (value: unknown) => Zlib.deflateSync(JSON.stringify(value)),
  br: (value: unknown) => Zlib.brotliCompressSync(JSON.stringify(value))
}
