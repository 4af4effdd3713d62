import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Context, Effect, Exit, FastCheck as fc, Fiber, Layer, Logger, Redacted, Scope, Stream } from "effect"
import type { Counts, Delivery } from "effect-posthog"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog"
import type { Options } from "effect-posthog/Options"

type Server = typeof PostHogServer.PostHogServer.Service
type Protocol = "v0" | "v1"

const endpointOf = (protocol: Protocol) => (protocol === "v0" ? "batch" : "events")

interface Run {
  readonly server: Server
  readonly accepted: ReadonlyArray<string>
  readonly ends: ReadonlyMap<string, Delivery & { readonly _tag: "Delivered" | "Dropped" }>
  readonly counts: Counts
  /** The uuids the server took in, with repetitions. */
  readonly taken: ReadonlyArray<string>
}

interface Scenario {
  readonly protocol: Protocol
  readonly events?: Options["events"]
  readonly host?: string
  readonly setUp: (server: Server) => Effect.Effect<void>
  readonly capture?: (queue: typeof EventQueue.Service) => Effect.Effect<ReadonlyArray<string>>
  /** Default: `true`; `false` leaves the events to the close. */
  readonly flush?: boolean
}

const captureMany = (count: number) => (queue: typeof EventQueue.Service) =>
  Effect.map(
    Effect.forEach(
      Array.from({ length: count }, (_, index) => index),
      (index) => queue.offer({ event: `e${index}`, distinctId: "ada", properties: { index } })
    ),
    (offers) => offers.flatMap((offered) => (offered._tag === "Accepted" ? [offered.id as string] : []))
  )

