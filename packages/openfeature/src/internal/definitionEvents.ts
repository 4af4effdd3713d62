import { ErrorCode, ProviderEvents } from "@openfeature/server-sdk"
import type { OpenFeatureEventEmitter } from "@openfeature/server-sdk"
import { Decider, LocalEvaluator, PostHogConfig } from "effect-posthog"
import type { DefinitionsChange, DefinitionsStatus } from "effect-posthog"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { Stop } from "./stop.ts"

/** The poll interval of clients that do not tell theirs. */
const usualPollInterval = Duration.seconds(30)

/** Between two looks at the status of the definitions. */
const longestLook = Duration.seconds(1)

/**
 * What the SDK was last told about the provider.
 *
 * @internal
 */
export type Health = "ready" | "stale" | "error"

const healthOf = (status: DefinitionsStatus, staleAfter: Duration.Duration, asksServer: boolean): Health => {
  if (status.loadedAt === undefined) return asksServer ? "ready" : "error"
  return status.stale || (status.age ?? 0) > Duration.toMillis(staleAfter) ? "stale" : "ready"
}

/**
 * Where the events go, until it is stopped.
 *
 * @internal
 */
export interface Audience {
  readonly events: OpenFeatureEventEmitter
  readonly stop: Stop
}

const emitHealth = (
  { events }: Audience,
  health: Health,
  { age, lastFailure }: DefinitionsStatus
): void => {
  switch (health) {
    case "ready":
      return events.emit(ProviderEvents.Ready, { message: "flag definitions are up to date" })
    case "stale":
      return events.emit(ProviderEvents.Stale, {
        message: `flag definitions were last refreshed ${Duration.format(Duration.millis(age ?? 0))} ago`
      })
    case "error": {
      const message = lastFailure?.message ?? "flag definitions are not loaded"
      // Types of the SDK do not know the code, which its status does.
      const details = { message, errorCode: ErrorCode.GENERAL }
      return events.emit(ProviderEvents.Error, details)
    }
  }
}

const emitChange = ({ events }: Audience, { added, changed, removed }: DefinitionsChange): void =>
  events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...added, ...removed, ...changed].sort() })

/**
 * Tells the SDK what becomes of the definitions: each change, that they are stale, that they are missing where nothing
 * else decides, and that they are back. Ends when it is stopped, or with the client.
 *
 * @internal
 */
export const watch = (
  audience: Audience,
  before: Health,
  given: Duration.Duration | undefined
): Effect.Effect<void, never, Decider | LocalEvaluator> =>
  Effect.gen(function*() {
    const { changes, status } = yield* LocalEvaluator
    const { enabled } = yield* Decider
    const config = yield* Effect.serviceOption(PostHogConfig)
    const pollInterval = Option.match(config, {
      onNone: () => usualPollInterval,
      onSome: ({ definitions }) => definitions.pollInterval
    })
    const staleAfter = given ?? Duration.times(pollInterval, 5)
    let current = before
    const { stop } = audience
    const look = Effect.map(status, (now) => {
      const health = healthOf(now, staleAfter, enabled)
      if (health === current || stop.isDone()) return
      current = health
      emitHealth(audience, health, now)
    })
    const period = Duration.min(longestLook, Duration.max(Duration.millis(10), Duration.times(staleAfter, 0.1)))
    const looking = Effect.repeat(Effect.delay(look, period), Schedule.forever)
    const listening = Stream.runForEach(changes, (change) => {
      if (!stop.isDone()) emitChange(audience, change)
      return look
    })
    yield* Effect.raceFirst(looking, Effect.raceFirst(listening, stop.done))
  })
