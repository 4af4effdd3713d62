// Generated from packages/effect-posthog/test/queue/narrowing.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "../support/standIns.ts"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Logger, Redacted } from "effect"
import * as TestClock from "../support/testClock.ts"
import type { SendOutcome } from "effect-posthog-4"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog-4"
import { queueLayer, recordDeliveries, ScriptedTransport, settled } from "../support/queue.ts"

type Protocol = "v0" | "v1"

const words = "Failed to parse the request: invalid type: string \"secret\", expected a boolean"

/** A server that refuses every request in which an event is bad, and the requests it got. */
const makeServer = (status: number, isBad: (event: string) => boolean, error = words) => {
  const requests: Array<ReadonlyArray<string>> = []
  const arrived: Array<string> = []
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      const text = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const { batch } = JSON.parse(text) as {
        readonly batch: ReadonlyArray<{ readonly event: string; readonly uuid: string }>
      }
      const names = batch.map(({ event }) => event)
      requests.push(names)
      if (names.some(isBad)) {
        return HttpClientResponse.fromWeb(request, new Response(JSON.stringify({ error }), { status }))
      }
      arrived.push(...names)
      return HttpClientResponse.fromWeb(request, new Response("{\"results\":{}}"))
    })
  )
  return { arrived, client, requests }
}

const run = (server: ReturnType<typeof makeServer>, protocol: Protocol, names: ReadonlyArray<string>) => {
  const lines: Array<string> = []
  return Effect.gen(function*() {
    const queue = yield* EventQueue
    const { seen } = yield* recordDeliveries
    for (const event of names) yield* queue.offer({ event, distinctId: "ada" })
    yield* queue.flush
    yield* settled
    const dropped = seen.flatMap((end) => (end._tag === "Dropped" ? [end] : []))
    return { counts: yield* queue.counts, dropped, lines }
  }).pipe(
    Effect.provide(EventQueue.layer),
    Effect.provide(EventTransport.layer),
    Effect.provideService(HttpClient.HttpClient, server.client),
    Effect.provide(PostHogConfig.layer({
      apiKey: Redacted.make("phc_test"),
      host: "http://posthog.example",
      events: { protocol, compression: "none", flushAt: 1000, flushInterval: "1 hour" }
    })),
    Effect.scoped,
    Effect.provide(Logger.layer([makeLogger(({ message }) => {
        lines.push(String(message))
      })]))
  )
}

const sixty = (bad: ReadonlyArray<number>) =>
  Array.from({ length: 60 }, (_, index) => (bad.includes(index) ? `bad ${index}` : `e${index}`))

const isBad = (name: string) => name.startsWith("bad")

