import type { CompileOptions, EvaluationContext } from "@effect-posthog/evaluator"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { DefinitionsError, sourceName } from "../../Definitions.ts"
import type { DefinitionsChange, DefinitionsLoad, DefinitionsStatus, Loaded } from "../../Definitions.ts"
import type { DefinitionsSource } from "../../DefinitionsSource.ts"
import type { LocalEvaluation } from "../../LocalEvaluation.ts"
import * as PostHogMetrics from "../../PostHogMetrics.ts"
import { runInSlices } from "../eventLoop.ts"
import { Subscribers } from "../subscribers.ts"
import { wake } from "../wake.ts"
import { makeCallerLoads } from "./callerLoads.ts"
import { install } from "./compile.ts"
import type { Installation } from "./compile.ts"
import { intervalsUntilStale, makeHealth } from "./health.ts"
import * as Report from "./log.ts"
import { makeSingleFlight } from "./singleFlight.ts"
import { evaluate, isStale, remember } from "./state.ts"
import type { DefinitionsState } from "./state.ts"

/** Changes that a subscriber may be behind before it loses the oldest. */
const changesKept = 256

const isEmpty = ({ added, changed, removed }: DefinitionsChange): boolean =>
  added.length === 0 && removed.length === 0 && changed.length === 0

const unexpected = (cause: unknown) =>
  new DefinitionsError({ reason: "UnknownError", problem: cause instanceof Error ? cause.message : undefined, cause })

const inMillis = (nanos: bigint): number => Math.ceil(Number(nanos) / 1e6)

/** @internal */
export interface LoaderOptions extends CompileOptions {
  readonly source: typeof DefinitionsSource.Service
  /** `undefined`: load once, and then only when asked to. */
  readonly pollInterval: Duration.Duration | undefined
  /**
   * Absent: definitions are loaded in the background. Given: by whoever finds them due, which waits no longer than this.
   */
  readonly callerWaits?: Duration.Duration | undefined
}

/**
 * Loads definitions at once, and then at every poll interval, in fibers of the surrounding scope. At most one load is
 * under way; a caller that asks for another before it is answered waits for that one.
 *
 * Where callers drive the work (decision 0025), each loads in its own fiber: one that finds the definitions due, while
 * the others go on with the old ones, and everyone as long as there are none.
 *
 * @internal
 */
