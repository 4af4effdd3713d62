import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RedisError } from "../RedisClient.ts"
import { redisError } from "./redisError.ts"

/** Messages that a slow subscriber may be behind; the oldest are dropped. */
const bufferSize = 16

interface Subscribed {
  readonly ready: Promise<unknown>
  readonly close: () => unknown
}

/**
 * The messages of a connection of its own. Closing waits for nothing: a server that has stopped answers no command.
 *
 * @internal
 */
export const subscription = (
  open: (listener: (message: string) => void) => Subscribed
): Stream.Stream<string, RedisError> =>
  Stream.asyncPush<string, RedisError>(
    (emit) =>
      Effect.acquireRelease(
        Effect.try({
          try: () => {
            const subscribed = open((message) => emit.single(message))
            subscribed.ready.catch((cause: unknown) => emit.fail(redisError("SUBSCRIBE", cause)))
            return subscribed
          },
          catch: (cause) => redisError("SUBSCRIBE", cause)
        }),
        ({ close }) => Effect.ignore(Effect.tryPromise(() => Promise.resolve(close())).pipe(Effect.timeout("1 second")))
      ),
    { bufferSize, strategy: "sliding" }
  )
