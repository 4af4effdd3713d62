import { mixedFlags } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import type { Row } from "../measuring/Row.ts"
import { median } from "../measuring/statistics.ts"
import { probe } from "../probes/Probe.ts"
import type { StartUpResult } from "../probes/startUp.ts"
import type { Scenario } from "./Scenario.ts"

/** From a fresh process to the first evaluation of 100 flags. */
export const startUp: Scenario = async ({ mode }) => {
  const loopback = await openLoopback({ definitions: definitionsDocument(mixedFlags(100)), flags: {} })
  const ours: Array<StartUpResult> = []
  const theirs: Array<StartUpResult> = []
  for (let round = 0; round < (mode === "full" ? 9 : 3); round++) {
    ours.push(await probe("startUp", { library: "effect-posthog", url: loopback.url }))
    theirs.push(await probe("startUp", { library: "posthog-node", url: loopback.url }))
  }
  loopback.close()

  const row = (row: string, part: (result: StartUpResult) => number, others?: Row["others"]): Row => ({
    row: `start-up: ${row}`,
    unit: "ms",
    ours: median(ours.map(part)),
    anchor: median(theirs.map(part)),
    anchorName: "posthog-node",
    ratio: median(theirs.map(part)) / median(ours.map(part)),
    others
  })
  return {
    rows: [
      row("loading the library", ({ load }) => load, { "effect itself": median(ours.map(({ effect }) => effect)) }),
      row("making a client", ({ build }) => build),
      row("definitions and first evaluation of 100 flags", ({ firstEvaluation }) => firstEvaluation),
      row("second evaluation", ({ secondEvaluation }) => secondEvaluation)
    ]
  }
}
