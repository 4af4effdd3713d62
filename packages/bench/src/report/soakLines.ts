import type { SoakReport } from "../soak/SoakReport.ts"
import type { Accounts, Trend, Trends } from "../soak/verdict.ts"
import { shown } from "./table.ts"

/** A soak's findings as a list in Markdown. */
export const soakLines = ({ delivery, evaluation }: SoakReport): string =>
  [
    `- ${count(evaluation.evaluations)} evaluations for ${count(evaluation.distinctIds)} people in ` +
    `${count(Math.round(evaluation.seconds))} s: ${verdict(evaluation.passed)}`,
    ...processLines(evaluation, "evaluations"),
    `  - meanwhile ${count(evaluation.server.definitions)} loads of definitions, ${count(evaluation.server.flags)} ` +
    `remote requests, ${count(evaluation.remoteFailures)} remote evaluations failed`,
    `- ${count(delivery.events)} events with back-pressure in ${count(Math.round(delivery.seconds))} s, ` +
    `${count(delivery.arrived)} arrived: ${verdict(delivery.passed)}`,
    ...processLines(delivery, "events")
  ].join("\n")

interface Soaked extends Trends {
  readonly accounts: Accounts & { readonly isBalanced: boolean }
  readonly handlesLeft: number
  readonly peakMegabytes: number
}

const processLines = (soaked: Soaked, work: string): ReadonlyArray<string> => {
  const { accounts } = soaked
  return [
    `  - heap after garbage collection: ${line(soaked.heapBytes, 1e6, " MB", work)}; peak memory of the process ` +
    `${shown(soaked.peakMegabytes)} MB`,
    `  - handles: ${line(soaked.handles, 1, "", work)}; ${Math.max(0, soaked.handlesLeft)} left after closing`,
    `  - fibers: ${line(soaked.fibers, 1, "", work)}`,
    `  - events: ${count(accounts.accepted)} accepted = ${count(accounts.delivered)} delivered + ` +
    `${count(accounts.dropped)} dropped + ${count(accounts.queued)} queued: ` +
    `${accounts.isBalanced ? "balanced" : "**not balanced**"}`
  ]
}

const count = (number: number): string => number.toLocaleString("en-US")

const verdict = (passed: boolean): string => (passed ? "passed" : "**failed**")

const line = ({ first, isFlat, last, slopePerMillion }: Trend, unit: number, name: string, work: string): string =>
  `${isFlat ? "flat" : "**growing**"}, ${shown(first / unit)} to ${shown(last / unit)}${name}, slope ` +
  `${shown(slopePerMillion / unit)}${name} per million ${work}`
