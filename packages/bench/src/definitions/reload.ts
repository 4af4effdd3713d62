/**
 * Reloads a large set of definitions while flags are being evaluated, and measures what that does to the evaluations and
 * to the event loop.
 *
 * Run with `npx tsx packages/bench/src/definitions/reload.ts [flags] [reloads]`.
 *
 * The load: in each turn of the event loop, one evaluation of ten flags. `turn` is the time from one turn to the next,
 * that is, how long the loop was held. On a machine that does other work too, a part of that time went elsewhere: `busy`
 * counts no more of it than the processor time that this process used. `collection` is the longest pause for garbage.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "effect-posthog"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { PerformanceObserver } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { definitionsDocument } from "./document.ts"

const flags = Number(process.argv[2] ?? 10_000)
const reloads = Number(process.argv[3] ?? 10)

const bytes = JSON.stringify(definitionsDocument(flags, 0)).length
const server = spawn(process.execPath, [
  "--import",
  "tsx",
  fileURLToPath(new URL("server.ts", import.meta.url)),
  String(flags)
], { stdio: ["ignore", "pipe", "inherit"] })
const [port] = await once(server.stdout, "data") as [Buffer]
const host = `http://127.0.0.1:${String(port).trim()}`

const quantile = (sorted: ReadonlyArray<number>, fraction: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN

interface Sample {
  readonly evaluations: Array<number>
  readonly turns: Array<number>
  readonly busy: Array<number>
}

let longestCollection = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestCollection = Math.max(longestCollection, duration)
}).observe({ entryTypes: ["gc"] })

const processorTime = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

const summary = (name: string, { busy, evaluations, turns }: Sample) => {
  busy.sort((left, right) => left - right)
  evaluations.sort((left, right) => left - right)
  turns.sort((left, right) => left - right)
  const micros = (value: number) => `${(value * 1000).toFixed(1)} µs`.padStart(11)
  const millis = (value: number) => `${value.toFixed(2)} ms`.padStart(9)
  return Console.log(
    `${name.padEnd(8)} ${String(evaluations.length).padStart(8)} evaluations  p50 ${
      micros(quantile(evaluations, 0.5))
    }  p99 ${micros(quantile(evaluations, 0.99))}  max ${micros(quantile(evaluations, 1))}   turn p99 ${
      millis(quantile(turns, 0.99))
    }  max ${millis(quantile(turns, 1))}   busy max ${millis(quantile(busy, 1))}   collection max ${
      millis(longestCollection)
    }`
  )
}

const measure = (client: string) =>
  Effect.gen(function*() {
    const { evaluate, ready, reload } = yield* LocalEvaluator
    const started = performance.now()
    yield* ready
    yield* Console.log(`\n${client}: first load ${(performance.now() - started).toFixed(0)} ms`)

    const keys = definitionsDocument(flags, 0).flags.slice(0, 1000).map(({ key }) => key)
    let sample: Sample = { busy: [], evaluations: [], turns: [] }
    let running = true
    let user = 0
    let turnFrom = performance.now()
    let busyFrom = processorTime()
    const turn = () => {
      const from = performance.now()
      sample.turns.push(from - turnFrom)
      sample.busy.push(Math.min(from - turnFrom, processorTime() - busyFrom))
      const first = (user * 10) % 990
      evaluate({
        distinctId: `user-${user++}`,
        personProperties: { country: "NZ", app_version: "2.20.1", email: "a@example.com", plan: "pro" }
      }, keys.slice(first, first + 10))
      sample.evaluations.push(performance.now() - from)
      turnFrom = performance.now()
      busyFrom = processorTime()
      if (running) setImmediate(turn)
    }
    setImmediate(turn)

    const phase = (name: string, effect: Effect.Effect<unknown, unknown>) =>
      Effect.gen(function*() {
        sample = { busy: [], evaluations: [], turns: [] }
        turnFrom = performance.now()
        busyFrom = processorTime()
        const since = performance.now()
        longestCollection = 0
        yield* Effect.ignore(effect)
        const taken = performance.now() - since
        yield* summary(name, sample)
        return taken
      })

    yield* Effect.sleep("2 seconds")
    yield* phase("before", Effect.sleep("2 seconds"))
    const taken = yield* phase("during", Effect.repeatN(reload, reloads - 1))
    yield* phase("after", Effect.sleep("2 seconds"))
    running = false
    yield* Console.log(`${reloads} reloads, ${(taken / reloads).toFixed(0)} ms each`)
  })

const program = (name: string, client: typeof FetchHttpClient.layer) =>
  measure(name).pipe(
    Effect.provide(
      LocalEvaluator.layer.pipe(
        Layer.provide(DefinitionsSource.layerHttp),
        Layer.provide(PostHogConfig.layer({
          apiKey: Redacted.make("phc_bench"),
          secretKey: Redacted.make("phs_bench"),
          host,
          definitions: { pollInterval: "1 hour" }
        })),
        Layer.provide(client)
      )
    ),
    Logger.withMinimumLogLevel(LogLevel.Error)
  )

console.log(`${flags} flags, ${(bytes / 1e6).toFixed(1)} MB of JSON, Node ${process.version}`)
await Effect.runPromise(program("fetch", FetchHttpClient.layer))
await Effect.runPromise(program("node:http", NodeHttpClient.layer))
server.kill()
