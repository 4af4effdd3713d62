import { evaluateFlags, EventQueue, Events, Flags, PostHogMetrics } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import { setTimeout } from "node:timers/promises"
import { mixedFlags } from "../flags/mix.ts"
import { definitionsDocument, flagsResponse } from "../flags/posthog.ts"
import { openUnreliable } from "../loopback/Loopback.ts"
import type { Taken } from "../loopback/unreliable.ts"
import { openLocalRuntime } from "../peers/ours.ts"
import type { Plan } from "./Plan.ts"
import { areFlat, isBalanced, trendsOf } from "./verdict.ts"
import type { Accounts, Sample, Trends } from "./verdict.ts"
import { handles, inWaves } from "./waves.ts"

/** What became of a process that evaluated. */
export interface EvaluationReport extends Trends {
  readonly evaluations: number
  readonly distinctIds: number
  readonly seconds: number
  readonly passed: boolean
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
const attributes = { plan: "pro", country: "DE", email: "a@example.com", sku: "b2b-7", seats: 12, app_version: "2.4.1" }

// Three sets of definitions: flags come, go and change. One flag can only be decided by the server.
const turns = [flags, flags.slice(0, 25), [...mixedFlags(40).slice(30), ...flags.slice(5)]].map((some, turn) => {
  const document = definitionsDocument(some)
  const [first] = document.flags
  const serverOnly = { ...first, key: remoteKey, ensure_experience_continuity: true, version: turn }
  return { ...document, flags: [...document.flags, serverOnly] }
})

/** Runs the plan against a server that fails, and says what became of memory, handles, fibers and events. */
export const soakEvaluation = async (plan: Plan, say: (line: string) => void): Promise<EvaluationReport> => {
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
  const { samples, seconds, work } = await inWaves(
    runtime,
    plan,
    { name: "evaluations", amount: plan.evaluations },
    (from, count) => runtime.runPromise(runWave(from, count, plan.distinctIds)),
    say
  )
  const { accepted, delivered, dropped, queued } = await runtime.runPromise(
    Effect.flatMap(EventQueue, (queue) => queue.counts)
  )
  const failures = await runtime.runPromise(Metric.value(PostHogMetrics.evaluationsFailed))
  const server = await loopback.received()
  await runtime.dispose()
  await setTimeout(100)
  const handlesLeft = handles() - handlesBefore
  loopback.close()

  const trends = trendsOf(samples)
  const books = { accepted, delivered, dropped, queued }
  return {
    evaluations: work,
    distinctIds: Math.min(plan.distinctIds, work),
    seconds,
    passed: areFlat(samples, trends) && isBalanced(books) && handlesLeft <= 0,
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
