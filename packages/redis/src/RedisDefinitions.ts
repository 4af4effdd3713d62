/**
 * Flag definitions that one instance fetches for all, on Redis.
 *
 * @since 1.0.0
 */
import { DefinitionsCache, DefinitionsCacheError, PostHogConfig } from "effect-posthog"
import type { CachedDefinitions, DefinitionsCacheAnswer } from "effect-posthog"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as Body from "./internal/body.ts"
import * as Scripts from "./internal/definitionScripts.ts"
import { projectDigest, version as versionOf } from "./internal/digest.ts"
import { millisOf } from "./internal/millisOf.ts"
import { makeScript } from "./internal/script.ts"
import type { Script } from "./internal/script.ts"
import { RedisClient } from "./RedisClient.ts"
import type { RedisError } from "./RedisClient.ts"

/**
 * How an instance takes part.
 *
 * @since 1.0.0
 * @category configuration
 */
export interface RedisDefinitionsOptions {
  /**
   * How long an instance that does not succeed keeps others from fetching. Default: 2.2 times the poll interval, so that
   * an instance that fetches at every interval keeps its lease.
   */
  readonly lease?: Duration.DurationInput | undefined
}

/** Participants of a project that can be told apart: eight characters, which each poll reads. */
const participants = 36 ** 8

/** Poll intervals in a lease. */
const leaseIntervals = 2.2

type Operation = DefinitionsCacheError["operation"]

/** What this instance has from PostHog, to be stored again for a server that has lost it or never got it. */
interface Stored {
  readonly version: string
  readonly etag: string | undefined
  readonly body: string
}

interface Settings {
  readonly digest: string
  readonly self: string
  readonly leaseMillis: number
  readonly maxBytes: number
}

const failing = (operation: Operation) => (error: RedisError) =>
  new DefinitionsCacheError({ operation, problem: error.message, cause: error })

const unreadable = (operation: Operation) =>
  new DefinitionsCacheError({ operation, problem: "what Redis holds is not what this library stores" })

const textOr = <A>(value: unknown, otherwise: A): string | A => typeof value === "string" ? value : otherwise

const makeScripts = (client: Context.Tag.Service<RedisClient>) =>
  Effect.all({
    acquire: makeScript(client, Scripts.acquire),
    store: makeScript(client, Scripts.store),
    confirm: makeScript(client, Scripts.confirm),
    withdraw: makeScript(client, Scripts.withdraw),
    handOver: makeScript(client, Scripts.handOver)
  })

