/**
 * Events that a fleet sends once: exposures, and what is captured with `captureOnce`.
 *
 * @since 1.0.0
 */
import { Events, EventTransport, PostHogConfig } from "effect-posthog"
import type { EventBatch, PostHogEvent, SendOutcome } from "effect-posthog"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import { claimOf, fingerprint, onceKey, onceWithin, withoutNotes } from "./internal/claimKey.ts"
import * as Scripts from "./internal/claimScripts.ts"
import { projectDigest } from "./internal/digest.ts"
import { millisOf } from "./internal/millisOf.ts"
import { makeScript } from "./internal/script.ts"
import type { Script } from "./internal/script.ts"
import { RedisClient } from "./RedisClient.ts"

/**
 * How long claims last.
 *
 * @since 1.0.0
 * @category configuration
 */
export interface RedisClaimsOptions {
  /** How long one exposure stands for equal ones. Default: one hour, as on PostHog's servers. */
  readonly within?: Duration.DurationInput | undefined
  /** How long an event that is not delivered yet holds its claim. Default: one minute. */
  readonly pending?: Duration.DurationInput | undefined
  /** How long a batch waits for Redis before it is sent without claims. Default: 250 milliseconds. */
  readonly timeout?: Duration.DurationInput | undefined
  /** For how long Redis is left alone after it has failed. Default: 5 seconds. */
  readonly retryAfter?: Duration.DurationInput | undefined
}

const events = Metric.counter("posthog_claims_total", {
  description: "Events that needed a claim, by whether they held it, were duplicates, or went without",
  incremental: true
})

/**
 * Events whose claim was asked for, tagged with `outcome`: `claimed` and sent, `duplicate` and not sent, or `unchecked`
 * and sent because Redis did not answer in time.
 *
 * @since 1.0.0
 * @category metrics
 */
export const claims: Metric.Metric.Counter<number> = events

const claimed = Metric.tagged(events, "outcome", "claimed")
const duplicate = Metric.tagged(events, "outcome", "duplicate")
const unchecked = Metric.tagged(events, "outcome", "unchecked")

interface Claim {
  readonly uuid: string
  readonly key: string
  readonly millis: number
}

interface Settings {
  readonly prefix: string
  readonly withinMillis: number
  readonly pendingMillis: number
  readonly timeout: Duration.Duration
  readonly retryAfterMillis: number
}

type Transport = Context.Tag.Service<EventTransport>

/** In how many parts a batch waits for Redis. */
const waitingParts = 5

const fromHere = Effect.annotateLogs({ package: "@effect-posthog/redis", module: "RedisClaims" })

