// Generated from packages/effect-posthog/src/internal/evaluation/evaluationBudget.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import { turns } from "../eventLoop.ts"
import { detectRuntime } from "../runtime.ts"
import { wake } from "../wake.ts"

/**
 * Ordinary flags evaluated before the event loop gets a turn: about a millisecond of work. Fibers that evaluate at the same time
 * follow each other in microtasks, which all run before the loop turns: without a limit a hundred of them hold up
 * timers, input and output for as long as they take together.
 */
const flagsPerTurn = 5_000

/** What an ordinary flag takes. Large values and hostile definitions take more. */
const stepsPerFlag = 4

const isWorker = detectRuntime() === "worker"

// There is one event loop, so there is one account, whatever number of projects evaluates.
let spent = 0
let last = 1
let isTurning = false
const waiting = new Set<() => void>()

const turn = (): void => {
  spent = 0
  let places = Math.ceil(flagsPerTurn / last)
  for (const resume of waiting) {
    waiting.delete(resume)
    wake(resume)
    places -= 1
    if (places <= 0) break
  }
  isTurning = waiting.size > 0
  if (isTurning) turns.scheduleTask(turn, 0)
}

const queue: Effect.Effect<void> = Effect.callback<void>((resume) => {
  const proceed = () => resume(Effect.void)
  waiting.add(proceed)
  if (!isTurning) {
    isTurning = true
    turns.scheduleTask(turn, 0)
  }
  return Effect.sync(() => {
    waiting.delete(proceed)
  })
})

/**
 * Puts an evaluation on the account, by its work where that is known.
 *
 * @internal
 */
export const charge = (flags: number, steps = 0): void => {
  last = Math.max(1, flags, steps / stepsPerFlag)
  spent += last
}

/**
 * Runs an evaluation, in a later turn of the event loop if too much has been evaluated in this one. A fiber that is run
 * synchronously cannot wait, and never does; nor does one on a worker, where the turn might be that of another request.
 *
 * @internal
 */
export const inTurn = <A, E, R>(
  scheduler: Scheduler.Scheduler,
  evaluation: () => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => {
  const isSynchronous = scheduler.executionMode === "sync"
  return (spent < flagsPerTurn && waiting.size === 0) || isSynchronous || isWorker ? evaluation() : queued(evaluation)
}

// What was evaluated in this turn before it was this fiber's may have been more than expected.
const queued = <A, E, R>(evaluation: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(queue, () => (spent < flagsPerTurn ? evaluation() : queued(evaluation)))
