// Generated from packages/effect-posthog/src/internal/dedup/boundedStore.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as PostHogMetrics from "../../PostHogMetrics.ts"
import { annotated } from "../library.ts"
import { wake } from "../wake.ts"

/** A store is in local memory and answers at once; one that does not must not hold up the read of a flag. */
const limit = Duration.millis(50)

/** For how long a store that failed is left alone. */
const pause = Duration.seconds(5)

const pauseNanos = BigInt(Duration.toMillis(pause)) * 1_000_000n

type Failure = "timeout" | "defect" | "paused"

const failures: Readonly<Record<Failure, Metric.Counter<number>>> = {
  timeout: Metric.withAttributes(PostHogMetrics.dedupStoreFailures, { ["reason"]: "timeout" }),
  defect: Metric.withAttributes(PostHogMetrics.dedupStoreFailures, { ["reason"]: "defect" }),
  paused: Metric.withAttributes(PostHogMetrics.dedupStoreFailures, { ["reason"]: "paused" })
}

const problems: Readonly<Record<Exclude<Failure, "paused">, string>> = {
  timeout: `did not answer within ${Duration.format(limit)}`,
  defect: "failed"
}

const fromHere = annotated("DedupCache")

/** @internal */
export interface Store {
  readonly claim: (key: string) => Effect.Effect<boolean>
  readonly release: (key: string) => Effect.Effect<void>
  readonly clear: Effect.Effect<void>
}

// `Effect.timeout` forks two fibers and joins them, which costs more than the whole read of a flag. An answer that comes
// at once needs no timer here.
const withinLimit = <A>(
  effect: Effect.Effect<A>,
  onFailure: (reason: Exclude<Failure, "paused">) => Effect.Effect<A>
): Effect.Effect<A> =>
  Effect.flatMap(Effect.context<never>(), (runtime) =>
    Effect.callback<A>((resume) => {
      const run = Effect.runForkWith(runtime)
      const answer = run(Effect.interruptible(effect))
      const outcome = (exit: Exit.Exit<A>) => (Exit.isSuccess(exit) ? exit : onFailure("defect"))
      const answered = answer.pollUnsafe()
      if (answered !== undefined) return resume(outcome(answered))
      const timer = run(Effect.interruptible(Effect.sleep(limit)))
      let isSettled = false
      const cancel = () => {
        isSettled = true
        wake(() => timer.interruptUnsafe())
        wake(() => answer.interruptUnsafe())
      }
      const settle = (result: () => Effect.Effect<A>) => {
        if (isSettled) return
        cancel()
        wake(() => resume(result()))
      }
      answer.addObserver((exit) => settle(() => outcome(exit)))
      timer.addObserver((exit) => {
        if (Exit.isSuccess(exit)) settle(() => onFailure("timeout"))
      })
      return Effect.sync(cancel)
    }))

/**
 * Makes a store answer in time, whatever it does: a claim that takes too long or fails is granted, so that no exposure is
 * lost, and the store is left alone for a few seconds. Failures are counted, and logged once until the store works again.
 *
 * @internal
 */
export const boundedStore = (store: Store): Store => {
  // On the clock that is never set. Absent: the store works.
  let pausedUntil: bigint | undefined
  let warned = false

  const guarded = <A>(effect: () => Effect.Effect<A>, otherwise: A): Effect.Effect<A> =>
    Effect.clockWith((clock) => {
      const now = clock.monotonicTimeNanosUnsafe()
      if (pausedUntil !== undefined) {
        if (now < pausedUntil) {
          failures.paused.updateUnsafe(1, Context.empty())
          return Effect.succeed(otherwise)
        }
        // The first call after the pause finds out; the others do not wait with it.
        pausedUntil = now + pauseNanos
      }
      const failed = (reason: Exclude<Failure, "paused">) => {
        failures[reason].updateUnsafe(1, Context.empty())
        pausedUntil = clock.monotonicTimeNanosUnsafe() + pauseNanos
        const log = warned ? Effect.logDebug : Effect.logWarning
        warned = true
        return Effect.as(
          fromHere(log(
            `The store of reported exposures ${problems[reason]}; for ${
              Duration.format(pause)
            } exposures are reported ` +
              "without asking it"
          )),
          otherwise
        )
      }
      return withinLimit(Effect.suspend(effect), failed)
    })

  const working = <A>(effect: Effect.Effect<A>): Effect.Effect<A> =>
    Effect.tap(effect, () =>
      Effect.sync(() => {
        pausedUntil = undefined
        warned = false
      }))

  return {
    claim: (key) => guarded(() => working(store.claim(key)), true),
    release: (key) => guarded(() => working(store.release(key)), undefined),
    clear: Effect.suspend(() => {
      pausedUntil = undefined
      return guarded(() => store.clear, undefined)
    })
  }
}
