import * as Predicate from "effect/Predicate"
import { RedisError } from "../RedisClient.ts"

/** A reply starts with its code. A longer or lower-case word is prose, which may quote keys. */
const replyCode = /^-?([A-Z][A-Z0-9]{1,30})(?: |$)/

/** What systems call their failures. */
const failureCode = /^[A-Z][A-Z0-9_]{2,40}$/

/**
 * Keeps the code of a client's error and nothing else: its message and properties quote the command.
 *
 * @internal
 */
export const redisError = (command: string, cause: unknown): RedisError => {
  if (!Predicate.isRecord(cause)) return new RedisError({ reason: "ConnectionError", command })
  const message = typeof cause.message === "string" ? cause.message : ""
  const code = replyCode.exec(message)?.[1]
  if (code !== undefined) return new RedisError({ reason: "ReplyError", command, code })
  return typeof cause.code === "string" && failureCode.test(cause.code)
    ? new RedisError({ reason: "ConnectionError", command, code: cause.code })
    : new RedisError({ reason: "ConnectionError", command })
}
