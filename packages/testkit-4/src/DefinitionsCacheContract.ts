// Generated from packages/testkit/src/DefinitionsCacheContract.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The laws of a `DefinitionsCache`, for those who write one: for a database, a key-value store, a file.
 *
 * @since 3.0.0
 */
import { DefinitionsCache } from "effect-posthog"
import type { CachedDefinitions, DefinitionsCacheAnswer } from "effect-posthog"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { ContractViolation } from "./Contract.ts"
import type { Law } from "./Contract.ts"
import { fleetLaws } from "./internal/contract/fleetLaws.ts"
import { require, requireSame, succeeding } from "./internal/contract/requirements.ts"

/**
 * The implementation under test.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options<out E = never, out R = never> {
  /**
   * Makes an empty store, and answers with the layer of one participant. Each law runs this once and builds the layer
   * several times: every build must be one more participant of the same store.
   */
  readonly participants: Effect.Effect<Layer.Layer<DefinitionsCache, E, R>, E, R | Scope.Scope>
  /** How long a lease lasts. Default: one minute. It must be longer than 33 seconds, the poll interval with its jitter. */
  readonly lease?: Duration.Input | undefined
  /** Lets time pass for the store and for the `Clock`. Default: `TestClock.adjust`. */
  readonly passTime?: ((duration: Duration.Duration) => Effect.Effect<void>) | undefined
}

const definitions: CachedDefinitions = {
  flags: [{ key: "one", active: true, filters: { groups: [] } }],
  groupTypeMapping: { "0": "workspace" },
  cohorts: { "7": { type: "AND", values: [] } },
  minimalFlagCalledEvents: true,
  propertyMatchingVersion: 2
}

const size = 8

type Participant = DefinitionsCache["Service"]

const times = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.all(Array.from({ length: count }, () => effect))

/**
 * The laws, each to be run as a test of its own.
 *
 * **When to use**
 *
 * When you implement `DefinitionsCache`. The laws look at single participants, and at a fleet of loaders that share
 * the cache.
 *
 * @since 3.0.0
 * @category testing
 * @example
 * ```ts
 * import { DefinitionsCacheContract } from "@effect-posthog/testkit"
 * import { DefinitionsCache } from "effect-posthog"
 * import { Effect } from "effect"
 * import * as TestClock from "effect/testing/TestClock"
 *
 * const laws = DefinitionsCacheContract.laws({
 *   participants: Effect.map(DefinitionsCache.makeMemory(), DefinitionsCache.layerMemory)
 * })
 *
 * // With @effect/vitest: for (const { check, name } of laws) it.scoped(name, () => check)
 * Effect.runPromise(
 *   Effect.forEach(laws, ({ check }) => Effect.provide(Effect.scoped(check), TestClock.layer()))
 * )
 * ```
 */
