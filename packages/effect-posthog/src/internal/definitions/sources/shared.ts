import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { DefinitionsError, sourceName } from "../../../Definitions.ts"
import type { DefinitionsLoad, Loaded } from "../../../Definitions.ts"
import { DefinitionsCacheError } from "../../../DefinitionsCache.ts"
import type { CachedDefinitions, DefinitionsCache } from "../../../DefinitionsCache.ts"
import type { DefinitionsSource } from "../../../DefinitionsSource.ts"
import { annotated } from "../../library.ts"
import { isRecord } from "../fingerprint.ts"

const optionalRecord = (value: unknown): Option.Option<Readonly<Record<string, unknown>>> =>
  value === undefined || value === null ? Option.some({}) : Option.liftPredicate(isRecord)(value)

/**
 * Reads what lies in a cache. Properties may be missing, as older libraries leave them out, and may be spelled as in
 * the definitions document (`group_type_mapping`). `None`: these are no definitions.
 */
const decode = (value: unknown): Option.Option<CachedDefinitions> => {
  if (!isRecord(value) || !Array.isArray(value.flags)) return Option.none()
  const flags: ReadonlyArray<unknown> = value.flags
  const version = value.propertyMatchingVersion ?? value.property_matching_version
  return Option.map(
    Option.all({
      cohorts: optionalRecord(value.cohorts),
      groupTypeMapping: optionalRecord(value.groupTypeMapping ?? value.group_type_mapping)
    }),
    ({ cohorts, groupTypeMapping }) => ({
      flags,
      groupTypeMapping,
      cohorts,
      minimalFlagCalledEvents: (value.minimalFlagCalledEvents ?? value.minimal_flag_called_events) === true,
      ...(typeof version === "number" ? { propertyMatchingVersion: version } : {})
    })
  )
}

/**
 * The definitions document that stands for the same definitions.
 */
const toDocument = (definitions: CachedDefinitions): unknown => ({
  flags: definitions.flags,
  group_type_mapping: definitions.groupTypeMapping,
  cohorts: definitions.cohorts,
  minimal_flag_called_events: definitions.minimalFlagCalledEvents,
  ...(definitions.propertyMatchingVersion === undefined
    ? {}
    : { property_matching_version: definitions.propertyMatchingVersion })
})

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
  source: typeof DefinitionsSource.Service,
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
  return { name, load, changed: source.changed } satisfies typeof DefinitionsSource.Service
})
