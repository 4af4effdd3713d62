// Generated from packages/effect-posthog/src/internal/promise/runner.ts by packages/tools/editions.mjs: change that file, not this one.
import type { HttpClient } from "effect/http/HttpClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import type { Services } from "../../PostHog.ts"
import type { PostHogConfig } from "../../PostHogConfig.ts"
import type { PostHogConfigError } from "../../PostHogConfigError.ts"
import type { RequestContext } from "../requestContext.ts"
import { mergeContexts, requestContextRef } from "../requestContext.ts"
import type { Runtime } from "../runtime.ts"

/** @internal */
export type ClientRuntime = ManagedRuntime.ManagedRuntime<Provided, PostHogConfigError>

type Provided = Services | PostHogConfig | HttpClient

type Run = <A, E>(effect: Effect.Effect<A, E, Provided>, signal?: AbortSignal) => Promise<A>

/**
 * Runs effects with the services of a client.
 *
 * @internal
 */
export interface Runner {
  /** Rejects with the failure itself. */
  readonly run: Run
  /** The same for what a flush waits for. */
  readonly queued: Run
  /** What was queued before has ended, in one way or the other. */
  readonly settled: () => Effect.Effect<void>
  /** The same client in a request context. */
  readonly within: (context: RequestContext) => Runner
}

// A disposed runtime dies with a text instead of an error.
const errorOf = (cause: Cause.Cause<unknown>): unknown => {
  const error = Cause.squash(cause)
  return typeof error === "string" && Option.isNone(Cause.findErrorOption(cause))
    ? new Error("The client is closed")
    : error
}

const resolved = <A, E>(exit: Exit.Exit<A, E>): A | Promise<never> =>
  Exit.isSuccess(exit) ? exit.value : Promise.reject(errorOf(exit.cause))

/** How long a flush on a worker waits for captures that nobody awaited. */
const mostPauses = 40
const pause = Effect.sleep(25)

/** @internal */
export const makeRunner = (runtime: ClientRuntime, runsOn: Runtime): Runner => {
  const isWorker = runsOn === "worker"
  // Definitions load from now on, not from the first call. Why the client could not be built, every call hears anew. On a
  // worker the first call builds: outside of requests nothing may be loaded there.
  let building: Promise<unknown> | undefined = isWorker ? undefined : runtime.context().then(() => {}, () => {})
  // A step behind the calls that wait for it, so that none overtakes them.
  void building?.then(() => building = undefined)
  const running = new Set<Promise<unknown>>()

  // Some may be those of other requests, which may have been cut off: nothing of theirs is awaited, and not for long.
  const settledOnWorker = (before: ReadonlyArray<Promise<unknown>>, pauses: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const left = before.filter((capture) => running.has(capture))
      if (left.length === 0) return Effect.void
      if (pauses < mostPauses) return Effect.andThen(pause, settledOnWorker(left, pauses + 1))
      for (const capture of left) running.delete(capture)
      return Effect.void
    })

  const makeIn = (context: RequestContext): Runner => {
    // In the order of the calls, also of those that have to wait for the client.
    const exitOf = <A, E>(effect: Effect.Effect<A, E, Provided>, signal: AbortSignal | undefined) => {
      const inContext = Effect.provideService(effect, requestContextRef, context)
      const start = () => runtime.runPromiseExit(inContext, signal === undefined ? undefined : { signal })
      return building === undefined ? start() : building.then(start)
    }
    return {
      run: (effect, signal) => exitOf(effect, signal).then(resolved),
      queued: (effect, signal) => {
        const exit = exitOf(effect, signal)
        running.add(exit)
        return exit.finally(() => running.delete(exit)).then(resolved)
      },
      settled: () => {
        const before = [...running]
        if (isWorker) return settledOnWorker(before, 0)
        return Effect.asVoid(Effect.promise(() => Promise.allSettled(before)))
      },
      within: (inner) => makeIn(mergeContexts(context, inner))
    }
  }
  return makeIn({})
}