const make = (
  transport: Transport,
  scripts: { readonly claim: Script; readonly settle: Script },
  { pendingMillis, prefix, retryAfterMillis, timeout, withinMillis }: Settings
): Transport => {
  let openUntil = Number.NEGATIVE_INFINITY
  let warned = false

  const claimFor = (event: PostHogEvent): Claim | undefined => {
    const claim = claimOf(event, withinMillis)
    return claim &&
      { uuid: event.uuid.toLowerCase(), key: prefix + fingerprint(prefix + claim.text), millis: claim.millis }
  }

  const failed = (problem: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      openUntil = now + retryAfterMillis
      const log = warned ? Effect.logDebug : Effect.logWarning
      warned = true
      return fromHere(log(`Events are sent without claims for ${Duration.format(retryAfterMillis)}: ${problem}`))
    })

  // Waits in parts: a process that was not scheduled for a while reads the answer that came meanwhile before the next part
  // ends, and does not take its own pause for that of Redis.
  const tooLate = Effect.interruptible(Effect.zipRight(
    Effect.repeatN(Effect.sleep(Duration.times(timeout, 1 / waitingParts)), waitingParts - 1),
    Effect.fail("Redis did not answer in time")
  ))

  // Redis decides whether to send, never whether to lose: what it does not answer in time is `None`.
  const bounded = (script: Script, keys: ReadonlyArray<string>, args: ReadonlyArray<string | number>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now < openUntil && openUntil - now <= retryAfterMillis
        ? Effect.succeedNone
        : Effect.suspend(() => script(keys, args)).pipe(
          Effect.mapBoth({ onFailure: ({ message }) => message, onSuccess: Option.some }),
          // A defect of a client may quote the command.
          Effect.catchAllCause((cause) =>
            Effect.fail(Option.getOrElse(Cause.failureOption(cause), () => "the Redis client failed unexpectedly"))
          ),
          Effect.disconnect,
          Effect.interruptible,
          Effect.raceFirst(tooLate),
          Effect.tap(() => {
            warned = false
          }),
          Effect.catchAll((problem) => Effect.as(failed(problem), Option.none<unknown>()))
        ))

  const take = (held: ReadonlyArray<Claim>): Effect.Effect<ReadonlySet<string>> =>
    Effect.map(
      bounded(scripts.claim, held.map(({ key }) => key), [pendingMillis, ...held.map(({ uuid }) => uuid)]),
      (reply) => {
        const duplicates = new Set<string>()
        const answer = Option.getOrUndefined(reply)
        if (typeof answer !== "string" || answer.length !== held.length) {
          unchecked.unsafeUpdate(held.length, [])
          return duplicates
        }
        held.forEach(({ uuid }, index) => {
          if (answer[index] === "0") duplicates.add(uuid)
        })
        duplicate.unsafeUpdate(duplicates.size, [])
        claimed.unsafeUpdate(held.length - duplicates.size, [])
        return duplicates
      }
    )

  // Delivered events hold their claims on; those that will never be delivered release theirs.
  const settle = (held: ReadonlyArray<Claim>, outcome: SendOutcome): Effect.Effect<void> => {
    if (outcome._tag === "Retry" || outcome._tag === "TooLarge") return Effect.void
    const isDelivered = outcome._tag === "Delivered"
    const pending = new Set(isDelivered ? outcome.retry?.map((id) => id.toLowerCase()) : [])
    const dropped = new Set(isDelivered ? outcome.dropped?.map(({ id }) => id.toLowerCase()) : [])
    const settled = held.filter(({ uuid }) => !pending.has(uuid))
    if (settled.length === 0) return Effect.void
    const args = settled.flatMap(({ millis, uuid }) => [uuid, isDelivered && !dropped.has(uuid) ? millis : 0])
    return Effect.asVoid(bounded(scripts.settle, settled.map(({ key }) => key), args))
  }

  // A duplicate has ended, whatever becomes of the others.
  const withDuplicates = (
    outcome: SendOutcome,
    sent: ReadonlyArray<PostHogEvent>,
    duplicates: ReadonlyArray<string>
  ): SendOutcome => {
    if (duplicates.length === 0) return outcome
    switch (outcome._tag) {
      case "Delivered":
        return { ...outcome, duplicates: [...(outcome.duplicates ?? []), ...duplicates] }
      case "Rejected":
        // One event may be to blame: the queue sends the parts of the batch again, the duplicates among them.
        if (outcome.narrowable === true && sent.length > 1) return outcome
        return {
          _tag: "Delivered",
          duplicates,
          dropped: sent.map(({ uuid }) => ({ id: uuid, details: outcome.details }))
        }
      case "Retry":
      case "TooLarge":
        return outcome
    }
  }

  const send = (batch: EventBatch): Effect.Effect<SendOutcome | void> => {
    const held = batch.events.flatMap((event) => claimFor(event) ?? [])
    if (held.length === 0) return transport.send(batch)
    return Effect.flatMap(take(held), (taken) => {
      const isDuplicate = ({ uuid }: PostHogEvent) => taken.has(uuid.toLowerCase())
      const sent = batch.events.filter((event) => !isDuplicate(event)).map(withoutNotes)
      const duplicates = batch.events.filter(isDuplicate).map(({ uuid }) => uuid)
      if (sent.length === 0) return Effect.succeed<SendOutcome>({ _tag: "Delivered", duplicates })
      return Effect.flatMap(
        Effect.map(
          transport.send({ ...batch, events: sent }),
          (answer): SendOutcome => answer ?? { _tag: "Delivered" }
        ),
        (outcome) =>
          Effect.as(
            settle(held.filter(({ uuid }) => !taken.has(uuid)), outcome),
            withDuplicates(outcome, sent, duplicates)
          )
      )
    })
  }
  return { send }
}

