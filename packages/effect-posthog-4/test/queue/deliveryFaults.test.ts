// Generated from packages/effect-posthog/test/queue/deliveryFaults.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { interruptFiber } from "../support/standIns.ts"
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { NodeHttpClient } from "@effect/platform-node"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Chunk, Context, Effect, Exit, Fiber, Layer, Logger, Redacted, Scope, Stream } from "effect"
import * as fc from "fast-check"
import type { Delivery, EventCounts } from "effect-posthog-4"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"
import { gzipSync } from "node:zlib"
import { relay } from "../support/relay.ts"
import type { Intervention } from "../support/relay.ts"
import { faultRuns, tally } from "../support/tally.ts"

type Server = typeof PostHogServer.PostHogServer.Service
type Protocol = "v0" | "v1"

const endpointOf = (protocol: Protocol) => (protocol === "v0" ? "batch" : "events")

interface Run {
  readonly server: Server
  readonly accepted: ReadonlyArray<string>
  readonly ends: ReadonlyMap<string, Exclude<Delivery, { readonly _tag: "Missed" }>>
  readonly counts: EventCounts
  /** The uuids the server took in, with repetitions. */
  readonly taken: ReadonlyArray<string>
}

interface Scenario {
  readonly protocol: Protocol
  readonly events?: Options["events"]
  readonly host?: string
  /** What happens to the first connections, before they reach the server. */
  readonly interventions?: ReadonlyArray<Intervention>
  readonly setUp?: (server: Server) => Effect.Effect<void>
  readonly capture?: (
    queue: EventQueue["Service"],
    server: Server
  ) => Effect.Effect<ReadonlyArray<string>>
  /** Default: `true`; `false` leaves the events to the close. */
  readonly flush?: boolean
}

const captureMany = (count: number, padding = "") => (queue: EventQueue["Service"]) =>
  Effect.map(
    Effect.forEach(
      Array.from({ length: count }, (_, index) => index),
      (index) => queue.offer({ event: `e${index}`, distinctId: "ada", properties: { index, padding } })
    ),
    (offers) => offers.flatMap((offered) => (offered._tag === "Accepted" ? [offered.id as string] : []))
  )

