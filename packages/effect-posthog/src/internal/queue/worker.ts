import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { withNow } from "../eventLoop.ts"
import type { Batch } from "./batch.ts"
import type { RouteQueue } from "./routeQueue.ts"

/** @internal */
export type DrainOnce = (upTo?: number) => Effect.Effect<void>

/**
 * One step of sending, which any fiber can run: takes a batch, due or not, and delivers it until all its events have
 * ended. What is left when the step is interrupted waits in the queue again, before everything else; nothing is left when
 * the step breaks. Two steps at a time take different batches. Takes no event after the given one; does nothing when
 * nothing is queued.
 *
 * @internal
 */
export const makeDrainOnce = (
  queue: RouteQueue,
  deliver: (batch: Batch) => Effect.Effect<void>,
  report: Effect.Effect<void>
): DrainOnce =>
(upTo) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const batch = queue.take(upTo)
      if (batch === undefined) return Effect.void
      return Effect.flatMap(Effect.exit(restore(Effect.zipRight(deliver(batch), report))), (exit) => {
        const interrupted = Exit.isFailure(exit) && Cause.isInterrupted(exit.cause)
        // Whatever breaks, a logger that throws included, sending goes on with the next batch.
        if (Exit.isFailure(exit) && !interrupted) {
          for (const event of batch.events) queue.end(event, "RetriesExhausted", "unknown_error")
          queue.settle()
        }
        queue.release(batch)
        return interrupted ? exit : Effect.void
      })
    })
  )

const sleep = (queue: RouteQueue, millis: number): Effect.Effect<void> =>
  Effect.timeoutTo(Deferred.await(queue.setAlarm()), {
    duration: millis,
    onSuccess: () => undefined,
    onTimeout: () => queue.intervalPassed()
  })

/**
 * Sends what is due, batch after batch, and sleeps in between. Never ends by itself.
 *
 * @internal
 */
export const work = (queue: RouteQueue, drainOnce: DrainOnce): Effect.Effect<never> => {
  const drain = drainOnce()
  const loop: Effect.Effect<never> = withNow((now) => {
    const wait = queue.dueIn(now)
    const step = wait === undefined
      ? Deferred.await(queue.setAlarm())
      : wait > 0
      ? sleep(queue, wait)
      : drain
    return Effect.zipRight(step, loop)
  })
  return loop
}
