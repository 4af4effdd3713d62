/**
 * The adapter for node-redis.
 *
 * @since 1.0.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { redisError } from "./internal/redisError.ts"
import { subscription } from "./internal/subscription.ts"
import type { RedisClient } from "./RedisClient.ts"

/**
 * What the adapter uses of a node-redis connection that is subscribed to a channel.
 *
 * @since 1.0.0
 * @category models
 */
export interface NodeRedisSubscriber {
  readonly on: (event: string, listener: (...args: Array<unknown>) => void) => unknown
  readonly connect: () => Promise<unknown>
  readonly subscribe: (channel: string, listener: (message: string) => void) => Promise<unknown>
  readonly destroy: () => unknown
}

/**
 * What the adapter uses of a node-redis client, cluster or sentinel.
 *
 * @since 1.0.0
 * @category models
 */
export interface NodeRedis {
  readonly sendCommand: (...args: Array<never>) => Promise<unknown>
  readonly duplicate: () => NodeRedisSubscriber
}

type Send = (command: string, args: ReadonlyArray<string>) => Promise<unknown>

// A script names the number of its keys before the first one.
const firstKey = (command: string, args: ReadonlyArray<string>): string | undefined =>
  command === "EVAL" || command === "EVALSHA" ? args[2] : args[0]

const sender = (client: NodeRedis): Send => {
  const sendCommand = client.sendCommand.bind(client) as (...args: ReadonlyArray<unknown>) => Promise<unknown>
  if ("nodeByAddress" in client) {
    return (command, args) => sendCommand(firstKey(command, args), false, [command, ...args])
  }
  if ("getMasterNode" in client) return (command, args) => sendCommand(false, [command, ...args])
  return (command, args) => sendCommand([command, ...args])
}

/**
 * A `RedisClient` over node-redis 5 or 6: a client, a cluster or a sentinel that is connected.
 *
 * **Details**
 *
 * The client stays open. A subscription uses a duplicate of it, which is closed with the subscription.
 *
 * **Example**
 *
 * ```ts
 * import { fromNodeRedis, RedisClient } from "@effect-posthog/redis"
 * import type { NodeRedis } from "@effect-posthog/redis"
 * import { Layer } from "effect"
 *
 * // const client = await createClient({ url: "redis://127.0.0.1:6379" }).connect()
 * export const layerRedis = (client: NodeRedis) => Layer.succeed(RedisClient, fromNodeRedis(client))
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromNodeRedis = (client: NodeRedis): Context.Tag.Service<RedisClient> => {
  const send = sender(client)
  return {
    send: (command, ...args) =>
      Effect.tryPromise({
        try: () => send(command, args.map(String)),
        catch: (cause) => redisError(command, cause)
      }),
    subscribe: (channel) =>
      subscription((listener) => {
        const subscriber = client.duplicate()
        // Without a listener the event ends the process. The client reconnects and subscribes again by itself.
        subscriber.on("error", () => {})
        return {
          ready: subscriber.connect().then(() => subscriber.subscribe(channel, listener)),
          close: () => subscriber.destroy()
        }
      })
  }
}
