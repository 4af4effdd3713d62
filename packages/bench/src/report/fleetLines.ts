import type { PollReport } from "../fleet/Assignment.ts"
import type { Outcome, Plan } from "../fleet/run.ts"
import type { Machine } from "../measuring/machine.ts"

/** The fleet over Redis through the bad minute, and what stands beside it. */
export interface FleetReport extends Outcome {
  readonly fetchesOneProcess: number
  readonly p50OneProcess: number
  readonly p99OneProcess: number
  /** The fleet over a Redis that is restarted again and again. */
  readonly restarted: Outcome
  readonly unchangedPoll: PollReport
  readonly beside: {
    readonly oneProcess: Outcome
    readonly plain: Outcome
    readonly nodeExample: Outcome
    readonly pythonExample: Outcome
  }
  readonly plan: Plan
  readonly machine: Machine
}

const count = (value: number): string => value.toLocaleString("en-US")

const header = [
  "fleet",
  "fetches",
  "billed",
  "staleness",
  "exposures",
  "twice",
  "twice, around faults",
  "without a claim",
  "lost",
  "lost with the killed",
  "p50",
  "p99"
]

const row = (name: string, outcome: Outcome): ReadonlyArray<string> => [
  name,
  count(outcome.fetches),
  count(outcome.billed),
  outcome.staleness < 0 ? "never" : `${count(outcome.staleness)} ms`,
  count(outcome.exposures),
  count(outcome.duplicates),
  count(outcome.duplicatesInTrouble),
  count(outcome.unchecked),
  count(outcome.lost),
  count(outcome.lostWithProcess),
  `${count(Math.round(outcome.p50))} µs`,
  `${count(Math.round(outcome.p99))} µs`
]

/** The report as people read it. */
export const fleetLines = (report: FleetReport): string => {
  const { beside, plan, restarted, unchangedPoll } = report
  const rows = [
    row("one process, no faults", beside.oneProcess),
    row("eight, over Redis", report),
    row(`eight, Redis restarted ${plan.restarts} times`, restarted),
    row("eight, nothing shared", beside.plain),
    row("eight, PostHog's example for Node", beside.nodeExample),
    row("eight, PostHog's example for Python", beside.pythonExample)
  ]
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const { bytes, documentBytes, micros } = unchangedPoll
  return [
    line(header),
    line(header.map(() => "---")),
    ...rows.map(line),
    "",
    `An unchanged poll of 2,000 flags (${count(Math.round(documentBytes / 1000))} KB): ${Math.round(bytes)} bytes, ` +
    `${Math.round(micros)} µs of processor time.`
  ].join("\n")
}

/** What must not be. */
export const problemsOf = ({ fetchesOneProcess, plan, restarted, unchangedPoll, ...report }: FleetReport) => {
  const problems: Array<string> = []
  const fleets = [["over Redis", report, 1], ["restarts", restarted, plan.restartsTake]] as const
  for (const [name, outcome, durations] of fleets) {
    if (outcome.lost > 0) problems.push(`${name}: ${outcome.lost} exposures were lost`)
    if (outcome.withoutDefinitions > 0) {
      problems.push(`${name}: ${outcome.withoutDefinitions} requests were served without definitions`)
    }
    if (outcome.staleness < 0) problems.push(`${name}: an instance never read the edit`)
    const fetches = fetchesOneProcess * durations
    if (outcome.fetches > 1.2 * fetches) {
      problems.push(`${name}: ${outcome.fetches} fetches, where one process makes ${Math.round(fetches)}`)
    }
    // A machine that is busy may let Redis answer too late.
    if (outcome.duplicates > outcome.unchecked) problems.push(`${name}: ${outcome.duplicates} exposures arrived twice`)
  }
  if (unchangedPoll.bytes >= 200) problems.push(`an unchanged poll takes ${unchangedPoll.bytes} bytes`)
  return problems
}
