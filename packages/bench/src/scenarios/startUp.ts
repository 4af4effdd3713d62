import { mixedFlags } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import type { Row } from "../measuring/Row.ts"
import { median } from "../measuring/statistics.ts"
import { probe } from "../probes/Probe.ts"
import type { StartUpResult, Took } from "../probes/startUp.ts"
import type { Scenario } from "./Scenario.ts"

/** What a fresh process takes until it has evaluated 100 flags and delivered an event. */
export const startUp: Scenario = async ({ mode }) => {
  const loopback = await openLoopback({ definitions: definitionsDocument(mixedFlags(100)), flags: {} })
  const ours: Array<StartUpResult> = []
  const theirs: Array<StartUpResult> = []
  for (let round = 0; round < (mode === "full" ? 9 : 3); round++) {
    ours.push(await probe("startUp", { library: "effect-posthog", url: loopback.url }))
    theirs.push(await probe("startUp", { library: "posthog-node", url: loopback.url }))
  }
  loopback.close()

  type Parts = (result: StartUpResult) => ReadonlyArray<Took>
  const passed = (parts: Parts) => (result: StartUpResult) => parts(result).reduce((sum, part) => sum + part.passed, 0)
  const processor = (parts: Parts, results: ReadonlyArray<StartUpResult>) =>
    Math.min(...results.map((result) => parts(result).reduce((sum, part) => sum + part.processor, 0)))

  const row = (row: string, parts: Parts, target?: number): Row => ({
    row: `start-up: ${row}`,
    unit: "ms",
    ours: median(ours.map(passed(parts))),
    anchor: median(theirs.map(passed(parts))),
    anchorName: "posthog-node",
    ratio: median(theirs.map(passed(parts))) / median(ours.map(passed(parts))),
    cpuRatio: processor(parts, theirs) / processor(parts, ours),
    target
  })
  const beside: Parts = ({ build, firstEvaluation, firstEvent, load }) => [load, build, firstEvaluation, firstEvent]
  return {
    rows: [
      {
        ...row("loading the library", ({ load }) => [load]),
        others: { "effect itself": median(ours.map(({ effect }) => effect.passed)) }
      },
      row("making a client", ({ build }) => [build], 1),
      row("definitions and first evaluation of 100 flags", ({ firstEvaluation }) => [firstEvaluation], 2),
      row("second evaluation", ({ secondEvaluation }) => [secondEvaluation]),
      row("first event, until it is delivered", ({ firstEvent }) => [firstEvent]),
      row("cold start, with effect and its HTTP client loaded already", beside, 1),
      row("cold start, with loading them", (result) => [result.effect, ...beside(result)])
    ]
  }
}
