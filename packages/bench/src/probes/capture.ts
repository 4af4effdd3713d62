import { EventQueue, Events } from "effect-posthog"
import type { PostHog } from "effect-posthog"
import * as Effect from "effect/Effect"
import { setTimeout } from "node:timers/promises"
import { eventLoopHeld } from "../measuring/eventLoop.ts"
import { openRuntime } from "../peers/ours.ts"
import { openClient } from "../peers/posthogNode.ts"

export interface CaptureOptions {
  /** Ours with either of Node's clients for HTTP; posthog-node brings its own, which is fetch. */
  readonly library: "ours over undici" | "ours over fetch" | "posthog-node"
  readonly url: string
  readonly events: number
  /**
   * `burst`: all at once, with the library's own defaults. `backpressure`: as fast as delivery allows, none lost.
   * `paced`: a hundred every 50 milliseconds, with the library's own defaults.
   */
  readonly manner: "burst" | "backpressure" | "paced"
  readonly batchSize?: number | undefined
  readonly gzip?: boolean | undefined
  /** Events delivered before the measurement begins. */
  readonly warmUp?: number | undefined
}

export interface CaptureResult {
  /** From the first offer until the last event had ended. */
  readonly millis: number
  readonly cpuMicrosPerEvent: number
  readonly peakMegabytes: number
  /** The longest the event loop was held. */
  readonly heldMillis: number
  /** The same without the turn in which the first events were captured: all of them, where they come at once. */
  readonly heldLaterMillis: number
  /** Events that the library itself says it did not deliver. */
  readonly reported: number
}

/** Events of a warm-up between two questions to the server. */
const portion = 100_000

/** Events that either library holds at most when it is to lose none. */
const mostQueued = ({ batchSize = 100 }: CaptureOptions): number => batchSize * 10

interface Library {
  readonly run: (events: number) => Promise<void>
  readonly reported: () => Promise<number>
  readonly close: () => Promise<void>
}

export const run = async (options: CaptureOptions): Promise<CaptureResult> => {
  const library = options.library === "posthog-node" ? openTheirs(options) : await openOurs(options)
  // In portions, as the server keeps what arrives until it is asked.
  for (let left = options.warmUp ?? 0; left > 0; left -= portion) {
    await library.run(Math.min(left, portion))
    await fetch(`${options.url}/received`)
  }
  const cpu = process.cpuUsage()
  const start = performance.now()
  const held = await eventLoopHeld(() => library.run(options.events))
  const millis = performance.now() - start
  const { system, user } = process.cpuUsage(cpu)
  const reported = await library.reported()
  await library.close()
  return {
    millis,
    heldMillis: held.millis,
    heldLaterMillis: held.laterMillis,
    reported,
    cpuMicrosPerEvent: (user + system) / options.events,
    peakMegabytes: process.resourceUsage().maxRSS / 1024
  }
}

const pace = { events: 100, millis: 50 }

const properties = (index: number) => ({
  plan: "pro",
  path: `/projects/${index % 1000}/settings`,
  duration: index % 5000,
  referrer: "https://example.com/pricing",
  succeeded: true
})

const openOurs = async (options: CaptureOptions): Promise<Library> => {
  const { batchSize, gzip, library, manner, url } = options
  const settings: PostHog.Options["events"] = manner === "backpressure"
    ? {
      whenFull: "backpressure",
      compression: gzip === false ? "none" : "gzip",
      maxBatchSize: batchSize,
      flushAt: batchSize,
      queueSize: mostQueued(options)
    }
    : {}
  const runtime = openRuntime(url, { events: settings }, library === "ours over fetch" ? "fetch" : "undici")
  const capture = (index: number) =>
    Events.capture({ event: "page viewed", distinctId: `user-${index % 5000}`, properties: properties(index) })
  const all = (events: number) =>
    Effect.gen(function*() {
      for (let index = 0; index < events; index++) {
        yield* capture(index)
        if (manner === "paced" && (index + 1) % pace.events === 0) yield* Effect.sleep(pace.millis)
      }
      yield* Events.flush
    })
  const counts = Effect.flatMap(EventQueue, (queue) => queue.counts)
  // Layers are built before anything is measured.
  await runtime.runPromise(counts)
  return {
    run: (events) => runtime.runPromise(all(events)),
    reported: async () => {
      const { dropped, rejected } = await runtime.runPromise(counts)
      return dropped + Object.values(rejected).reduce((sum, count) => sum + count, 0)
    },
    close: () => runtime.dispose()
  }
}

const openTheirs = (options: CaptureOptions): Library => {
  const { batchSize, gzip, manner, url } = options
  const client = openClient(
    url,
    manner === "backpressure"
      ? {
        disableCompression: gzip === false,
        maxBatchSize: batchSize ?? 100,
        flushAt: 1_000_000,
        flushInterval: 3_600_000
      }
      : {}
  )
  // It has no back-pressure of its own: so many events, then everything delivered, and again.
  const chunk = mostQueued(options)
  let reported = 0
  client.on("error", () => reported++)
  return {
    run: async (events) => {
      for (let index = 0; index < events; index++) {
        client.capture({ event: "page viewed", distinctId: `user-${index % 5000}`, properties: properties(index) })
        if (manner === "paced" && (index + 1) % pace.events === 0) await setTimeout(pace.millis)
        if (manner === "backpressure" && (index + 1) % chunk === 0) await client.flush()
      }
      // A flush leaves over what came in behind it.
      await client.flush()
      await client.flush()
    },
    reported: () => Promise.resolve(reported),
    close: () => client.shutdown()
  }
}
