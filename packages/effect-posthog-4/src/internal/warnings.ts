// Generated from packages/effect-posthog/src/internal/warnings.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import { annotated } from "./library.ts"

/** More kinds than there are; a bound all the same, as a kind may name what a server said. */
const mostKinds = 1000

interface Entry {
  at: number
  withheld: number
}

/**
 * Warnings of one module, each kind at most once within a time: an outage is one line a minute, not one for each request.
 * A line says how many like it were withheld since the last one.
 *
 * @internal
 */
export class Warnings {
  private readonly fromHere: ReturnType<typeof annotated>
  private readonly entries = new Map<string, Entry>()
  private readonly quietMillis: number

  constructor(module: string, quietMillis = 60_000) {
    this.fromHere = annotated(module)
    this.quietMillis = quietMillis
  }

  /** Logs the message, or counts it as withheld and is `Effect.void`. `now`: epoch milliseconds. */
  warn(kind: string, message: string, now: number): Effect.Effect<void> {
    const entry = this.entries.get(kind)
    if (entry !== undefined && now >= entry.at && now - entry.at < this.quietMillis) {
      entry.withheld += 1
      return Effect.void
    }
    if (entry === undefined && this.entries.size >= mostKinds) this.entries.clear()
    this.entries.set(kind, { at: now, withheld: 0 })
    const withheld = entry?.withheld ?? 0
    return this.fromHere(Effect.logWarning(withheld === 0 ? message : `${message} (${withheld} more like this)`))
  }

  /** Logs the message if nothing of its kind has been logged. */
  once(kind: string, message: string, now: number): Effect.Effect<void> {
    return this.entries.has(kind) ? Effect.void : this.warn(kind, message, now)
  }

  /** Forgets a kind, so that the next of it is logged at once. `true` when one had been logged. */
  settle(kind: string): boolean {
    return this.entries.delete(kind)
  }
}
