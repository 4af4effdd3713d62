// Generated from packages/testkit/src/internal/contract/fleetLaws.ts by packages/tools/editions.mjs: change that file, not this one.
import * as HttpClient from "effect/http/HttpClient"
import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "effect-posthog"
import type { DefinitionsCache } from "effect-posthog"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { ContractViolation, Law } from "../../Contract.ts"
import * as Endpoint from "./definitionsEndpoint.ts"
import { require, requireSame, succeeding } from "./requirements.ts"

const size = 8

/** Longer than a poll interval with its jitter. */
const interval = Duration.seconds(33)

type Evaluator = LocalEvaluator["Service"]

const times = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.all(Array.from({ length: count }, () => effect))

// Not a sleep: the test clock stands still.
const nextTurn = Effect.callback<void>((resume) => {
  setTimeout(() => resume(Effect.void), 0)
})

// Waits for the end of the load that is under way, if there is one. Only `nextAttemptAt` shows that from outside.
const settled = (evaluator: Evaluator): Effect.Effect<void> =>
  Effect.repeat(Effect.andThen(nextTurn, evaluator.status), {
    until: ({ nextAttemptAt }) => nextAttemptAt !== undefined
  })

/** The keys that evaluate to a value, sorted. */
const resolved = ({ evaluate }: Evaluator): ReadonlyArray<string> =>
  [...evaluate({ distinctId: "someone" }).records].flatMap(([key, { _tag }]) => (_tag === "Resolved" ? [key] : []))
    .sort()

/**
 * The laws of a fleet of loaders that share a cache.
 *
 * @internal
 */
