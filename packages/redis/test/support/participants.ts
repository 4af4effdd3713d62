import { RedisClient, RedisDefinitions } from "@effect-posthog/redis"
import { DefinitionsCache } from "effect-posthog"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { configOf } from "./config.ts"
import { realPause } from "./servers.ts"

export type Client = Context.Tag.Service<RedisClient>

/** A server for all tests of a block; `stop` ends it. */
export const shared = <A>(start: Effect.Effect<A, never, Scope.Scope>) => {
  const scope = Effect.runSync(Scope.make())
  const server = Effect.runSync(Effect.cached(Scope.extend(start, scope)))
  return { server, stop: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

export const layerOf = (
  client: Client,
  project: string,
  options: RedisDefinitions.RedisDefinitionsOptions = {}
): Layer.Layer<DefinitionsCache> =>
  RedisDefinitions.layerWith(options).pipe(
    Layer.provide(configOf(project)),
    Layer.provide(Layer.succeed(RedisClient, client))
  )

export const participant = (
  client: Client,
  project: string,
  options: RedisDefinitions.RedisDefinitionsOptions = {}
) => Effect.map(Layer.build(layerOf(client, project, options)), Context.get(DefinitionsCache))

export const definitions = (...keys: ReadonlyArray<string>) => ({
  flags: keys.map((key) => ({ key, active: true, filters: { groups: [] } })),
  groupTypeMapping: {},
  cohorts: {},
  minimalFlagCalledEvents: false
})

// The time that the test itself takes must not count: a minute of the test clock is a thousand minutes of Redis.
const scale = 1000

/** A lease of a minute on the test clock of `inStep`. */
export const scaledLease = Duration.times("1 minute", scale)

// Leases of every project become shorter, by milliseconds.
const shorten = `for _, key in ipairs(redis.call('KEYS', 'posthog:*:lease')) do
  local left = redis.call('PTTL', key)
  if left > tonumber(ARGV[1]) then redis.call('PEXPIRE', key, left - ARGV[1]) else redis.call('DEL', key) end
end
return 0`

/**
 * Makes time pass for Redis as it does for the test clock, and lets no command outlast a step: limits on the test clock
 * are for what hangs.
 */
export const inStep = (clients: ReadonlyArray<Client>) => {
  let underWay = 0
  const counted = (client: Client): Client => ({
    ...client,
    send: (command, ...args) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          underWay++
        }),
        () => client.send(command, ...args),
        () =>
          Effect.sync(() => {
            underWay--
          })
      )
  })
  const idle: Effect.Effect<void> = Effect.repeat(Effect.zipRight(realPause, Effect.sync(() => underWay)), {
    until: (count) => count === 0
  })
  const passTime = (duration: Duration.Duration): Effect.Effect<void> => {
    const step = Math.min(1000, Duration.toMillis(duration))
    const turn = Effect.forEach(clients, ({ send }) => Effect.orDie(send("EVAL", shorten, 0, step * scale)), {
      discard: true
    })
      .pipe(Effect.zipRight(TestClock.adjust(step)), Effect.zipRight(idle))
    return Effect.repeatN(turn, Math.ceil(Duration.toMillis(duration) / step) - 1)
  }
  return { counted, passTime }
}
