// Generated from packages/effect-posthog/src/internal/loadedAtFirstUse.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { oneLine } from "./quote.ts"
import type { Warnings } from "./warnings.ts"

type Function<A, B, E> = (argument: A) => Effect.Effect<B, E>

interface Parts<Module, A, B, E> {
  readonly load: () => Promise<Module>
  readonly make: (module: Module) => Effect.Effect<Function<A, B, E>>
  /** What a call answers whose code cannot be loaded. The next one tries again. */
  readonly notLoaded: (error: unknown) => Effect.Effect<B, E>
  readonly warnings: Warnings
}

/**
 * A function whose code is loaded when it is first called: see decision 0032.
 *
 * @internal
 */
export const loadedAtFirstUse = <Module, A, B, E>(
  { load, make, notLoaded, warnings }: Parts<Module, A, B, E>
): Function<A, B, E> => {
  let made: Function<A, B, E> | undefined
  const loaded = Effect.tryPromise({ try: load, catch: (error) => error }).pipe(
    Effect.flatMap(make),
    // Of calls that came at the same time, all use what the first one made.
    Effect.map((fresh) => made ??= fresh)
  )
  const failed = (error: unknown): Effect.Effect<B, E> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.andThen(
        warnings.warn("not loaded", `A part of effect-posthog could not be loaded: ${oneLine(String(error))}`, now),
        notLoaded(error)
      ))
  return (argument) =>
    made === undefined
      ? Effect.matchEffect(loaded, { onFailure: failed, onSuccess: (call) => call(argument) })
      : made(argument)
}
