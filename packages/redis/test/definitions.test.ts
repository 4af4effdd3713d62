import { DefinitionsCacheContract } from "@effect-posthog/testkit"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { clients, clusterClients, ioredis6, nodeRedis6 } from "./support/clients.ts"
import type { ClientKind } from "./support/clients.ts"
import { newProject } from "./support/config.ts"
import { definitions, inStep, layerOf, participant, scaledLease, shared } from "./support/participants.ts"
import { countingProxy } from "./support/proxy.ts"
import { isInstalled, missing, realPause, redisCli, startCluster, startRedis } from "./support/servers.ts"
import type { RedisServer } from "./support/servers.ts"

const suite = isInstalled ? describe.sequential : describe.skip

// Looks at the same server at the same time are kept apart by their projects; leases are shortened for all of them.
suite("RedisDefinitions", () => {
  const single = shared(Effect.map(startRedis(), (server) => [server]))
  const cluster = shared(startCluster)
  afterAll(() => Promise.all([single.stop(), cluster.stop()]))

  const keepsTheContract = (
    kind: ClientKind,
    servers: Effect.Effect<ReadonlyArray<RedisServer>>,
    select: (name: string) => boolean
  ) =>
    describe.sequential(`over ${kind.name} keeps the contract of a definitions cache`, () => {
      const names = DefinitionsCacheContract.laws({ participants: Effect.never }).map(({ name }) => name)
      for (const [index, name] of names.entries()) {
        if (!select(name)) continue
        it.scoped(name, () =>
          Effect.gen(function*() {
            const nodes = yield* servers
            const admins = yield* Effect.forEach(nodes, ({ port }) => ioredis6.connect(port))
            const client = yield* kind.connect(nodes[0]?.port ?? 0)
            const { counted, passTime } = inStep(admins)
            const laws = DefinitionsCacheContract.laws({
              participants: Effect.sync(() => layerOf(counted(client), newProject(), { lease: scaledLease })),
              passTime
            })
            yield* laws[index]?.check ?? Effect.die("no such law")
          }), 60_000)
      }
    })

  const ofParticipants = (name: string) => !name.includes("loader")
  keepsTheContract(ioredis6, single.server, () => true)
  for (const kind of clients) if (kind !== ioredis6) keepsTheContract(kind, single.server, ofParticipants)
  for (const kind of clusterClients) keepsTheContract(kind, cluster.server, ofParticipants)

  for (const kind of clients) {
    it.scopedLive(`over ${kind.name} tells the others of a change, and nobody of none`, () =>
      Effect.gen(function*() {
        const [{ port } = { port: 0 }] = yield* single.server
        const client = yield* kind.connect(port)
        const project = newProject()
        const [one, two] = yield* Effect.all([participant(client, project), participant(client, project)])
        const heard = { one: 0, two: 0 }
        const count = (who: "one" | "two") => Effect.sync(() => void heard[who]++)
        yield* Effect.forkScoped(Stream.runForEach(one.changed, () => count("one")))
        yield* Effect.forkScoped(Stream.runForEach(two.changed, () => count("two")))
        const subscribed = Effect.map(redisCli(port, "PUBSUB", "CHANNELS"), (channels) => channels.split("\n").length)
        yield* Effect.repeat(Effect.zipRight(realPause, subscribed), { until: (channels) => channels >= 1 })
        yield* Effect.repeatN(realPause, 40)
        yield* one.shouldFetch
        for (const key of ["a", "a", "b"]) yield* one.received(definitions(key))
        yield* one.confirmed
        yield* Effect.repeat(realPause, { until: () => heard.two >= 2 })
        yield* one.withdrawn
        yield* Effect.repeat(realPause, { until: () => heard.two >= 3 })
        yield* Effect.repeatN(realPause, 20)
        assert.deepStrictEqual(heard, { one: 0, two: 3 })
      }))
  }

  it.scopedLive("an unchanged poll of a follower takes less than 200 bytes", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      for (const kind of [ioredis6, nodeRedis6]) {
        const proxy = yield* countingProxy(port)
        const project = newProject()
        const leader = yield* participant(yield* ioredis6.connect(port), project)
        yield* leader.shouldFetch
        yield* leader.received(definitions(...Array.from({ length: 2000 }, (_, index) => `flag-${index}`)), "\"v1\"")
        const follower = yield* participant(yield* kind.connect(proxy.port), project)
        const answer = yield* follower.get()
        const version = answer._tag === "Definitions" ? answer.version : ""
        const before = proxy.bytes()
        for (let poll = 0; poll < 100; poll++) {
          assert.isFalse(yield* follower.shouldFetch)
          assert.strictEqual((yield* follower.get(version))._tag, "Same")
        }
        assert.isBelow((proxy.bytes() - before) / 100, 200)
      }
    }))

  it.scopedLive("a participant that lost its lease to another overwrites nothing, even when the counter is lost", () =>
    Effect.gen(function*() {
      const [{ port } = { port: 0 }] = yield* single.server
      const client = yield* ioredis6.connect(port)
      const project = newProject()
      const [one, two, three] = yield* Effect.all([
        participant(client, project),
        participant(client, project),
        participant(client, project)
      ])
      const keys = Effect.map(redisCli(port, "KEYS", "posthog:*:definitions"), (found) => found.split("\n"))
      const before = new Set(yield* keys)
      yield* one.shouldFetch
      yield* one.received(definitions("one"))
      const definitionsKey = (yield* keys).find((key) => !before.has(key)) ?? ""
      const key = definitionsKey.replace(":definitions", "")
      // A failover may lose what was not replicated yet: here the counter and the lease.
      yield* redisCli(port, "DEL", `${key}:fence`, `${key}:lease`)
      assert.isTrue(yield* two.shouldFetch)
      yield* two.received(definitions("two"))
      yield* one.received(definitions("late"))
      assert.deepInclude(yield* three.get(), { definitions: definitions("two") })
      assert.strictEqual(yield* redisCli(port, "HGET", definitionsKey, "token"), "2")
    }))

  it.scopedLive("what is stored has neither key, and is JSON as gzip in base64", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const client = yield* ioredis6.connect(server.port)
      const project = newProject()
      const cache = yield* participant(client, project)
      yield* cache.shouldFetch
      yield* cache.received(definitions("one"), "\"v1\"")
      const keys = (yield* redisCli(server.port, "KEYS", "*")).split("\n").sort()
      assert.match(keys.join(" "), /^posthog:\{[0-9a-f]{16}\}:definitions posthog:\{.*\}:fence posthog:\{.*\}:lease$/)
      const body = yield* redisCli(server.port, "HGET", keys[0] ?? "", "body")
      const { gunzipSync } = yield* Effect.promise(() => import("node:zlib"))
      assert.deepStrictEqual(JSON.parse(gunzipSync(Buffer.from(body, "base64")).toString()), definitions("one"))
      const all = yield* redisCli(server.port, "HGETALL", keys[0] ?? "")
      for (const secret of [project, "phs_"]) assert.notInclude(keys.join() + all, secret)
    }))

  it.scopedLive("stores again what a restarted server has lost, without another fetch", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const client = yield* ioredis6.connect(server.port)
      const project = newProject()
      const [one, two] = yield* Effect.all([participant(client, project), participant(client, project)])
      yield* one.shouldFetch
      yield* one.received(definitions("one"), "\"v1\"")
      yield* two.get()
      for (let restart = 0; restart < 3; restart++) {
        yield* server.kill
        yield* server.start
        // Whoever asks first holds the lease now, and was told by PostHog that nothing has changed.
        const holder = restart % 2 === 0 ? two : one
        assert.isTrue(yield* holder.shouldFetch)
        assert.deepStrictEqual(yield* one.get("known"), { _tag: "Empty" })
        yield* holder.confirmed
        assert.deepInclude(yield* one.get(), { etag: "\"v1\"", definitions: definitions("one") })
      }
    }))

  it.scopedLive("stores again what a server had no room for, and does not confirm an older version instead", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const client = yield* ioredis6.connect(server.port)
      const project = newProject()
      const [one, two] = yield* Effect.all([participant(client, project), participant(client, project)])
      assert.isTrue(yield* one.shouldFetch)
      yield* one.received(definitions("one"), "\"v1\"")
      const before = yield* two.get()
      yield* redisCli(server.port, "CONFIG", "SET", "maxmemory", "1")
      yield* Effect.flip(one.received(definitions("two"), "\"v2\""))
      yield* redisCli(server.port, "CONFIG", "SET", "maxmemory", "0")
      yield* one.confirmed
      const known = before._tag === "Definitions" ? before.version : ""
      assert.deepInclude(yield* two.get(known), { definitions: definitions("two"), etag: "\"v2\"" })
    }))

  it.scopedLive("fails with its code and without arguments where the server refuses or is gone", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      const project = newProject()
      for (const kind of clients) {
        const client = yield* kind.connect(server.port)
        const cache = yield* participant(client, project)
        yield* cache.shouldFetch
        yield* redisCli(server.port, "CONFIG", "SET", "maxmemory", "1")
        const full = yield* Effect.flip(cache.received(definitions("secret-flag")))
        assert.include(full.message, "OOM")
        yield* redisCli(server.port, "CONFIG", "SET", "maxmemory", "0")
        yield* redisCli(server.port, "REPLICAOF", "127.0.0.1", "1")
        const readOnly = yield* Effect.flip(cache.received(definitions("secret-flag")))
        assert.include(readOnly.message, "READONLY")
        yield* redisCli(server.port, "REPLICAOF", "NO", "ONE")
        yield* redisCli(server.port, "FLUSHALL")
        const shown = [full, readOnly].map((error) => JSON.stringify(error) + String(error) + String(error.cause))
          .join()
        for (const secret of [project, "secret-flag", "posthog:{"]) assert.notInclude(shown, secret)
      }
    }))

  it.scopedLive("closes neither the client nor the server's patience: a subscription ends with its stream", () =>
    Effect.gen(function*() {
      const server = yield* startRedis()
      for (const kind of clients) {
        const client = yield* kind.connect(server.port)
        const connections = Effect.map(redisCli(server.port, "CLIENT", "LIST"), (list) => list.split("\n").length)
        const before = yield* connections
        const scope = yield* Scope.make()
        const cache = yield* participant(client, newProject())
        yield* Effect.forkIn(Stream.runDrain(cache.changed), scope)
        yield* Effect.repeat(Effect.zipRight(realPause, connections), { until: (count) => count > before })
        yield* server.stall
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* Fiber.join(closing)
        yield* server.resume
        yield* Effect.repeat(Effect.zipRight(realPause, connections), { until: (count) => count <= before })
        assert.strictEqual(yield* client.send("PING"), "PONG")
      }
    }))
})

if (!isInstalled) it.skip(missing, () => {})
