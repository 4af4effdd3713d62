import { RedisClaims, RedisClient, RedisError } from "@effect-posthog/redis"
import * as HttpClient from "@effect/platform/HttpClient"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { DedupStore, DefinitionsSource, EventQueue, Events, EventTransport, PostHog } from "effect-posthog"
import type { EventBatch, PostHogEvent, SendOutcome } from "effect-posthog"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import { clients, clusterClients, ioredis6 } from "./support/clients.ts"
import type { ClientKind } from "./support/clients.ts"
import { configOf, newProject } from "./support/config.ts"
import { shared } from "./support/participants.ts"
import type { Client } from "./support/participants.ts"
import { isInstalled, missing, redisCli, startCluster, startRedis } from "./support/servers.ts"
import type { RedisServer } from "./support/servers.ts"
import { RecordingTransport } from "./support/transport.ts"

const exposure = (distinctId: string, more: Readonly<Record<string, unknown>> = {}): PostHogEvent => ({
  event: "$feature_flag_called",
  distinctId,
  properties: { $feature_flag: "new-editor", $feature_flag_response: true, ...more },
  timestamp: "2026-11-27T12:00:00.000Z",
  uuid: randomUUID()
})

const batchOf = (events: ReadonlyArray<PostHogEvent>): EventBatch => ({
  route: "analytics",
  events,
  requestId: randomUUID(),
  createdAt: 0,
  attempt: 1
})

const sender = (
  client: Client,
  project: string,
  transport: RecordingTransport,
  options: RedisClaims.RedisClaimsOptions = {}
) =>
  RedisClaims.layerWith(options).pipe(
    Layer.provide(transport.layer),
    Layer.provide(configOf(project)),
    Layer.provide(Layer.succeed(RedisClient, client)),
    Layer.build,
    Effect.map(Context.get(EventTransport)),
    Effect.map(({ send }) => (...events: ReadonlyArray<PostHogEvent>) =>
      Effect.map(send(batchOf(events)), (outcome): SendOutcome => outcome ?? { _tag: "Delivered" })
    )
  )

// Redis answers late on a busy machine; events without claims would go twice.
const patient: RedisClaims.RedisClaimsOptions = { timeout: "10 seconds" }

const duplicatesOf = (outcome: SendOutcome) => outcome._tag === "Delivered" ? outcome.duplicates ?? [] : []

const withLog = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  return Effect.map(
    Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)),
    (result) => [result, lines] as const
  )
}

const suite = isInstalled ? describe.sequential : describe.skip

