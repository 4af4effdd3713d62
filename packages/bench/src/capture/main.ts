/**
 * Delivery and enqueue against posthog-node, in one run, interleaved: `npx tsx packages/bench/src/capture/main.ts`.
 *
 * Options: `--rounds=5`, `--events=100000`.
 */
import { execFileSync, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { measureEnqueue } from "./enqueue.ts"

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

const clients = ["effect-posthog", "posthog-node"] as const
type Client = (typeof clients)[number]

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const sink = fork(path("sink.ts"), { execArgv: ["--import", "tsx"] })
const [url] = await once(sink, "message")

const runs: Record<Client, Array<Run>> = { "effect-posthog": [], "posthog-node": [] }
for (let round = 0; round < rounds; round++) {
  for (const client of round % 2 === 0 ? clients : [...clients].reverse()) {
    const output = execFileSync(process.execPath, ["--import", "tsx", path("deliver.ts"), client, url, String(events)])
    const received = await (await fetch(url)).json()
    runs[client].push({ ...JSON.parse(output.toString()), received })
  }
}
sink.kill()

const of = (client: Client, value: (run: Run) => number): number => median(runs[client].map(value))
const row = (name: string, value: (run: Run) => number, ours: "higher" | "lower") => {
  const mine = of("effect-posthog", value)
  const other = of("posthog-node", value)
  const ratio = ours === "higher" ? mine / other : other / mine
  console.log(
    `${name.padEnd(34)} ${mine.toFixed(1).padStart(10)} ${other.toFixed(1).padStart(12)} ${
      ratio.toFixed(2).padStart(8)
    }x`
  )
}

console.log(`${events} events, batches of 100, gzip; medians of ${rounds} interleaved rounds\n`)
console.log(`${"".padEnd(34)} ${"ours".padStart(10)} ${"posthog-node".padStart(12)} ${"better by".padStart(9)}`)
row("events per second (thousands)", (run) => events / run.seconds / 1000, "higher")
row("CPU per event (microseconds)", (run) => run.cpuMicros, "lower")
row("peak resident memory (MiB)", (run) => run.peakMebibytes, "lower")
row("bytes sent per event", (run) => run.received.bytes / run.received.events, "lower")
row("requests", (run) => run.received.requests, "lower")
for (const client of clients) {
  const lost = runs[client].map((run) => events + 2_000 - run.received.unique)
  console.log(`lost by ${client}: ${lost.join(", ")}`)
}

const enqueue = await measureEnqueue()
console.log(
  `\nenqueue (microseconds per event)   ${enqueue.ours.toFixed(2).padStart(10)} ${
    enqueue.theirs.toFixed(2).padStart(12)
  } ${(enqueue.theirs / enqueue.ours).toFixed(2).padStart(8)}x`
)
