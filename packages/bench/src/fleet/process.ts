// One process of the fleet. What it does is its argument; what it has seen goes to the process that started it.
import type { Assignment, PollAssignment, Report } from "./Assignment.ts"
import { serveWithOurs } from "./ours.ts"
import { measurePolls } from "./poll.ts"
import { serveWithPostHogNode } from "./posthogNode.ts"

const assignment = JSON.parse(process.argv[2] ?? "") as Assignment | PollAssignment

const tell = (report: Report): void => {
  process.send?.(report)
}

const work = async (): Promise<void> => {
  if (assignment._tag === "Poll") {
    process.send?.(await measurePolls(assignment))
    return
  }
  const serve = assignment.sharing === "none" || assignment.sharing === "redis" ? serveWithOurs : serveWithPostHogNode
  await serve(assignment, tell)
}

await work()
process.disconnect()
process.exit()
