import { fromIoredis, RedisClaims, RedisClient, RedisDefinitions } from "@effect-posthog/redis"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "@effect/platform"
import { Effect, Layer, Metric, Redacted } from "effect"
import {
  DedupStore,
  DefinitionsSource,
  evaluateFlags,
  EventTransport,
  LocalEvaluator,
  PostHog,
  PostHogConfig
} from "effect-posthog"
import { Redis } from "ioredis"
import { flags, instanceHeader, projectKey, secretKey } from "./Assignment.ts"
import type { Assignment, Done, Tell } from "./Assignment.ts"
import { go, serveAll } from "./serve.ts"

const redisLayer = (url: string) =>
  Layer.scoped(
    RedisClient,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new Redis(url).on("error", () => {})),
        (client) => Effect.sync(() => client.disconnect())
      ),
      (client) => fromIoredis(client)
    )
  )

const parts = ({ redisUrl, sharing }: Assignment) =>
  sharing === "redis"
    ? Layer.mergeAll(
      DefinitionsSource.layerShared(DefinitionsSource.layerHttp).pipe(Layer.provide(RedisDefinitions.layer)),
      RedisClaims.layer.pipe(Layer.provide(EventTransport.layer)),
      DedupStore.layerMemory
    ).pipe(Layer.provide(redisLayer(redisUrl)))
    : Layer.mergeAll(DefinitionsSource.layerHttp, EventTransport.layer, DedupStore.layerMemory)

const httpClient = ({ instance }: Assignment) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.mapRequest(HttpClientRequest.setHeader(instanceHeader, String(instance)))
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

const serveOne = (distinctId: string) =>
  evaluateFlags({ distinctId, onlyEvaluateLocally: true }).pipe(
    Effect.flatMap((snapshot) =>
      snapshot.keys.length === 0
        ? Effect.succeed<ReadonlyArray<boolean>>([])
        : Effect.forEach(flags, (flag) => snapshot.isEnabled(flag))
    ),
    Effect.catchAll(() => Effect.succeed<ReadonlyArray<boolean>>([]))
  )

const unchecked = Effect.map(
  Metric.value(Metric.tagged(RedisClaims.claims, "outcome", "unchecked")),
  ({ count }) => count
)

/** An instance with this library, which shares over Redis or not at all. */
export const serveWithOurs = (assignment: Assignment, tell: Tell): Promise<Done> => {
  const config = PostHogConfig.layer({
    apiKey: Redacted.make(projectKey),
    secretKey: Redacted.make(secretKey),
    host: assignment.host,
    definitions: { pollInterval: assignment.pollMillis },
    events: { flushInterval: assignment.pollMillis / 5 }
  })
  const client = PostHog.layerServices.pipe(
    Layer.provide(parts(assignment)),
    Layer.provide(config),
    Layer.provide(httpClient(assignment))
  )
  const served = Effect.gen(function*() {
    yield* LocalEvaluator.readyWithin("20 seconds")
    tell({ _tag: "Ready" })
    yield* Effect.promise(go)
    const services = yield* Effect.context<PostHog.Services>()
    return yield* serveAll(assignment, tell, (distinctId) => Effect.provide(serveOne(distinctId), services))
  })
  // What is queued is sent before the layer is closed.
  return Effect.runPromise(Effect.gen(function*() {
    const micros = yield* Effect.provide(served, client)
    return { _tag: "Done", micros, unchecked: yield* unchecked }
  }))
}