describe("a request that is refused for one event", () => {
  const places: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
    ["the first", [0]],
    ["one in the middle", [30]],
    ["the last", [59]],
    ["the first and the last", [0, 59]],
    ["two neighbours", [29, 30]],
    ["two apart", [10, 45]]
  ]
  for (const protocol of ["v0", "v1"] as const) {
    for (const status of [400, 413, 422]) {
      for (const [place, bad] of places) {
        it.effect(`${protocol}, ${status}, ${place} of 60: the others arrive`, () =>
          Effect.gen(function*() {
            const server = makeServer(status, isBad)
            const { counts, dropped, lines } = yield* run(server, protocol, sixty(bad))
            assert.deepStrictEqual(server.arrived, sixty(bad).filter((name) => !isBad(name)))
            assert.deepStrictEqual(dropped.map(({ event }) => event), bad.map((index) => `bad ${index}`))
            assert.deepInclude(counts, { delivered: 60 - bad.length, dropped: bad.length, queued: 0 })
            // Halving 60 six times, twice for two that are apart.
            assert.isAtMost(server.requests.length, bad.length === 1 ? 13 : 24)
            const said = lines.filter((line) => line.includes("\"bad "))
            assert.strictEqual(said.length, 1)
            for (const { details, reason } of dropped) {
              assert.strictEqual(reason, status === 413 ? "TooLarge" : "Rejected")
              assert.include(details, `api_error_${status}: Failed to parse the request`)
            }
            if (status !== 413) { for (const { event } of dropped) assert.include(said[0], `"${event}"`) }
            for (const line of [...lines, ...dropped.map(({ details }) => String(details))]) {
              assert.notInclude(line, "secret")
            }
          }))
      }
    }

    it.effect(`${protocol}: a batch of one that is refused fails with one request`, () =>
      Effect.gen(function*() {
        const server = makeServer(400, isBad)
        const { dropped } = yield* run(server, protocol, ["bad"])
        assert.strictEqual(server.requests.length, 1)
        assert.deepInclude(dropped[0], { event: "bad", reason: "Rejected" })
      }))

    it.effect(`${protocol}: what concerns the whole request is not narrowed down`, () =>
      Effect.gen(function*() {
        for (const status of [401, 402, 403, 404, 415]) {
          const server = makeServer(status, isBad)
          const { counts } = yield* run(server, protocol, sixty([7]))
          assert.strictEqual(server.requests.length, 1, String(status))
          assert.strictEqual(counts.droppedBy.Rejected, 60, String(status))
        }
      }))
  }

  it.effect("takes at most 64 requests a batch, and none of the others is lost", () =>
    Effect.gen(function*() {
      const names = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? `bad ${index}` : `e${index}`))
      const server = makeServer(400, isBad)
      const { counts } = yield* run(server, "v0", names)
      assert.deepStrictEqual(server.arrived, names.filter((name) => !isBad(name)))
      assert.deepInclude(counts, { delivered: 50, dropped: 50, queued: 0 })
      // Twice as many parts as events, and what the further batches ask once more.
      assert.isAtMost(server.requests.length, 4 * 64)
    }))

  it.effect("rests where everything is refused, until something is taken again", () => {
    const transport = new ScriptedTransport()
    let up = false
    transport.always((batch): Effect.Effect<SendOutcome> =>
      Effect.succeed(
        up && !batch.events.some(({ event }) => isBad(event))
          ? { _tag: "Delivered" }
          : { _tag: "Rejected", details: "api_error_400", narrowable: true }
      )
    )
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      const sent: Array<number> = []
      const sendBatch = (names: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const before = transport.batches.length
          for (const event of names) yield* queue.offer({ event, distinctId: "ada" })
          yield* queue.flush
          sent.push(transport.batches.length - before)
        })
      for (let batch = 0; batch < 4; batch++) yield* sendBatch(sixty([]))
      assert.deepStrictEqual(sent, [64, 64, 1, 1])
      assert.deepInclude(yield* queue.counts, { delivered: 0, dropped: 240 })
      up = true
      yield* sendBatch(["e"])
      yield* sendBatch(sixty([5]))
      assert.isAbove(sent[5] ?? 0, 2)
      assert.deepInclude(yield* queue.counts, { delivered: 60, dropped: 241, queued: 0 })
    }).pipe(
      Effect.provide(queueLayer(transport, { flushAt: 1000 })),
      Effect.provide(Logger.layer([]))
    )
  })

  it.effect("is no concern of two events with one id: the second goes with the next request", () => {
    const transport = new ScriptedTransport()
    const uuid = "0199f3c2-8d10-7c4e-9a77-5b0d5a3c1e42"
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      yield* queue.offer({ event: "a", distinctId: "ada", uuid })
      yield* queue.offer({ event: "b", distinctId: "ada" })
      yield* queue.offer({ event: "c", distinctId: "ada", uuid: uuid.toUpperCase() })
      yield* queue.offer({ event: "d", distinctId: "ada" })
      const offered = yield* queue.offer({ event: "e", distinctId: "ada" })
      if (offered._tag === "Accepted") yield* queue.offer({ event: "f", distinctId: "ada", uuid: offered.id })
      yield* queue.flush
      assert.deepStrictEqual(transport.names, [["a", "b"], ["c", "d", "e"], ["f"]])
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* queue.counts, { delivered: 6, queued: 0 })
    }).pipe(Effect.provide(queueLayer(transport)))
  })
})
