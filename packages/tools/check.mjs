// The one check. Without arguments it runs every step, two at a time; with the names of steps, those. Exits with 1 when
// a step failed. Which rule each step enforces is written in RULES.md beside this file.
import { Worker } from "node:worker_threads"
import { steps } from "./checks/steps.mjs"

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`Unknown step: ${unknown.join(", ")}. Steps: ${steps.map((step) => step.name).join(", ")}`)
  process.exit(2)
}

const selected = wanted.length === 0
  ? steps
  : steps.filter((step) => wanted.includes(step.name))
const options = { write: process.argv.includes("--write") }
const width = Math.max(...selected.map((step) => step.name.length))
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`.padStart(8)

/** The problems that a step finds, in a thread of its own: some keep a processor busy for long. */
const problemsOf = (step) =>
  new Promise((resolve) => {
    const thread = new Worker(new URL("checks/thread.mjs", import.meta.url), {
      workerData: { name: step.name, options }
    })
    thread.once("message", resolve)
    thread.once("error", (error) => resolve([error.stack ?? String(error)]))
    thread.once("exit", (code) => resolve([`ended with ${code} before it had a result`]))
  })

const runStep = async (step) => {
  const since = performance.now()
  const problems = await problemsOf(step)
  const passed = problems.length === 0
  console.log(`${step.name.padEnd(width)}  ${passed ? "ok    " : "failed"}  ${seconds(since)}`)
  if (!passed) console.log(problems.map((problem) => problem.replace(/^/gm, "    ")).join("\n"))
  return passed
}

const started = performance.now()
const waiting = [...selected]
const failed = []
const worker = async () => {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    if (!(await runStep(step))) failed.push(step.name)
  }
}
await Promise.all([worker(), worker()])

const total = `${selected.length} ${selected.length === 1 ? "step" : "steps"},${seconds(started)}`
if (failed.length === 0) {
  console.log(`All checks passed: ${total}`)
} else {
  console.log(`Failed: ${failed.join(", ")} (${total})`)
  process.exitCode = 1
}