/** Captures, flushes, closes, and checks what has to hold after every fault. */
const run = (
  { capture = captureMany(25), events, flush = true, host, interventions = [], protocol, setUp }: Scenario
) =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    if (setUp !== undefined) yield* setUp(server)
    const reached = interventions.length === 0 ? server.url : yield* relay(server.url, interventions)
    const scope = yield* Scope.make()
    const layer = EventQueue.layer.pipe(
      Layer.provide(EventTransport.layer),
      // A client of its own, whose sockets close with it.
      // The undici that comes with Effect 4 needs Node 22.
      Layer.provide(process.versions.node.startsWith("20.") ? FetchHttpClient.layer : NodeHttpClient.layerUndici),
      Layer.provide(PostHogConfig.layer({
        apiKey: Redacted.make("phc_test"),
        host: host ?? reached,
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
    const seen = yield* Effect.forkChild(Stream.runCollect(queue.deliveries), { uninterruptible: "inherit" })
    yield* Effect.sleep(0)
    const accepted = yield* capture(queue, server)
    if (flush) yield* queue.flush
    yield* Scope.close(scope, Exit.void)
    const counts = yield* queue.counts
    const deliveries = Array.from(yield* Fiber.join(seen))
    yield* server.awaitConnections(0)

    const ends = new Map<string, Exclude<Delivery, { readonly _tag: "Missed" }>>()
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
    Effect.scoped,
    Effect.provide(PostHogServer.layer()),
    Effect.provide(Logger.layer([]))
  )

const survives = (
  fault: string,
  scenario: Scenario,
  check: (result: Run) => Effect.Effect<void> | void,
  variant?: string
): void =>
  it.live(
    variant === undefined ? fault : `${fault}, ${variant}`,
    () =>
      Effect.gen(function*() {
        const result = yield* run(scenario)
        const checked = check(result)
        if (checked !== undefined) yield* checked
        const { length: requests } = yield* result.server.requestsTo(endpointOf(scenario.protocol))
        tally(fault, scenario.protocol, result.counts, {
          requests,
          repeated: result.taken.length - new Set(result.taken).size
        })
      }).pipe(Effect.repeat({ times: faultRuns - 1 })),
    30_000 * faultRuns
  )

const requestsAre = (protocol: Protocol, count: number) => (result: Run) =>
  Effect.map(
    result.server.requestsTo(endpointOf(protocol)),
    (requests) => assert.strictEqual(requests.length, count)
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

const delivered = (result: Run) => {
  allDelivered(result)
  noneTwice(result)
}
const endsAs = (...ends: ReadonlyArray<string>) => (result: Run) => {
  for (const end of result.ends.values()) assert.include(ends, end._tag === "Dropped" ? end.reason : end._tag)
}

const retriedStatuses: Record<Protocol, ReadonlyArray<number>> = {
  v0: [408, 429, 500, 502, 503, 504],
  v1: [408, 500, 502, 503, 504]
}

/** An answer whose body claims to be gzip and ends in the middle of it. */
const cutGzip: Intervention = (socket) => {
  const body = gzipSync(JSON.stringify({ results: {}, padding: "x".repeat(1000) }))
  const half = body.subarray(0, body.length / 2)
  const head = ["HTTP/1.1 200 OK", "content-type: application/json", "content-encoding: gzip"]
  socket.write(`${[...head, `content-length: ${half.length}`].join("\r\n")}\r\n\r\n`)
  socket.end(half)
}

const storm = (protocol: Protocol, seed: number) => {
  const statuses = fc.constantFrom(...retriedStatuses[protocol], 200)
  const retryAfter = fc.constantFrom(undefined, "0", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT")
  const fault = fc.tuple(statuses, retryAfter).map(([status, value]) =>
    status === 200 ? Fault.pass : Fault.status(status, value === undefined ? {} : { retryAfter: value })
  )
  return fc.sample(fault, { numRuns: 60, seed })
}

for (const protocol of ["v0", "v1"] as const) {
  const endpoint = endpointOf(protocol)
  const script = (...faults: ReadonlyArray<Fault.Fault>) => (server: Server) => server.script(endpoint, ...faults)
  const always = (fault: Fault.Fault) => (server: Server) => server.always(endpoint, fault)

  describe.concurrent(`${protocol} over real sockets`, () => {
    survives(
      "a refused connection exhausts the retries",
      { protocol, host: "http://127.0.0.1:1" },
      allDropped("RetriesExhausted")
    )

    const once: ReadonlyArray<readonly [string, () => Fault.Fault]> = [
      ["a reset before the answer", () => Fault.reset],
      ["stalled headers", () => Fault.hang],
      ["a slow answer", () => Fault.delay("20 millis")],
      ...retriedStatuses[protocol].map((status) => [`status ${status}`, () => Fault.status(status)] as const),
      ...["1", "0", "-1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"].map((value) =>
        [`status 503 with Retry-After: ${value}`, () => Fault.status(503, { retryAfter: value })] as const
      ),
      [
        "status 503 with Retry-After: a date in a second",
        () => Fault.status(503, { retryAfter: new Date(Date.now() + 1000).toUTCString() })
      ]
    ]
    for (const [name, fault] of once) {
      survives(`${name}, twice, loses and repeats nothing`, {
        protocol,
        setUp: (server) => server.script(endpoint, fault(), fault()),
        events: name === "stalled headers" ? { requestTimeout: "1 second" } : {}
      }, delivered)
    }

    survives("Retry-After: a day does not hold up the close", {
      protocol,
      setUp: always(Fault.status(503, { retryAfter: 86_400 })),
      events: { shutdownTimeout: "200 millis" },
      flush: false
    }, allDropped("ShutdownTimeout"))

    for (const seed of [1, 2, 3]) {
      survives(`a storm of failures (${seed}) loses nothing unseen`, {
        protocol,
        setUp: script(...storm(protocol, seed)),
        capture: captureMany(200)
      }, (result) => {
        endsAs("Delivered", "RetriesExhausted")(result)
        noneTwice(result)
      })
    }

    const interventions: ReadonlyArray<readonly [string, Intervention]> = [
      ["a reset in the middle of the request", (socket) => socket.resetAndDestroy()],
      ["an answer that is no HTTP", (socket) => socket.end("no HTTP\r\n\r\n")],
      ["an answer that ends in its head", (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-")]
    ]
    for (const [name, intervention] of interventions) {
      survives(`${name}, twice, loses and repeats nothing`, {
        protocol,
        interventions: [intervention, intervention],
        events: { compression: "none" },
        capture: captureMany(12, "x".repeat(100_000))
      }, delivered)
    }

    // The client asks for no compression, so that this is a body without JSON in it. The older protocol looks at the
    // status alone.
    survives(`an answer with half of its gzip ${protocol === "v0" ? "is an answer" : "ends the batch"}`, {
      protocol,
      interventions: [cutGzip],
      capture: captureMany(10)
    }, endsAs(protocol === "v0" ? "Delivered" : "Rejected"))

    for (
      const [name, fault, requestTimeout] of [
        ["resets", Fault.reset, "10 seconds"],
        ["silence", Fault.hang, "500 millis"],
        ["503", Fault.status(503), "10 seconds"]
      ] as const
    ) {
      survives(`nothing but ${name} exhausts the retries, after four attempts`, {
        protocol,
        setUp: always(fault),
        events: { requestTimeout },
        capture: captureMany(10)
      }, (result) => {
        allDropped("RetriesExhausted")(result)
        return requestsAre(protocol, 4)(result)
      })
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
      survives(`${name} loses nothing${protocol === "v0" ? " and repeats nothing" : ""}`, {
        protocol,
        setUp: script(fault),
        events: { requestTimeout: "1 second" }
      }, (result) => {
        allDelivered(result)
        if (protocol === "v0") noneTwice(result)
      })
    }

    for (const status of [301, 307, 401, 403, 404, ...(protocol === "v1" ? [402, 415, 429] : [])]) {
      survives(`status ${status} ends the batch after one request`, {
        protocol,
        setUp: always(Fault.status(status)),
        capture: captureMany(5)
      }, (result) => {
        allDropped("Rejected")(result)
        return requestsAre(protocol, 1)(result)
      })
    }

    for (const [status, reason] of [[400, "Rejected"], [422, "Rejected"], [413, "TooLarge"]] as const) {
      survives(`status ${status} is narrowed down to each event`, {
        protocol,
        setUp: always(Fault.status(status)),
        capture: captureMany(5)
      }, (result) => {
        allDropped(reason)(result)
        return requestsAre(protocol, 9)(result)
      })
    }

    survives("a server that is gone and returns gets what is captured from then on", {
      protocol,
      setUp: always(Fault.reset),
      capture: (queue, server) =>
        Effect.gen(function*() {
          const lost = yield* captureMany(20)(queue)
          yield* queue.flush
          yield* always(Fault.pass)(server)
          return [...lost, ...yield* captureMany(20)(queue)]
        })
    }, (result) => {
      assert.strictEqual(result.counts.droppedBy.RetriesExhausted, 20)
      assert.deepStrictEqual(result.taken, result.accepted.slice(20))
    })

    survives("three flushes at once send nothing twice", {
      protocol,
      setUp: script(Fault.status(503), Fault.delay("5 millis")),
      capture: (queue) =>
        Effect.tap(
          captureMany(60)(queue),
          Effect.all([queue.flush, queue.flush, queue.flush], { concurrency: "unbounded" })
        )
    }, delivered)

    for (const whenFull of ["dropOldest", "dropNewest"] as const) {
      survives(`a queue that overflows, ${whenFull}, says what it dropped`, {
        protocol,
        setUp: always(Fault.delay("5 millis")),
        events: { queueSize: 20, flushAt: 10, whenFull },
        capture: captureMany(200)
      }, (result) => {
        endsAs("Delivered", "Overflow")(result)
        noneTwice(result)
        assert.isBelow(result.taken.length, 200)
      })
    }

    survives("a full queue that is flushed while it refills loses nothing", {
      protocol,
      events: { queueSize: 20, flushAt: 5, maxBatchSize: 7, whenFull: "backpressure" },
      setUp: script(Fault.status(503), Fault.pass, Fault.reset, Fault.pass, Fault.status(500)),
      capture: (queue) =>
        Effect.gen(function*() {
          const flushing = yield* Effect.forkChild(Effect.forever(Effect.andThen(queue.flush, Effect.sleep("1 millis"))), { uninterruptible: "inherit" })
          const ids = yield* Effect.map(
            Effect.all(Array.from({ length: 4 }, () => captureMany(100)(queue)), { concurrency: "unbounded" }),
            (lists) => lists.flat()
          )
          yield* interruptFiber(flushing)
          return ids
        })
    }, (result) => {
      assert.strictEqual(result.accepted.length, 400)
      delivered(result)
    })

    survives("a scope that closes in the middle of a stalled request reports what it could not send", {
      protocol,
      setUp: always(Fault.hang),
      events: { requestTimeout: "1 minute", shutdownTimeout: "50 millis", flushAt: 1 },
      flush: false
    }, allDropped("ShutdownTimeout"))
  })
}

describe.concurrent("v0 over real sockets", () => {
  for (const limit of [1, 3, 7]) {
    survives(`a server that takes at most ${limit} events at a time gets them all, in order`, {
      protocol: "v0",
      setUp: (server) => server.always("batch", Fault.maxEvents(limit))
    }, (result) => {
      allDelivered(result)
      assert.deepStrictEqual(result.taken, result.accepted)
    })
  }

  survives("a server that takes no event at all gets each alone, once", {
    protocol: "v0",
    setUp: (server) => server.always("batch", Fault.status(413)),
    capture: captureMany(8)
  }, (result) => {
    allDropped("TooLarge")(result)
    return requestsAre("v0", 15)(result)
  })
})

describe.concurrent("v1 over real sockets", () => {
  survives("a body that is no JSON ends the batch", {
    protocol: "v1",
    setUp: (server) => server.always("events", Fault.malformedBody),
    capture: captureMany(5)
  }, (result) => {
    allDropped("Rejected")(result)
    return requestsAre("v1", 1)(result)
  })

  // Each list is what the server says to the events of one request, by position; what comes after is taken.
  const words = fc.constantFrom("ok", "ok", "warning", "limited", "drop", "retry", "retry", "quarantined")
  const answers = fc.array(fc.array(words, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 4 })
  for (const [index, lists] of fc.sample(answers, { numRuns: 40, seed: 7 }).entries()) {
    survives(
      "partial results: each event ends as the server's last word about it",
      {
        protocol: "v1",
        setUp: (server) => server.script("events", ...lists.map((list) => Fault.results(list))),
        capture: captureMany(10)
      },
      (result) => {
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
      },
      `mix ${index}`
    )
  }
})