/**
 * {@link layer} with options.
 *
 * @since 1.0.0
 * @category layers
 */
export const layerWith = (
  { pending = "1 minute", retryAfter = "5 seconds", timeout = "250 millis", within = "1 hour" }: RedisClaimsOptions = {}
): Layer.Layer<EventTransport, never, EventTransport | RedisClient | PostHogConfig> =>
  Layer.effect(
    EventTransport,
    Effect.gen(function*() {
      const client = yield* RedisClient
      const digest = yield* projectDigest(yield* PostHogConfig)
      const scripts = yield* Effect.all({
        claim: makeScript(client, Scripts.claim),
        settle: makeScript(client, Scripts.settle)
      })
      return make(yield* EventTransport, scripts, {
        prefix: `posthog:{${digest}}:claim:`,
        withinMillis: millisOf(within),
        pendingMillis: millisOf(pending),
        timeout: Duration.decode(timeout),
        retryAfterMillis: millisOf(retryAfter)
      })
    })
  )

/**
 * Sends through another `EventTransport` the events that no other instance has sent.
 *
 * **When to use**
 *
 * Where several instances report the same exposures and the copies are unwanted: PostHog drops them on ingestion and
 * does not bill them, so what is saved is bandwidth and rows in exports.
 *
 * **Details**
 *
 * Reads of flags never ask Redis: a batch claims its exposures in one round trip as it is sent. An event that another
 * one stands for ends as `Duplicate` on `EventQueue.deliveries`. A claim lasts a minute until its event is delivered,
 * and an hour from then on, so that an instance that is killed does not silence the others for long. While Redis is
 * unavailable, or does not answer in 250 milliseconds, events are sent without claims.
 *
 * @since 1.0.0
 * @category layers
 */
export const layer: Layer.Layer<EventTransport, never, EventTransport | RedisClient | PostHogConfig> = layerWith()

/**
 * What {@link captureOnce} captures.
 *
 * @since 1.0.0
 * @category models
 */
export type CaptureOnceMessage = Parameters<typeof Events.capture>[0] & {
  /** What happens once, such as `signup:user-17`. Redis gets a digest of it. */
  readonly key: string
  /** For how long, from the delivery of the first event. */
  readonly within: Duration.DurationInput
}

/**
 * Captures an event that a fleet is to send once for its key.
 *
 * **When to use**
 *
 * For the first event of a kind per person and day, and for jobs that may run on several instances.
 *
 * **Details**
 *
 * Every call queues an event; the one that is sent first wins, and the others end as `Duplicate` on
 * `EventQueue.deliveries`. Needs {@link layer}: without it every event is sent, with the properties `$once_key` and
 * `$once_within` on it. An empty key, or a time that is not positive, is logged, and the event is captured without a
 * claim.
 *
 * **Example**
 *
 * ```ts
 * import { RedisClaims } from "@effect-posthog/redis"
 *
 * export const activeToday = (userId: string) =>
 *   RedisClaims.captureOnce({ distinctId: userId, event: "active", key: `active:${userId}`, within: "1 day" })
 * ```
 *
 * @since 1.0.0
 * @category combinators
 */
export const captureOnce = ({ key, within, ...message }: CaptureOnceMessage): ReturnType<typeof Events.capture> => {
  const millis = Option.getOrElse(Option.map(Duration.decodeUnknown(within), Duration.toMillis), () => 0)
  if (typeof key !== "string" || key === "" || !(millis > 0)) {
    return Effect.zipRight(
      fromHere(Effect.logWarning(
        `captureOnce needs a key and a positive time; the event ${
          JSON.stringify(message.event)
        } is captured without a claim`
      )),
      Events.capture(message)
    )
  }
  return Events.capture({
    ...message,
    properties: {
      ...message.properties,
      [onceKey]: key,
      [onceWithin]: millisOf(millis)
    }
  })
}