suite("RedisClaims", () => {
  const single = shared(Effect.map(startRedis(), (server) => [server]))
  const cluster = shared(startCluster)
  afterAll(() => Promise.all([single.stop(), cluster.stop()]))

  const all: ReadonlyArray<readonly [ClientKind, Effect.Effect<ReadonlyArray<RedisServer>>]> = [
    ...clients.map((kind) => [kind, single.server] as const),
    ...clusterClients.map((kind) => [kind, cluster.server] as const)
  ]
  for (const [kind, servers] of all) {
    it.scopedLive(`over ${kind.name}: of equal exposures of two processes one is sent`, () =>
      Effect.gen(function*() {
        const [{ port } = { port: 0 }] = yield* servers
        const [one, two] = yield* Effect.all([kind.connect(port), kind.connect(port)])
        const project = newProject()
        const transport = new RecordingTransport()
        const [sendOne, sendTwo] = yield* Effect.all([
          sender(one, project, transport, patient),
          sender(two, project, transport, patient)
        ])
        const people = Array.from({ length: 100 }, (_, index) => `person-${index}`)
        const outcomes = yield* Effect.all(
          [sendOne(...people.map((id) => exposure(id))), sendTwo(...people.map((id) => exposure(id)))],
          { concurrency: "unbounded" }
        )
        assert.strictEqual(transport.events.length, 100)
        assert.strictEqual(outcomes.flatMap(duplicatesOf).length, 100)
        assert.strictEqual(new Set(transport.events.map(({ distinctId }) => distinctId)).size, 100)
        assert.deepStrictEqual(duplicatesOf(yield* sendTwo(exposure("person-1"))).length, 1)
        assert.deepStrictEqual(duplicatesOf(yield* sendTwo(exposure("person-100"))).length, 0)
      }))
  }

  it.scopedLive("exposures are equal as they are for PostHog; other events always go", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const transport = new RecordingTransport()
      const send = yield* sender(yield* ioredis6.connect(port), newProject(), transport)
      const different = [
        exposure("ada"),
        exposure("bob"),
        exposure("ada", { $feature_flag: "other" }),
        exposure("ada", { $feature_flag_response: "true" }),
        exposure("ada", { $feature_flag_response: null }),
        exposure("ada", { $groups: { company: "1" } }),
        exposure("ada", { $groups: { company: "2" } }),
        exposure("ada", { $feature_flag_has_experiment: true })
      ]
      assert.deepStrictEqual(duplicatesOf(yield* send(...different)), [])
      const same = [
        exposure("ada", { $session_id: "s", $feature_flag_has_experiment: false }),
        exposure("ada", { $groups: { company: 1 } })
      ]
      assert.deepStrictEqual(duplicatesOf(yield* send(...same)), same.map(({ uuid }) => uuid))
      const paid = () => ({ ...exposure("ada"), event: "paid", uuid: randomUUID() })
      assert.deepStrictEqual(duplicatesOf(yield* send(paid(), paid())), [])
    }))

  it.scopedLive("a retry of a batch recognises its own claims, and two equal events of a batch are one", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const transport = new RecordingTransport()
      const client = yield* ioredis6.connect(port)
      const project = newProject()
      const send = yield* sender(client, project, transport)
      const [first, twin, other] = [exposure("ada"), exposure("ada"), exposure("bob")]
      transport.answer = () => ({ _tag: "Retry", details: "timeout" })
      assert.deepStrictEqual(yield* send(first, twin, other), { _tag: "Retry", details: "timeout" })
      transport.answer = () => ({ _tag: "Delivered", retry: [other.uuid.toUpperCase()] })
      assert.deepStrictEqual(yield* send(first, twin, other), {
        _tag: "Delivered",
        retry: [other.uuid.toUpperCase()],
        duplicates: [twin.uuid]
      })
      transport.answer = () => {}
      assert.deepStrictEqual(yield* send({ ...other, uuid: other.uuid.toUpperCase() }), { _tag: "Delivered" })
    }))

  it.scopedLive("a claim is short until its event is delivered, then long; what the server refuses releases it", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const transport = new RecordingTransport()
      const project = newProject()
      const client = yield* ioredis6.connect(server.port)
      const send = yield* sender(client, project, transport)
      const left = Effect.gen(function*() {
        const keys = yield* redisCli(server.port, "KEYS", "posthog:*:claim:*")
        return keys === "" ? undefined : Number(yield* redisCli(server.port, "PTTL", keys))
      })
      const event = exposure("ada")
      transport.answer = () => ({ _tag: "Retry", details: "timeout" })
      yield* send(event)
      const pending = yield* left
      assert.isTrue(pending !== undefined && pending > 30_000 && pending <= 60_000)
      transport.answer = () => {}
      yield* send(event)
      const delivered = yield* left
      assert.isTrue(delivered !== undefined && delivered > 3_000_000 && delivered <= 3_600_000)
      assert.notInclude(yield* redisCli(server.port, "KEYS", "*"), "ada")

      yield* redisCli(server.port, "FLUSHALL")
      transport.answer = () => ({ _tag: "Rejected", details: "api_error_400" })
      yield* send(event)
      assert.isUndefined(yield* left)
      transport.answer = () => ({ _tag: "Delivered", dropped: [{ id: event.uuid }] })
      yield* send(event)
      assert.isUndefined(yield* left)
    }))

  it.scopedLive("a batch that is refused drops its own events and not its duplicates", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const transport = new RecordingTransport()
      const send = yield* sender(yield* ioredis6.connect(port), newProject(), transport)
      yield* send(exposure("ada"))
      transport.answer = () => ({ _tag: "Rejected", details: "api_error_400" })
      const [repeated, fresh] = [exposure("ada"), exposure("bob")]
      assert.deepStrictEqual(yield* send(repeated, fresh), {
        _tag: "Delivered",
        duplicates: [repeated.uuid],
        dropped: [{ id: fresh.uuid, details: "api_error_400" }]
      })
    }))

  it.scopedLive(
    "Redis stalled, killed, read-only or out of memory: everything is sent, said once, and it heals",
    () =>
      Effect.gen(function*() {
        const server = yield* startRedis()
        const faults: ReadonlyArray<readonly [string, Effect.Effect<unknown>, Effect.Effect<unknown>]> = [
          ["stalled", server.stall, server.resume],
          ["killed", server.kill, server.start],
          [
            "read-only",
            redisCli(server.port, "REPLICAOF", "127.0.0.1", "1"),
            redisCli(server.port, "REPLICAOF", "NO", "ONE")
          ],
          [
            "out of memory",
            redisCli(server.port, "CONFIG", "SET", "maxmemory", "1"),
            redisCli(server.port, "CONFIG", "SET", "maxmemory", "0")
          ]
        ]
        for (const kind of clients) {
          for (const [name, begin, end] of faults) {
            const transport = new RecordingTransport()
            const client = yield* kind.connect(server.port)
            const project = newProject()
            const send = yield* sender(client, project, transport, { retryAfter: "200 millis" })
            yield* send(exposure("ada"))
            yield* begin
            const [, lines] = yield* withLog(Effect.forEach(["ada", "bob", "ada"], (id) => send(exposure(id))))
            assert.strictEqual(transport.events.length, 4, `${kind.name}, ${name}`)
            assert.strictEqual(lines.length, 1, lines.join("\n"))
            for (const secret of [project, "ada", "posthog:{"]) assert.notInclude(lines.join(), secret)
            yield* end
            const isBack = Effect.suspend(() =>
              Effect.map(send(exposure("cleo")), (outcome) => duplicatesOf(outcome).length === 1)
            )
            yield* Effect.repeat(Effect.delay(isBack, "50 millis"), { until: (back) => back })
          }
        }
      }),
    60_000
  )

  it.scopedLive("a client that dies, throws or answers nonsense loses nothing", () =>
    Effect.gen(function*() {
      const sends: ReadonlyArray<Client["send"]> = [
        () => Effect.dieMessage("broken"),
        () => {
          throw new Error("broken")
        },
        () => Effect.succeed(null),
        () => Effect.succeed("1"),
        () => Effect.fail(new RedisError({ reason: "ConnectionError", command: "EVALSHA" })),
        () => Effect.interrupt
      ]
      for (const send of sends) {
        const transport = new RecordingTransport()
        const sending = yield* sender({ send, subscribe: () => Stream.empty }, newProject(), transport)
        yield* withLog(sending(exposure("ada"), exposure("bob")))
        assert.strictEqual(transport.events.length, 2)
      }
    }))

  const client = (port: number, project: string, transport: RecordingTransport) =>
    Effect.flatMap(ioredis6.connect(port), (redis) =>
      PostHog.layerServices.pipe(
        Layer.provide([
          RedisClaims.layer.pipe(Layer.provide(transport.layer), Layer.provide(Layer.succeed(RedisClient, redis))),
          DedupStore.layerMemoryWith({ capacity: 100 }),
          DefinitionsSource.layerStatic({ flags: [] })
        ]),
        Layer.provide(configOf(project)),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, HttpClient.make(() => Effect.never))),
        Layer.build
      ))

  it.scopedLive("captureOnce captures once for a key, across clients, and leaves nothing of it on the event", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const project = newProject()
      const transport = new RecordingTransport()
      const contexts = yield* Effect.all([client(port, project, transport), client(port, project, transport)])
      const day = { event: "active", properties: { plan: "pro" }, within: "1 day" } as const
      for (const context of contexts) {
        yield* Effect.gen(function*() {
          const queue = yield* EventQueue
          const ends = yield* Effect.fork(Stream.runCollect(Stream.take(queue.deliveries, 3)))
          yield* Effect.yieldNow()
          for (const id of ["ada", "bob", "ada"]) {
            assert.isTrue(
              Option.isSome(yield* RedisClaims.captureOnce({ ...day, distinctId: id, key: `active:${id}` }))
            )
          }
          yield* Events.flush
          const tags = Chunk.toReadonlyArray(yield* Fiber.join(ends)).map(({ _tag }) => _tag)
          const { duplicates } = yield* queue.counts
          assert.strictEqual(tags.filter((tag) => tag === "Duplicate").length, duplicates)
        }).pipe(Effect.provide(context))
      }
      assert.deepStrictEqual(transport.events.map(({ distinctId }) => distinctId), ["ada", "bob"])
      for (const { properties } of transport.events) {
        assert.strictEqual(properties["plan"], "pro")
        assert.notInclude(Object.keys(properties).join(), "$once")
      }
    }))

  it.scopedLive("an event that spoils its request costs neither the others nor the duplicates beside it", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const transport = new RecordingTransport()
      const context = yield* client(port, newProject(), transport)
      const once = { event: "active", distinctId: "ada", key: "active:ada", within: "1 day" } as const
      yield* Effect.gen(function*() {
        yield* RedisClaims.captureOnce(once)
        yield* Events.flush
        transport.answer = ({ events }) => {
          if (!events.some(({ event }) => event === "spoilt")) return
          return { _tag: "Rejected", details: "api_error_400", narrowable: true }
        }
        yield* RedisClaims.captureOnce(once)
        for (const event of ["one", "two", "spoilt", "three"]) {
          yield* RedisClaims.captureOnce({ event, distinctId: "ada", key: event, within: "1 day" })
        }
        yield* Events.flush
        const { delivered, droppedBy, duplicates } = yield* (yield* EventQueue).counts
        assert.deepStrictEqual({ delivered, duplicates, refused: droppedBy.Rejected }, {
          delivered: 4,
          duplicates: 1,
          refused: 1
        })
      }).pipe(Effect.provide(context))
    }))

  it.scopedLive("claims may be meant to last for ever", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const transport = new RecordingTransport()
      const send = yield* sender(yield* ioredis6.connect(port), newProject(), transport, {
        ...patient,
        within: Duration.infinity,
        pending: Duration.infinity
      })
      const [, lines] = yield* withLog(Effect.zipRight(send(exposure("ada")), send(exposure("ada"))))
      assert.strictEqual(transport.events.length, 1)
      assert.deepStrictEqual(lines, [])
    }))

  it.scopedLive("captureOnce without a usable key or time captures all the same, and says so", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const transport = new RecordingTransport()
      const context = yield* client(port, newProject(), transport)
      const [, lines] = yield* withLog(
        Effect.gen(function*() {
          const message = { event: "active", distinctId: "ada" }
          yield* RedisClaims.captureOnce({ ...message, key: "", within: "1 day" })
          yield* RedisClaims.captureOnce({ ...message, key: "k", within: 0 })
          yield* RedisClaims.captureOnce({ ...message, key: "k", within: "never" as "1 day" })
          yield* Events.flush
        }).pipe(Effect.provide(context))
      )
      assert.strictEqual(transport.events.length, 3)
      assert.strictEqual(lines.length, 3)
    }))
})

if (!isInstalled) it.skip(missing, () => {})
