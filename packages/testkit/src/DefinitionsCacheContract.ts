/**
 * The laws of a `DefinitionsCache`, for those who write one: for a database, a key-value store, a file.
 *
 * @since 3.0.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { DefinitionsCache, DefinitionsSource, LocalEvaluator, PostHogConfig } from "effect-posthog"
import type { CachedDefinitions } from "effect-posthog"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type { Law } from "./Contract.ts"
import * as Endpoint from "./internal/contract/definitionsEndpoint.ts"
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
  readonly lease?: Duration.DurationInput | undefined
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

/** Longer than a poll interval with its jitter. */
const interval = Duration.seconds(33)

type Participant = Context.Tag.Service<DefinitionsCache>
type Evaluator = Context.Tag.Service<LocalEvaluator>

const times = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.all(Array.from({ length: count }, () => effect))

// Not a sleep: the test clock stands still.
const nextTurn = Effect.withScheduler(Effect.yieldNow(), Scheduler.timer(0))

// Waits for the end of the load that is under way, if there is one. Only `nextAttemptAt` shows that from outside.
const settled = (evaluator: Evaluator): Effect.Effect<void> =>
  Effect.repeat(Effect.zipRight(nextTurn, evaluator.status), {
    until: ({ nextAttemptAt }) => nextAttemptAt !== undefined
  })

/** The keys that evaluate to a value, sorted. */
const resolved = ({ evaluate }: Evaluator): ReadonlyArray<string> =>
  [...evaluate({ distinctId: "someone" }).records].flatMap(([key, { _tag }]) => (_tag === "Resolved" ? [key] : []))
    .sort()

/**
 * The laws, each to be run as a test of its own.
 *
 * **When to use**
 *
 * When you implement `DefinitionsCache`. The laws look at single participants, and at a fleet of loaders that share
 * the cache.
 *
 * **Example**
 *
 * ```ts
 * import { DefinitionsCacheContract } from "@effect-posthog/testkit"
 * import { DefinitionsCache } from "effect-posthog"
 * import { Effect, TestContext } from "effect"
 *
 * const laws = DefinitionsCacheContract.laws({
 *   participants: Effect.map(DefinitionsCache.makeMemory(), DefinitionsCache.layerMemory)
 * })
 *
 * // With @effect/vitest: for (const { check, name } of laws) it.scoped(name, () => check)
 * Effect.runPromise(
 *   Effect.forEach(laws, ({ check }) => Effect.provide(Effect.scoped(check), TestContext.TestContext))
 * )
 * ```
 *
 * @since 3.0.0
 * @category testing
 */
