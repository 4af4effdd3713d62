import { fromIoredis, RedisClaims, RedisClient, RedisDefinitions } from "@effect-posthog/redis"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer } from "effect"
import { DedupStore, DefinitionsSource, EventTransport, PostHog, PostHogConfig } from "effect-posthog"
import { Redis } from "ioredis"

// The client is yours: its options, its TLS, its errors, its end.
const connect = Effect.sync(() => {
  const client = new Redis(process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379")
  client.on("error", ({ message }) => console.warn(`Redis: ${message}`))
  return client
})

const RedisLayer = Layer.scoped(
  RedisClient,
  Effect.map(
    Effect.acquireRelease(
      connect,
      (client) => Effect.sync(() => client.disconnect())
    ),
    (client) => fromIoredis(client)
  )
)

// One instance fetches the definitions for all.
const definitions = DefinitionsSource.layerShared(DefinitionsSource.layerHttp).pipe(
  Layer.provide(RedisDefinitions.layer)
)

// One instance sends each exposure for all.
const transport = RedisClaims.layer.pipe(Layer.provide(EventTransport.layer))

// What `PostHog.layer` is, with these two parts.
export const PostHogLayer = (options: PostHog.Options) =>
  PostHog.layerServices.pipe(
    Layer.provide([definitions, transport, DedupStore.layerMemory]),
    Layer.provide([PostHogConfig.layer(options), FetchHttpClient.layer, RedisLayer])
  )
