// Generated from packages/effect-posthog/test/support/tally.ts by packages/tools/editions.mjs: change that file, not this one.
import type { EventCounts } from "effect-posthog-4"
import { appendFileSync } from "node:fs"

/** How often each fault is met: once, unless the table of faults is made. */
export const faultRuns = Number(process.env["FAULT_RUNS"] ?? 1)

/** Notes what became of the events of one run, when `FAULT_TABLE` names the file to write it to. */
export const tally = (
  fault: string,
  protocol: "v0" | "v1" | "both" | "spool",
  { accepted, delivered, dropped, droppedBy, queued }: EventCounts,
  arrivals?: { readonly requests: number; readonly repeated: number }
): void => {
  const file = process.env["FAULT_TABLE"]
  if (file === undefined) return
  appendFileSync(
    file,
    `${JSON.stringify({ fault, protocol, accepted, delivered, dropped, droppedBy, queued, ...arrivals })}\n`
  )
}
