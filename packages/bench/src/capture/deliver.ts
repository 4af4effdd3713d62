/**
 * One run in a process of its own: `deliver.ts fetch|undici|posthog-node URL COUNT` (the first two are
 * ours, with either HTTP client of Node) captures events as fast as the
 * client takes them, waits until they have arrived, and prints what it took.
 */
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"
import { EventQueue, Events, EventTransport, PostHogConfig } from "effect-posthog"
import { PostHog } from "posthog-node"
import { distinctIdOf, propertiesOf, warmUp } from "./events.ts"

const [client, url = "", countText = "100000"] = process.argv.slice(2)
const count = Number(countText)

const peak = () => Math.round(process.resourceUsage().maxRSS / 1024)

const measured = async (run: (from: number, to: number) => Promise<void>) => {
  await run(0, warmUp)
  const cpu = process.cpuUsage()
  const started = performance.now()
  await run(warmUp, warmUp + count)
  const { system, user } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - started) / 1000, cpuMicros: (system + user) / count, peakMebibytes: peak() }
}

const ours = () => {
  const layer = EventQueue.layer.pipe(
    Layer.provide(EventTransport.layer),
    Layer.provide(client === "undici" ? NodeHttpClient.layerUndici : FetchHttpClient.layer),
    Layer.provide(PostHogConfig.layer({
      apiKey: Redacted.make("phc_bench"),
      host: url,
      events: { flushAt: 100, maxBatchSize: 100, whenFull: "backpressure", queueSize: 10000 }
    }))
  )
  return Effect.gen(function*() {
    const context = yield* Effect.context<EventQueue>()
    const run = Effect.fnUntraced(function*(from: number, to: number) {
      for (let index = from; index < to; index++) {
        yield* Events.capture({
          event: "invoice paid",
          distinctId: distinctIdOf(index),
          properties: propertiesOf(index)
        })
      }
      yield* Events.flush
    })
    return yield* Effect.promise(() =>
      measured((from, to) => Effect.runPromise(Effect.provide(run(from, to), context)))
    )
  }).pipe(Effect.provide(layer), Effect.runPromise)
}

// It has no back-pressure: the most favourable use that loses nothing is to fill its queue and flush, again and again.
const theirs = async () => {
  const posthog = new PostHog("phc_bench", { host: url, flushAt: 100, maxBatchSize: 100, maxQueueSize: 10_000 })
  const result = await measured(async (from, to) => {
    for (let start = from; start < to; start += 5_000) {
      for (let index = start; index < Math.min(start + 5_000, to); index++) {
        posthog.capture({ event: "invoice paid", distinctId: distinctIdOf(index), properties: propertiesOf(index) })
      }
      await posthog.flush()
    }
  })
  await posthog.shutdown()
  return result
}

console.log(JSON.stringify(await (client === "posthog-node" ? theirs() : ours())))
