import * as Effect from "effect/Effect"
import { name } from "./library.ts"

/**
 * Says in the log which module of the library a message is from.
 *
 * @internal
 */
export const annotated = (module: string): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> =>
  Effect.annotateLogs({ package: name, module })
