/**
 * The Redis client that the application brings. This package opens no connection of its own, except the one that a
 * client duplicates for a subscription, and closes no other.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

/**
 * A command failed.
 *
 * **Details**
 *
 * - `ConnectionError`: there was no reply
 * - `ReplyError`: the server refused the command; `code` is the first word of its reply, such as `READONLY` or `OOM`
 * - `UnexpectedReply`: the reply is not what the command returns
 *
 * The error never holds the arguments of a command, nor the error of the client, which quotes them.
 *
 * @since 1.0.0
 * @category errors
 */
export class RedisError extends Data.TaggedError("RedisError")<{
  readonly reason: "ConnectionError" | "ReplyError" | "UnexpectedReply"
  /** The name of the command. */
  readonly command: string
  /** The code of the reply or of the connection's failure, such as `OOM` or `ECONNREFUSED`. */
  readonly code?: string | undefined
}> {
  override get message(): string {
    return `Redis: ${this.command} failed: ${this.reason}${this.code === undefined ? "" : ` (${this.code})`}`
  }
}

/**
 * Sends commands to Redis and subscribes to its channels.
 *
 * **When to use**
 *
 * Provide it with `Layer.succeed(RedisClient, fromIoredis(client))` or `fromNodeRedis(client)`. Write one by hand to use
 * another client.
 *
 * **Details**
 *
 * Keys come first among the arguments of a command, as Redis defines them. Commands that are sent in the same turn of
 * the event loop may travel together. What calls the client bounds its waiting, so a client may wait for a connection.
 *
 * @since 1.0.0
 * @category tags
 */
export class RedisClient extends Context.Tag("@effect-posthog/redis/RedisClient")<RedisClient, {
  readonly send: (
    command: string,
    ...args: ReadonlyArray<string | number>
  ) => Effect.Effect<unknown, RedisError>
  /** The messages of a channel, from the moment the subscription stands. */
  readonly subscribe: (channel: string) => Stream.Stream<string, RedisError>
}>() {}
