/**
 * Delivery and enqueue against posthog-node, in one run, interleaved: `npx tsx packages/bench/src/capture/main.ts`.
 *
 * Options: `--rounds=5`, `--events=100000`.
 */
import { execFileSync, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { measureEnqueue } from "./enqueue.ts"
import { warmUp } from "./events.ts"

const option = (name: string, fallback: number): number => {
  const found = process.argv.find((argument) => argument.startsWith(`--${name}=`))
  return found === undefined ? fallback : Number(found.slice(name.length + 3))
}

const rounds = option("rounds", 5)
const events = option("events", 100_000)

interface Run {
  readonly seconds: number
  readonly cpuMicros: number
  readonly peakMebibytes: number
  readonly received: {
    readonly unique: number
    readonly events: number
    readonly requests: number
    readonly bytes: number
  }
}

const clients = ["fetch", "undici", "posthog-node"] as const
type Client = (typeof clients)[number]

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const sink = fork(path("sink.ts"), { execArgv: ["--import", "tsx"] })
const [url] = await once(sink, "message")

const runs: Record<Client, Array<Run>> = { fetch: [], undici: [], "posthog-node": [] }
for (let round = 0; round < rounds; round++) {
  for (const client of round % 2 === 0 ? clients : [...clients].reverse()) {
    const output = execFileSync(process.execPath, ["--import", "tsx", path("deliver.ts"), client, url, String(events)])
    const received = await (await fetch(url)).json()
    runs[client].push({ ...JSON.parse(output.toString()), received })
  }
}
sink.kill()

const of = (client: Client, value: (run: Run) => number): number => median(runs[client].map(value))

const cells = (...values: ReadonlyArray<string>) => values.map((value) => value.padStart(14)).join("")

const row = (name: string, value: (run: Run) => number, better: "higher" | "lower") => {
  const other = of("posthog-node", value)
  const compared = (["fetch", "undici"] as const).map((client) => {
    const mine = of(client, value)
    return `${mine.toFixed(1)} (${(better === "higher" ? mine / other : other / mine).toFixed(2)}x)`
  })
  console.log(name.padEnd(32) + cells(...compared, other.toFixed(1)))
}

console.log(`${events} events, batches of 100, gzip; medians of ${rounds} interleaved rounds; in brackets: better by\n`)
console.log("".padEnd(32) + cells("ours, fetch", "ours, undici", "posthog-node"))
row("events per second (thousands)", (run) => events / run.seconds / 1000, "higher")
row("CPU per event (microseconds)", (run) => run.cpuMicros, "lower")
row("peak resident memory (MiB)", (run) => run.peakMebibytes, "lower")
row("bytes sent per event", (run) => run.received.bytes / run.received.events, "lower")
row("requests", (run) => run.received.requests, "lower")
const lost = (client: Client) => runs[client].map((run) => events + warmUp - run.received.unique).join(" ")
console.log("lost, by round".padEnd(32) + cells(lost("fetch"), lost("undici"), lost("posthog-node")))

const enqueue = await measureEnqueue()
console.log(
  "enqueue (microseconds)".padEnd(32) +
    cells(`${enqueue.ours.toFixed(2)} (${(enqueue.theirs / enqueue.ours).toFixed(2)}x)`, "", enqueue.theirs.toFixed(2))
)
