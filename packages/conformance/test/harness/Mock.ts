/**
 * PostHog as the harness plays it: one queue of configured answers for all endpoints, consumed in order of arrival;
 * default answers of its own; requests and answers kept apart by `X-Test-Id`.
 */
import { HttpServer, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Clock, Context, Effect, Layer, Option, Stream, SubscriptionRef } from "effect"
import { createServer } from "node:http"
import { gunzipSync } from "node:zlib"

export type Json = Readonly<Record<string, any>>

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The V1 endpoint's word about each event, by its position in the request. */
  readonly results?: ReadonlyArray<string>
}

export interface Recorded {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  /** `undefined` when the mock cannot decode it. */
  readonly body: Json | undefined
  readonly events: ReadonlyArray<Json>
  readonly receivedAt: number
}

const routes: ReadonlyMap<string, "capture" | "v1" | "flags"> = new Map([
  ...["/i/v1/analytics/events", "/i/v1/analytics/events/"].map((path) => [path, "v1"] as const),
  ...["/batch", "/batch/", "/i/v0/ai/batch/", "/i/v0/e", "/i/v0/e/", "/e", "/e/", "/capture", "/capture/"].map(
    (path) => [path, "capture"] as const
  ),
  ...["/track", "/track/"].map((path) => [path, "capture"] as const),
  ...["/flags", "/flags/"].map((path) => [path, "flags"] as const)
])

const statusesWithRetryAfter = new Set([408, 500, 503, 504])

const parse = (bytes: Buffer, encoding: string | undefined): Json | undefined => {
  try {
    const text = encoding === "gzip" ? gunzipSync(bytes).toString() : bytes.toString()
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const eventsOf = (body: any): ReadonlyArray<Json> =>
  body === undefined
    ? []
    : Array.isArray(body)
    ? body
    : Array.isArray(body.batch)
    ? body.batch
    : Array.isArray(body.data)
    ? body.data
    : [body]

const defaultFlags = { featureFlags: {}, featureFlagPayloads: {}, errorsWhileComputingFlags: false }

const answerV1 = ({ body, headers = {}, results = [], status = 200 }: Answer, { events, headers: sent }: Recorded) => {
  const asksForRetry = status === 200 ? results.includes("retry") : statusesWithRetryAfter.has(status)
  return {
    status,
    headers: {
      "posthog-request-id": sent["posthog-request-id"] ?? "",
      ...(asksForRetry ? { "retry-after": "1" } : {}),
      ...headers
    },
    body: body ?? (status === 200
      ? { results: Object.fromEntries(events.map(({ uuid }, at) => [uuid, { result: results[at] ?? "ok" }])) }
      : { error: "server_error", error_description: "Server error" })
  }
}

const answerWith = (answer: Answer, route: "capture" | "v1" | "flags", request: Recorded) => {
  const { body, headers = {}, status = 200 } = answer
  if (route === "v1") return answerV1(answer, request)
  if (status < 200 || status > 299) return { status, headers, body: body ?? { error: "Server error" } }
  return route === "flags"
    ? { status, headers, body: { ...defaultFlags, ...body as object } }
    : { status, headers, body: body ?? { status: 1 } }
}

interface Partition {
  readonly answers: ReadonlyArray<Answer>
  readonly requests: ReadonlyArray<Recorded>
}

const nothing: Partition = { answers: [], requests: [] }

export class Mock extends Context.Tag("@effect-posthog/conformance/test/Mock")<Mock, {
  readonly url: string
  /** The answers to the next requests of a test, whatever they ask for. */
  readonly answer: (testId: string, answers: ReadonlyArray<Answer>) => Effect.Effect<void>
  readonly requests: (testId: string) => Effect.Effect<ReadonlyArray<Recorded>>
  /** Resolves when this many requests of a test have arrived: those. */
  readonly awaitRequests: (testId: string, count: number) => Effect.Effect<ReadonlyArray<Recorded>>
  readonly clear: (testId: string) => Effect.Effect<void>
}>() {
  static readonly layer = Layer.scoped(
    Mock,
    Effect.gen(function*() {
      const partitions = yield* SubscriptionRef.make<ReadonlyMap<string, Partition>>(new Map())

      const update = <A>(testId: string, f: (partition: Partition) => readonly [A, Partition]) =>
        SubscriptionRef.modify(partitions, (all) => {
          const [result, partition] = f(all.get(testId) ?? nothing)
          return [result, new Map([...all, [testId, partition]])]
        })

      const app = Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const url = new URL(request.url, "http://mock")
        const route = request.method === "POST" ? routes.get(url.pathname) : undefined
        if (route === undefined) return HttpServerResponse.empty({ status: 404 })
        const bytes = Buffer.from(yield* request.arrayBuffer)
        const body = parse(bytes, request.headers["content-encoding"])
        const recorded: Recorded = {
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: request.headers,
          bytes,
          body,
          events: eventsOf(body),
          receivedAt: yield* Clock.currentTimeMillis
        }
        const given = yield* update(
          request.headers["x-test-id"] ?? "",
          ({ answers: [next, ...rest], requests }) => [next, { answers: rest, requests: [...requests, recorded] }]
        )
        const answer = answerWith(given ?? {}, route, recorded)
        return HttpServerResponse.unsafeJson(answer.body, { status: answer.status, headers: answer.headers })
      })

      const server = createServer()
      const { address, serve } = yield* NodeHttpServer.make(() => server, { host: "127.0.0.1", port: 0 })
      yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
      yield* serve(app)

      const requests = (testId: string) =>
        Effect.map(SubscriptionRef.get(partitions), (all) => (all.get(testId) ?? nothing).requests)

      return {
        url: HttpServer.formatAddress(address),
        answer: (testId, answers) =>
          update(testId, (partition) => [undefined, { ...partition, answers: [...partition.answers, ...answers] }]),
        requests,
        awaitRequests: (testId, count) =>
          partitions.changes.pipe(
            Stream.map((all) => (all.get(testId) ?? nothing).requests),
            Stream.filter((all) => all.length >= count),
            Stream.runHead,
            Effect.map(Option.getOrThrow)
          ),
        clear: (testId) => update(testId, () => [undefined, nothing])
      }
    })
  )
}
