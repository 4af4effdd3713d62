// Generated from packages/effect-posthog/test/support/scriptedEndpoint.ts by packages/tools/editions.mjs: change that file, not this one.
import { httpClientError } from "./standIns.ts"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "../../src/index.ts"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import type { Options } from "../../src/PostHogConfig.ts"

/** What the endpoint does with a request. */
export interface Answer {
  readonly status?: number
  readonly body?: BodyInit | null
  readonly etag?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Waits this long, on the test's clock, before anything arrives. */
  readonly after?: Duration.Input
  /** The connection breaks instead. */
  readonly reset?: boolean
}

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export const flag = (key: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id: 1,
  key,
  active: true,
  filters: { groups: [{ properties: [], rollout_percentage: 100 }] },
  ...more
})

export const document = (keys: ReadonlyArray<string>, more: Readonly<Record<string, unknown>> = {}) => ({
  flags: keys.map((key) => flag(key)),
  group_type_mapping: {},
  cohorts: {},
  ...more
})

export const ok = (body: unknown, etag?: string): Answer => ({
  status: 200,
  body: typeof body === "string" ? body : JSON.stringify(body),
  ...(etag === undefined ? {} : { etag })
})

export const status = (code: number): Answer => ({ status: code, body: "{}" })

export const notModified: Answer = { status: 304, body: null }

/** A definitions endpoint without a network: it answers what it is told to, and remembers what it was asked. */
export const makeEndpoint = (first: Answer) => {
  let answer = first
  const requests: Array<SeenRequest> = []
  const respond = (request: HttpClientRequest.HttpClientRequest, { body, etag, headers, status }: Answer) =>
    HttpClientResponse.fromWeb(
      request,
      new Response(body ?? null, {
        status: status ?? 200,
        headers: { ...headers, ...(etag === undefined ? {} : { etag }) }
      })
    )
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      requests.push({ method: request.method, url: url.toString(), headers: request.headers })
      const { after = 0, ...rest } = answer
      return Effect.suspend(() =>
        rest.reset === true
          ? Effect.fail(
            httpClientError({
              request,
              reason: "Transport",
              cause: Object.assign(new Error(`read ECONNRESET ${url}`), { code: "ECONNRESET" })
            })
          )
          : Effect.succeed(respond(request, rest))
      ).pipe(Effect.delay(after))
    })
  )
  return {
    answer: (next: Answer) => {
      answer = next
    },
    client,
    requests
  }
}

export const token = "phc_project/token"

export const secret = "phs_secret"

export const options = (more: Partial<Options> = {}): Options => ({
  apiKey: Redacted.make(token),
  secretKey: Redacted.make(secret),
  host: "https://posthog.test",
  ...more
})

/** The real evaluator over the real HTTP source, over a scripted client. */
export const build = (client: HttpClient.HttpClient, more: Partial<Options> = {}) =>
  LocalEvaluator.layer.pipe(
    Layer.provide(DefinitionsSource.layerHttp),
    Layer.provide(PostHogConfig.layer(options(more))),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    Layer.build,
    Effect.map(Context.get(LocalEvaluator))
  )

export type Evaluator = LocalEvaluator["Service"]

/** Waits for the end of the load that is under way, if one is. Only `nextAttemptAt` tells that from outside. */
export const settled = ({ status }: Evaluator): Effect.Effect<void> =>
  Effect.flatMap(
    status,
    ({ nextAttemptAt }) =>
      nextAttemptAt === undefined ? Effect.andThen(yieldToEventLoop, settled({ status } as Evaluator)) : Effect.void
  )

/** The keys that evaluate to a value, sorted. */
export const resolved = ({ evaluate }: Evaluator): ReadonlyArray<string> =>
  [...evaluate({ distinctId: "someone" }).records].flatMap(([key, { _tag }]) => _tag === "Resolved" ? [key] : []).sort()
