/**
 * The measured process of a reload: its arguments are where definitions are served, how many flags there are and how
 * often to load them.
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
import { PerformanceObserver } from "node:perf_hooks"
import { definitionsDocument } from "./document.ts"

const [host = "", flagsText, reloadsText] = process.argv.slice(2)
const flags = Number(flagsText)
const reloads = Number(reloadsText)

const quantile = (sorted: ReadonlyArray<number>, fraction: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN

interface Turn {
  readonly from: number
  readonly millis: number
  /** How often the system was asked for a page of memory. */
  readonly pages: number
}

interface Sample {
  readonly evaluations: Array<number>
  readonly turns: Array<Turn>
  readonly collections: Array<{ readonly startTime: number; readonly duration: number }>
}

const emptySample = (): Sample => ({ evaluations: [], turns: [], collections: [] })

/** The time of a turn that did not go into collecting garbage. */
const work = ({ from, millis }: Turn, { collections }: Sample): number =>
  collections.reduce((left, { duration, startTime }) => {
    const overlap = Math.min(from + millis, startTime + duration) - Math.max(from, startTime)
    return overlap > 0 ? left - overlap : left
  }, millis)

const pagesAsked = (): number => process.resourceUsage().minorPageFault

const summary = (name: string, sample: Sample) => {
  const evaluations = sample.evaluations.sort((left, right) => left - right)
  const turns = sample.turns.sort((left, right) => left.millis - right.millis)
  const longest = turns[turns.length - 1]
  // A turn of less than a millisecond cannot be the one with the most work.
  const mostWork = turns.reduce((most, turn) => turn.millis > 1 ? Math.max(most, work(turn, sample)) : most, 0)
  const collection = sample.collections.reduce((most, { duration }) => Math.max(most, duration), 0)
  const micros = (value: number) => `${(value * 1000).toFixed(1)} µs`
  const millis = (value = 0) => `${value.toFixed(2)} ms`
  return Console.log([
    name.padEnd(8),
    `${evaluations.length} evaluations`.padStart(19),
    ...([["p50", 0.5], ["p99", 0.99], ["max", 1]] as const).map(([label, fraction]) =>
      `${label} ${micros(quantile(evaluations, fraction)).padStart(10)}`
    ),
    `turn p99 ${millis(turns[Math.floor(turns.length * 0.99)]?.millis).padStart(8)}`,
    `max ${millis(longest?.millis).padStart(8)}`,
    `work max ${millis(mostWork).padStart(8)}`,
    `collection max ${millis(collection).padStart(8)}`,
    `pages ${longest?.pages ?? 0}`
  ].join("  "))
}

const measure = (client: string) =>
  Effect.gen(function*() {
    const { evaluate, ready, reload } = yield* LocalEvaluator
    const started = performance.now()
    yield* ready
    yield* Console.log(`\n${client}: first load ${(performance.now() - started).toFixed(0)} ms`)

    const keys = definitionsDocument(flags, 0).flags.slice(0, 1000).map(({ key }) => key)
    let sample = emptySample()
    const observer = new PerformanceObserver((list) => sample.collections.push(...list.getEntries()))
    observer.observe({ entryTypes: ["gc"] })
    let running = true
    let user = 0
    let turnFrom = performance.now()
    let pagesFrom = pagesAsked()
    const turn = () => {
      const from = performance.now()
      sample.turns.push({ from: turnFrom, millis: from - turnFrom, pages: pagesAsked() - pagesFrom })
      const first = (user * 10) % 990
      evaluate({
        distinctId: `user-${user++}`,
        personProperties: { country: "NZ", app_version: "2.20.1", email: "a@example.com", plan: "pro" }
      }, keys.slice(first, first + 10))
      sample.evaluations.push(performance.now() - from)
      turnFrom = performance.now()
      pagesFrom = pagesAsked()
      if (running) setImmediate(turn)
    }
    setImmediate(turn)

    const phase = (name: string, effect: Effect.Effect<unknown, unknown>) =>
      Effect.gen(function*() {
        sample = emptySample()
        turnFrom = performance.now()
        pagesFrom = pagesAsked()
        const since = performance.now()
        yield* Effect.ignore(effect)
        const taken = performance.now() - since
        // Collections are reported in a later turn.
        yield* Effect.sleep("100 millis")
        yield* summary(name, sample)
        return taken
      })

    yield* Effect.sleep("2 seconds")
    yield* phase("before", Effect.sleep("2 seconds"))
    const taken = yield* phase("during", Effect.repeatN(reload, reloads - 1))
    yield* phase("after", Effect.sleep("2 seconds"))
    running = false
    observer.disconnect()
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

await Effect.runPromise(program("fetch", FetchHttpClient.layer))
await Effect.runPromise(program("node:http", NodeHttpClient.layer))
