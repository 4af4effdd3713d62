/** What it costs to hand over one event when nothing is sent, in one process, interleaved. */
import { Effect, Layer, Redacted } from "effect"
import { EventQueue, Events, EventTransport, PostHogConfig } from "effect-posthog"
import { setImmediate } from "node:timers/promises"
import { PostHog } from "posthog-node"
import { distinctIdOf, propertiesOf } from "./events.ts"

const size = 20_000
const rounds = 15
const never = 10_000_000

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const ours = () =>
  Effect.gen(function*() {
    const messages = Array.from({ length: size }, (_, index) => ({
      event: "invoice paid",
      distinctId: distinctIdOf(index),
      properties: propertiesOf(index)
    }))
    const started = performance.now()
    for (const message of messages) yield* Events.capture(message)
    return (performance.now() - started) * 1000 / size
  }).pipe(
    Effect.provide(
      EventQueue.layer.pipe(
        Layer.provide(EventTransport.layerNoop),
        Layer.provide(PostHogConfig.layer({
          apiKey: Redacted.make("phc_bench"),
          events: { flushAt: never, queueSize: never, flushInterval: "1 day" }
        }))
      )
    ),
    Effect.runPromise
  )

const theirs = async () => {
  const posthog = new PostHog("phc_bench", {
    host: "http://127.0.0.1:9",
    flushAt: never,
    maxQueueSize: never,
    flushInterval: 86_400_000,
    fetch: async () => new Response("{}") as never
  })
  const messages = Array.from({ length: size }, (_, index) => ({
    event: "invoice paid",
    distinctId: distinctIdOf(index),
    properties: propertiesOf(index)
  }))
  const started = performance.now()
  for (const message of messages) posthog.capture(message)
  // It prepares events in microtasks; they belong to the cost.
  await setImmediate()
  const cost = (performance.now() - started) * 1000 / size
  await posthog.shutdown()
  return cost
}

export const measureEnqueue = async () => {
  const costs = { ours: [] as Array<number>, theirs: [] as Array<number> }
  for (let round = 0; round < rounds; round++) {
    costs.ours.push(await ours())
    costs.theirs.push(await theirs())
  }
  return { ours: median(costs.ours), theirs: median(costs.theirs) }
}
