import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { decode, toDocument } from "../CachedDefinitions.ts"
import { DefinitionsCacheError } from "../DefinitionsCache.ts"
import type { DefinitionsCache } from "../DefinitionsCache.ts"
import { DefinitionsError } from "../DefinitionsError.ts"
import type { DefinitionsLoad, LoadDefinitions, Loaded } from "../DefinitionsLoad.ts"
import { annotated } from "./library.ts"
import { sourceName } from "./sourceName.ts"

/** @internal */
export interface SharedOptions {
  readonly operationTimeout: Duration.DurationInput
  readonly shutdownTimeout: Duration.DurationInput
}

const fromHere = annotated("DefinitionsCache")

/**
 * Loads definitions through a cache that several instances share; it is shut down with the surrounding scope.
 *
 * @internal
 */
export const sharedDefinitions = Effect.fnUntraced(function*(
  source: LoadDefinitions,
  cache: Context.Tag.Service<DefinitionsCache>,
  { operationTimeout, shutdownTimeout }: SharedOptions
) {
  let installed = false
  // Reported once, until they work again.
  const failing = new Set<DefinitionsCacheError["operation"]>()
  const canFetch = source.name !== "none"

  // Whatever a cache does, the caller gets an answer in time. `disconnect`: also from one that cannot be interrupted.
  const bounded = <A>(
    operation: DefinitionsCacheError["operation"],
    effect: Effect.Effect<A, DefinitionsCacheError>,
    duration: Duration.DurationInput
  ): Effect.Effect<A, DefinitionsCacheError> =>
    Effect.suspend(() => effect).pipe(
      Effect.catchAllCause((cause) =>
        Effect.fail(
          Option.getOrElse(
            Cause.failureOption(cause),
            () => new DefinitionsCacheError({ operation, cause: Cause.squash(cause) })
          )
        )
      ),
      Effect.disconnect,
      Effect.interruptible,
      Effect.timeoutFail({
        duration,
        onTimeout: () => new DefinitionsCacheError({ operation, problem: "it took too long" })
      }),
      Effect.tapError(({ message }) =>
        Effect.suspend(() => {
          const log = failing.has(operation) ? Effect.logDebug : Effect.logWarning
          failing.add(operation)
          return fromHere(log(message))
        })
      ),
      Effect.tap(() => failing.delete(operation))
    )

  const marked = (loaded: Loaded, afterwards: Effect.Effect<void>): Loaded => ({
    ...loaded,
    onInstalled: Effect.suspend(() => {
      installed = true
      return Effect.zipRight(loaded.onInstalled ?? Effect.void, afterwards)
    })
  })

  const tell = (document: unknown): Effect.Effect<void> =>
    Option.match(decode(document), {
      onNone: () => Effect.void,
      onSome: (definitions) =>
        Effect.ignore(bounded("received", Effect.suspend(() => cache.received(definitions)), operationTimeout))
    })

  const fetch = (etag: string | undefined, telling: boolean): Effect.Effect<DefinitionsLoad, DefinitionsError> =>
    source.load(etag).pipe(
      Effect.map((answer) =>
        answer._tag === "Loaded"
          ? marked(answer, telling && answer.staleSince === undefined ? tell(answer.document) : Effect.void)
          : answer
      ),
      Effect.tapError(({ reason }) =>
        Effect.sync(() => {
          if (reason === "QuotaLimited") installed = false
        })
      )
    )

  // Nothing usable lies in the cache. With definitions loaded that is no reason to fetch: somebody else does.
  const withoutCopy = (
    etag: string | undefined,
    problem: string | undefined
  ): Effect.Effect<DefinitionsLoad, DefinitionsError> => {
    const failure = problem === undefined ? undefined : new DefinitionsError({ reason: "UnknownError", problem })
    if (installed) return Effect.succeed({ _tag: "Kept", failure })
    // Nobody asked this instance to fetch, so it does not tell: it holds no lease.
    if (canFetch) return fetch(etag, false)
    return Effect.fail(
      failure ?? new DefinitionsError({ reason: "UnknownError", problem: "the shared cache has no definitions yet" })
    )
  }

  const take = (etag: string | undefined): Effect.Effect<DefinitionsLoad, DefinitionsError> =>
    Effect.matchEffect(bounded("get", cache.get, operationTimeout), {
      onFailure: ({ message }) => withoutCopy(etag, message),
      onSuccess: Option.match({
        onNone: () => withoutCopy(etag, undefined),
        onSome: (value) =>
          Option.match(decode(value), {
            onNone: () => withoutCopy(etag, "what lies in the shared cache are no definitions"),
            onSome: (definitions) =>
              Effect.succeed(marked({ _tag: "Loaded", document: toDocument(definitions) }, Effect.void))
          })
      })
    })

  yield* Effect.addFinalizer(() => Effect.ignore(bounded("shutdown", cache.shutdown, shutdownTimeout)))

  const shouldFetch = Effect.orElseSucceed(
    bounded("shouldFetch", cache.shouldFetch, operationTimeout),
    () => true
  )
  const load = (etag: string | undefined) =>
    canFetch
      ? Effect.flatMap(shouldFetch, (should) => should ? fetch(etag, true) : take(etag))
      : take(etag)
  const name = canFetch ? `${sourceName(source)}, shared` : "shared"
  return { name, load, changed: source.changed } satisfies LoadDefinitions
})
