import type * as PlatformError from "@effect/platform/Error"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { EventStore, GivenUp, RecoveredEvent, StoredEvent } from "../../EventStore.ts"
import { EventStoreError } from "../../EventStore.ts"
import { clockOf } from "../eventLoop.ts"
import { annotated } from "../library.ts"
import { oneLine } from "../quote.ts"
import { wake } from "../wake.ts"
import { Warnings } from "../warnings.ts"
import type { Files } from "./files.ts"
import { baseOf, heartbeatMillis, logOf, openFolder } from "./folder.ts"
import { encodeRanges, Lines } from "./records.ts"
import { isWithin, openReading, rangesOf, Receipt, Segment } from "./segment.ts"
import { SpoolCounts } from "./spoolCounts.ts"

/** @internal */
export interface FileStoreOptions {
  readonly directory: string
  readonly durability: "process" | "machine"
  readonly maxBytes: number
  readonly horizon: Duration.Duration
}

/** How long to wait before a folder that could not be written is tried again. */
const againMillis = 1000

/** How often to look for the logs of processes that died, at most. */
const adoptionMillis = 5000

/** A file is begun anew at this size; so much is given up at a time when there is no room. */
const segmentBytes = (maxBytes: number): number => Math.min(8 * 1024 * 1024, Math.max(16 * 1024, maxBytes / 16))

const closeMillis = 5000

const fromHere = annotated("EventSpool")

/** Where the events of one queue are written. */
interface Log {
  readonly lines: Lines
  active: Segment | undefined
  isWriting: boolean
  /** Those who wait for the end of a write. */
  readonly waiting: Array<() => void>
}

type Store = typeof EventStore.Service

const reasonOf = (error: PlatformError.PlatformError): string => oneLine(error.message)

/**
 * Keeps events in files of a folder: see decision 0028.
 *
 * @internal
 */