export const laws = <E = never, R = never>(options: Options<E, R>): ReadonlyArray<Law<R>> => {
  const lease = Duration.decode(options.lease ?? "1 minute")
  const passTime = options.passTime ?? TestClock.adjust
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
  const get = (participant: Participant) => succeeding("get", participant.get)
  const receive = (participant: Participant, value: CachedDefinitions) =>
    succeeding("received", participant.received(value))
  const requireFetch = (participant: Participant, expected: boolean, who: string) =>
    Effect.flatMap(shouldFetch(participant), (should) => requireSame(should, expected, `shouldFetch of ${who}`))
  const requireDefinitions = (participant: Participant, expected: CachedDefinitions, who: string) =>
    Effect.flatMap(
      get(participant),
      (found) => requireSame(Option.getOrUndefined(found), expected, `The definitions that ${who} gets`)
    )

  // Loaders over one cache and one endpoint, each in a scope of its own.
  const fleet = Effect.map(makeLayer, (layer) => {
    const endpoint = Endpoint.make()
    const config = PostHogConfig.layer({
      apiKey: Redacted.make("phc_contract"),
      secretKey: Redacted.make("phs_contract"),
      host: "https://posthog.test"
    })
    const start = Effect.gen(function*() {
      const scope = yield* Scope.make()
      const evaluator = yield* LocalEvaluator.layer.pipe(
        Layer.provide(DefinitionsSource.layerShared(DefinitionsSource.layerHttp)),
        Layer.provide(layer),
        Layer.provide(config),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, endpoint.client)),
        Layer.build,
        Effect.map(Context.get(LocalEvaluator)),
        Scope.extend(scope),
        (build) => succeeding("Building a loader", build)
      )
      const close = Scope.close(scope, Exit.void)
      yield* Effect.addFinalizer(() => close)
      return { close, evaluator }
    })
    // One loader that has fetched, and then the others.
    const startAll = Effect.gen(function*() {
      const first = yield* start
      yield* succeeding("The first load", first.evaluator.reload)
      const others = yield* times(size - 1, start)
      yield* Effect.forEach(others, ({ evaluator }) => evaluator.ready)
      return { first, others: others.map(({ evaluator }) => evaluator) }
    })
    return { endpoint, start, startAll }
  })

  const pass = (evaluators: ReadonlyArray<Evaluator>) =>
    Effect.zipRight(passTime(interval), Effect.forEach(evaluators, settled, { discard: true }))

  const requireResolved = (evaluators: ReadonlyArray<Evaluator>, ...keys: ReadonlyArray<string>) =>
    Effect.forEach(
      evaluators,
      (evaluator, index) => requireSame(resolved(evaluator), keys, `The flags of loader ${index + 1}`),
      { discard: true }
    )

  return [
    {
      name: "one of many participants is asked to fetch, and continues to be",
      check: Effect.gen(function*() {
        const all = yield* Effect.flatMap(store, (participant) => times(size, participant))
        const ask = Effect.forEach(all, shouldFetch, { concurrency: "unbounded" })
        const first = yield* ask
        yield* requireSame(first.filter((should) => should).length, 1, "How many participants should fetch")
        for (let round = 1; round <= 2; round++) {
          yield* passTime(most)
          yield* requireSame(yield* ask, first, "Who should fetch before the lease ends")
        }
      })
    },
    {
      name: "what one participant received, every participant gets, whole",
      check: Effect.gen(function*() {
        const participant = yield* store
        const [holder, other] = yield* Effect.all([participant, participant])
        yield* require(Option.isNone(yield* get(other)), "An empty store has no definitions")
        yield* requireFetch(holder, true, "the first participant")
        yield* receive(holder, definitions)
        yield* requireDefinitions(holder, definitions, "the participant that fetched")
        yield* requireDefinitions(other, definitions, "another participant")
        yield* requireDefinitions(yield* participant, definitions, "a participant that came later")
        yield* receive(holder, { ...definitions, flags: [] })
        yield* requireDefinitions(other, { ...definitions, flags: [] }, "another participant, after a change,")
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
    {
      name: `${size} loaders make one request per interval, and all follow`,
      check: Effect.gen(function*() {
        const { endpoint, startAll } = yield* fleet
        endpoint.serve("one")
        const { first, others } = yield* startAll
        const all = [first.evaluator, ...others]
        yield* requireSame(endpoint.requests(), 1, "Requests at the start")
        endpoint.serveNotModified()
        for (let round = 0; round < 10; round++) yield* pass(all)
        const requests = endpoint.requests()
        yield* require(requests >= 11 && requests <= 12, `Expected 11 or 12 requests in 10 intervals, got ${requests}`)
        endpoint.serve("one", "two")
        yield* pass(all)
        endpoint.serveNotModified()
        yield* pass(all)
        yield* requireResolved(all, "one", "two")
      })
    },
    {
      name: "loaders that start together with an empty store all have definitions at once",
      check: Effect.gen(function*() {
        const { endpoint, start } = yield* fleet
        endpoint.serve("one")
        const all = yield* times(size, start)
        yield* Effect.forEach(all, ({ evaluator }) => evaluator.ready)
        yield* requireResolved(all.map(({ evaluator }) => evaluator), "one")
      })
    },
    {
      name: "when the loader that fetches closes, another fetches within an interval",
      check: Effect.gen(function*() {
        const { endpoint, startAll } = yield* fleet
        endpoint.serve("one")
        const { first, others } = yield* startAll
        yield* first.close
        endpoint.serve("after")
        const before = endpoint.requests()
        yield* pass(others)
        yield* pass(others)
        const requests = endpoint.requests() - before
        yield* require(requests <= 3, `Expected at most 3 requests in 2 intervals, got ${requests}`)
        yield* requireResolved(others, "after")
      })
    },
    {
      name: "every loader keeps its definitions during an outage",
      check: Effect.gen(function*() {
        const { endpoint, startAll } = yield* fleet
        endpoint.serve("one")
        const { first, others } = yield* startAll
        const all = [first.evaluator, ...others]
        endpoint.fail(503)
        for (let round = 0; round < 5; round++) yield* pass(all)
        yield* requireResolved(all, "one")
      })
    }
  ]
}