export const fleetLaws = <E, R>(
  makeLayer: Effect.Effect<Layer.Layer<DefinitionsCache, E, R>, ContractViolation, R | Scope.Scope>,
  passTime: (duration: Duration.Duration) => Effect.Effect<void>
): ReadonlyArray<Law<R>> => {
  // Loaders over one cache and one endpoint, each in a scope of its own.
  const fleet = Effect.map(makeLayer, (layer) => {
    const endpoint = Endpoint.make()
    const config = PostHogConfig.layer({
      apiKey: Redacted.make("phc_contract"),
      secretKey: Redacted.make("phs_contract"),
      host: "https://posthog.test"
    })
    const startWith = Effect.fnUntraced(function*({ client }: Endpoint.DefinitionsEndpoint) {
      const scope = yield* Scope.make()
      const evaluator = yield* LocalEvaluator.layer.pipe(
        Layer.provide(DefinitionsSource.layerShared(DefinitionsSource.layerHttp)),
        Layer.provide(layer),
        Layer.provide(config),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
        Layer.build,
        Effect.map(Context.get(LocalEvaluator)),
        Scope.provide(scope),
        (build) => succeeding("Building a loader", build)
      )
      const close = Scope.close(scope, Exit.void)
      yield* Effect.addFinalizer(() => close)
      return { close, evaluator }
    })
    const start = startWith(endpoint)
    // One loader that has fetched, and then the others.
    const startAll = Effect.gen(function*() {
      const first = yield* start
      yield* succeeding("The first load", first.evaluator.reload)
      const others = yield* times(size - 1, start)
      yield* Effect.forEach(others, ({ evaluator }) => evaluator.ready)
      return { first, others: others.map(({ evaluator }) => evaluator) }
    })
    return { endpoint, start, startAll, startWith }
  })

  const pass = (evaluators: ReadonlyArray<Evaluator>) =>
    Effect.andThen(passTime(interval), Effect.forEach(evaluators, settled, { discard: true }))

  const requireResolved = (evaluators: ReadonlyArray<Evaluator>, ...keys: ReadonlyArray<string>) =>
    Effect.forEach(
      evaluators,
      (evaluator, index) => requireSame(resolved(evaluator), keys, `The flags of loader ${index + 1}`),
      { discard: true }
    )

  return [
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
      name: "a loader whose requests fail hands over, and the others follow within two intervals",
      check: Effect.gen(function*() {
        const { endpoint, startWith } = yield* fleet
        const broken = Endpoint.make()
        broken.serve("one")
        endpoint.serve("one", "two")
        const first = yield* startWith(broken)
        yield* succeeding("The first load", first.evaluator.reload)
        const others = yield* times(size - 1, startWith(endpoint))
        yield* Effect.forEach(others, ({ evaluator }) => evaluator.ready)
        broken.fail(503)
        const all = [first, ...others].map(({ evaluator }) => evaluator)
        // One interval until the request fails, and two to take over and to follow.
        for (let round = 0; round < 3; round++) yield* pass(all)
        yield* requireResolved(all, "one", "two")
        const { failures } = yield* first.evaluator.status
        yield* requireSame(failures, 0, "Failures of the loader that follows now")
      })
    },
    {
      name: "a loader that takes over asks whether the definitions have changed",
      check: Effect.gen(function*() {
        const { endpoint, startAll } = yield* fleet
        endpoint.serve("one")
        const { first, others } = yield* startAll
        yield* first.close
        const before = endpoint.requests()
        yield* pass(others)
        yield* pass(others)
        const answers = endpoint.statuses().slice(before)
        yield* require(answers.length > 0, "Another loader asks")
        yield* require(answers.every((status) => status === 304), `Expected 304 alone, got ${answers.join(", ")}`)
      })
    },
    {
      name: "every loader tells how long ago PostHog answered any of them",
      check: Effect.gen(function*() {
        const { endpoint, startAll } = yield* fleet
        endpoint.serve("one")
        const { first, others } = yield* startAll
        const all = [first.evaluator, ...others]
        for (let round = 0; round < 3; round++) yield* pass(all)
        const recent = yield* Effect.forEach(all, ({ status }) => status)
        for (const { age, stale } of recent) {
          const limit = 2 * Duration.toMillis(interval)
          yield* require(age !== undefined && age <= limit && !stale, `Expected fresh definitions, got age ${age}`)
        }
        endpoint.fail(503)
        for (let round = 0; round < 15; round++) yield* pass(all)
        for (const { age, stale } of yield* Effect.forEach(all, ({ status }) => status)) {
          const least = 14 * Duration.toMillis(interval)
          yield* require(age !== undefined && age >= least, `The outage lasts ${least} ms and more, the age is ${age}`)
          yield* require(stale, "Definitions that were not confirmed for ten intervals are stale")
        }
      })
    },
    {
      name: "when the quota is used up, no loader has definitions, until it allows them again",
      check: Effect.gen(function*() {
        const { endpoint, startAll } = yield* fleet
        endpoint.serve("one")
        const { first, others } = yield* startAll
        const all = [first.evaluator, ...others]
        endpoint.fail(402)
        for (let round = 0; round < 2; round++) yield* pass(all)
        yield* requireResolved(all)
        const late = yield* Effect.forEach(all, ({ status }) => status)
        yield* require(late.every(({ lastFailure }) => lastFailure?.reason === "QuotaLimited"), "Every loader says why")
        endpoint.serve("two")
        for (let round = 0; round < 3; round++) yield* pass(all)
        yield* requireResolved(all, "two")
      })
    },
    {
      name: "a loader that starts during an outage has the stored definitions, with their age",
      check: Effect.gen(function*() {
        const { endpoint, startAll, start } = yield* fleet
        endpoint.serve("one")
        const { first, others } = yield* startAll
        endpoint.fail(503)
        yield* pass([first.evaluator, ...others])
        const { evaluator } = yield* start
        yield* evaluator.ready
        yield* settled(evaluator)
        yield* requireResolved([evaluator], "one")
        const { age } = yield* evaluator.status
        yield* require(age !== undefined && age >= Duration.toMillis(interval) - 1, `Their age is ${age}`)
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