const make = (
  client: Context.Tag.Service<RedisClient>,
  scripts: Readonly<Record<"acquire" | "store" | "confirm" | "withdraw" | "handOver", Script>>,
  { digest, leaseMillis, maxBytes, self }: Settings
): Context.Tag.Service<DefinitionsCache> => {
  // One hash tag, so that a cluster keeps the keys together.
  const name = `posthog:{${digest}}`
  const definitionsKey = `${name}:definitions`
  const channel = `${name}:changed`
  const keys = [`${name}:lease`, `${name}:fence`, definitionsKey]

  let lease = ""
  let stored: Stored | undefined

  const holds = (held: string): boolean => {
    const mine = held.startsWith(`${self}:`)
    lease = mine ? held : ""
    return mine
  }

  const fields = (operation: Operation, ...names: ReadonlyArray<string>) =>
    Effect.flatMap(
      Effect.mapError(client.send("HMGET", definitionsKey, ...names), failing(operation)),
      (reply) =>
        Array.isArray(reply) ? Effect.succeed<ReadonlyArray<unknown>>(reply) : Effect.fail(unreadable(operation))
    )

  // A follower asks this before every poll, so it is one short command unless the lease has ended.
  const shouldFetch = Effect.flatMap(
    client.send("GET", keys[0] ?? ""),
    (held) =>
      typeof held === "string"
        ? Effect.succeed(holds(held))
        : Effect.map(scripts.acquire(keys, [self, leaseMillis]), (acquired) => holds(String(acquired)))
  ).pipe(Effect.mapError(failing("shouldFetch")))

  const empty = Effect.map(
    fields("get", "withdrawn"),
    ([withdrawn]): DefinitionsCacheAnswer =>
      typeof withdrawn === "string" ? { _tag: "Empty", withdrawn: true } : { _tag: "Empty" }
  )

  const whole = Effect.gen(function*() {
    const [version, etag, asOf, body] = yield* fields("get", "version", "etag", "asOf", "body")
    if (typeof version !== "string") return yield* empty
    if (typeof body !== "string") return yield* unreadable("get")
    const definitions = yield* Effect.mapError(Body.decode(body, maxBytes), () => unreadable("get"))
    stored = { version, body, etag: textOr(etag, "") === "" ? undefined : textOr(etag, undefined) }
    return {
      _tag: "Definitions",
      version,
      etag: stored.etag,
      asOf: Number(asOf),
      definitions
    } satisfies DefinitionsCacheAnswer
  })

  const get = (known?: string) =>
    known === undefined
      ? whole
      : Effect.flatMap(fields("get", "version", "asOf"), ([version, asOf]): typeof whole =>
        typeof version !== "string"
          ? empty
          : version === known
          ? Effect.succeed({ _tag: "Same", asOf: Number(asOf) })
          : whole)

  const store = (operation: Operation, { body, etag, version }: Stored, now: number) =>
    Effect.mapError(
      scripts.store(keys, [lease, leaseMillis, self, channel, version, etag ?? "", now, body]),
      failing(operation)
    )

  const received = (definitions: CachedDefinitions, etag?: string) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const text = Body.textOf(definitions)
      const body = yield* Effect.mapError(Body.encode(text), () => unreadable("received"))
      const next: Stored = { version: yield* versionOf(text), etag, body }
      stored = next
      if (lease !== "") yield* store("received", next, now)
    })

  const confirmed = Effect.gen(function*() {
    if (lease === "") return
    const now = yield* Clock.currentTimeMillis
    const reply = yield* Effect.mapError(
      scripts.confirm(keys, [lease, leaseMillis, now, stored?.version ?? ""]),
      failing("confirmed")
    )
    // A server that was restarted, had no room, or did not answer in time lacks what this instance has: an older version
    // must not count as confirmed.
    if (Number(reply) === 2 && stored !== undefined) yield* store("confirmed", stored, now)
  })

  const handOver = (operation: Operation) =>
    Effect.suspend(() => {
      if (lease === "") return Effect.void
      const held = lease
      lease = ""
      return Effect.asVoid(Effect.mapError(scripts.handOver(keys, [held]), failing(operation)))
    })

  const withdrawn = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    stored = undefined
    return lease === ""
      ? Effect.void
      : Effect.asVoid(Effect.mapError(scripts.withdraw(keys, [lease, self, channel, now]), failing("withdrawn")))
  })

  return {
    shouldFetch,
    get,
    received,
    confirmed,
    failed: handOver("failed"),
    withdrawn,
    shutdown: handOver("shutdown"),
    changed: client.subscribe(channel).pipe(
      Stream.filter((from) => from !== self),
      Stream.map(() => {}),
      Stream.mapError(failing("changed"))
    )
  }
}

/**
 * {@link layer} with options.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerWith = (
  options: RedisDefinitionsOptions = {}
): Layer.Layer<DefinitionsCache, never, RedisClient | PostHogConfig> =>
  Layer.effect(
    DefinitionsCache,
    Effect.gen(function*() {
      const client = yield* RedisClient
      const config = yield* PostHogConfig
      const { maxDocumentBytes, pollInterval } = config.definitions
      const lease = options.lease === undefined
        ? Duration.times(pollInterval, leaseIntervals)
        : Duration.decode(options.lease)
      const number = yield* Random.nextIntBetween(0, participants)
      return make(client, yield* makeScripts(client), {
        digest: yield* projectDigest(config),
        self: number.toString(36),
        leaseMillis: millisOf(lease),
        maxBytes: maxDocumentBytes
      })
    })
  )

/**
 * A `DefinitionsCache` on Redis, for `DefinitionsSource.layerShared`.
 *
 * **When to use**
 *
 * Above about ten instances, where polling by each of them costs more than a Redis, or where a deployment of many
 * instances would exceed PostHog's rate limits.
 *
 * **Details**
 *
 * One instance holds a lease and polls PostHog. The others read a version of about ten characters at every poll, and the
 * definitions when it has changed, or up to two seconds after a message on a channel. The lease ends 2.2 poll intervals
 * after its holder's last success; a holder whose requests fail hands it over at once. A number that only grows keeps an
 * instance that lost its lease from overwriting newer definitions.
 *
 * Redis holds the definitions as gzip in base64 under `posthog:{<digest>}:definitions`, with the lease and the counter
 * beside it. The digest is that of host and project key. While Redis is unavailable, every instance polls by itself.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer: Layer.Layer<DefinitionsCache, never, RedisClient | PostHogConfig> = layerWith()
