// Generated from packages/effect-posthog/src/internal/definitions/sources/shared.ts by packages/tools/editions.mjs: change that file, not this one.
import { disconnect } from "../../disconnect.ts"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import { isObject as isRecord } from "effect/Predicate"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { DefinitionsError, sourceName } from "../../../Definitions.ts"
import type { DefinitionsLoad, Loaded, NotModified } from "../../../Definitions.ts"
import { DefinitionsCache, DefinitionsCacheError } from "../../../DefinitionsCache.ts"
import type { CachedDefinitions, DefinitionsCacheAnswer } from "../../../DefinitionsCache.ts"
import type { DefinitionsSource } from "../../../DefinitionsSource.ts"
import * as PostHogMetrics from "../../../PostHogMetrics.ts"
import { annotated } from "../../library.ts"
import { refusalOf } from "../refusal.ts"

const optionalRecord = (value: unknown): Option.Option<Readonly<Record<string, unknown>>> =>
  value === undefined || value === null ? Option.some({}) : Option.liftPredicate(isRecord)(value)

/**
 * Reads what a cache holds. Properties may be missing, as older libraries leave them out, and may be spelled as in the
 * definitions document (`group_type_mapping`). `None`: these are not definitions.
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
  readonly operationTimeout: Duration.Input
  readonly shutdownTimeout: Duration.Input
}

type Operation = DefinitionsCacheError["operation"]
type Load = Effect.Effect<DefinitionsLoad, DefinitionsError>

/** A copy from the cache that can be installed. */
interface Copy {
  readonly version: string
  readonly loaded: Loaded
}

/** How long the first load of an instance waits for PostHog while the cache has a copy to start with. */
const patience = "1 second"

/** Milliseconds over which instances spread their reads after a change, which all of them hear of at once. */
const spread = 2000

/** Milliseconds for which an answer of PostHog that was kept on the way counts as new. */
const currentFor = 60_000

/** How long a subscription to changes that failed is left alone. Polling finds the changes meanwhile. */
const subscribeAgain = "30 seconds"

const fromHere = annotated("DefinitionsCache")

const withdrawnError = new DefinitionsError({
  reason: "QuotaLimited",
  problem: "another instance was told, and withdrew the definitions from the shared cache"
})

const copyOf = (answer: Extract<DefinitionsCacheAnswer, { readonly _tag: "Definitions" }>): Option.Option<Copy> => {
  const { asOf, definitions, etag, version } = answer
  if (!Number.isFinite(asOf)) return Option.none()
  return Option.map(decode(definitions), (decoded) => ({
    version,
    loaded: { _tag: "Loaded", document: toDocument(decoded), etag, asOf }
  }))
}

/**
 * Loads definitions through a cache that several instances share. Closing the surrounding scope shuts the cache down.
 *
 * @internal
 */
