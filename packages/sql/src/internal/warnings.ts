import * as Effect from "effect/Effect"

/**
 * Warnings of one module, each kind at most once a minute. A line says how many like it were withheld since the last one.
 *
 * @internal
 */
export const makeWarnings = (module: string, quietMillis = 60_000) => {
  const entries = new Map<string, { at: number; withheld: number }>()
  return (kind: string, message: string, now: number): Effect.Effect<void> => {
    const entry = entries.get(kind)
    if (entry !== undefined && now >= entry.at && now - entry.at < quietMillis) {
      entry.withheld += 1
      return Effect.void
    }
    entries.set(kind, { at: now, withheld: 0 })
    const withheld = entry?.withheld ?? 0
    return Effect.logWarning(withheld === 0 ? message : `${message} (${withheld} more like this)`).pipe(
      Effect.annotateLogs({ package: "@effect-posthog/sql", module })
    )
  }
}

/** @internal */
export type Warn = ReturnType<typeof makeWarnings>
