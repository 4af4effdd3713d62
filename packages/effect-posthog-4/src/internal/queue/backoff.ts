// Generated from packages/effect-posthog/src/internal/queue/backoff.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Duration from "effect/Duration"

const longest = 30_000
const jitter = 0.25

/**
 * How long to wait before a retry, in milliseconds. `Retry-After` is a lower bound, honoured up to 30 seconds. Jitter
 * only ever adds, so that the backoff and `Retry-After` both hold.
 *
 * @param retry 0 for the first retry
 * @param random from 0 to 1
 * @internal
 */
export const retryDelay = (
  base: Duration.Duration,
  retry: number,
  random: number,
  retryAfter: Duration.Duration | undefined
): number => {
  const baseMillis = Duration.toMillis(base)
  const backoff = Math.min(baseMillis * 2 ** retry, Math.max(baseMillis, longest))
  const requested = retryAfter === undefined ? 0 : Math.min(Duration.toMillis(retryAfter), longest)
  return Math.max(backoff * (1 + jitter * random), requested)
}
