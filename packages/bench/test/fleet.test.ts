import { assert, describe, it } from "@effect/vitest"
import type { Outcome } from "../src/fleet/run.ts"
import { machine } from "../src/measuring/machine.ts"
import { fleetLines, problemsOf } from "../src/report/fleetLines.ts"
import type { FleetReport } from "../src/report/fleetLines.ts"

const outcome: Outcome = {
  fetches: 40,
  billed: 70,
  staleness: 1800,
  exposures: 12_000,
  duplicates: 0,
  duplicatesInTrouble: 30,
  unchecked: 40,
  lost: 0,
  lostWithProcess: 2,
  withoutDefinitions: 0,
  p50: 40,
  p99: 400
}

const report: FleetReport = {
  ...outcome,
  fetchesOneProcess: 38,
  p50OneProcess: 41,
  p99OneProcess: 390,
  restarted: outcome,
  unchangedPoll: { bytes: 194, micros: 300, documentBytes: 854_328 },
  beside: { oneProcess: outcome, plain: outcome, nodeExample: outcome, pythonExample: { ...outcome, staleness: -1 } },
  plan: {
    requests: 100_000,
    people: 2000,
    instances: 8,
    durationMillis: 40_000,
    pollMillis: 1000,
    restarts: 20,
    restartsTake: 1.5
  },
  machine: machine()
}

describe("the report of a fleet", () => {
  it("has a row for each fleet, and the unchanged poll", () => {
    const lines = fleetLines(report).split("\n")
    assert.strictEqual(lines.filter((line) => line.startsWith("|")).length, 8)
    assert.include(lines.find((line) => line.includes("Python")) ?? "", "never")
    assert.include(lines.at(-1) ?? "", "194 bytes, 300 µs")
  })

  it("finds no problem where all is well", () => {
    assert.deepStrictEqual(problemsOf(report), [])
  })

  it("names what must not be", () => {
    const broken: ReadonlyArray<readonly [FleetReport, string]> = [
      [{ ...report, lost: 1 }, "over Redis: 1 exposures were lost"],
      [{ ...report, restarted: { ...outcome, lost: 1 } }, "restarts: 1 exposures were lost"],
      [{ ...report, withoutDefinitions: 3 }, "over Redis: 3 requests were served without definitions"],
      [{ ...report, staleness: -1 }, "over Redis: an instance never read the edit"],
      [{ ...report, fetches: 46 }, "over Redis: 46 fetches, where one process makes 38"],
      [{ ...report, restarted: { ...outcome, fetches: 69 } }, "restarts: 69 fetches, where one process makes 57"],
      [{ ...report, duplicates: 41 }, "over Redis: 41 exposures arrived twice"],
      [{ ...report, unchangedPoll: { ...report.unchangedPoll, bytes: 200 } }, "an unchanged poll takes 200 bytes"]
    ]
    for (const [bad, problem] of broken) assert.deepStrictEqual(problemsOf(bad), [problem])
  })
})
