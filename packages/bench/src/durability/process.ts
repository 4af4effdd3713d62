// A program that captures until it is killed, and says what was acknowledged: a line for each event.
import { FetchHttpClient } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import { EventQueue, PostHog } from "effect-posthog"
import * as EventSpool from "effect-posthog/EventSpool"
import { readdirSync, writeSync } from "node:fs"

interface Plan {
  readonly host: string
  readonly directory: string
  readonly durability: "process" | "machine"
  /** Events to capture before it ends; without it, it captures until it is killed. */
  readonly events: number | undefined
}

const plan = JSON.parse(process.argv[2] ?? "{}") as Plan

const print = (text: string): void => {
  for (let rest = Buffer.from(text); rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error
    }
  }
}

const properties = { plan: "pro", seats: 12, path: "/checkout/confirm", padding: "x".repeat(300) }

const program = Effect.gen(function*() {
  const queue = yield* EventQueue
  const together = 50
  for (let captured = 0; plan.events === undefined || captured < plan.events; captured += together) {
    const offered = yield* Effect.forEach(
      Array.from({ length: together }, (_, index) => captured + index),
      (index) => queue.offer({ event: "order placed", distinctId: `user-${index % 1000}`, properties }),
      { concurrency: "unbounded" }
    )
    print(offered.flatMap((answer) => answer._tag === "Accepted" ? [`id ${answer.id}\n`] : []).join(""))
    yield* Effect.sleep("1 millis")
  }
  // What earlier processes left has its turn too.
  while (true) {
    yield* queue.flush
    const others = readdirSync(plan.directory).filter((name) => name.endsWith(".events")).length
    if ((yield* queue.counts).queued === 0 && others <= 1) break
    yield* Effect.sleep("100 millis")
  }
  const counts = yield* queue.counts
  const status = yield* Effect.flatMap(EventSpool.EventStore, (store) => store.status)
  process.stderr.write(`${JSON.stringify({ counts, status })}\n`)
})

const layer = PostHog.layer({
  apiKey: Redacted.make("phc_durability"),
  host: plan.host,
  events: { compression: "none", flushInterval: "200 millis", retryBase: "100 millis", whenFull: "backpressure" }
}).pipe(
  Layer.provideMerge(EventSpool.layer({ directory: plan.directory, durability: plan.durability })),
  Layer.provide(Layer.merge(FetchHttpClient.layer, NodeFileSystem.layer)),
  Layer.merge(Logger.minimumLogLevel(LogLevel.Error))
)

await Effect.runPromise(Effect.provide(program, layer))
