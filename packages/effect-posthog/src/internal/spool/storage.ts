import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { OfferResult } from "../../Delivery.ts"
import type { RecoveredEvent, StoredEvent } from "../../EventStore.ts"
import { EventStore } from "../../EventStore.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { hashAtOnce } from "../definitions/fingerprint.ts"
import { clockOf, turns, yieldToEventLoop } from "../eventLoop.ts"
import { maxSize } from "../queue/occupancy.ts"
import type { QueuedEvent, Route } from "../queue/queuedEvent.ts"
import type { QueueStorage } from "../queue/queueStorage.ts"
import { queueStorage } from "../queue/queueStorage.ts"
import { oneLine } from "../quote.ts"
import { wake } from "../wake.ts"
import { Warnings } from "../warnings.ts"
import { SpoolCounters } from "./spoolCounters.ts"
import { accepted, lineOverhead, SpooledQueue } from "./spooledQueue.ts"

/** Events that are written together at most, and about how many characters of JSON: more would hold the event loop. */
const mostTogether = 256
const largestGroup = 1024 * 1024

const tickMillis = 10_000

/** How long a write may take before nothing waits for it any more. */
const stallMillis = 5000

const closeMillis = 5000

/** Events that are written together. */
class Group {
  readonly events: Array<QueuedEvent> = []
  readonly stored: Array<StoredEvent> = []
  readonly waiters: Array<() => void> = []
  estimate = 0
  startedAt: number | undefined
  isDone = false

  /** Nothing is added to it any more. */
  get isLarge(): boolean {
    return this.events.length >= mostTogether || this.estimate >= largestGroup
  }

  done(): void {
    if (this.isDone) return
    this.isDone = true
    for (const resume of this.waiters.splice(0)) resume()
  }
}

/** What one queue has to write. */
interface Writer {
  readonly name: string
  readonly queue: SpooledQueue
  readonly groups: Array<Group>
  ended: Array<unknown>
  /** Its fiber writes, or is about to. */
  isWriting: boolean
  /** Resumes its fiber. */
  resume: () => void
  /** Those who wait until nothing is left to write. */
  readonly closing: Array<() => void>
  isRefilling: boolean
  /** There may be more since the reading began. */
  isMoreWritten: boolean
  /** A write has taken too long. */
  isStalled: boolean
}

/** The names that clients of a store have. */
const names = new WeakMap<typeof EventStore.Service, Set<string>>()

// Two clients of one project may share a store, and their events must not get mixed up. One that follows another has its
// name, and what that one left.
const takeName = (store: typeof EventStore.Service, project: string) => {
  const taken = names.get(store) ?? new Set()
  names.set(store, taken)
  let name = project
  for (let number = 1; taken.has(name); number++) name = `${project}-${number}`
  taken.add(name)
  return { name, release: Effect.sync(() => taken.delete(name)) }
}