/** Captures, flushes, closes, and checks what has to hold after every fault. */
const run = ({ capture = captureMany(25), events, flush = true, host, protocol, setUp }: Scenario) =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    yield* setUp(server)
    const scope = yield* Scope.make()
    const layer = EventQueue.layer.pipe(
      Layer.provide(EventTransport.layer),
      // A client of its own, whose sockets close with it.
      Layer.provide(NodeHttpClient.layerUndici),
      Layer.provide(PostHogConfig.layer({
        apiKey: Redacted.make("phc_test"),
        host: host ?? server.url,
        events: {
          protocol,
          maxBatchSize: 10,
          retryBase: "1 millis",
          shutdownTimeout: "5 seconds",
          ...events
        }
      }))
    )
    const queue = Context.get(yield* Layer.buildWithScope(layer, scope), EventQueue)
    const seen = yield* Effect.fork(Stream.runCollect(queue.deliveries))
    yield* Effect.sleep(0)
    const accepted = yield* capture(queue)
    if (flush) yield* queue.flush
    yield* Scope.close(scope, Exit.void)
    const counts = yield* queue.counts
    const deliveries = Chunk.toReadonlyArray(yield* Fiber.join(seen))
    yield* server.awaitConnections(0)

    const ends = new Map<string, Delivery & { readonly _tag: "Delivered" | "Dropped" }>()
    for (const delivery of deliveries) {
      assert.notStrictEqual(delivery._tag, "Missed")
      if (delivery._tag === "Missed") continue
      assert.isFalse(ends.has(delivery.id), "an event ended twice")
      ends.set(delivery.id, delivery)
    }
    assert.deepStrictEqual(new Set(ends.keys()), new Set(accepted), "every accepted event ends")
    assert.strictEqual(counts.accepted, accepted.length)
    assert.strictEqual(counts.accepted, counts.delivered + counts.dropped)
    assert.strictEqual(counts.queued, 0)
    const taken = (yield* server.events).map((event) => event.uuid ?? "")
    for (const uuid of taken) assert.isTrue(ends.has(uuid), "no uuid but those that were accepted arrives")
    return { server, accepted, ends, counts, taken } satisfies Run
  }).pipe(
    Effect.provide(PostHogServer.layer()),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

const noneTwice = ({ taken }: Run) => assert.strictEqual(new Set(taken).size, taken.length, "nothing arrives twice")
const allDelivered = (result: Run) => {
  assert.strictEqual(result.counts.delivered, result.accepted.length)
  assert.deepStrictEqual(new Set(result.taken), new Set(result.accepted))
}
const allDropped = (reason: string) => (result: Run) => {
  assert.deepStrictEqual(
    new Set([...result.ends.values()].map((end) => (end._tag === "Dropped" ? end.reason : ""))),
    new Set([reason])
  )
}

const retriedStatuses: Record<Protocol, ReadonlyArray<number>> = {
  v0: [408, 429, 500, 502, 503, 504],
  v1: [408, 500, 502, 503, 504]
}

for (const protocol of ["v0", "v1"] as const) {
  const endpoint = endpointOf(protocol)
  const script = (...faults: ReadonlyArray<Fault.Fault>) => (server: Server) => server.script(endpoint, ...faults)
  const always = (fault: Fault.Fault) => (server: Server) => server.always(endpoint, fault)

  describe.concurrent(`${protocol} over real sockets`, () => {
    it.live("a refused connection exhausts the retries", () =>
      run({ protocol, host: "http://127.0.0.1:1", setUp: () => Effect.void }).pipe(
        Effect.map(allDropped("RetriesExhausted"))
      ))

    const once: ReadonlyArray<readonly [string, Fault.Fault]> = [
      ["a reset before the answer", Fault.reset],
      ["stalled headers", Fault.hang],
      ["a slow answer", Fault.delay("20 millis")],
      ...retriedStatuses[protocol].map((status) => [`status ${status}`, Fault.status(status)] as const),
      ...["1", "0", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"].map((value) =>
        [`status 503 with Retry-After: ${value}`, Fault.status(503, { headers: { "retry-after": value } })] as const
      )
    ]
    for (const [name, fault] of once) {
      it.live(`${name}, twice, loses and repeats nothing`, () =>
        run({
          protocol,
          setUp: script(fault, fault),
          events: fault === Fault.hang ? { requestTimeout: "1 second" } : {}
        })
          .pipe(Effect.map((result) => {
            allDelivered(result)
            noneTwice(result)
          })))
    }

    for (
      const [name, fault] of [["resets", Fault.reset], ["silence", Fault.hang], ["503", Fault.status(503)]] as const
    ) {
      it.live(`nothing but ${name} exhausts the retries, after four attempts each`, () =>
        run({ protocol, setUp: always(fault), events: { requestTimeout: "30 millis" } }).pipe(
          Effect.flatMap((result) => {
            allDropped("RetriesExhausted")(result)
            return Effect.map(result.server.requestsTo(endpoint), (requests) => assert.strictEqual(requests.length, 12))
          })
        ))
    }

    // The server had taken the events; only an answer that decides in its body has to be asked for again.
    for (
      const [name, fault] of [
        ["a stalled body", Fault.stalledBody],
        ["a truncated body", Fault.truncatedBody],
        ["a reset in the middle of the body", Fault.resetMidBody],
        ["a body that drips", Fault.drip("1 millis")]
      ] as const
    ) {
      it.live(`${name} loses nothing${protocol === "v0" ? " and repeats nothing" : ""}`, () =>
        run({ protocol, setUp: script(fault), events: { requestTimeout: "1 second" } }).pipe(Effect.map((result) => {
          allDelivered(result)
          if (protocol === "v0") noneTwice(result)
        })))
    }

    for (const status of [301, 307, 400, 401, 403, 404, ...(protocol === "v1" ? [402, 413, 415, 429] : [])]) {
      it.live(`status ${status} ends the batch after one request`, () =>
        run({ protocol, setUp: always(Fault.status(status)), capture: captureMany(5) }).pipe(
          Effect.flatMap((result) => {
            allDropped("Rejected")(result)
            return Effect.map(result.server.requests, (requests) => assert.strictEqual(requests.length, 1))
          })
        ))
    }

    it.live("a full queue that is flushed while it refills loses nothing", () =>
      run({
        protocol,
        events: { queueSize: 20, flushAt: 5, maxBatchSize: 7, whenFull: "backpressure" },
        setUp: script(Fault.status(503), Fault.pass, Fault.reset, Fault.pass, Fault.status(500)),
        capture: (queue) =>
          Effect.gen(function*() {
            const flushing = yield* Effect.fork(Effect.forever(Effect.zipRight(queue.flush, Effect.sleep("1 millis"))))
            const ids = yield* Effect.map(
              Effect.all(Array.from({ length: 4 }, () => captureMany(100)(queue)), { concurrency: "unbounded" }),
              (lists) => lists.flat()
            )
            yield* Fiber.interrupt(flushing)
            return ids
          })
      }).pipe(Effect.map((result) => {
        assert.strictEqual(result.accepted.length, 400)
        allDelivered(result)
        noneTwice(result)
      })))

    it.live("a scope that closes in the middle of a stalled request reports what it could not send", () =>
      run({
        protocol,
        setUp: always(Fault.hang),
        events: { requestTimeout: "1 minute", shutdownTimeout: "50 millis", flushAt: 1 },
        flush: false
      }).pipe(
        Effect.timeoutFail({ duration: "20 seconds", onTimeout: () => new Error("the close did not end") }),
        Effect.map(allDropped("ShutdownTimeout"))
      ))
  })
}

describe.concurrent("v0 over real sockets", () => {
  for (const limit of [1, 3, 7]) {
    it.live(`a server that takes at most ${limit} events at a time gets them all, in order`, () =>
      run({ protocol: "v0", setUp: (server) => server.always("batch", Fault.maxEvents(limit)) }).pipe(
        Effect.map((result) => {
          allDelivered(result)
          assert.deepStrictEqual(result.taken, result.accepted)
        })
      ))
  }

  it.live("a server that takes no event at all gets each alone, once", () =>
    run({
      protocol: "v0",
      setUp: (server) => server.always("batch", Fault.status(413)),
      capture: captureMany(8)
    }).pipe(Effect.flatMap((result) => {
      allDropped("TooLarge")(result)
      return Effect.map(result.server.requests, (requests) => assert.strictEqual(requests.length, 15))
    })))
})

describe.concurrent("v1 over real sockets", () => {
  it.live("a body that is no JSON ends the batch", () =>
    run({
      protocol: "v1",
      setUp: (server) => server.always("events", Fault.malformedBody),
      capture: captureMany(5)
    }).pipe(Effect.flatMap((result) => {
      allDropped("Rejected")(result)
      return Effect.map(result.server.requests, (requests) => assert.strictEqual(requests.length, 1))
    })))

  // Each list is what the server says to the events of one request, by position; what comes after is taken.
  const words = fc.constantFrom("ok", "ok", "warning", "limited", "drop", "retry", "retry", "quarantined")
  const answers = fc.array(fc.array(words, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 4 })

  it.live("partial results in every mix: each event ends as the server's last word about it", () =>
    Effect.forEach(
      fc.sample(answers, { numRuns: 40, seed: 7 }),
      (lists) =>
        run({
          protocol: "v1",
          setUp: (server) => server.script("events", ...lists.map((list) => Fault.results(list))),
          capture: captureMany(10)
        }).pipe(Effect.map((result) => {
          const expected = new Map<string, string>()
          let pending = result.accepted
          for (const list of [...lists, []].slice(0, 4)) {
            const said = (index: number) => list[index] ?? "ok"
            pending.forEach((id, index) => expected.set(id, said(index) === "drop" ? "Rejected" : "Delivered"))
            pending = pending.filter((_, index) => said(index) === "retry")
          }
          for (const id of pending) expected.set(id, "RetriesExhausted")
          const actual = new Map(
            [...result.ends].map(([id, end]) => [id, end._tag === "Dropped" ? end.reason : end._tag])
          )
          assert.deepStrictEqual(actual, expected as never)
          noneTwice(result)
        })),
      { discard: true }
    ))
})
