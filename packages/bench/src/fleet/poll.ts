import { fromIoredis, RedisClient, RedisDefinitions } from "@effect-posthog/redis"
import { Effect, Layer, Redacted } from "effect"
import { DefinitionsCache, DefinitionsSource, PostHogConfig } from "effect-posthog"
import { Redis } from "ioredis"
import { projectKey, secretKey } from "./Assignment.ts"
import type { PollAssignment, PollReport } from "./Assignment.ts"

const definitionsOf = (count: number) => ({
  flags: Array.from({ length: count }, (_, index) => ({
    id: index,
    key: `flag-${index}`,
    name: `What flag ${index} switches, in a few words as people write them`,
    active: true,
    version: 1,
    filters: {
      groups: [
        {
          properties: [{
            key: "email",
            type: "person",
            operator: "icontains",
            value: [`@company-${index}.example`, `@subsidiary-${index}.example`]
          }],
          rollout_percentage: index % 100
        },
        { properties: [{ key: "plan", type: "person", operator: "exact", value: ["pro", "team"] }] }
      ],
      payloads: {},
      multivariate: null
    }
  })),
  groupTypeMapping: {},
  cohorts: {},
  minimalFlagCalledEvents: false
})

const connected = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Redis(url)
      await client.ping()
      return client
    }),
    (client) => Effect.sync(() => client.disconnect())
  )

const config = PostHogConfig.layer({ apiKey: Redacted.make(projectKey), secretKey: Redacted.make(secretKey) })

const participant = (client: Redis) =>
  RedisDefinitions.layer.pipe(
    Layer.provide(Layer.succeed(RedisClient, fromIoredis(client))),
    Layer.provide(config)
  )

/** The polls of an instance that follows, while the definitions stay as they are. */
export const measurePolls = ({ flags, polls, redisUrl }: PollAssignment): Promise<PollReport> =>
  Effect.gen(function*() {
    const definitions = definitionsOf(flags)
    const leader = yield* Effect.provide(DefinitionsCache, participant(yield* connected(redisUrl)))
    yield* leader.shouldFetch
    yield* leader.received(definitions, "\"v1\"")
    const client = yield* connected(redisUrl)
    // A follower never asks PostHog.
    const follower = yield* Layer.build(
      DefinitionsSource.layerShared(DefinitionsSource.layerStatic({ flags: [] })).pipe(
        Layer.provide(participant(client)),
        Layer.provide(config)
      )
    )
    const { load } = yield* Effect.provide(DefinitionsSource, follower)
    const first = yield* load(undefined)
    if (first._tag !== "Loaded") return yield* Effect.dieMessage("the follower found no definitions")
    yield* first.onInstalled ?? Effect.void
    const poll = Effect.flatMap(
      load(first.etag),
      ({ _tag }) => _tag === "NotModified" ? Effect.void : Effect.dieMessage(`an unchanged poll ended as ${_tag}`)
    )
    yield* Effect.repeatN(poll, polls)
    const traffic = () => client.stream.bytesRead + client.stream.bytesWritten
    const [before, cpu] = [traffic(), process.cpuUsage()]
    yield* Effect.repeatN(poll, polls - 1)
    const { system, user } = process.cpuUsage(cpu)
    return {
      bytes: (traffic() - before) / polls,
      micros: (system + user) / polls,
      documentBytes: JSON.stringify(definitions).length
    }
  }).pipe(Effect.scoped, Effect.runPromise)
