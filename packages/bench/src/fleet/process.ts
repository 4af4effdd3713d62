// One process of the fleet. What it does is its argument; what it has seen goes to the process that started it.
import type { Assignment, PollAssignment, PollReport, Report } from "./Assignment.ts"
import { serveWithOurs } from "./ours.ts"
import { measurePolls } from "./poll.ts"
import { serveWithPostHogNode } from "./posthogNode.ts"

const assignment = JSON.parse(process.argv[2] ?? "") as Assignment | PollAssignment

// Resolves when it is written: an exit does not wait for that.
const send = (report: Report | PollReport): Promise<void> =>
  new Promise((resolve) => process.send?.(report, () => resolve()))

const tell = (report: Report): void => {
  void send(report)
}

const work = async (): Promise<void> => {
  if (assignment._tag === "Poll") {
    await send(await measurePolls(assignment))
    return
  }
  const serve = assignment.sharing === "none" || assignment.sharing === "redis" ? serveWithOurs : serveWithPostHogNode
  await send(await serve(assignment, tell))
}

await work()
process.exit()
