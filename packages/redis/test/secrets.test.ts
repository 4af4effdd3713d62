import { RedisClaims } from "@effect-posthog/redis"
import { assert, describe, it } from "@effect/vitest"
import { evaluateFlags, Events, LocalEvaluator } from "effect-posthog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ioredis6, nodeRedis6 } from "./support/clients.ts"
import type { ClientKind } from "./support/clients.ts"
import { newProject } from "./support/config.ts"
import { definitionsEndpoint, instance } from "./support/instances.ts"
import { observed, printed } from "./support/observed.ts"
import { definitions, participant } from "./support/participants.ts"
import { isInstalled, missing, redisCli, startRedis } from "./support/servers.ts"
import { RecordingTransport } from "./support/transport.ts"

const suite = isInstalled ? describe.sequential : describe.skip

const secrets = {
  secretKey: "phs_the_secret",
  distinctId: "secret-person",
  payload: "secret-payload",
  property: "secret-property",
  onceKey: "secret-once",
  keyOfRedis: "posthog:{",
  command: "PEXPIRE"
}

suite("no key, id or payload stands in what is logged, traced or failed with", () => {
  const faults = {
    "all is well": () => [Effect.void, Effect.void],
    "Redis is stalled": ({ resume, stall }) => [stall, resume],
    "Redis is killed": ({ kill, start }) => [kill, start],
    "Redis is read-only": ({ port }) => [
      redisCli(port, "REPLICAOF", "127.0.0.1", "1"),
      redisCli(port, "REPLICAOF", "NO", "ONE")
    ],
    "Redis is out of memory": ({ port }) => [
      redisCli(port, "CONFIG", "SET", "maxmemory", "1"),
      redisCli(port, "CONFIG", "SET", "maxmemory", "0")
    ],
    "Redis holds keys of other types": ({ port }) => [
      redisCli(
        port,
        "EVAL",
        "for _, key in ipairs(redis.call('KEYS', 'posthog:*')) do redis.call('DEL', key) redis.call('SADD', key, 'secret-payload') end return 1",
        "0"
      ),
      redisCli(port, "FLUSHALL")
    ]
  } satisfies Record<
    string,
    (server: Effect.Effect.Success<ReturnType<typeof startRedis>>) => ReadonlyArray<Effect.Effect<unknown>>
  >

  // Where each call waits for its limit, one client is enough.
  const kinds: Record<string, ReadonlyArray<ClientKind>> = {
    "Redis is stalled": [ioredis6],
    "Redis is killed": [nodeRedis6]
  }

  for (const [name, fault] of Object.entries(faults)) {
    it.scopedLive(`while ${name}`, () =>
      Effect.gen(function*() {
        const server = yield* startRedis()
        const [begin = Effect.void, end = Effect.void] = fault(server)
        for (const kind of kinds[name] ?? [ioredis6, nodeRedis6]) {
          const project = newProject()
          const hides = (text: string) => {
            for (const [what, secret] of Object.entries({ ...secrets, project })) {
              assert.notInclude(text, secret, `${kind.name}: ${what}`)
            }
          }
          const client = yield* kind.connect(server.port)
          const endpoint = definitionsEndpoint({
            key: "editor",
            filters: { payloads: { true: "\"secret-payload\"" } }
          })
          const work = Effect.gen(function*() {
            const context = yield* Layer.build(instance({
              client,
              project,
              endpoint: endpoint.layer,
              transport: new RecordingTransport(),
              claims: { timeout: "100 millis", retryAfter: "1 millis" }
            }))
            const { ready, reload } = Context.get(context, LocalEvaluator)
            yield* ready
            yield* begin
            const snapshot = yield* evaluateFlags({ distinctId: "secret-person", onlyEvaluateLocally: true })
              .pipe(Effect.provide(context))
            assert.isTrue(yield* snapshot.isEnabled("editor"))
            assert.deepStrictEqual(snapshot.getFlagPayload("editor"), Option.some("secret-payload"))
            yield* RedisClaims.captureOnce({
              distinctId: "secret-person",
              event: "paid",
              properties: { card: "secret-property" },
              key: "secret-once",
              within: "1 day"
            }).pipe(Effect.provide(context))
            yield* Effect.provide(Events.flush, context)
            yield* reload
            const cache = yield* participant(client, project)
            const failures = yield* Effect.forEach(
              [
                cache.shouldFetch,
                cache.get(),
                cache.get("known"),
                cache.received(definitions("secret-payload"), "\"secret-payload\""),
                cache.confirmed,
                cache.failed,
                cache.shouldFetch,
                cache.withdrawn
              ],
              (operation) => Effect.flip(operation).pipe(Effect.timeoutOption("100 millis"), Effect.option)
            )
            return failures.flatMap((failure) => Option.toArray(Option.flatten(failure)))
          })
          const { lines, result, spans } = yield* observed(Effect.scoped(work))
          yield* end
          assert.isAbove(spans(), 0)
          hides(lines.join("\n"))
          for (const error of result) hides(printed(error))
          // What is not seen cannot be searched.
          if (name !== "all is well") assert.isAbove(lines.filter((line) => line.includes("WARN")).length, 0)
        }
      }), 120_000)
  }
})

if (!isInstalled) it.skip(missing, () => {})
