import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { Data, Effect, Layer, Redacted, Schema } from "effect"
import { EventQueue, Events, EventTransport, PostHog } from "effect-posthog"
import type { SendOutcome } from "effect-posthog"
import * as EventSpool from "effect-posthog/EventSpool"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"
import { mkdtempSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeBroker } from "./kafkaDouble.ts"
import type { Message, Producer } from "./kafkaDouble.ts"

// #region spool
const withSpool = (directory: string, host: string) =>
  PostHog.layer({ apiKey: Redacted.make("phc_test"), host }).pipe(
    Layer.provideMerge(EventSpool.layer({ directory, maxBytes: 1024 * 1024 * 1024 })),
    Layer.provide([NodeFileSystem.layer, FetchHttpClient.layer])
  )
// #endregion

// #region status
const spoolStatus = Effect.flatMap(EventSpool.EventStore, ({ status }) => status)
// #endregion

// #region transport
const layerKafkaTransport = (producer: Producer, topic: string) =>
  Layer.succeed(EventTransport, {
    send: ({ events, route }) =>
      Effect.tryPromise(() =>
        producer.send({
          topic,
          // What concerns one person stays in order.
          messages: events.map((event) => ({ key: event.distinctId, value: JSON.stringify({ route, ...event }) }))
        })
      ).pipe(Effect.match({
        onSuccess: (): SendOutcome => ({ _tag: "Delivered" }),
        onFailure: (): SendOutcome => ({ _tag: "Retry", details: "kafka" })
      }))
  })
// #endregion

// #region consumer
const Produced = Schema.parseJson(Schema.Struct({
  route: Schema.Literal("analytics", "ai"),
  event: Schema.String,
  distinctId: Schema.String,
  properties: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  timestamp: Schema.String,
  uuid: Schema.String
}))

class NotDelivered extends Data.TaggedError("NotDelivered")<{ readonly events: number }> {}

/** Fails when PostHog did not take all of them, so that their offsets are not committed and they come again. */
const forward = (messages: ReadonlyArray<Message>) =>
  Effect.gen(function*() {
    const queue = yield* EventQueue
    const before = (yield* queue.counts).droppedBy
    for (const { value } of messages) {
      const produced = Schema.decodeUnknownOption(Produced)(value)
      if (produced._tag === "Some") yield* queue.offer(produced.value)
      else yield* Effect.logWarning("A message of the topic is not an event")
    }
    yield* queue.flush
    const after = (yield* queue.counts).droppedBy
    const events = after.RetriesExhausted - before.RetriesExhausted
    if (events > 0) return yield* new NotDelivered({ events })
  })
// #endregion

const spooled = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  const directory = join(mkdtempSync(join(tmpdir(), "guide-")), "events")
  const status = yield* Effect.gen(function*() {
    yield* Events.capture({ event: "order placed", distinctId: "ada" })
    return yield* spoolStatus
  }).pipe(Effect.provide(withSpool(directory, server.url)))
  assert.equal(status.notStored, 0)
  assert.equal((yield* server.events).length, 1)
  assert.deepEqual(readdirSync(directory), [])
})

const promised = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  const directory = join(mkdtempSync(join(tmpdir(), "guide-")), "events")
  const { url: host } = server
  yield* Effect.promise(async () => {
    // #region promise
    const posthog = PostHogPromise.make({ apiKey: "phc_test", host, spool: { directory } })
    await posthog.capture({ event: "order placed", distinctId: "ada" }) // written to the folder
    const status = await posthog.spoolStatus()
    // #endregion
    assert.equal(status?.notStored, 0)
    await posthog.shutdown()
  })
  assert.equal((yield* server.events).length, 1)
})

const throughKafka = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  yield* server.script("batch", Fault.status(503), Fault.status(503))
  const { consumer, producer, redelivered } = makeBroker(3, 40)

  const producing = PostHog.layerWith(
    { apiKey: Redacted.make("phc_test") },
    { transport: layerKafkaTransport(producer, "posthog-events") }
  )
  yield* Effect.forEach(
    Array.from({ length: 250 }, (_, index) => index),
    (index) => Events.capture({ event: `event ${index}`, distinctId: `user-${index % 20}` })
  ).pipe(Effect.provide(Layer.provide(producing, FetchHttpClient.layer)))
  yield* Effect.promise(() =>
    producer.send({ topic: "posthog-events", messages: [{ key: "x", value: "not an event" }] })
  )

  // #region run
  const consuming = PostHog.layer({
    apiKey: Redacted.make("phc_test"),
    host: server.url,
    events: { whenFull: "backpressure", maxRetries: 1, retryBase: "10 millis" }
  })
  const program = Effect.gen(function*() {
    const runtime = yield* Effect.runtime<EventQueue>()
    yield* Effect.promise(() =>
      consumer.run({
        eachBatch: ({ batch }) => Effect.runPromise(Effect.provide(forward(batch.messages), runtime))
      })
    )
  }).pipe(Effect.provide(consuming))
  // #endregion
  yield* Effect.provide(program, FetchHttpClient.layer)

  const arrived = yield* server.events
  assert.equal(arrived.length, 250)
  assert.equal(new Set(arrived.map(({ uuid }) => uuid)).size, 250)
  assert.equal(redelivered(), 1)
  const indexesOf = (distinctId: string) =>
    arrived.filter((event) => event.distinct_id === distinctId).map(({ event }) => Number(event.slice("event ".length)))
  for (let user = 0; user < 20; user++) {
    const indexes = indexesOf(`user-${user}`)
    assert.deepEqual(indexes, [...indexes].sort((left, right) => left - right))
  }
})

await Effect.runPromise(Effect.provide(spooled, PostHogServer.layer()))
await Effect.runPromise(Effect.provide(promised, PostHogServer.layer()))
await Effect.runPromise(Effect.provide(throughKafka, PostHogServer.layer()))
