// 10,000 fibers capture into a queue of 500 that makes them wait, every tenth of them until it loses patience. What was
// taken in arrives once and in order, and the counts agree with the server.
import { Console, Effect, Layer, Option, Redacted } from "effect"
import { EventQueue, Events, PostHog } from "effect-posthog"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { strict as assert } from "node:assert"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"

const fibers = 10_000
const each = 5

const received: Array<string> = []

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const body = Buffer.concat(chunks)
    const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body
    for (const { uuid } of JSON.parse(text.toString()).batch) received.push(uuid)
    response.writeHead(200, { "content-type": "application/json" }).end(`{"status":1}`)
  })
})

const idOf = (fiber: number, index: number) =>
  `0199f3c2-8d10-7c4e-${(0x8000 + index).toString(16)}-${fiber.toString(16).padStart(12, "0")}`

const acknowledged: Array<string> = []

const captureAll = (fiber: number) =>
  Effect.gen(function*() {
    for (let index = 0; index < each; index++) {
      const event = { event: "seat taken", distinctId: `user-${fiber}`, uuid: idOf(fiber, index) }
      Option.map(yield* Events.capture(event), (uuid) => acknowledged.push(uuid))
    }
  })

const program = Effect.gen(function*() {
  const queue = yield* EventQueue
  let waiting = 0
  yield* Effect.forEach(
    Array.from({ length: fibers }, (_, fiber) => fiber),
    (fiber) =>
      Effect.suspend(() => {
        waiting++
        return fiber % 10 === 0 ? Effect.timeoutOption(captureAll(fiber), "20 millis") : captureAll(fiber)
      }),
    { concurrency: "unbounded", discard: true }
  )
  assert.equal(waiting, fibers)
  yield* Events.flush
  const { accepted, delivered, dropped, queued } = yield* queue.counts
  assert.deepEqual({ delivered, dropped, queued }, { delivered: accepted, dropped: 0, queued: 0 })
  assert.equal(received.length, accepted)
  const arrived = new Set(received)
  assert.equal(arrived.size, received.length, "no event arrived twice")
  assert.deepEqual(acknowledged.filter((uuid) => !arrived.has(uuid)), [], "what was acknowledged arrived")
  const patient = fibers - fibers / 10
  const complete = Array.from({ length: fibers }, (_, fiber) => fiber).filter((fiber) => fiber % 10 !== 0)
    .filter((fiber) => Array.from({ length: each }, (_, index) => idOf(fiber, index)).every((id) => arrived.has(id)))
  assert.equal(complete.length, patient)
  const last = new Map<string, string>()
  for (const uuid of received) {
    const fiber = uuid.slice(24)
    assert.ok((last.get(fiber) ?? "") < uuid, "in order")
    last.set(fiber, uuid)
  }
  yield* Console.log(`${fibers} fibers: ${accepted} accepted, ${received.length} arrived once`)
})

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  const client = PostHog.layer({
    apiKey: Redacted.make("phc_test"),
    host: `http://127.0.0.1:${port}`,
    events: { whenFull: "backpressure", queueSize: 500, flushAt: 100, maxBatchSize: 100 }
  }).pipe(Layer.provide(FetchHttpClient.layer))
  Effect.runPromise(Effect.provide(program, client)).then(
    () => {
      server.close()
      server.closeAllConnections()
    },
    (error: unknown) => {
      throw error
    }
  )
})
