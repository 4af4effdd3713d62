import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { StoredEvent } from "../../EventStore.ts"
import type { Files, OpenFile } from "./files.ts"
import type { Range } from "./records.ts"
import { decodeRanges, formatVersion, LineReader, versionOf } from "./records.ts"

/**
 * One file of events, and what of it is not needed any more. Deleted as a whole.
 *
 * @internal
 */
export class Segment {
  readonly queue: string
  /** Without the extension. */
  readonly path: string
  readonly isAdopted: boolean
  /** Bytes on disk. */
  size = 0
  /** Events that the queue knows and that have not ended. */
  live = 0
  /** Parts that the queue does not know, or knows no longer. */
  readonly unread: Array<Range> = []
  /** Events in those parts, of this process. */
  unreadEvents = 0
  /** The first of those parts, once it is being read: it does not grow any more. */
  begun: Range | undefined
  reading: { readonly reader: LineReader; readonly skipped: ReadonlyArray<Range> } | undefined
  /** Given up, taken over by another process, or not readable: nothing is done with it any more. */
  isGone = false
  /** What is written to, while it is. */
  file: OpenFile | undefined
  endedFile: OpenFile | undefined
  /** Being written to: not given up now. */
  isBusy = false
  private readonly scopes = new Map<string, Scope.CloseableScope>()

  constructor(queue: string, path: string, isAdopted: boolean) {
    this.queue = queue
    this.path = path
    this.isAdopted = isAdopted
  }

  get events(): string {
    return `${this.path}.events`
  }

  get ended(): string {
    return `${this.path}.ended`
  }

  get isDone(): boolean {
    return this.live === 0 && this.unread.length === 0
  }

  /** Notes what was written: what of it the queue has in memory, and what it will have to read. */
  note(events: ReadonlyArray<StoredEvent>, receipts: ReadonlyArray<Receipt>): void {
    for (const [index, { from, to }] of receipts.entries()) {
      if (events[index]?.kept === true) this.live++
      else {
        this.unreadEvents++
        const last = this.unread[this.unread.length - 1]
        if (last?.to === from && last !== this.begun) last.to = to
        else this.unread.push({ from, to })
      }
    }
  }

  open(fileSystem: Files, path: string, flag: "wx" | "a") {
    return Effect.flatMap(Scope.make(), (scope) =>
      Effect.tap(
        Scope.extend(fileSystem.open(path, { flag, mode: 0o600 }), scope),
        () => Effect.sync(() => this.scopes.set(path, scope))
      ))
  }

  private closeFile(path: string): Effect.Effect<void> {
    const scope = this.scopes.get(path)
    this.scopes.delete(path)
    return scope === undefined ? Effect.void : Effect.ignore(Effect.sandbox(Scope.close(scope, Exit.void)))
  }

  /** Nothing more is written to it. */
  readonly finish: Effect.Effect<void> = Effect.suspend(() => {
    this.file = undefined
    return this.closeFile(this.events)
  })

  /** Closes its files. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.endedFile = undefined
    return Effect.zipRight(this.finish, this.closeFile(this.ended))
  })
}

/**
 * Where an event is.
 *
 * @internal
 */
export class Receipt {
  readonly segment: Segment
  readonly from: number
  readonly to: number

  constructor(segment: Segment, from: number, to: number) {
    this.segment = segment
    this.from = from
    this.to = to
  }
}

/** Reads a part of a file; less of it when the file has become shorter. */
const readPart = (fileSystem: Files, path: string, { from, to }: Range) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* fileSystem.open(path, { flag: "r" })
    yield* file.seek(BigInt(from), "start")
    const parts: Array<Uint8Array> = []
    let left = to - from
    while (left > 0) {
      const part = Option.getOrUndefined(yield* file.readAlloc(left))
      if (part === undefined) break
      parts.push(part)
      left -= part.length
    }
    if (parts.length === 1 && parts[0] !== undefined) return parts[0]
    const whole = new Uint8Array(to - from - left)
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }))

/** No segment of ours is larger: a file that is was not written by this library. */
const mostReadable = 64 * 1024 * 1024

/**
 * Begins to read the first unread part of a segment. Gives what is wrong with the file, when this library cannot read it.
 *
 * @internal
 */
export const openReading = (fileSystem: Files, segment: Segment) =>
  Effect.gen(function*() {
    const [range] = segment.unread
    if (range === undefined) return undefined
    segment.begun = range
    if (range.to - range.from > mostReadable) return "is too large"
    const part = yield* readPart(fileSystem, segment.events, range)
    const version = range.from === 0 ? versionOf(part) : undefined
    if (version !== undefined && version > formatVersion) {
      return `is of version ${version}, and this library reads version ${formatVersion}`
    }
    const marks = segment.isAdopted
      ? yield* Effect.orElseSucceed(fileSystem.readFile(segment.ended), () => new Uint8Array())
      : new Uint8Array()
    segment.reading = { reader: new LineReader(part, range.from), skipped: decodeRanges(marks) }
    return undefined
  })

/**
 * The receipts' parts of their files, joined where they touch.
 *
 * @internal
 */
export const rangesOf = (receipts: ReadonlyArray<Receipt>): ReadonlyArray<Range> => {
  const ranges: Array<Range> = []
  for (const { from, to } of receipts) {
    const last = ranges[ranges.length - 1]
    if (last?.to === from) last.to = to
    else ranges.push({ from, to })
  }
  return ranges
}

/** @internal */
export const isWithin = (ranges: ReadonlyArray<Range>, at: number): boolean => {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const range = ranges[middle]
    if (range !== undefined && range.from <= at) low = middle + 1
    else high = middle
  }
  // Ranges may overlap when they were written twice.
  const range = ranges[low - 1]
  return range !== undefined && at < range.to
}
