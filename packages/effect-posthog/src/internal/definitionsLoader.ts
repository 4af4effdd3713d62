import type { CompileOptions, EvaluationContext } from "@effect-posthog/evaluator"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as PubSub from "effect/PubSub"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { DefinitionsError } from "../DefinitionsError.ts"
import type { DefinitionsLoad, LoadDefinitions, Loaded } from "../DefinitionsLoad.ts"
import type { DefinitionsChange, DefinitionsFailure, DefinitionsStatus } from "../DefinitionsStatus.ts"
import * as PostHogMetrics from "../PostHogMetrics.ts"
import { remember } from "./absentKeys.ts"
import { isEmpty } from "./definitionsDifference.ts"
import * as Report from "./definitionsReport.ts"
import { backsOff, delayAfter, jittered } from "./definitionsSchedule.ts"
import { evaluate } from "./definitionsState.ts"
import type { DefinitionsState } from "./definitionsState.ts"
import { runSteps } from "./eventLoop.ts"
import { install } from "./installation.ts"
import type { Installation } from "./installation.ts"
import { sourceName } from "./sourceName.ts"

/** Changes that a subscriber may be behind before it loses the oldest. */
const changesKept = 256

/** Poll intervals without a refresh after which an operator should know. */
const intervalsUntilWarning = 10

const unexpected = (cause: unknown) =>
  new DefinitionsError({ reason: "UnknownError", problem: cause instanceof Error ? cause.message : undefined, cause })

/** @internal */
export interface LoaderOptions extends CompileOptions {
  readonly source: LoadDefinitions
  /** `undefined`: load once, and then only when asked to. */
  readonly pollInterval: Duration.Duration | undefined
}

/**
 * Loads definitions, at once and then again and again, in fibers of the surrounding scope. One load is under way at a
 * time; whoever asks for another before it is answered waits for that one.
 *
 * @internal
 */
