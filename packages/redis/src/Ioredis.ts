/**
 * The adapter for ioredis.
 *
 * @since 1.0.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { redisError } from "./internal/redisError.ts"
import { subscription } from "./internal/subscription.ts"
import type { RedisClient } from "./RedisClient.ts"

/**
 * What the adapter uses of an ioredis connection that is subscribed to a channel.
 *
 * @since 1.0.0
 * @category models
 */
export interface IoredisSubscriber {
  readonly on: (event: string, listener: (...args: Array<unknown>) => void) => unknown
  readonly subscribe: (channel: string) => Promise<unknown>
  readonly disconnect: () => unknown
}

/**
 * What the adapter uses of an ioredis client.
 *
 * @since 1.0.0
 * @category models
 */
export interface Ioredis {
  readonly call: (command: string, ...args: Array<string | number>) => Promise<unknown>
  readonly duplicate: () => IoredisSubscriber
}

/**
 * A `RedisClient` over ioredis 5 or 6, its `Cluster`, or iovalkey.
 *
 * **Details**
 *
 * The client stays open. A subscription uses a duplicate of it, which is closed with the subscription.
 *
 * **Example**
 *
 * ```ts
 * import { fromIoredis, RedisClient } from "@effect-posthog/redis"
 * import type { Ioredis } from "@effect-posthog/redis"
 * import { Layer } from "effect"
 *
 * // const client = new Redis("redis://127.0.0.1:6379")
 * export const layerRedis = (client: Ioredis) => Layer.succeed(RedisClient, fromIoredis(client))
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromIoredis = (client: Ioredis): Context.Tag.Service<RedisClient> => ({
  send: (command, ...args) =>
    Effect.tryPromise({ try: () => client.call(command, ...args), catch: (cause) => redisError(command, cause) }),
  subscribe: (channel) =>
    subscription((listener) => {
      const subscriber = client.duplicate()
      // Without a listener the event ends the process. The client reconnects and subscribes again by itself.
      subscriber.on("error", () => {})
      subscriber.on("message", (from, message) => {
        if (from === channel) listener(String(message))
      })
      return { ready: subscriber.subscribe(channel), close: () => subscriber.disconnect() }
    })
})
