// A fleet of eight processes through a bad minute: an edit, the instance that fetches killed, Redis killed and stalled.
//
//   npx pnpm fleet            the table; takes five minutes
//   npx pnpm fleet --short    two minutes, fewer requests and restarts
//   npx pnpm fleet --json     the report as JSON
//
// Time runs faster: the poll interval is one second instead of thirty, and events wait for 200 milliseconds instead of five
// seconds. What the library waits for at most stays as it is: 3 seconds for the cache, 250 milliseconds for claims.
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { bundle } from "./bundle.ts"
import { redisIsInstalled } from "./fleet/redisServer.ts"
import { measurePoll, run } from "./fleet/run.ts"
import type { Plan } from "./fleet/run.ts"
import { machine } from "./measuring/machine.ts"
import { fleetLines, problemsOf } from "./report/fleetLines.ts"
import type { FleetReport } from "./report/fleetLines.ts"

const { values } = parseArgs({
  options: { short: { type: "boolean", default: false }, json: { type: "boolean", default: false } }
})

if (!redisIsInstalled()) {
  console.error("Skipped: the fleet needs redis-server (apt-get install redis-server).")
  process.exit(0)
}

const full: Plan = {
  requests: 100_000,
  people: 2000,
  instances: 8,
  durationMillis: 40_000,
  pollMillis: 1000,
  restarts: 20,
  // Three poll intervals apart.
  restartsTake: 1.5
}
const plan: Plan = values.short
  ? { ...full, requests: 20_000, people: 400, durationMillis: 16_000, restarts: 5, restartsTake: 1 }
  : full

const say = (line: string) => console.error(line)

await bundle()
const state = machine()
say("one process ...")
const oneProcess = await run(plan, "none", 1, "none")
say("eight processes over Redis, an instance killed, Redis killed and stalled ...")
const shared = await run(plan, "redis", plan.instances, "bad minute")
say("eight processes over Redis, which is restarted again and again ...")
const restarted = await run(
  {
    ...plan,
    requests: plan.requests * plan.restartsTake,
    durationMillis: plan.durationMillis * plan.restartsTake
  },
  "redis",
  plan.instances,
  "restarts"
)
say("eight processes, nothing shared, an instance killed ...")
const plain = await run(plan, "none", plan.instances, "bad minute")
say("eight processes, PostHog's example for Node, the same faults ...")
const nodeExample = await run(plan, "posthog-node example", plan.instances, "bad minute")
say("eight processes, PostHog's example for Python, the same faults ...")
const pythonExample = await run(plan, "python example", plan.instances, "bad minute")
say("polls of 2,000 flags ...")
const unchangedPoll = await measurePoll(2000, values.short ? 500 : 2000)

const report: FleetReport = {
  ...shared,
  fetchesOneProcess: oneProcess.fetches,
  p50OneProcess: oneProcess.p50,
  p99OneProcess: oneProcess.p99,
  restarted,
  unchangedPoll,
  beside: { oneProcess, plain, nodeExample, pythonExample },
  plan,
  machine: state
}

console.log(values.json ? JSON.stringify(report, undefined, 2) : fleetLines(report))
if (!values.short) {
  const results = fileURLToPath(new URL("../results/", import.meta.url))
  mkdirSync(results, { recursive: true })
  writeFileSync(`${results}fleet.json`, `${JSON.stringify(report, undefined, 2)}\n`)
}
const problems = problemsOf(report)
for (const problem of problems) console.error(`PROBLEM ${problem}`)
process.exit(problems.length > 0 ? 1 : 0)
