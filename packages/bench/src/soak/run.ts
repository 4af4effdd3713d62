import { evaluateFlags, EventQueue, Events, Flags, PostHogMetrics } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import { setTimeout } from "node:timers/promises"
import { mixedFlags } from "../flags/mix.ts"
import { definitionsDocument, flagsResponse } from "../flags/posthog.ts"
import { openUnreliable } from "../loopback/Loopback.ts"
import type { Taken } from "../loopback/unreliable.ts"
import { collectGarbage } from "../measuring/interleaved.ts"
import { openLocalRuntime } from "../peers/ours.ts"
import type { Plan } from "./Plan.ts"
import type { Accounts, Sample, Trend } from "./verdict.ts"
import { isBalanced, trend } from "./verdict.ts"

export interface SoakReport {
  readonly evaluations: number
  readonly distinctIds: number
  readonly seconds: number
  readonly passed: boolean
  readonly heapBytes: Trend
  readonly handles: Trend
  readonly fibers: Trend
  /** What keeps the process alive after the client is closed, less what did before it was opened. */
  readonly handlesLeft: number
  readonly accounts: Accounts & { readonly isBalanced: boolean }
  /** What the server counted. */
  readonly server: Taken
  /** Remote evaluations that failed, as they were meant to now and then. */
  readonly remoteFailures: number
  readonly peakMegabytes: number
  readonly samples: ReadonlyArray<Sample>
}

const flags = mixedFlags(30)
const remoteKey = "left-to-the-server"
const concurrency = 16
// Fewer make no trend.
const leastWaves = 12
const attributes = { plan: "pro", country: "DE", email: "a@example.com", sku: "b2b-7", seats: 12, app_version: "2.4.1" }

// Three sets of definitions: flags come, go and change. One flag can only be decided by the server.
const turns = [flags, flags.slice(0, 25), [...mixedFlags(40).slice(30), ...flags.slice(5)]].map((some, turn) => {
  const document = definitionsDocument(some)
  const [first] = document.flags
  const serverOnly = { ...first, key: remoteKey, ensure_experience_continuity: true, version: turn }
  return { ...document, flags: [...document.flags, serverOnly] }
})

/** Runs the plan against a server that fails, and says what became of memory, handles, fibers and events. */
export const soak = async (plan: Plan, say: (line: string) => void): Promise<SoakReport> => {
  const loopback = await openUnreliable({ turns, flags: flagsResponse(flags) })
  await loopback.received()
  const handlesBefore = handles()
  const runtime = await openLocalRuntime(loopback.url, {
    secretKey: Redacted.make("phs_bench"),
    definitions: { pollInterval: "200 millis" },
    flags: { requestTimeout: "250 millis" },
    events: { retryBase: "50 millis" },
    dedup: { capacity: 10_000 }
  })
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  const accounts = Effect.flatMap(EventQueue, (queue) => queue.counts)
  const samples: Array<Sample> = []
  const perWave = Math.ceil(plan.evaluations / plan.waves)
  let evaluations = 0
  for (let wave = 0; wave < plan.waves && elapsed() < plan.seconds; wave++) {
    await runtime.runPromise(runWave(evaluations, perWave, plan.distinctIds))
    evaluations += perWave
    const sample = await settled(evaluations, () => runtime.runPromise(fibers))
    samples.push(sample)
    say(
      `${evaluations.toLocaleString("en-US")} evaluations, ${elapsed().toFixed(0)} s, ` +
        `heap ${(sample.heapBytes / 1e6).toFixed(2)} MB, ${sample.handles} handles, ${sample.fibers} fibers`
    )
  }
  const seconds = elapsed()
  const { accepted, delivered, dropped, queued } = await runtime.runPromise(accounts)
  const failures = await runtime.runPromise(Metric.value(PostHogMetrics.evaluationsFailed))
  const server = await loopback.received()
  await runtime.dispose()
  await setTimeout(100)
  const handlesLeft = handles() - handlesBefore
  loopback.close()

  const heapBytes = trend(samples, (sample) => sample.heapBytes, (mean) => Math.max(1e6, mean * 0.05))
  const trends = {
    handles: trend(samples, (sample) => sample.handles, () => 3),
    fibers: trend(samples, (sample) => sample.fibers, () => 2)
  }
  const books = { accepted, delivered, dropped, queued }
  return {
    evaluations,
    distinctIds: Math.min(plan.distinctIds, evaluations),
    seconds,
    passed: samples.length >= leastWaves && heapBytes.isFlat && trends.handles.isFlat && trends.fibers.isFlat &&
      isBalanced(books) && handlesLeft <= 0,
    heapBytes,
    ...trends,
    handlesLeft,
    accounts: { ...books, isBalanced: isBalanced(books) },
    server,
    remoteFailures: Number(failures.count),
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    samples
  }
}

const runWave = (from: number, count: number, distinctIds: number) =>
  Effect.forEach(
    Array.from({ length: concurrency }, (_, worker) => worker),
    (worker) =>
      Effect.gen(function*() {
        for (let index = from + worker; index < from + count; index += concurrency) yield* request(index, distinctIds)
      }),
    { concurrency, discard: true }
  ).pipe(Effect.zipRight(Events.flush))

// One request of an application: flags, sometimes a read, sometimes an event, rarely a flag that the server decides.
const request = (index: number, distinctIds: number) =>
  Effect.gen(function*() {
    // 7,919 is a prime: identities come back only after all others had their turn.
    const distinctId = `user-${(index * 7919) % distinctIds}`
    const flagKeys = index % 1000 === 0 ? [remoteKey] : undefined
    const snapshot = yield* evaluateFlags({
      distinctId,
      personProperties: attributes,
      flagKeys,
      onlyEvaluateLocally: flagKeys === undefined
    }).pipe(Flags.orPartial)
    if (index % 8 === 0) yield* snapshot.isEnabled(flags[index % flags.length]?.key ?? remoteKey)
    if (flagKeys !== undefined) yield* snapshot.isEnabled(remoteKey)
    if (index % 20 === 0) yield* Events.capture({ event: "page viewed", distinctId, flags: snapshot })
  })

// Effect's own count of fibers that have started and not ended; this one included.
const fibers = Effect.map(Metric.value(Metric.counter("effect_fiber_active")), ({ count }) => Number(count))

const handles = (): number => process.getActiveResourcesInfo().length

const settled = async (evaluations: number, countFibers: () => Promise<number>): Promise<Sample> => {
  for (let round = 0; round < 3; round++) {
    await setTimeout(20)
    collectGarbage()
  }
  return { evaluations, heapBytes: process.memoryUsage().heapUsed, handles: handles(), fibers: await countFibers() }
}
