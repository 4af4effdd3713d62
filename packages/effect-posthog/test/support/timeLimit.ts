import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { makeLimited } from "../../src/internal/http/timeLimit.ts"
import type { Runtime } from "../../src/internal/runtime.ts"

/** A limit for effects that end as they end, unless they are late. */
export const makeTimeLimit = (limit: Duration.Duration, runsOn: Runtime) => {
  const limited = makeLimited(limit, runsOn)
  return <A, E, R>(self: Effect.Effect<A, E, R>, onTimeout: () => Exit.Exit<A, E>): Effect.Effect<A, E, R> =>
    limited(self, (exit, isLate) => (isLate ? onTimeout() : exit))
}