export const makeLoader = Effect.fnUntraced(function*(
  { callerWaits, pollInterval, source, ...compileOptions }: LoaderOptions
) {
  const scope = yield* Effect.scope
  const clock = yield* Effect.clock
  const ready = yield* Effect.acquireRelease(Deferred.make<void>(), Deferred.interrupt)
  const changes = new Subscribers<DefinitionsChange>({ capacity: changesKept })
  yield* Effect.addFinalizer(() => Effect.sync(() => changes.end()))
  const name = sourceName(source)
  const age = Metric.tagged(PostHogMetrics.definitionsAge, "source", name)
  const flags = Metric.tagged(PostHogMetrics.definitionsFlags, "source", name)
  const health = makeHealth(clock, name, source.origin)

  // An application that ends as soon as it is ready still leaves its definitions in caches: closing the layer waits for
  // what follows an installation.
  const commits = yield* Scope.make()
  let committing: Fiber.RuntimeFiber<void> | undefined
  yield* Effect.addFinalizer((exit) =>
    Effect.zipRight(committing === undefined ? Effect.void : Fiber.await(committing), Scope.close(commits, exit))
  )

  let state: DefinitionsState | undefined
  let hasLoaded = false
  // On the monotonic clock. Absent: a load is under way, or none will be.
  let dueAt: bigint | undefined
  // Done when a load ends, which moves the next one.
  let moved = Deferred.unsafeMake<void>(FiberId.none)

  const setAge = Effect.suspend(() =>
    state === undefined
      ? Effect.void
      : Metric.set(age, Math.max(0, clock.unsafeCurrentTimeMillis() - state.loadedAt) / 1000)
  )

  const publish = (change: DefinitionsChange): void => {
    if (!isEmpty(change)) changes.publish(change)
  }

  const clear = Effect.suspend(() => {
    if (state === undefined) return Effect.void
    const removed = [...state.installed.flags.keys()].sort()
    state = undefined
    publish({ added: [], removed, changed: [] })
    return Metric.set(flags, 0)
  })

  // No copy is younger than now, whatever the clock of another instance says.
  const confirmedAt = (asOf: number | undefined): number => {
    const now = clock.unsafeCurrentTimeMillis()
    return asOf === undefined ? now : Math.min(asOf, now)
  }

  // Only what instances share has a time as of which it is current.
  const staleFrom = (asOf: number | undefined): number =>
    asOf === undefined || pollInterval === undefined
      ? Number.POSITIVE_INFINITY
      : confirmedAt(asOf) + intervalsUntilStale * Duration.toMillis(pollInterval)

  // Whether an answer says no more than the last one did: PostHog has not answered any instance meanwhile. A time that
  // lies ahead is from before the clock was set back, and says nothing.
  const isKnown = (asOf: number | undefined, previous: number): boolean => {
    const now = clock.unsafeCurrentTimeMillis()
    return asOf !== undefined && asOf < now && asOf <= previous && previous <= now
  }

  const succeeded = (asOf: number | undefined, previous: number | undefined): Effect.Effect<void> =>
    health.succeeded(
      previous !== undefined && isKnown(asOf, previous)
        ? undefined
        : clock.unsafeCurrentTimeMillis() - confirmedAt(asOf)
    )

  const commit = Effect.fnUntraced(function*(loaded: Loaded, { change, installed }: Installation) {
    const previous = state?.installed
    state = {
      installed,
      etag: loaded.etag,
      loadedAt: confirmedAt(loaded.staleSince ?? loaded.asOf),
      staleFrom: loaded.staleSince === undefined ? staleFrom(loaded.asOf) : Number.NEGATIVE_INFINITY,
      dropsFlags: (compileOptions.evaluationContexts?.length ?? 0) > 0,
      absent: new Set()
    }
    yield* Metric.set(flags, installed.definitions.size)
    hasLoaded = true
    yield* Deferred.succeed(ready, undefined)
    publish(change)
    if (loaded.onInstalled !== undefined) yield* loaded.onInstalled
    yield* Report.loaded(installed.definitions.size, loaded.etag)
    if (installed !== previous) yield* Report.installed(installed, previous)
  })

  const replace = Effect.fnUntraced(function*(loaded: Loaded) {
    const installation = yield* Effect.flatten(
      runInSlices(() => install(loaded.document, state?.installed, compileOptions))
    )
    if (callerWaits !== undefined) return yield* Effect.uninterruptible(commit(loaded, installation))
    committing = yield* Effect.forkIn(commit(loaded, installation), commits)
    yield* Fiber.join(committing)
  })

  const apply = Effect.fnUntraced(function*(answer: DefinitionsLoad) {
    switch (answer._tag) {
      case "Loaded": {
        const previous = state?.loadedAt
        yield* replace(answer)
        if (answer.failure !== undefined) return yield* answer.failure
        return yield* succeeded(answer.asOf, previous)
      }
      case "NotModified": {
        if (state === undefined) {
          return yield* new DefinitionsError({
            reason: "InvalidDocument",
            problem: "not modified, but none are loaded"
          })
        }
        const previous = state.loadedAt
        const loadedAt = answer.asOf === undefined
          ? confirmedAt(undefined)
          : Math.max(confirmedAt(previous), confirmedAt(answer.asOf))
        state = {
          ...state,
          etag: answer.etag ?? state.etag,
          loadedAt,
          staleFrom: staleFrom(answer.asOf === undefined ? undefined : loadedAt),
          absent: isKnown(answer.asOf, previous) ? state.absent : new Set()
        }
        yield* Report.unchanged(state.installed.definitions.size, state.etag)
        return yield* succeeded(answer.asOf, previous)
      }
      case "Kept": {
        if (answer.failure !== undefined) yield* health.failed(answer.failure)
        return
      }
    }
  })

  const scheduleNext = pollInterval === undefined ?
    Effect.void :
    Effect.map(health.nextDelay(pollInterval), (delay) => {
      dueAt = clock.unsafeCurrentTimeNanos() + Duration.unsafeToNanos(delay)
      const before = moved
      moved = Deferred.unsafeMake<void>(FiberId.none)
      wake(() => Deferred.unsafeDone(before, Effect.void))
    })

  let begun = 0
  let applied = 0
  // Of loads that overlap, none undoes what a later one brought.
  const applyInOrder = (number: number) => (answer: DefinitionsLoad) =>
    Effect.suspend(() => {
      if (number < applied) return Effect.void
      applied = number
      return apply(answer)
    })

  const attempt = (limit: Duration.Duration | undefined, answered: Effect.Effect<void>) =>
    Effect.suspend(() => {
      const loading = source.load(state?.etag)
      const inTime = limit === undefined
        ? loading
        : Effect.timeoutFail(loading, { duration: limit, onTimeout: () => new DefinitionsError({ reason: "Timeout" }) })
      return Effect.flatMap(Effect.ensuring(inTime, answered), applyInOrder(++begun))
    }).pipe(
      // A source may also interrupt itself; the interruption of this fiber gets past here.
      Effect.catchAllCause((cause) =>
        Effect.fail(Option.getOrElse(Cause.failureOption(cause), () => unexpected(Cause.squash(cause))))
      ),
      Effect.tapError((error) =>
        error.reason === "QuotaLimited" ? Effect.zipRight(clear, health.failed(error)) : health.failed(error)
      )
    )
  const ended = Effect.zipRight(scheduleNext, setAge)

  const loadByCaller = (limit: Duration.Duration | undefined) =>
    // A caller that was interrupted leaves the load to the next one.
    Effect.onExit(attempt(limit, Effect.void), (exit) => Exit.isInterrupted(exit) ? Effect.void : ended)

  const load = makeSingleFlight(scope, (answered) =>
    Effect.suspend(() => {
      dueAt = undefined
      return Effect.ensuring(attempt(undefined, answered), ended)
    }))

  // A load that was asked for moves the next one, to an earlier time when it ends a backoff. Sleeps are whole
  // milliseconds: a clock that counts in doubles loses a few nanoseconds of a present-day date, and never arrives.
  const untilDue: Effect.Effect<void> = Effect.suspend(() => {
    const remaining = (dueAt ?? 0n) - clock.unsafeCurrentTimeNanos()
    return remaining <= 0n
      ? Effect.void
      : Effect.zipRight(Effect.timeoutOption(Deferred.await(moved), Duration.millis(inMillis(remaining))), untilDue)
  })

  const poll = load.any.pipe(Effect.ignore, Effect.zipRight(untilDue), Effect.forever)

  const watch = (interval: Duration.Duration) =>
    Effect.sleep(interval).pipe(
      Effect.zipRight(Effect.suspend(() => health.watch(interval, state !== undefined))),
      Effect.zipRight(setAge),
      Effect.forever
    )

  const runInBackground = Effect.gen(function*() {
    if (pollInterval === undefined) {
      yield* Effect.forkIn(Effect.ignore(load.any), scope)
    } else {
      yield* Effect.forkIn(poll, scope)
      yield* Effect.forkIn(watch(pollInterval), scope)
    }
    if (source.changed !== undefined) {
      yield* Effect.forkIn(Stream.runForEach(source.changed, () => Effect.ignore(load.fresh)), scope)
    }
    return { ready: Deferred.await(ready), reload: load.fresh }
  })

  const warnIfStale = Effect.suspend(() =>
    pollInterval === undefined ? Effect.void : health.watch(pollInterval, state !== undefined)
  )

  const runByCallers = (waits: Duration.Duration) => {
    const callerLoads = makeCallerLoads({
      clock,
      callerWaits: waits,
      load: (limit) => Effect.ensuring(loadByCaller(limit), warnIfStale),
      isLoaded: () => hasLoaded,
      dueAt: () => dueAt
    })
    return { ready: callerLoads.ready, reload: callerLoads.load, refreshIfDue: callerLoads.refreshIfDue }
  }

  const driven = callerWaits === undefined ? yield* runInBackground : runByCallers(callerWaits)

  const status = Effect.sync((): DefinitionsStatus => {
    const now = clock.unsafeCurrentTimeMillis()
    return {
      source: name,
      loadedAt: state?.loadedAt,
      age: state === undefined ? undefined : Math.max(0, now - state.loadedAt),
      etag: state?.etag,
      flags: state?.installed.definitions.size ?? 0,
      neverLocal: state?.installed.neverLocal.size ?? 0,
      stale: state !== undefined && isStale(state, now),
      absentKeys: state?.absent.size ?? 0,
      ...health.report(),
      nextAttemptAt: dueAt === undefined
        ? undefined
        : now + Math.max(0, inMillis(dueAt - clock.unsafeCurrentTimeNanos()))
    }
  })

  return {
    evaluate: (context: EvaluationContext, keys?: ReadonlyArray<string>) =>
      evaluate(state, context, keys, clock.unsafeCurrentTimeMillis()),
    noteAbsent: (keys: ReadonlyArray<string>, evaluation?: Pick<LocalEvaluation, "loadedAt">) =>
      Effect.sync(() => {
        if (state === undefined || (evaluation !== undefined && evaluation.loadedAt !== state.loadedAt)) return
        const { absent, installed: { definitions } } = state
        remember(absent, keys.filter((key) => definitions.metadata(key) === undefined))
      }),
    ...driven,
    status,
    changes: changes.stream
  }
})
