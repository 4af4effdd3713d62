import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { RedisClient, RedisError } from "../RedisClient.ts"
import { sha1 } from "./digest.ts"

/** @internal */
export type Script = (
  keys: ReadonlyArray<string>,
  args: ReadonlyArray<string | number>
) => Effect.Effect<unknown, RedisError>

/**
 * A Lua script that is sent by its digest, and in full to a server that does not have it yet.
 *
 * @internal
 */
export const makeScript = (
  { send }: Pick<Context.Tag.Service<RedisClient>, "send">,
  text: string
): Effect.Effect<Script> =>
  Effect.map(
    sha1(text),
    (digest) => (keys, args) =>
      Effect.catchAll(send("EVALSHA", digest, keys.length, ...keys, ...args), (error) =>
        error.code === "NOSCRIPT"
          ? send("EVAL", text, keys.length, ...keys, ...args)
          : Effect.fail(error))
  )
