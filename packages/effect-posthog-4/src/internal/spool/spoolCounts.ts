// Generated from packages/effect-posthog/src/internal/spool/spoolCounts.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Types from "effect/Types"
import type { EventStoreStatus } from "../../EventStore.ts"
import { annotated } from "../library.ts"
import { oneLine } from "../quote.ts"
import { spoolBytes, spoolEvents } from "./metrics.ts"

/** @internal */
export type Counted = Exclude<keyof EventStoreStatus, "bytes">

const fromHere = annotated("EventSpool")

const inWords: Readonly<Record<Counted, string>> = {
  recovered: "events of earlier processes read",
  torn: "torn",
  corrupt: "corrupt",
  expired: "expired",
  overflowed: "given up for lack of room",
  notStored: "kept in memory only",
  unreadableFiles: "files left alone"
}

/**
 * What a spool has counted, in its status, in metrics, and in the log when it closes.
 *
 * @internal
 */
export class SpoolCounts {
  bytes = 0
  private readonly counts: Types.Mutable<Record<Counted, number>> = {
    recovered: 0,
    torn: 0,
    corrupt: 0,
    expired: 0,
    overflowed: 0,
    notStored: 0,
    unreadableFiles: 0
  }

  readonly add = (what: Counted, events: number): void => {
    if (events === 0) return
    this.counts[what] += events
    if (what !== "unreadableFiles") spoolEvents(what).updateUnsafe(events, Context.empty())
  }

  grow(by: number): void {
    this.bytes += by
    spoolBytes.updateUnsafe(this.bytes, Context.empty())
  }

  get status(): EventStoreStatus {
    return { bytes: this.bytes, ...this.counts }
  }

  /** The account of the whole life of the spool: nothing when there is nothing to tell. */
  account(name: string, isEmpty: boolean): Effect.Effect<void> {
    const { counts } = this
    const parts = (Object.keys(inWords) as Array<Counted>)
      .flatMap((what) => counts[what] === 0 ? [] : [`${counts[what]} ${inWords[what]}`])
    if (!isEmpty) parts.push(`${this.bytes} bytes wait for the next process`)
    if (parts.length === 0) return Effect.void
    const message = `The event spool ${oneLine(name)} has closed: ${parts.join(", ")}`
    const isHarmless = Object.entries(counts).every(([what, count]) => what === "recovered" || count === 0)
    return fromHere(isHarmless ? Effect.logInfo(message) : Effect.logWarning(message))
  }
}
