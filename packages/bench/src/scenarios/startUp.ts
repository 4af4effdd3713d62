import { mixedFlags } from "../flags/mix.ts"
import { definitionsDocument } from "../flags/posthog.ts"
import { openLoopback } from "../loopback/Loopback.ts"
import type { Row } from "../measuring/Row.ts"
import { median, spread } from "../measuring/statistics.ts"
import { probe } from "../probes/Probe.ts"
import type { StartUpOptions, StartUpResult, Took } from "../probes/startUp.ts"
import type { Scenario } from "./Scenario.ts"

type Parts = (result: StartUpResult) => ReadonlyArray<Took>

/** Over undici, which is the client that is recommended on Node.js. */
const libraries = ["ours over undici", "posthog-node", "ours over fetch"] as const

/** What a fresh process takes until it has evaluated 100 flags and delivered an event. */
export const startUp: Scenario = async ({ mode }) => {
  const loopback = await openLoopback({ definitions: definitionsDocument(mixedFlags(100)), flags: {} })
  const results: Record<StartUpOptions["library"], Array<StartUpResult>> = {
    "ours over undici": [],
    "ours over fetch": [],
    "posthog-node": []
  }
  for (let round = 0; round < (mode === "full" ? 15 : 3); round++) {
    for (const library of round % 2 === 0 ? libraries : [...libraries].reverse()) {
      results[library].push(await probe("startUp", { library, url: loopback.url }, { overPublished: true }))
    }
  }
  loopback.close()
  const { "ours over fetch": overFetch, "ours over undici": ours, "posthog-node": theirs } = results

  const passed = (parts: Parts) => (result: StartUpResult) => parts(result).reduce((sum, part) => sum + part.passed, 0)
  const processor = (parts: Parts, results: ReadonlyArray<StartUpResult>) =>
    median(results.map((result) => parts(result).reduce((sum, part) => sum + part.processor, 0)))

  const row = (row: string, parts: Parts, target?: number): Row => {
    const millis = passed(parts)
    const ratios = theirs.map((their, round) => millis(their) / millis(ours[round] ?? their))
    return {
      row: `start-up: ${row}`,
      unit: "ms",
      ours: median(ours.map(millis)),
      anchor: median(theirs.map(millis)),
      anchorName: "posthog-node",
      ratio: median(ratios),
      spread: spread(ratios),
      cpuRatio: processor(parts, theirs) / processor(parts, ours),
      target,
      others: { "ours over fetch": median(overFetch.map(millis)) }
    }
  }
  const beside: Parts = ({ build, firstEvaluation, firstEvent, load }) => [load, build, firstEvaluation, firstEvent]
  const loading = row("loading the library", ({ load }) => [load])
  return {
    rows: [
      {
        ...loading,
        others: { ...loading.others, "effect and its undici client": median(ours.map(({ effect }) => effect.passed)) }
      },
      {
        ...row("making a client", ({ build }) => [build], 0.5),
        note: "ours over undici, posthog-node over the fetch it brings"
      },
      row("definitions and first evaluation of 100 flags", ({ firstEvaluation }) => [firstEvaluation], 0.5),
      row("second evaluation", ({ secondEvaluation }) => [secondEvaluation]),
      row("first event, until it is delivered", ({ firstEvent }) => [firstEvent]),
      row("cold start, with effect and its HTTP client loaded already", beside, 0.7),
      row("cold start, with loading them", (result) => [result.effect, ...beside(result)])
    ]
  }
}
