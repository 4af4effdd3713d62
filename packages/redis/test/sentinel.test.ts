import { fromIoredis, fromNodeRedis } from "@effect-posthog/redis"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Redis } from "ioredis"
import { createSentinel } from "redis"
import { newProject } from "./support/config.ts"
import { definitions, participant } from "./support/participants.ts"
import { isInstalled, missing, redisCli, startSentinel } from "./support/servers.ts"
import type { SentinelGroup } from "./support/servers.ts"

const silent = () => {}

const connections = {
  "ioredis 6": ({ masterName, sentinelPort }: SentinelGroup) =>
    Effect.acquireRelease(
      Effect.sync(() =>
        new Redis({ sentinels: [{ host: "127.0.0.1", port: sentinelPort }], name: masterName }).on("error", silent)
      ),
      (client) => Effect.sync(() => client.disconnect())
    ).pipe(Effect.map((client) => fromIoredis(client))),
  "node-redis 6": ({ masterName, sentinelPort }: SentinelGroup) =>
    Effect.acquireRelease(
      Effect.promise(() =>
        createSentinel({ name: masterName, sentinelRootNodes: [{ host: "127.0.0.1", port: sentinelPort }] })
          .on("error", silent)
          .connect()
      ),
      (client) => Effect.promise(() => client.destroy())
    ).pipe(Effect.map((client) => fromNodeRedis(client)))
}

const suite = isInstalled ? describe.sequential : describe.skip

suite("RedisDefinitions behind a sentinel", () => {
  for (const [name, connect] of Object.entries(connections)) {
    it.scopedLive(
      `over ${name}: a failover costs nobody the definitions, and the next holder can write`,
      () =>
        Effect.gen(function*() {
          const group = yield* startSentinel
          const client = yield* connect(group)
          const project = newProject()
          const [one, two] = yield* Effect.all([participant(client, project), participant(client, project)])
          yield* one.shouldFetch
          yield* one.received(definitions("one"), "\"v1\"")
          yield* client.send("WAIT", 1, 1000)
          yield* group.master.kill
          const shouldFetch = two.shouldFetch.pipe(Effect.timeout("1 second"), Effect.orElseSucceed(() => undefined))
          yield* Effect.repeat(Effect.delay(shouldFetch, "100 millis"), { until: (should) => should !== undefined })
          assert.deepInclude(yield* two.get(), { definitions: definitions("one"), etag: "\"v1\"" })
          yield* one.shutdown
          assert.isTrue(yield* two.shouldFetch)
          yield* two.received(definitions("two"))
          assert.strictEqual(
            yield* redisCli(group.replica.port, "HGET", yield* keyOf(group.replica.port), "token"),
            "2"
          )
        }),
      60_000
    )
  }
})

const keyOf = (port: number) => redisCli(port, "KEYS", "posthog:*:definitions")

if (!isInstalled) it.skip(missing, () => {})