export const makeFileStore = (
  fileSystem: Files,
  { directory, durability, horizon, maxBytes }: FileStoreOptions
): Effect.Effect<Store, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = openFolder(fileSystem, directory)
    const warnings = new Warnings("EventSpool")
    const largest = segmentBytes(maxBytes)
    const chores = yield* FiberSet.make<void>()
    const runChore = yield* FiberSet.runtime(chores)<never>()
    const runBeating = yield* FiberSet.makeRuntime<never>()
    const logs = new Map<string, Log>()
    const wanted = new Set<string>()
    const reading = Effect.unsafeMakeSemaphore(1)
    const opening = Effect.unsafeMakeSemaphore(1)
    const name = oneLine(directory)
    /** In the order in which they are read and given up. */
    let segments: Array<Segment> = []
    let log: string | undefined
    let sequence = 0
    let closedUntil = Number.NEGATIVE_INFINITY
    let beatAt = Number.NEGATIVE_INFINITY
    let isBeating = false
    let adoptedAt = Number.NEGATIVE_INFINITY

    const counts = new SpoolCounts()
    const { add: count } = counts
    const warn = (kind: string, message: string): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => warnings.once(kind, message, now))
    const later = (chore: Effect.Effect<void>): void => {
      runChore(chore)
    }

    // ------------------------------------------------------------------------------------------------------ segments

    const forget = (segment: Segment): void => {
      if (segment.isGone) return
      segment.isGone = true
      segments = segments.filter((other) => other !== segment)
      const itsLog = logs.get(segment.queue)
      if (itsLog?.active === segment) itsLog.active = undefined
      counts.grow(-segment.size)
    }

    const files = (segment: Segment): Effect.Effect<void> =>
      Effect.zipRight(
        segment.close,
        Effect.forEach(
          [segment.events, segment.ended],
          (path) => Effect.ignore(fileSystem.remove(path, { force: true })),
          { discard: true }
        )
      )

    /** Removes a file of which nothing is needed any more, unless it is still written to and small. */
    const tidy = (segment: Segment): void => {
      if (segment.isGone || !segment.isDone) return
      if (segment.file !== undefined && segment.size < largest / 2) return
      forget(segment)
      later(files(segment))
    }

    const leaveAlone = (segment: Segment, why: string): Effect.Effect<void> => {
      // It could not be read because it was given up.
      if (segment.isGone) return Effect.void
      count("unreadableFiles", 1)
      const events = segment.unreadEvents
      if (!segment.isAdopted) count("corrupt", events)
      forget(segment)
      return Effect.zipRight(
        segment.close,
        warn(`unreadable ${why}`, `A file of the event spool ${name} ${oneLine(why)}; it is left alone`)
      )
    }

    // ------------------------------------------------------------------------------------------------------- writing

    // The log may have been taken over while this process stood still.
    const beat = Effect.gen(function*() {
      beatAt = yield* Clock.currentTimeMillis
      for (const lost of yield* folder.beat) {
        if (lost === log) log = undefined
        for (const segment of segments.filter(({ path }) => logOf(path) === lost)) {
          forget(segment)
          yield* segment.close
        }
        yield* warn("lost", `Another process has taken over a part of the event spool ${name}`)
      }
    })

    // Only while there is something to keep, so that an idle process may end.
    const keepAlive = (): void => {
      if (isBeating) return
      isBeating = true
      runBeating(
        Effect.whileLoop({
          while: () => isBeating,
          body: () => Effect.zipRight(Effect.sleep(heartbeatMillis), Effect.exit(beat)),
          step: () => {
            isBeating = segments.some((segment) => !segment.isDone)
          }
        })
      )
    }

    const ownLog = opening.withPermits(1)(Effect.suspend(() =>
      log === undefined
        ? Effect.zipWith(folder.create, Clock.currentTimeMillis, (created, now) => {
          beatAt = now
          log = created
          return created
        })
        : Effect.succeed(log)
    ))

    const openSegment = (queue: string, itsLog: Log) =>
      Effect.gen(function*() {
        const number = String(sequence++).padStart(8, "0")
        const segment = new Segment(queue, `${directory}/${yield* ownLog}.${queue}.${number}`, false)
        segment.file = yield* segment.open(fileSystem, segment.events, "wx")
        if (durability === "machine") {
          // So that the file is found after a loss of power. Not every system can do it.
          yield* Effect.ignore(
            Effect.scoped(Effect.flatMap(fileSystem.open(directory, { flag: "r" }), (folderFile) => folderFile.sync))
          )
        }
        itsLog.active = segment
        segments.push(segment)
        keepAlive()
        return segment
      })

    // What was written in part must not stand in the way of what follows.
    const undo = (segment: Segment): Effect.Effect<void> =>
      Effect.gen(function*() {
        const { file } = segment
        const undone = file === undefined || segment.size === 0
          ? false
          : yield* Effect.isSuccess(file.truncate(segment.size))
        if (undone) return
        const itsLog = logs.get(segment.queue)
        if (itsLog?.active === segment) itsLog.active = undefined
        if (!segment.isDone) return yield* segment.finish
        forget(segment)
        yield* files(segment)
      })

    const write = (queue: string, itsLog: Log, events: ReadonlyArray<StoredEvent>) =>
      itsLog.active === undefined
        ? Effect.flatMap(openSegment(queue, itsLog), (segment) => writeTo(segment, itsLog, events))
        : writeTo(itsLog.active, itsLog, events)

    const writeTo = (
      segment: Segment,
      itsLog: Log,
      events: ReadonlyArray<StoredEvent>
    ): Effect.Effect<ReadonlyArray<Receipt>, EventStoreError | PlatformError.PlatformError> => {
      const { file, size: start } = segment
      if (file === undefined) return new EventStoreError({ problem: "closed" })
      const { lines } = itsLog
      lines.clear()
      if (start === 0) lines.addHeader()
      const receipts: Array<Receipt> = []
      for (const { acceptedAt, event } of events) {
        const from = start + lines.length
        lines.addEvent(event, acceptedAt)
        receipts.push(new Receipt(segment, from, start + lines.length))
      }
      segment.isBusy = true
      const written = file.writeAll(lines.written)
      return Effect.as(
        Effect.onExit(durability === "machine" ? Effect.zipRight(written, file.sync) : written, (exit) => {
          segment.isBusy = false
          if (Exit.isFailure(exit)) return undo(segment)
          keepAlive()
          segment.size += lines.length
          counts.grow(lines.length)
          segment.note(events, receipts)
          // What was adopted meanwhile comes before what is written from now on.
          if (segment.size < largest && itsLog.active === segment) return Effect.void
          itsLog.active = undefined
          return Effect.map(segment.finish, () => tidy(segment))
        }),
        receipts
      )
    }

    const logOfQueue = (queue: string): Log => {
      const known = logs.get(queue)
      if (known !== undefined) return known
      const made: Log = { lines: new Lines(), active: undefined, isWriting: false, waiting: [] }
      logs.set(queue, made)
      return made
    }

    const untilWritten = ({ waiting }: Log): Effect.Effect<void> =>
      Effect.async((resume) => {
        waiting.push(() => wake(() => resume(Effect.void)))
      })

    const failed = (error: EventStoreError | PlatformError.PlatformError, now: number) => {
      closedUntil = now + againMillis
      const problem = error._tag === "EventStoreError" ? error.problem : reasonOf(error)
      return Effect.zipRight(
        warn("write", `The event spool cannot be written, and events are kept in memory only: ${problem}`),
        new EventStoreError({ problem })
      )
    }

    const append: Store["append"] = (queue, events) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.withFiberRuntime((fiber) => {
          const now = clockOf(fiber).unsafeCurrentTimeMillis()
          // A clock that was set back does not keep the folder closed.
          if (now < closedUntil && closedUntil - now <= againMillis) {
            return new EventStoreError({ problem: "The folder could not be written a moment ago" })
          }
          const itsLog = logOfQueue(queue)
          if (itsLog.isWriting) return restore(Effect.zipRight(untilWritten(itsLog), append(queue, events)))
          itsLog.isWriting = true
          const isLate = log !== undefined && (now < beatAt || now - beatAt > 2 * heartbeatMillis)
          const writing = isLate
            ? Effect.flatMap(beat, () => write(queue, itsLog, events))
            : write(queue, itsLog, events)
          const written = Effect.ensuring(
            restore(writing),
            Effect.sync(() => {
              itsLog.isWriting = false
              for (const resume of itsLog.waiting.splice(0)) resume()
            })
          )
          return Effect.matchEffect(written, {
            onFailure: (error) => failed(error, now),
            onSuccess: (receipts) =>
              warnings.settle("write")
                ? Effect.as(fromHere(Effect.logInfo(`The event spool ${name} can be written again`)), receipts)
                : Effect.succeed(receipts)
          })
        })
      )

    // -------------------------------------------------------------------------------------------------------- ending

    const noteEnded = (segment: Segment, receipts: ReadonlyArray<Receipt>): Effect.Effect<void> =>
      Effect.gen(function*() {
        segment.live -= receipts.length
        tidy(segment)
        if (segment.isGone) return
        if (segment.endedFile === undefined) {
          segment.endedFile = yield* segment.open(fileSystem, segment.ended, "a")
        }
        yield* segment.endedFile.writeAll(encodeRanges(rangesOf(receipts)))
      }).pipe(Effect.ignore)

    const ended: Store["ended"] = (receipts) =>
      Effect.suspend(() => {
        const bySegment = new Map<Segment, Array<Receipt>>()
        for (const receipt of receipts) {
          if (!(receipt instanceof Receipt) || receipt.segment.isGone) continue
          const known = bySegment.get(receipt.segment)
          if (known === undefined) bySegment.set(receipt.segment, [receipt])
          else known.push(receipt)
        }
        return Effect.forEach(bySegment, ([segment, its]) => noteEnded(segment, its), { discard: true })
      })

    // ------------------------------------------------------------------------------------------------------- reading

    const adopt = Effect.gen(function*() {
      for (const { path, queue } of yield* folder.adopt(wanted)) {
        const segment = new Segment(baseOf(queue), path, true)
        const info = yield* Effect.option(fileSystem.stat(segment.events))
        if (info._tag === "None") continue
        segment.size = Number(info.value.size)
        segment.unread.push({ from: 0, to: segment.size })
        // What this process writes from now on comes after it.
        const itsLog = logs.get(segment.queue)
        if (itsLog?.active !== undefined) {
          const { active } = itsLog
          itsLog.active = undefined
          // Otherwise whoever is writing to it does that.
          if (!active.isBusy) {
            yield* active.finish
            tidy(active)
          }
        }
        segments.push(segment)
        counts.grow(segment.size)
        keepAlive()
      }
    })

    const beginReading = (segment: Segment): Effect.Effect<void> =>
      Effect.matchEffect(openReading(fileSystem, segment), {
        onSuccess: (problem) => problem === undefined ? Effect.void : leaveAlone(segment, problem),
        onFailure: (error) => leaveAlone(segment, `cannot be read: ${reasonOf(error)}`)
      })

    const readOn = (segment: Segment, found: Array<RecoveredEvent>, most: number): void => {
      const { reading: current } = segment
      if (current === undefined) return
      const { reader, skipped } = current
      while (found.length < most || reader.isAtEnd) {
        const next = reader.next()
        if (next === undefined) {
          segment.reading = undefined
          segment.begun = undefined
          segment.unread.shift()
          if (segment.unread.length === 0) segment.unreadEvents = 0
          count("corrupt", reader.corrupt)
          count("torn", reader.torn)
          return tidy(segment)
        }
        if (isWithin(skipped, next.from)) continue
        segment.live++
        if (segment.isAdopted) count("recovered", 1)
        else segment.unreadEvents--
        found.push({
          event: next.event,
          acceptedAt: next.acceptedAt,
          receipt: new Receipt(segment, next.from, next.to),
          adopted: segment.isAdopted
        })
      }
    }

    const recover: Store["recover"] = (queue, most) =>
      reading.withPermits(1)(Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        if (!wanted.has(queue) || now < adoptedAt || now - adoptedAt >= adoptionMillis) {
          wanted.add(queue)
          adoptedAt = now
          yield* adopt
        }
        const found: Array<RecoveredEvent> = []
        for (const segment of segments.filter((one) => one.queue === queue)) {
          while (found.length < most && !segment.isGone && segment.unread.length > 0) {
            if (segment.reading === undefined) yield* beginReading(segment)
            // Given up while it was opened: what is in it has been counted.
            if (segment.isGone) break
            readOn(segment, found, most)
          }
        }
        return found
      }))

    // ------------------------------------------------------------------------------------------------------- closing

    /** Gives up a file; of one of another process, it is not known how many events that were. */
    const giveUpOldest = (): GivenUp | undefined => {
      const oldest = segments.find((segment) => !segment.isBusy && !segment.isDone)
      if (oldest === undefined) {
        // All in them has ended.
        const emptied = segments.find((segment) => !segment.isBusy)
        if (emptied === undefined) return undefined
        forget(emptied)
        later(files(emptied))
        return { queue: emptied.queue, unread: 0, has: () => false }
      }
      const isUnknown = oldest.isAdopted && oldest.unread.length > 0
      const unread = oldest.isAdopted ? 0 : oldest.unreadEvents
      forget(oldest)
      later(Effect.zipRight(isUnknown ? countGivenUp(oldest) : Effect.void, files(oldest)))
      return { queue: oldest.queue, unread, has: (receipt) => receipt instanceof Receipt && receipt.segment === oldest }
    }

    const countGivenUp = (segment: Segment): Effect.Effect<void> =>
      Effect.gen(function*() {
        if (segment.reading === undefined) yield* beginReading(segment)
        const { reading: current } = segment
        if (current === undefined) return
        let events = 0
        for (let next = current.reader.next(); next !== undefined; next = current.reader.next()) {
          if (!isWithin(current.skipped, next.from)) events++
        }
        count("overflowed", events)
      })

    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        isBeating = false
        yield* Effect.timeoutOption(FiberSet.awaitEmpty(chores), closeMillis)
        const done = segments.filter((segment) => segment.isDone)
        for (const segment of done) {
          forget(segment)
          yield* files(segment)
        }
        yield* Effect.forEach(segments, ({ close }) => close, { discard: true })
        const left = new Set(segments.map(({ path }) => logOf(path)))
        yield* folder.release((log) => left.has(log))
        yield* Effect.exit(counts.account(name, segments.length === 0))
      }).pipe(Effect.interruptible, Effect.timeoutOption(closeMillis * 2))
    )

    return {
      append,
      ended,
      recover,
      giveUpOldest,
      isFull: (more) => counts.bytes + more > maxBytes,
      horizon,
      count,
      status: Effect.sync(() => counts.status)
    }
  })
