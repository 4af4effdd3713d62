// Generated from packages/effect-posthog/test/queue/deliveryEdges.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "../support/standIns.ts"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Layer, Logger } from "effect"
import * as TestClock from "../support/testClock.ts"
import { Compression, EventQueue, EventTransport, PostHogConfig } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"
import { gate, offerNames, options, queueLayer, ScriptedTransport, settled } from "../support/queue.ts"

const counts = Effect.flatMap(EventQueue, (queue) => queue.counts)
const flush = Effect.flatMap(EventQueue, (queue) => queue.flush)

describe("room in the queue", () => {
  it.effect("events captured while a full batch is on its way survive", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const held = yield* gate()
      transport.next(held.answer)
      yield* offerNames("a", "b")
      yield* settled
      assert.deepStrictEqual(transport.names, [["a", "b"]])
      yield* offerNames("c", "d")
      yield* held.open
      yield* flush
      assert.deepStrictEqual(transport.names, [["a", "b"], ["c", "d"]])
      assert.strictEqual((yield* counts).dropped, 0)
    }).pipe(Effect.provide(queueLayer(transport, { queueSize: 2, flushAt: 2, whenFull: "dropOldest" })))
  })

  it.effect("events whose hook has not decided take room, too", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      for (let index = 0; index < 50; index++) yield* queue.tryOffer({ event: `e${index}`, distinctId: "ada" })
      const { queued } = yield* queue.counts
      assert.isAtMost(queued, 5)
    }).pipe(Effect.provide(queueLayer(transport, { queueSize: 5, shutdownTimeout: 0, beforeSend: () => Effect.never })))
  })

  it.effect("an event whose hook does not decide leaves the batching of the others as it is", () => {
    const transport = new ScriptedTransport()
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      yield* queue.tryOffer({ event: "slow", distinctId: "ada" })
      yield* Effect.forkChild(queue.flush, { uninterruptible: "inherit" })
      yield* settled
      for (const name of ["a", "b", "c"]) {
        yield* queue.tryOffer({ event: name, distinctId: "ada" })
        yield* settled
      }
      assert.deepStrictEqual(transport.names, [])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(transport.names, [["a", "b", "c"]])
    }).pipe(
      Effect.provide(
        queueLayer(transport, {
          shutdownTimeout: 0,
          beforeSend: (event) => event.event === "slow" ? Effect.never : Effect.succeed(event)
        })
      )
    )
  })
})

it.effect("a logger that throws does not stop deliveries", () => {
  const transport = new ScriptedTransport()
  return Effect.gen(function*() {
    transport.next({ _tag: "Rejected", details: "x" })
    yield* offerNames("a")
    yield* TestClock.adjust("5 seconds")
    yield* offerNames("b")
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual(transport.names, [["a"], ["b"]])
  }).pipe(
    Effect.provide(queueLayer(transport, { shutdownTimeout: 0 })),
    Effect.provide(Logger.layer([makeLogger(() => {
        throw new Error("no")
      })]))
  )
})

/** The queue over real requests that `answer` answers, and their bodies. */
const overFetch = (
  answer: () => Response,
  events: Options["events"],
  prepare: (client: HttpClient.HttpClient) => HttpClient.HttpClient = (client) => client
) => {
  const bodies: Array<Uint8Array> = []
  const fetch: typeof globalThis.fetch = (_, init) => {
    bodies.push(init?.body as Uint8Array)
    return Promise.resolve(answer())
  }
  const client = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, prepare)).pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetch))
  )
  const layer = EventQueue.layer.pipe(
    Layer.provide(EventTransport.layer),
    Layer.provide(Layer.orDie(PostHogConfig.layer(options({ compression: "none", ...events })))),
    Layer.provide(client)
  )
  return { bodies, layer }
}

for (const protocol of ["v0", "v1"] as const) {
  it.effect(`a request is closed before it exceeds five mebibytes, with ${protocol}`, () => {
    const { bodies, layer } = overFetch(() => new Response("{}"), { protocol, maxBatchSize: 10_000, flushAt: 10_000 })
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      for (let index = 0; index < 8000; index++) {
        yield* queue.offer({
          event: "e",
          distinctId: "ada",
          properties: { $session_id: "s", $window_id: "w", text: "x".repeat(500) }
        })
      }
      yield* queue.flush
      assert.isAbove(bodies.length, 1)
      for (const body of bodies) assert.isAtMost(body.length, 5 * 1024 * 1024)
    }).pipe(Effect.provide(layer))
  })
}

it.effect("results that are null are no object", () => {
  const { layer } = overFetch(() => new Response("{\"results\":null}"), { protocol: "v1" })
  return Effect.gen(function*() {
    yield* offerNames("a")
    yield* flush
    assert.strictEqual((yield* counts).droppedBy.Rejected, 1)
  }).pipe(Effect.provide(layer))
})

for (const protocol of ["v0", "v1"] as const) {
  it.effect(`a client that fails for statuses changes nothing, with ${protocol}`, () => {
    const { bodies, layer } = overFetch(
      () => new Response("no", { status: 400 }),
      { protocol, shutdownTimeout: 0 },
      HttpClient.filterStatusOk
    )
    return Effect.gen(function*() {
      yield* offerNames("a")
      yield* Effect.forkChild(flush, { uninterruptible: "inherit" })
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(bodies.length, 1)
      assert.strictEqual((yield* counts).droppedBy.Rejected, 1)
    }).pipe(Effect.provide(layer))
  })
}

it.effect("a compressor that breaks leaves the body as it is", () => {
  const { bodies, layer } = overFetch(() => new Response("{}"), { compression: "gzip" })
  const broken = { compressor: () => Effect.succeed(() => Effect.die("broken")) }
  return Effect.gen(function*() {
    yield* offerNames("a")
    yield* flush
    assert.include(new TextDecoder().decode(bodies[0]), "\"event\":\"a\"")
    assert.strictEqual((yield* counts).delivered, 1)
  }).pipe(Effect.provide(layer), Effect.provideService(Compression, broken))
})
