import * as Effect from "effect/Effect"
import { withNow } from "../eventLoop.ts"
import type { QueuedEvent } from "./queuedEvent.ts"
import type { RouteQueue } from "./routeQueue.ts"
import type { DrainOnce } from "./worker.ts"

/** Between two looks at what others are sending. */
const pauseMillis = 50

/** How long a hook may take before whoever ran it counts as cut off. */
const hookMillis = 15_000

/** How long events may wait without any flush before that is reported. */
const forgottenMillis = 60_000

interface Decision {
  readonly run: Effect.Effect<void>
  heldUntil: number
}

/** A queue, how to send from it, and the decisions of hooks that nobody has run to their end. */
interface Driven {
  readonly queue: RouteQueue
  readonly drainOnce: DrainOnce
  readonly decisions: Map<QueuedEvent, Decision>
}

const pause = Effect.sleep(pauseMillis)

/**
 * Work that is done by whoever calls, in the caller's fiber: see decision 0025. A caller takes what is queued and not on
 * its way. What another caller has taken stays with that one until it has given no sign of life for longer than an attempt
 * may take; then the next caller takes it over.
 *
 * @internal
 */
export const makeCallerDriver = (flushAt: number) => {
  const driven = new Map<RouteQueue, Driven>()
  let drainedAt: number | undefined

  const decide = ({ decisions }: Driven, now: number): Effect.Effect<void> => {
    const free: Array<Effect.Effect<void>> = []
    for (const [event, decision] of decisions) {
      if (!event.live) decisions.delete(event)
      else if (decision.heldUntil <= now) {
        decision.heldUntil = now + hookMillis
        free.push(Effect.onExit(decision.run, (exit) =>
          Effect.sync(() => {
            if (exit._tag === "Success") decisions.delete(event)
            else decision.heldUntil = 0
          })))
      }
    }
    return Effect.all(free, { concurrency: "unbounded", discard: true })
  }

  /** Sends all that was accepted before and is not on its way. */
  const drain = (one: Driven): Effect.Effect<void> =>
    withNow((now) => {
      const { drainOnce, queue } = one
      drainedAt = now
      queue.reclaim(now)
      return Effect.flatMap(decide(one, now), () => {
        const last = queue.lastAccepted
        return Effect.whileLoop({
          while: () => queue.hasQueued(last),
          body: () => drainOnce(last),
          step: () => {}
        })
      })
    })

  const flush: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach([...driven.values()], drain, { concurrency: "unbounded", discard: true })
  )

  const isDone = (): boolean => ![...driven.keys()].some((queue) => queue.hasLive)

  return {
    opened: (queue: RouteQueue, drainOnce: DrainOnce): void => {
      driven.set(queue, { queue, drainOnce, decisions: new Map() })
    },

    /** The event is in the queue; the effect decides what becomes of it. */
    decideLater: (queue: RouteQueue, event: QueuedEvent, run: Effect.Effect<void>): void => {
      driven.get(queue)?.decisions.set(event, { run, heldUntil: 0 })
    },

    /** One step towards room in the queue. */
    makeRoom: (queue: RouteQueue): Effect.Effect<void> =>
      withNow((now) => {
        const one = driven.get(queue)
        if (one === undefined) return pause
        queue.reclaim(now)
        drainedAt = now
        return Effect.flatMap(decide(one, now), () => queue.queued > 0 ? one.drainOnce() : pause)
      }),

    flush,

    /** Flushes until nothing is left, also of what others are sending. For the end, which has a limit of its own. */
    drainAll: Effect.suspend(() => {
      const rest: Effect.Effect<void> = Effect.suspend(() =>
        isDone() ? Effect.void : Effect.zipRight(pause, Effect.zipRight(flush, rest))
      )
      return Effect.zipRight(flush, rest)
    }),

    /** Whether nothing has sent anything for so long that it looks as if nothing ever would. */
    isForgotten: (queue: RouteQueue, now: number): boolean => {
      drainedAt ??= now
      return queue.queued >= flushAt && now - drainedAt >= forgottenMillis
    }
  }
}

/** @internal */
export type CallerDriver = ReturnType<typeof makeCallerDriver>
