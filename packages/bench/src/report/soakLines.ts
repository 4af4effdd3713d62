import type { SoakReport } from "../soak/run.ts"
import type { Trend } from "../soak/verdict.ts"
import { shown } from "./table.ts"

/** A soak's findings as a list in Markdown. */
export const soakLines = (report: SoakReport): string => {
  const { accounts } = report
  const count = (number: number) => number.toLocaleString("en-US")
  return [
    `- ${count(report.evaluations)} evaluations for ${count(report.distinctIds)} people in ` +
    `${count(Math.round(report.seconds))} s: ${report.passed ? "passed" : "**failed**"}`,
    `- heap after garbage collection: ${line(report.heapBytes, 1e6, " MB")}; peak memory of the process ` +
    `${shown(report.peakMegabytes)} MB`,
    `- handles: ${line(report.handles, 1, "")}; ${report.handlesLeft} left after closing`,
    `- fibers: ${line(report.fibers, 1, "")}`,
    `- events: ${count(accounts.accepted)} accepted = ${count(accounts.delivered)} delivered + ` +
    `${count(accounts.dropped)} dropped + ${count(accounts.queued)} queued: ` +
    `${accounts.isBalanced ? "balanced" : "**not balanced**"}`,
    `- meanwhile ${count(report.server.definitions)} loads of definitions, ${count(report.server.flags)} remote ` +
    `requests, ${count(report.remoteFailures)} remote evaluations failed`
  ].join("\n")
}

const line = ({ first, isFlat, last, slopePerMillion }: Trend, unit: number, name: string): string =>
  `${isFlat ? "flat" : "**growing**"}, ${shown(first / unit)} to ${shown(last / unit)}${name}, slope ` +
  `${shown(slopePerMillion / unit)}${name} per million evaluations`
