import { PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { Effect, Layer, Redacted, Stream } from "effect"
import { EventQueue, Events, PostHog } from "effect-posthog"
import { strict as assert } from "node:assert"

// #region losses
const watchLosses = Effect.gen(function*() {
  const { deliveries } = yield* EventQueue
  yield* deliveries.pipe(
    Stream.filter((delivery) => delivery._tag !== "Delivered"),
    Stream.runForEach((delivery) => Effect.logWarning("An event was lost", delivery)),
    Effect.forkScoped
  )
})
// #endregion

// #region counts
const eventCounts = Effect.gen(function*() {
  const { counts } = yield* EventQueue
  const { accepted, delivered, dropped, queued } = yield* counts
  return { accepted, delivered, dropped, queued }
})
// #endregion

// #region bulk
const importAll = (rows: ReadonlyArray<{ readonly id: string; readonly at: string; readonly uuid: string }>) =>
  Effect.forEach(
    rows,
    ({ at, id, uuid }) => Events.capture({ event: "order placed", distinctId: id, timestamp: at, uuid }),
    { discard: true }
  ).pipe(Effect.zipRight(Events.flush))

const Import = (host: string) =>
  PostHog.layer({
    apiKey: Redacted.make("phc_test"),
    host,
    events: { whenFull: "backpressure", flushAt: 100, historicalMigration: true }
  })
// #endregion

// #region hook
const withoutAddresses = PostHog.layer({
  apiKey: Redacted.make("phc_test"),
  events: {
    beforeSend: (event) => {
      if (event.event === "health check") return null
      const { $ip: _ip, ...properties } = event.properties
      return { ...event, properties }
    }
  }
})
// #endregion

const rows = Array.from({ length: 250 }, (_, index) => ({
  id: `user-${index}`,
  at: "2024-05-01T10:00:00.123456+02:00",
  uuid: `0199f3c2-8d10-4c4e-9a77-${String(index).padStart(12, "0")}`
}))

const program = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  const counts = yield* Effect.gen(function*() {
    yield* watchLosses
    yield* importAll(rows)
    return yield* eventCounts
  }).pipe(Effect.scoped, Effect.provide(Layer.provide(Import(server.url), FetchHttpClient.layer)))
  assert.deepEqual(counts, { accepted: 250, delivered: 250, dropped: 0, queued: 0 })
  const events = yield* server.events
  assert.deepEqual(events.map(({ uuid }) => uuid), rows.map(({ uuid }) => uuid))
  assert.equal(events[0]?.timestamp, "2024-05-01T08:00:00.123456Z")
})

await Effect.runPromise(Effect.provide(program, PostHogServer.layer()))
assert.ok(Layer.isLayer(withoutAddresses))