export const makeLoader = Effect.fnUntraced(function*({ pollInterval, source, ...compileOptions }: LoaderOptions) {
  const scope = yield* Effect.scope
  const clock = yield* Effect.clock
  const ready = yield* Deferred.make<void>()
  const changes = yield* Effect.acquireRelease(
    PubSub.sliding<DefinitionsChange>(changesKept),
    (pubSub) => PubSub.shutdown(pubSub)
  )
  const name = sourceName(source)
  const age = Metric.tagged(PostHogMetrics.definitionsAge, "source", name)
  const flags = Metric.tagged(PostHogMetrics.definitionsFlags, "source", name)
  const refreshCount = Metric.tagged(PostHogMetrics.definitionsRefreshes, "source", name)
  const failureCount = Metric.tagged(PostHogMetrics.definitionsFailures, "source", name)

  // An application that ends as soon as it is ready still leaves its definitions in caches: what has been installed is
  // seen through before the layer is closed.
  const commits = yield* Scope.make()
  let committing: Fiber.RuntimeFiber<void> | undefined
  yield* Effect.addFinalizer((exit) =>
    Effect.zipRight(committing === undefined ? Effect.void : Fiber.await(committing), Scope.close(commits, exit))
  )

  let state: DefinitionsState | undefined
  let answered = false
  let underWay: Deferred.Deferred<void, DefinitionsError> | undefined
  let lastFailure: DefinitionsFailure | undefined
  let failures = 0
  let refusals = 0
  let warned = false
  // Elapsed time is measured on the clock that nobody sets back or forth.
  let refreshedAt = clock.unsafeCurrentTimeNanos()
  let dueAt: bigint | undefined

  const setAge = Effect.suspend(() =>
    state === undefined
      ? Effect.void
      : Metric.set(age, Math.max(0, clock.unsafeCurrentTimeMillis() - state.loadedAt) / 1000)
  )

  const publish = (change: DefinitionsChange) => isEmpty(change) ? Effect.void : PubSub.publish(changes, change)

  const succeeded = Effect.suspend(() => {
    const before = failures
    failures = 0
    refusals = 0
    warned = false
    refreshedAt = clock.unsafeCurrentTimeNanos()
    return Metric.increment(refreshCount).pipe(Effect.zipRight(before > 0 ? Report.recovered(before) : Effect.void))
  })

  const failed = (error: DefinitionsError) =>
    Effect.suspend(() => {
      const repeated = failures > 0 && lastFailure?.message === error.message
      failures++
      if (backsOff(error.reason)) refusals++
      lastFailure = {
        reason: error.reason,
        status: error.status,
        message: error.message,
        at: clock.unsafeCurrentTimeMillis()
      }
      return Metric.increment(Metric.tagged(failureCount, "reason", error.reason)).pipe(
        Effect.zipRight(Report.failed(error, repeated))
      )
    })

  const clear = Effect.suspend(() => {
    if (state === undefined) return Effect.void
    const removed = [...state.installed.flags.keys()].sort()
    state = undefined
    return Effect.zipRight(Metric.set(flags, 0), publish({ added: [], removed, changed: [] }))
  })

  const commit = Effect.fnUntraced(function*(loaded: Loaded, { change, installed }: Installation) {
    const previous = state?.installed
    state = {
      installed,
      etag: loaded.etag,
      loadedAt: loaded.staleSince ?? clock.unsafeCurrentTimeMillis(),
      stale: loaded.staleSince !== undefined,
      dropsFlags: (compileOptions.evaluationContexts?.length ?? 0) > 0,
      absent: new Set()
    }
    yield* Metric.set(flags, installed.definitions.size)
    yield* Deferred.succeed(ready, undefined)
    yield* publish(change)
    if (loaded.onInstalled !== undefined) yield* loaded.onInstalled
    if (installed !== previous) yield* Report.installed(installed)
  })

  const replace = Effect.fnUntraced(function*(loaded: Loaded) {
    const installation = yield* Effect.flatten(
      runSteps(() => install(loaded.document, state?.installed, compileOptions))
    )
    committing = yield* Effect.forkIn(commit(loaded, installation), commits)
    yield* Fiber.join(committing)
  })

  const apply = Effect.fnUntraced(function*(answer: DefinitionsLoad) {
    switch (answer._tag) {
      case "Loaded": {
        yield* replace(answer)
        if (answer.failure !== undefined) return yield* answer.failure
        return yield* succeeded
      }
      case "NotModified": {
        if (state === undefined) {
          return yield* new DefinitionsError({
            reason: "InvalidDocument",
            problem: "not modified, but none are loaded"
          })
        }
        const loadedAt = clock.unsafeCurrentTimeMillis()
        state = { ...state, etag: answer.etag ?? state.etag, loadedAt, stale: false, absent: new Set() }
        return yield* succeeded
      }
      case "Kept": {
        if (answer.failure !== undefined) yield* failed(answer.failure)
        return
      }
    }
  })

  const scheduleNext = Effect.suspend(() => {
    if (pollInterval === undefined) return Effect.void
    const refused = failures > 0 && lastFailure !== undefined && backsOff(lastFailure.reason)
    return Effect.map(jittered(delayAfter(pollInterval, refused ? refusals : 0)), (delay) => {
      dueAt = clock.unsafeCurrentTimeNanos() + Duration.unsafeToNanos(delay)
    })
  })

  const loadOnce: Effect.Effect<void, DefinitionsError> = Effect.suspend(() => source.load(state?.etag)).pipe(
    Effect.ensuring(Effect.sync(() => {
      answered = true
    })),
    Effect.flatMap(apply),
    Effect.catchAllDefect((cause) => Effect.fail(unexpected(cause))),
    Effect.tapError((error) => error.reason === "QuotaLimited" ? Effect.zipRight(clear, failed(error)) : failed(error))
  )

  const closedError = new DefinitionsError({ reason: "UnknownError", problem: "the layer that loads them was closed" })

  const load: Effect.Effect<void, DefinitionsError> = Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      if (underWay !== undefined) {
        const end = restore(Deferred.await(underWay))
        // An answer that has arrived already may be older than what the caller knows of.
        return answered ? Effect.zipRight(Effect.ignore(end), load) : end
      }
      const result = Deferred.unsafeMake<void, DefinitionsError>(FiberId.none)
      underWay = result
      answered = false
      dueAt = undefined
      return Effect.interruptible(loadOnce).pipe(
        Effect.exit,
        Effect.tap(() => Effect.zipRight(scheduleNext, setAge)),
        Effect.flatMap((exit) => {
          underWay = undefined
          return Deferred.done(result, Exit.isInterrupted(exit) ? Exit.fail(closedError) : exit)
        }),
        Effect.forkIn(scope),
        Effect.zipRight(restore(Deferred.await(result)))
      )
    })
  )

  // Sleeps again when, meanwhile, a load that somebody asked for has moved the next one.
  const untilDue: Effect.Effect<void> = Effect.suspend(() => {
    const remaining = (dueAt ?? 0n) - clock.unsafeCurrentTimeNanos()
    return remaining <= 0n ? Effect.void : Effect.zipRight(Effect.sleep(Duration.nanos(remaining)), untilDue)
  })

  const poll = Effect.suspend(() => underWay === undefined ? load : Deferred.await(underWay)).pipe(
    Effect.ignore,
    Effect.zipRight(untilDue),
    Effect.forever
  )

  const watch = (interval: Duration.Duration) =>
    Effect.suspend(() => {
      const since = Duration.nanos(clock.unsafeCurrentTimeNanos() - refreshedAt)
      if (warned || Duration.lessThan(since, Duration.times(interval, intervalsUntilWarning))) return setAge
      warned = true
      return Effect.zipRight(Report.notRefreshed(since, state !== undefined), setAge)
    }).pipe(Effect.schedule(Schedule.spaced(interval)))

  if (pollInterval === undefined) {
    yield* Effect.forkIn(Effect.ignore(load), scope)
  } else {
    yield* Effect.forkIn(poll, scope)
    yield* Effect.forkIn(watch(pollInterval), scope)
  }

  const status = Effect.sync((): DefinitionsStatus => {
    const now = clock.unsafeCurrentTimeMillis()
    return {
      source: name,
      loadedAt: state?.loadedAt,
      age: state === undefined ? undefined : Math.max(0, now - state.loadedAt),
      etag: state?.etag,
      flags: state?.installed.definitions.size ?? 0,
      neverLocal: state?.installed.neverLocal.size ?? 0,
      stale: state?.stale ?? false,
      absentKeys: state?.absent.size ?? 0,
      lastFailure,
      failures,
      nextAttemptAt: dueAt === undefined
        ? undefined
        : now + Math.max(0, Math.ceil(Number(dueAt - clock.unsafeCurrentTimeNanos()) / 1e6))
    }
  })

  return {
    evaluate: (context: EvaluationContext, keys?: ReadonlyArray<string>) =>
      evaluate(state, context, keys, clock.unsafeCurrentTimeMillis()),
    noteAbsent: (keys: ReadonlyArray<string>) =>
      Effect.sync(() => {
        if (state === undefined) return
        const { absent, installed: { definitions } } = state
        remember(absent, keys.filter((key) => definitions.metadata(key) === undefined))
      }),
    ready: Deferred.await(ready),
    reload: load,
    status,
    changes: Stream.fromPubSub(changes)
  }
})
