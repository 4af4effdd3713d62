import { RedisClaims, RedisClient, RedisDefinitions } from "@effect-posthog/redis"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { DedupStore, DefinitionsSource, PostHog } from "effect-posthog"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { configOf } from "./config.ts"
import type { Client } from "./participants.ts"
import type { RecordingTransport } from "./transport.ts"

/** PostHog's definitions endpoint: flags that are on for everyone, and 304 for a request that knows them. */
export const definitionsEndpoint = (...flags: ReadonlyArray<Readonly<Record<string, unknown>>>) => {
  let requests = 0
  const body = JSON.stringify({
    flags: flags.map((flag, index) => ({
      id: index + 1,
      active: true,
      ...flag,
      filters: { groups: [{ properties: [], rollout_percentage: 100 }], ...(flag["filters"] as object | undefined) }
    })),
    group_type_mapping: {},
    cohorts: {}
  })
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      requests++
      const known = request.headers["if-none-match"] === "\"v1\""
      const response = new Response(known ? null : body, { status: known ? 304 : 200, headers: { etag: "\"v1\"" } })
      return HttpClientResponse.fromWeb(request, response)
    })
  )
  return { layer: Layer.succeed(HttpClient.HttpClient, client), requests: () => requests }
}

export interface InstanceOptions {
  readonly client: Client
  readonly project: string
  readonly endpoint: Layer.Layer<HttpClient.HttpClient>
  readonly transport: RecordingTransport
  readonly pollInterval?: Duration.DurationInput
  readonly definitions?: RedisDefinitions.RedisDefinitionsOptions
  readonly claims?: RedisClaims.RedisClaimsOptions
}

/** A client that shares both over Redis, as an application builds it. */
export const instance = (
  { claims, client, definitions, endpoint, pollInterval = "30 seconds", project, transport }: InstanceOptions
): Layer.Layer<PostHog.Services> =>
  PostHog.layerServices.pipe(
    Layer.provide([
      DefinitionsSource.layerShared(DefinitionsSource.layerHttp).pipe(
        Layer.provide(RedisDefinitions.layerWith(definitions))
      ),
      RedisClaims.layerWith(claims).pipe(Layer.provide(transport.layer)),
      DedupStore.layerMemory
    ]),
    Layer.provide(Layer.succeed(RedisClient, client)),
    Layer.provide(endpoint),
    Layer.provide(configOf(project, { definitions: { pollInterval } }))
  )
