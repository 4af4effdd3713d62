import { EventQueue, Events } from "effect-posthog"
import * as Effect from "effect/Effect"
import { setTimeout } from "node:timers/promises"
import { openUnreliable } from "../loopback/Loopback.ts"
import { openRuntime } from "../peers/ours.ts"
import type { Plan } from "./Plan.ts"
import { areFlat, isBalanced, trendsOf } from "./verdict.ts"
import type { Accounts, Sample, Trends } from "./verdict.ts"
import { handles, inWaves } from "./waves.ts"

/** What became of a process that captured. */
export interface DeliveryReport extends Trends {
  readonly events: number
  readonly seconds: number
  readonly passed: boolean
  readonly handlesLeft: number
  readonly accounts: Accounts & { readonly isBalanced: boolean }
  /** Events that the server took. */
  readonly arrived: number
  readonly peakMegabytes: number
  readonly samples: ReadonlyArray<Sample>
}

/** Captures as fast as a server takes events that refuses every fiftieth batch at first; none may be lost. */
export const soakDelivery = async (plan: Plan, say: (line: string) => void): Promise<DeliveryReport> => {
  const loopback = await openUnreliable({ turns: [], flags: {} })
  await loopback.received()
  const handlesBefore = handles()
  const runtime = openRuntime(
    loopback.url,
    { events: { whenFull: "backpressure", queueSize: 1000, flushAt: 100, retryBase: "1 millis" } },
    "undici"
  )
  const { samples, seconds, work } = await inWaves(
    runtime,
    plan,
    { name: "events", amount: plan.events },
    (from, count) => runtime.runPromise(captureAll(from, count)),
    say
  )
  const { accepted, delivered, dropped, queued } = await runtime.runPromise(
    Effect.flatMap(EventQueue, (queue) => queue.counts)
  )
  const { events: arrived } = await loopback.received()
  await runtime.dispose()
  await setTimeout(100)
  const handlesLeft = handles() - handlesBefore
  loopback.close()

  const books = { accepted, delivered, dropped, queued }
  const trends = trendsOf(samples)
  return {
    events: work,
    seconds,
    passed: areFlat(samples, trends) && isBalanced(books) && delivered === work && arrived === work && handlesLeft <= 0,
    ...trends,
    handlesLeft,
    accounts: { ...books, isBalanced: isBalanced(books) },
    arrived,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    samples
  }
}

const captureAll = (from: number, count: number) =>
  Effect.gen(function*() {
    for (let index = from; index < from + count; index++) {
      yield* Events.capture({
        event: "page viewed",
        distinctId: `user-${index % 5000}`,
        properties: { plan: "pro", path: `/projects/${index % 1000}/settings`, duration: index % 5000, succeeded: true }
      })
    }
    yield* Events.flush
  })
