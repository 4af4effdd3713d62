// The two patterns that PostHog publishes for sharing definitions, over posthog-node, written from their descriptions.
import { Effect } from "effect"
import { Redis } from "ioredis"
import { PostHog } from "posthog-node"
import { flags, instanceHeader, projectKey, secretKey } from "./Assignment.ts"
import type { Assignment, Done, Tell } from "./Assignment.ts"
import { go, serveAll } from "./serve.ts"

const lockKey = "posthog:flags:lock"
const dataKey = "posthog:flags:data"

// A lock without an owner, deleted after each fetch; the data expire by themselves.
const nodeExample = (redis: Redis, intervals: (count: number) => number) => ({
  getFlagDefinitions: async () => {
    const data = await redis.get(dataKey)
    return data === null ? undefined : JSON.parse(data)
  },
  shouldFetchFlagDefinitions: async () => (await redis.set(lockKey, "locked", "PX", intervals(2), "NX")) === "OK",
  onFlagDefinitionsReceived: async (data: unknown) => {
    await redis.set(dataKey, JSON.stringify(data), "PX", intervals(10))
    await redis.del(lockKey)
  },
  shutdown: async () => {
    await redis.del(lockKey)
  }
})

const keepOrTake = `if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0`

// A lock with an owner, who keeps it by asking.
const pythonExample = (redis: Redis, owner: string, intervals: (count: number) => number) => ({
  getFlagDefinitions: async () => {
    const data = await redis.get(dataKey)
    return data === null ? undefined : JSON.parse(data)
  },
  shouldFetchFlagDefinitions: async () =>
    Number(await redis.eval(keepOrTake, 1, lockKey, owner, String(intervals(2)))) === 1,
  onFlagDefinitionsReceived: async (data: unknown) => {
    await redis.set(dataKey, JSON.stringify(data), "PX", intervals(2880))
  },
  shutdown: async () => {
    if ((await redis.get(lockKey)) === owner) await redis.del(lockKey)
  }
})

/** An instance with posthog-node and one of the examples. */
export const serveWithPostHogNode = async (assignment: Assignment, tell: Tell): Promise<Done> => {
  const redis = new Redis(assignment.redisUrl, { maxRetriesPerRequest: null }).on("error", () => {})
  const intervals = (count: number) => count * assignment.pollMillis
  const client = new PostHog(projectKey, {
    host: assignment.host,
    personalApiKey: secretKey,
    enableLocalEvaluation: true,
    featureFlagsPollingInterval: assignment.pollMillis,
    fetch: (url, options) =>
      fetch(url, { ...options, headers: { ...options.headers, [instanceHeader]: String(assignment.instance) } }),
    flushInterval: assignment.pollMillis / 5,
    flagDefinitionCacheProvider: assignment.sharing === "posthog-node example"
      ? nodeExample(redis, intervals)
      : pythonExample(redis, `instance-${assignment.instance}`, intervals)
  })
  await client.waitForLocalEvaluationReady(20_000)
  tell({ _tag: "Ready" })
  await go()
  const micros = await Effect.runPromise(serveAll(assignment, tell, (distinctId) =>
    Effect.promise(async () => {
      const snapshot = await client.evaluateFlags(distinctId, { onlyEvaluateLocally: true })
      return snapshot.keys.length === 0 ? [] : flags.map((flag) => snapshot.isEnabled(flag))
    })))
  await client.shutdown(5000)
  redis.disconnect()
  return { _tag: "Done", micros, unchecked: 0 }
}