/** Puts a store under the queues of a client. */
const makeStorage = (store: typeof EventStore.Service, settings: Settings): QueueStorage => {
  const counters = new SpoolCounters()
  const warnings = new Warnings("EventSpool")
  // Events of one project are never sent to another one.
  const { name: project, release } = takeName(store, hashAtOnce(Redacted.value(settings.apiKey)).toString(36))
  const writers = new Map<SpooledQueue, Writer>()
  let isDegraded = false
  let pendingBytes = 0
  let inBackground: (effect: Effect.Effect<void>) => void = () => {}

  const schedule = (writer: Writer): void => {
    if (writer.isWriting) return
    writer.isWriting = true
    // What the rest of this turn captures is written with it, and what is captured during a write with the next one.
    turns.scheduleTask(() => wake(writer.resume), 0)
  }

  const writerOf = (queue: SpooledQueue): Writer => {
    const known = writers.get(queue)
    if (known !== undefined) return known
    const made: Writer = {
      name: `${queue.route}-${project}`,
      queue,
      groups: [],
      ended: [],
      // Its fiber begins with what there is.
      isWriting: true,
      resume: () => {},
      closing: [],
      isRefilling: false,
      isMoreWritten: false,
      isStalled: false
    }
    writers.set(queue, made)
    inBackground(keepWriting(made))
    return made
  }

  // A store that breaks its word and dies is no reason for captures and flushes to wait for ever.
  const guarded = <A>(effect: () => Effect.Effect<A>, otherwise: A): Effect.Effect<A> =>
    Effect.catchAllCause(
      Effect.suspend(effect),
      (cause) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.as(warnings.warn("store", `The event store failed: ${oneLine(Cause.pretty(cause))}`, now), otherwise))
    )

  // ------------------------------------------------------------------------------------------------------- writing

  const write = (queue: SpooledQueue, event: QueuedEvent, now: number, kept: boolean): Effect.Effect<OfferResult> => {
    const writer = writerOf(queue)
    const { groups } = writer
    let group = groups[groups.length - 1]
    if (group === undefined || group.startedAt !== undefined || group.isLarge) {
      group = new Group()
      groups.push(group)
    }
    const its = group
    its.events.push(event)
    its.stored.push({ event: event.event, acceptedAt: now, kept })
    its.estimate += event.estimate + lineOverhead
    pendingBytes += event.estimate + lineOverhead
    schedule(writer)
    keepTicking()
    return writer.isStalled ? accepted(event) : Effect.async((resume) => {
      if (its.isDone) resume(accepted(event))
      else its.waiters.push(() => wake(() => resume(accepted(event))))
    })
  }

  const settle = (writer: Writer, { events, stored }: Group, receipts: ReadonlyArray<unknown> | undefined): void => {
    isDegraded = receipts === undefined
    if (receipts === undefined) store.count("notStored", events.length)
    for (const [index, event] of events.entries()) {
      const kept = stored[index]?.kept === true
      if (receipts === undefined) {
        if (!kept) writer.queue.keep(event)
      } else if (kept) {
        if (event.live && event.stored !== undefined) event.stored.receipt = receipts[index]
        else writer.ended.push(receipts[index])
      }
    }
  }

  const written = (writer: Writer, group: Group, receipts: ReadonlyArray<unknown> | undefined): void => {
    settle(writer, group, receipts)
    writer.groups.shift()
    pendingBytes -= group.estimate
    writer.isStalled = false
    group.done()
    if (writer.queue.onDiskAlone > 0) refill(writer.queue)
  }

  const writeNext = (writer: Writer): Effect.Effect<void> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.withFiberRuntime((fiber) => {
        const [group] = writer.groups
        if (group === undefined) return Effect.void
        group.startedAt = clockOf(fiber).unsafeCurrentTimeMillis()
        return Effect.matchCause(restore(Effect.suspend(() => store.append(writer.name, group.stored))), {
          onFailure: () => written(writer, group, undefined),
          onSuccess: (receipts) => written(writer, group, receipts)
        })
      })
    )

  const noteEnds = (writer: Writer): Effect.Effect<void> => {
    const receipts = writer.ended
    writer.ended = []
    // A file may be gone, and those who wait for room want to know.
    return Effect.map(guarded(() => store.ended(receipts), undefined), () => writer.queue.settle())
  }

  const isLeft = ({ ended, groups }: Writer): boolean => groups.length > 0 || ended.length > 0

  const untilScheduled = (writer: Writer): Effect.Effect<void> =>
    Effect.async((resume) => {
      writer.isWriting = false
      writer.resume = () => resume(Effect.void)
      for (const resumeClosing of writer.closing.splice(0)) resumeClosing()
    })

  // One fiber for all the writes: starting one for each would cost more than the write.
  const keepWriting = (writer: Writer): Effect.Effect<void> =>
    Effect.whileLoop({
      while: () => true,
      body: () =>
        writer.groups.length > 0
          ? writeNext(writer)
          : writer.ended.length > 0
          ? noteEnds(writer)
          : untilScheduled(writer),
      step: () => {}
    })

  const allWritten = (writer: Writer): Effect.Effect<void> =>
    Effect.async((resume) => {
      if (isLeft(writer)) schedule(writer)
      if (writer.isWriting) writer.closing.push(() => wake(() => resume(Effect.void)))
      else resume(Effect.void)
    })

  // ------------------------------------------------------------------------------------------------------- reading

  const waitingToBeWritten = ({ groups }: Writer): number => {
    let count = 0
    for (const { stored } of groups) for (const { kept } of stored) if (!kept) count++
    return count
  }

  const refill = (queue: SpooledQueue): void => {
    const writer = writerOf(queue)
    writer.isMoreWritten = true
    if (writer.isRefilling) return
    writer.isRefilling = true
    inBackground(Effect.ensuring(
      Effect.whileLoop({
        while: () => writer.isMoreWritten,
        body: () => readAll(writer),
        step: () => {}
      }),
      Effect.sync(() => {
        writer.isRefilling = false
      })
    ))
  }

  const readAll = (writer: Writer): Effect.Effect<void> =>
    Effect.gen(function*() {
      const { name, queue } = writer
      writer.isMoreWritten = false
      while (true) {
        queue.hasMore = queue.room === 0
        if (queue.hasMore) return
        const written = queue.onDiskAlone - waitingToBeWritten(writer)
        const lostBefore = queue.lost
        const events = yield* guarded<ReadonlyArray<RecoveredEvent> | undefined>(
          () => store.recover(name, Math.min(mostTogether, queue.room)),
          undefined
        )
        // What is left is tried again later.
        if (events === undefined) return queue.recovering(false)
        for (const event of events) queue.recover(event)
        if (events.length > 0) keepTicking()
        if (events.length === 0) {
          // They were damaged since, unless they have been given up meanwhile.
          const damaged = written - (queue.lost - lostBefore)
          if (damaged > 0) queue.lose(damaged, "RetriesExhausted")
          return queue.recovering(false)
        }
        yield* yieldToEventLoop
      }
    })

  // ------------------------------------------------------------------------------------------------------ lifetime

  let isTicking = false

  // Only while there is something to look after, so that an idle process may end.
  const keepTicking = (): void => {
    if (isTicking) return
    isTicking = true
    inBackground(Effect.whileLoop({
      while: () => isTicking,
      body: () => Effect.zipRight(Effect.sleep(tickMillis), tick),
      step: () => {
        isTicking = [...writers].some(([queue, { groups }]) => queue.hasLive || groups.length > 0)
      }
    }))
  }

  const tick = Effect.map(Clock.currentTimeMillis, (now) => {
    for (const [queue, writer] of writers) {
      queue.tick(now)
      const startedAt = writer.groups[0]?.startedAt
      if (startedAt !== undefined && now - startedAt > stallMillis) {
        writer.isStalled = true
        for (const group of writer.groups) group.done()
      }
      // For the events of processes that died.
      refill(queue)
    }
  })

  return {
    counters,
    open: (options) =>
      new SpooledQueue(options, {
        counters,
        horizon: store.horizon,
        retryBase: settings.events.retryBase,
        isFull: (bytes) => pendingBytes > maxSize || store.isFull(bytes + pendingBytes),
        isStuck: () => pendingBytes > maxSize,
        giveUpOldest: () => {
          const given = store.giveUpOldest()
          if (given === undefined) return false
          for (const [queue, { name }] of writers) if (name === given.queue) queue.gaveUp(given)
          return true
        },
        expire: (events) => store.count("expired", events),
        write,
        ended: (queue, receipt) => {
          const writer = writerOf(queue)
          writer.ended.push(receipt)
          schedule(writer)
        },
        refill,
        resumeAfter: (queue, millis) =>
          inBackground(Effect.zipRight(
            Effect.sleep(millis),
            Effect.map(Clock.currentTimeMillis, (now) => queue.resume(now))
          )),
        isDegraded: () => isDegraded
      }),
    start: (queueOf, background) => {
      inBackground = background
      for (const route of ["analytics", "ai"] satisfies ReadonlyArray<Route>) {
        const queue = queueOf(route)
        if (!(queue instanceof SpooledQueue)) continue
        queue.recovering(true)
        refill(queue)
      }
    },
    close: Effect.suspend(() => Effect.forEach(writers.values(), allWritten, { discard: true })).pipe(
      // A disk that does not answer is not waited for.
      Effect.interruptible,
      Effect.timeoutOption(closeMillis),
      Effect.zipRight(release),
      Effect.asVoid
    )
  }
}

/**
 * A store, and what puts it under the queues of a client.
 *
 * @internal
 */
export const withQueueStorage = (store: typeof EventStore.Service): Context.Context<EventStore> =>
  Context.add(Context.make(EventStore, store), queueStorage, {
    make: (settings) => makeStorage(store, settings)
  }) as Context.Context<EventStore>