export const sharedDefinitions = Effect.fnUntraced(function*(
  source: DefinitionsSource["Service"],
  { operationTimeout, shutdownTimeout }: SharedOptions
) {
  const cache = yield* DefinitionsCache
  // Definitions are installed, whether from the cache or from PostHog.
  let installed = false
  // The cache's version of the installed definitions, when they came from it.
  let known: string | undefined
  // The cache said that it has changed, which calls for a read and not for a request.
  let changed = false
  // Reported once, until they work again.
  const failing = new Set<Operation>()
  const canFetch = source.name !== "none"
  const loadAgain = yield* Queue.sliding<void>(1)

  const report = ({ message, operation }: DefinitionsCacheError) =>
    Effect.suspend(() => {
      const log = failing.has(operation) ? Effect.logDebug : Effect.logWarning
      failing.add(operation)
      return Effect.andThen(
        Metric.update(Metric.withAttributes(PostHogMetrics.definitionsCacheFailures, { ["operation"]: operation }), 1),
        fromHere(log(message))
      )
    })

  const asError = (operation: Operation) => (cause: Cause.Cause<DefinitionsCacheError>) =>
    Option.getOrElse(
      Cause.findErrorOption(cause),
      () => new DefinitionsCacheError({ operation, cause: Cause.squash(cause) })
    )

  // Whatever a cache does, the caller gets an answer in time. `disconnect`: also from one that cannot be interrupted.
  const bounded = <A>(
    operation: Operation,
    effect: () => Effect.Effect<A, DefinitionsCacheError>,
    duration: Duration.Input = operationTimeout
  ): Effect.Effect<A, DefinitionsCacheError> =>
    Effect.suspend(effect).pipe(
      Effect.catchCause((cause) => Effect.fail(asError(operation)(cause))),
      disconnect,
      Effect.interruptible,
      Effect.timeoutOrElse({
        duration,
        orElse: () => Effect.fail(new DefinitionsCacheError({ operation, problem: "it took too long" })) }),
      Effect.tapError(report),
      Effect.tap(() => Effect.sync(() => failing.delete(operation)))
    )

  const tell = (operation: "confirmed" | "failed" | "withdrawn"): Effect.Effect<void> =>
    Effect.ignore(bounded(operation, () => cache[operation]))

  const marked = (loaded: Loaded, version: string | undefined, afterwards: Effect.Effect<void>): Loaded => ({
    ...loaded,
    onInstalled: Effect.suspend(() => {
      installed = true
      known = version
      return Effect.andThen(loaded.onInstalled ?? Effect.void, afterwards)
    })
  })

  const forget = Effect.sync(() => {
    installed = false
    known = undefined
  })

  // An answer that an HTTP cache kept says nothing about the definitions of today.
  const isCurrent = ({ asOf }: { readonly asOf?: number | undefined }): Effect.Effect<boolean> =>
    asOf === undefined ? Effect.succeed(true) : Effect.map(Clock.currentTimeMillis, (now) => now - asOf < currentFor)

  // Definitions that are shared have an age in every instance, in the one that fetches too.
  const dated = <A extends Loaded | NotModified>(answer: A): Effect.Effect<A> =>
    answer.asOf !== undefined
      ? Effect.succeed(answer)
      : Effect.map(Clock.currentTimeMillis, (asOf) => ({ ...answer, asOf }))

  // What the others are told of an answer, once it is installed.
  const tellLoaded = (loaded: Loaded): Effect.Effect<void> =>
    Effect.flatMap(
      isCurrent(loaded),
      (current) =>
        current && loaded.failure === undefined && loaded.staleSince === undefined
          ? Option.match(decode(loaded.document), {
            onNone: () => tell("failed"),
            onSome: (definitions) => Effect.ignore(bounded("received", () => cache.received(definitions, loaded.etag)))
          })
          : tell("failed")
    )

  const accept = (answer: DefinitionsLoad): Load => {
    switch (answer._tag) {
      case "Loaded": {
        const refused = refusalOf(answer.document)
        return refused === undefined
          ? Effect.map(dated(answer), (loaded) => marked(loaded, undefined, tellLoaded(answer)))
          : Effect.fail(refused)
      }
      case "NotModified":
        return Effect.as(
          Effect.flatMap(isCurrent(answer), (current) => tell(current ? "confirmed" : "failed")),
          dated(answer)
        ).pipe(Effect.flatten)
      case "Kept":
        return answer.failure === undefined ? Effect.succeed(answer) : Effect.as(tell("failed"), answer)
    }
  }

  // The lease was granted: fetches for all.
  const fetch = (etag: string | undefined): Load =>
    source.load(etag).pipe(
      Effect.flatMap(accept),
      Effect.tapCause((cause) => {
        if (Cause.hasInterruptsOnly(cause)) return Effect.void
        switch (Option.getOrUndefined(Cause.findErrorOption(cause))?.reason) {
          case "QuotaLimited":
            return Effect.andThen(forget, tell("withdrawn"))
          case "RateLimited":
            // Another instance would only ask once more. The lease ends by itself.
            return Effect.void
          default:
            return tell("failed")
        }
      })
    )

  // Without a lease: the others are not told.
  const fetchAlone = (etag: string | undefined): Load =>
    source.load(etag).pipe(
      Effect.flatMap((answer): Load => {
        switch (answer._tag) {
          case "Loaded":
            return Effect.map(dated(answer), (loaded) => marked(loaded, undefined, Effect.void))
          case "NotModified":
            return dated(answer)
          case "Kept":
            return Effect.succeed(answer)
        }
      }),
      Effect.tapError(({ reason }) => reason === "QuotaLimited" ? forget : Effect.void)
    )

  // With definitions installed, an unusable cache is no reason to fetch: the holder of the lease does.
  const withoutCopy = (etag: string | undefined, problem: string | undefined): Load => {
    const failure = problem === undefined ? undefined : new DefinitionsError({ reason: "UnknownError", problem })
    if (installed) return Effect.succeed({ _tag: "Kept", failure })
    if (canFetch) return fetchAlone(etag)
    return Effect.fail(
      failure ?? new DefinitionsError({ reason: "UnknownError", problem: "the shared cache has no definitions yet" })
    )
  }

  const take = (etag: string | undefined): Load =>
    Effect.matchEffect(bounded("get", () => cache.get(known)), {
      onFailure: ({ message }) => withoutCopy(etag, message),
      onSuccess: (answer): Load => {
        switch (answer._tag) {
          case "Empty":
            return answer.withdrawn === true ? Effect.andThen(forget, withdrawnError) : withoutCopy(etag, undefined)
          case "Same":
            return Number.isFinite(answer.asOf)
              ? Effect.succeed({ _tag: "NotModified", asOf: answer.asOf })
              : withoutCopy(etag, "the shared cache does not hold definitions")
          case "Definitions":
            return Option.match(copyOf(answer), {
              onNone: () => withoutCopy(etag, "the shared cache does not hold definitions"),
              onSome: ({ loaded, version }) => Effect.succeed(marked(loaded, version, Effect.void))
            })
        }
      }
    })

  const copy = Effect.orElseSucceed(
    Effect.map(
      bounded("get", () => cache.get()),
      (answer) => answer._tag === "Definitions" ? copyOf(answer) : Option.none()
    ),
    Option.none
  )

  // The copy is installed unless PostHog has newer definitions: an inner source may only have an older copy.
  const answered = (answer: DefinitionsLoad, loaded: Loaded, version: string): DefinitionsLoad => {
    switch (answer._tag) {
      case "Loaded":
        return answer.staleSince === undefined
          ? answer
          : marked({ ...loaded, failure: answer.failure }, version, tell("failed"))
      case "NotModified":
        return marked({ ...loaded, asOf: answer.asOf, etag: answer.etag ?? loaded.etag }, version, Effect.void)
      case "Kept":
        return marked({ ...loaded, failure: answer.failure }, version, Effect.void)
    }
  }

  // A start with a copy in the cache costs a conditional request, and an outage of PostHog does not hold it up.
  const firstFetch = ({ loaded, version }: Copy): Load =>
    Effect.flatMap(
      Effect.timeoutOption(Effect.result(fetch(loaded.etag)), patience),
      Option.match({
        onNone: () => Effect.as(Queue.offer(loadAgain, undefined), marked(loaded, version, Effect.void)),
        onSome: Result.match({
          onFailure: (failure) =>
            failure.reason === "QuotaLimited"
              ? Effect.fail(failure)
              : Effect.succeed(marked({ ...loaded, failure }, version, Effect.void)),
          onSuccess: (answer) => Effect.succeed(answered(answer, loaded, version))
        })
      })
    )

  const fetchForAll = (etag: string | undefined): Load =>
    installed
      ? fetch(etag)
      : Effect.flatMap(copy, Option.match({ onNone: () => fetch(etag), onSome: firstFetch }))

  yield* Effect.addFinalizer(() => Effect.ignore(bounded("shutdown", () => cache.shutdown, shutdownTimeout)))

  const load = (etag: string | undefined): Load =>
    Effect.suspend(() =>
      canFetch && !(changed && installed)
        ? Effect.matchEffect(bounded("shouldFetch", () => cache.shouldFetch), {
          // Every instance fetches for itself, as it would without the cache.
          onFailure: () => fetch(etag),
          onSuccess: (should) => should ? fetchForAll(etag) : take(etag)
        })
        : take(etag)
    ).pipe(
      Effect.ensuring(Effect.sync(() => {
        changed = false
      }))
    )

  const cacheChanges = Stream.suspend(() => cache.changed).pipe(
    Stream.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Stream.failCause(cause)
      const error = asError("changed")(cause)
      return Stream.fromEffect(Effect.andThen(report(error), error))
    }),
    Stream.retry(Schedule.spaced(subscribeAgain)),
    // There is no failure left.
    Stream.catch(() => Stream.empty),
    Stream.buffer({ capacity: 1, strategy: "sliding" }),
    Stream.mapEffect(() =>
      Effect.andThen(
        Effect.flatMap(Random.nextIntBetween(1, spread), Effect.sleep),
        Effect.sync(() => {
          changed = true
        })
      )
    )
  )

  return {
    name: canFetch ? `${sourceName(source)}, shared` : "shared",
    origin: source.origin,
    load,
    changed: Stream.mergeAll(
      [cacheChanges, Stream.fromQueue(loadAgain), source.changed ?? Stream.empty],
      { concurrency: "unbounded" }
    )
  } satisfies DefinitionsSource["Service"]
})
