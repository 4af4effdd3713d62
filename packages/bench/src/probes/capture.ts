import Undici from "@effect/platform-node/Undici"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { EventQueue, Events } from "effect-posthog"
import type { PostHog } from "effect-posthog"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { randomUUID } from "node:crypto"
import { setTimeout } from "node:timers/promises"
import { gzipSync } from "node:zlib"
import { eventLoopHeld } from "../measuring/eventLoop.ts"
import { httpClients, openRuntime } from "../peers/ours.ts"
import { openClient } from "../peers/posthogNode.ts"

export interface CaptureOptions {
  /**
   * Ours with either of Node's clients for HTTP; posthog-node brings its own, which is fetch. By hand: the same requests,
   * made by a loop that has no queue and loses what a request does not deliver.
   */
  readonly library:
    | "ours over undici"
    | "ours over fetch"
    | "posthog-node"
    | "by hand over the platform's undici"
    | "by hand over undici"
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
  const library = await open(options)
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

const open = (options: CaptureOptions): Library | Promise<Library> => {
  switch (options.library) {
    case "posthog-node":
      return openTheirs(options)
    case "by hand over undici":
      return openByHand(options, overUndici)
    case "by hand over the platform's undici":
      return openByHand(options, overPlatform)
    default:
      return openOurs(options)
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

interface Client {
  readonly post: (body: Uint8Array) => Promise<unknown>
  readonly close: () => Promise<void>
}

const headers = { "content-type": "application/json", "content-encoding": "gzip", "user-agent": "by-hand/1" }

const overUndici = (url: string): Client => {
  const agent = new Undici.Agent()
  return {
    post: async (body) => {
      const answer = await agent.request({ origin: url, path: "/batch/", method: "POST", headers, body })
      if (answer.statusCode !== 200) throw new Error(`the server answered ${answer.statusCode}`)
      await answer.body.text()
    },
    close: () => agent.close()
  }
}

const overPlatform = (url: string): Client => {
  const runtime = ManagedRuntime.make(httpClients.undici)
  const request = HttpClientRequest.setHeaders(HttpClientRequest.post(`${url}/batch/`), headers)
  return {
    post: (body) =>
      runtime.runPromise(
        Effect.flatMap(HttpClient.HttpClient, (client) =>
          Effect.flatMap(
            client.execute(HttpClientRequest.bodyUint8Array(request, body, "application/json")),
            (answer) => answer.status === 200 ? answer.text : Effect.dieMessage(`the server answered ${answer.status}`)
          ))
      ),
    close: () => runtime.dispose()
  }
}

/** The least that the load costs over a client for HTTP. */
const openByHand = ({ batchSize = 100, url }: CaptureOptions, openHttp: (url: string) => Client): Library => {
  const client = openHttp(url)
  const eventAt = (index: number) => ({
    event: "page viewed",
    distinct_id: `user-${index % 5000}`,
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
    properties: {
      ...properties(index),
      $lib: "by-hand",
      $lib_version: "1.0.0",
      $geoip_disable: true,
      $is_server: true
    }
  })
  return {
    run: async (events) => {
      for (let from = 0; from < events; from += batchSize) {
        const batch = Array.from({ length: Math.min(batchSize, events - from) }, (_, index) => eventAt(from + index))
        const body = JSON.stringify({ api_key: "phc_bench", batch, sent_at: new Date().toISOString() })
        await client.post(gzipSync(body, { level: 3 }))
      }
    },
    reported: () => Promise.resolve(0),
    close: () => client.close()
  }
}