export const laws = <E = never, R = never>(options: Options<E, R>): ReadonlyArray<Law<R>> => {
  const lease = Duration.fromInputUnsafe(options.lease ?? "1 minute")
  // Effect 4's test clock does not wait for promises, as those of an answer: it would go past the end of a time limit.
  const settled = Effect.repeat(Effect.yieldNow, { times: 60 })
  const adjust = (duration: Duration.Duration): Effect.Effect<void> => {
    const step = Duration.min(duration, second)
    const rest = Duration.subtract(duration, step)
    const stepped = settled.pipe(Effect.andThen(TestClock.adjust(step)), Effect.andThen(settled))
    return Duration.isZero(rest) ? Effect.asVoid(stepped) : Effect.flatMap(stepped, () => adjust(rest))
  }
  const passTime = options.passTime ?? adjust
  const makeLayer = succeeding("Making the store", options.participants)
  const most = Duration.times(lease, 5 / 6)
  const second = Duration.seconds(1)

  // An effect that adds a participant to a store of its own.
  const store = Effect.map(
    makeLayer,
    (layer) => Effect.map(succeeding("Building a participant", Layer.build(layer)), Context.get(DefinitionsCache))
  )
  const two = Effect.flatMap(store, (participant) => Effect.all([participant, participant]))

  const shouldFetch = (participant: Participant) => succeeding("shouldFetch", participant.shouldFetch)
  const get = (participant: Participant, known?: string) => succeeding("get", participant.get(known))
  const receive = (participant: Participant, value: CachedDefinitions, etag?: string) =>
    succeeding("received", participant.received(value, etag))
  const requireFetch = (participant: Participant, expected: boolean, who: string) =>
    Effect.flatMap(shouldFetch(participant), (should) => requireSame(should, expected, `shouldFetch of ${who}`))
  const requireTag = (answer: DefinitionsCacheAnswer, expected: DefinitionsCacheAnswer["_tag"], what: string) =>
    requireSame(answer._tag, expected, what)
  const stored = (participant: Participant, who: string) =>
    Effect.flatMap(get(participant), (answer) =>
      answer._tag === "Definitions"
        ? Effect.succeed(answer)
        : new ContractViolation({ message: `The store has definitions, but answers ${answer._tag} to ${who}` }))
  const requireDefinitions = (participant: Participant, expected: CachedDefinitions, who: string) =>
    Effect.flatMap(
      stored(participant, who),
      (answer) => requireSame(answer.definitions, expected, `The definitions that ${who} gets`)
    )
  const requireAsOf = (participant: Participant, expected: number, when: string) =>
    Effect.flatMap(
      stored(participant, "a participant"),
      ({ asOf }) => requireSame(asOf, expected, `The time as of which definitions are current, ${when}`)
    )

  const changed = { ...definitions, flags: [] }

  return [
    {
      name: "one of many participants is asked to fetch, and continues to be while it succeeds",
      check: Effect.gen(function*() {
        const all = yield* Effect.flatMap(store, (participant) => times(size, participant))
        const ask = Effect.forEach(all, shouldFetch, { concurrency: "unbounded" })
        const first = yield* ask
        yield* requireSame(first.filter((should) => should).length, 1, "How many participants should fetch")
        const holder = all[first.indexOf(true)]
        if (holder === undefined) return
        yield* receive(holder, definitions)
        for (let round = 1; round <= 2; round++) {
          yield* passTime(most)
          yield* requireSame(yield* ask, first, "Who should fetch before the lease ends")
          yield* succeeding("confirmed", holder.confirmed)
        }
      })
    },
    {
      name: "a lease ends without a success, however often its holder asks",
      check: Effect.gen(function*() {
        const [holder, other] = yield* two
        yield* requireFetch(holder, true, "the first participant")
        yield* passTime(most)
        yield* requireFetch(holder, true, "the holder of the lease")
        yield* passTime(most)
        yield* requireFetch(other, true, "another participant, after a lease without a success")
        yield* requireFetch(holder, false, "the participant that lost its lease")
      })
    },
    {
      name: "a participant that fails hands its lease over at once",
      check: Effect.gen(function*() {
        const [holder, other] = yield* two
        yield* requireFetch(holder, true, "the first participant")
        yield* succeeding("failed", holder.failed)
        yield* requireFetch(other, true, "another participant after the failure")
        yield* succeeding("failed", holder.failed)
        yield* requireFetch(holder, false, "the participant that failed")
      })
    },
    {
      name: "what one participant received, every participant gets, whole, with its ETag",
      check: Effect.gen(function*() {
        const participant = yield* store
        const [holder, other] = yield* Effect.all([participant, participant])
        yield* requireTag(yield* get(other), "Empty", "The answer of an empty store")
        yield* requireTag(yield* get(other, "v"), "Empty", "The answer of an empty store to a known version")
        yield* requireFetch(holder, true, "the first participant")
        yield* receive(holder, definitions, "\"v1\"")
        yield* requireDefinitions(holder, definitions, "the participant that fetched")
        yield* requireDefinitions(other, definitions, "another participant")
        yield* requireDefinitions(yield* participant, definitions, "a participant that came later")
        yield* requireSame((yield* stored(other, "another participant")).etag, "\"v1\"", "The ETag")
        yield* receive(holder, changed)
        yield* requireDefinitions(other, changed, "another participant, after a change,")
        yield* requireSame((yield* stored(other, "another participant")).etag, undefined, "The ETag that was not given")
      })
    },
    {
      name: "versions are equal for equal definitions alone, and a known version is not sent again",
      check: Effect.gen(function*() {
        const [holder, other] = yield* two
        yield* requireFetch(holder, true, "the first participant")
        yield* receive(holder, definitions)
        const { version } = yield* stored(other, "another participant")
        yield* requireTag(yield* get(other, version), "Same", "The answer to the current version")
        yield* receive(holder, definitions, "\"v2\"")
        yield* requireTag(yield* get(other, version), "Same", "The answer after equal definitions")
        yield* receive(holder, changed)
        yield* requireTag(yield* get(other, version), "Definitions", "The answer after other definitions")
        yield* receive(holder, definitions)
        yield* requireTag(yield* get(other, version), "Same", "The answer when the first definitions are back")
      })
    },
    {
      name: "definitions are as old as the last success of any participant",
      check: Effect.gen(function*() {
        const [holder, other] = yield* two
        yield* requireFetch(holder, true, "the first participant")
        yield* receive(holder, definitions)
        const start = yield* Clock.currentTimeMillis
        yield* requireAsOf(other, start, "after a fetch")
        yield* passTime(Duration.times(second, 10))
        yield* shouldFetch(holder)
        yield* requireAsOf(other, start, "ten seconds later")
        yield* succeeding("confirmed", holder.confirmed)
        const confirmed = yield* Clock.currentTimeMillis
        const { version } = yield* stored(other, "another participant")
        yield* requireSame(
          yield* get(other, version),
          { _tag: "Same", asOf: confirmed },
          "The answer after a confirmation"
        )
      })
    },
    {
      name: "withdrawn definitions are gone for every participant, until others are received",
      check: Effect.gen(function*() {
        const [holder, other] = yield* two
        yield* requireFetch(holder, true, "the first participant")
        yield* receive(holder, definitions)
        const { version } = yield* stored(other, "another participant")
        yield* succeeding("withdrawn", holder.withdrawn)
        for (const known of [undefined, version]) {
          const answer = yield* get(other, known)
          yield* requireTag(answer, "Empty", "The answer after the definitions were withdrawn")
          yield* require(answer._tag === "Empty" && answer.withdrawn === true, "Empty says that they were withdrawn")
        }
        yield* receive(holder, definitions)
        yield* requireDefinitions(other, definitions, "another participant, after the quota allows them again,")
      })
    },
    {
      name: "a participant that lost its lease changes nothing",
      check: Effect.gen(function*() {
        const [slow, holder] = yield* two
        yield* requireFetch(slow, true, "the first participant")
        yield* passTime(Duration.sum(lease, second))
        yield* requireFetch(holder, true, "another participant after the lease")
        yield* receive(holder, definitions)
        const received = yield* Clock.currentTimeMillis
        yield* passTime(second)
        yield* receive(slow, changed)
        yield* succeeding("confirmed", slow.confirmed)
        yield* succeeding("withdrawn", slow.withdrawn)
        yield* succeeding("failed", slow.failed)
        yield* succeeding("shutdown", slow.shutdown)
        yield* requireDefinitions(holder, definitions, "the holder of the lease")
        yield* requireAsOf(holder, received, "after the late answers")
        yield* requireFetch(holder, true, "the holder of the lease")
        yield* requireFetch(slow, false, "the participant that lost its lease")
      })
    },
    {
      name: "another participant takes over when the lease has ended",
      check: Effect.gen(function*() {
        const [holder, other] = yield* two
        yield* requireFetch(holder, true, "the first participant")
        yield* passTime(Duration.subtract(lease, second))
        yield* requireFetch(other, false, "another participant while the lease lasts")
        yield* passTime(Duration.times(second, 2))
        yield* requireFetch(other, true, "another participant after the lease")
        yield* requireFetch(holder, false, "the participant that lost its lease")
      })
    },
    {
      name: "another participant takes over at once when the first shuts down, and the definitions stay",
      check: Effect.gen(function*() {
        const [holder, other] = yield* two
        yield* requireFetch(holder, true, "the first participant")
        yield* receive(holder, definitions)
        yield* succeeding("shutdown", holder.shutdown)
        yield* requireFetch(other, true, "another participant after the shutdown")
        yield* requireDefinitions(other, definitions, "another participant")
      })
    },
    {
      name: "a participant without the lease leaves the lease alone when it shuts down",
      check: Effect.gen(function*() {
        const [holder, other, third] = yield* Effect.flatMap(
          store,
          (participant) => Effect.all([participant, participant, participant])
        )
        yield* requireFetch(holder, true, "the first participant")
        yield* succeeding("shutdown", other.shutdown)
        yield* requireFetch(third, false, "a third participant")
      })
    },
    ...fleetLaws(makeLayer, passTime)
  ]
}
