import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { DefinitionsCache, DefinitionsSource, LocalEvaluator, PostHogConfig } from "../src/index.ts"
import type { CachedDefinitions } from "../src/index.ts"
import { document, makeEndpoint, notModified, ok, options, resolved, settled, status } from "./scriptedEndpoint.ts"
import type { Evaluator } from "./scriptedEndpoint.ts"

const loaders = 8

/** Longer than a poll interval with its jitter. */
const pollAtMost = "33 seconds"

const definitions: CachedDefinitions = {
  flags: [{ key: "one", active: true, filters: { groups: [] } }],
  groupTypeMapping: { "0": "workspace" },
  cohorts: { "7": { type: "AND", values: [] } },
  minimalFlagCalledEvents: true,
  propertyMatchingVersion: 2
}

/**
 * What every implementation of `DefinitionsCache` has to do, alone and under eight loaders.
 *
 * @param makeParticipants - gives, for a store of its own, a layer per call: one more participant. The lease must be a
 * minute, on the `Clock`.
 */
export const definitionsCacheContract = (
  name: string,
  makeParticipants: Effect.Effect<() => Layer.Layer<DefinitionsCache>, never, Scope.Scope>
) => {
  const participants = Effect.map(
    makeParticipants,
    (next) => Effect.map(Effect.suspend(() => Layer.build(next())), Context.get(DefinitionsCache))
  )

  // Loaders of one cache and one endpoint, each in a scope of its own.
  const fleet = Effect.gen(function*() {
    const next = yield* makeParticipants
    const endpoint = makeEndpoint(ok(document(["one"]), "\"v1\""))
    const start = Effect.gen(function*() {
      const scope = yield* Scope.make()
      const evaluator = yield* LocalEvaluator.layer.pipe(
        Layer.provide(DefinitionsSource.layerShared(DefinitionsSource.layerHttp)),
        Layer.provide(next()),
        Layer.provide(PostHogConfig.layer(options())),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, endpoint.client)),
        Layer.build,
        Effect.map(Context.get(LocalEvaluator)),
        Scope.extend(scope)
      )
      yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
      return { close: Scope.close(scope, Exit.void), evaluator }
    })
    return { endpoint, start }
  })

  const passTime = (evaluators: ReadonlyArray<Evaluator>) =>
    Effect.zipRight(TestClock.adjust(pollAtMost), Effect.forEach(evaluators, settled))

  describe(`${name} keeps the contract of a definitions cache`, () => {
    it.scoped("one of many participants is told to fetch, and goes on being told", () =>
      Effect.gen(function*() {
        const participant = yield* participants
        const all = yield* Effect.all(Array.from({ length: loaders }, () => participant))
        const ask = Effect.forEach(all, ({ shouldFetch }) => shouldFetch, { concurrency: "unbounded" })
        const first = yield* ask
        assert.strictEqual(first.filter((should) => should).length, 1)
        yield* TestClock.adjust("50 seconds")
        assert.deepStrictEqual(yield* ask, first)
        yield* TestClock.adjust("50 seconds")
        assert.deepStrictEqual(yield* ask, first)
      }))

    it.scoped("what one has received, all get: gate, matching version and all", () =>
      Effect.gen(function*() {
        const participant = yield* participants
        const [holder, other] = yield* Effect.all([participant, participant])
        assert.isTrue(Option.isNone(yield* other.get))
        assert.isTrue(yield* holder.shouldFetch)
        yield* holder.received(definitions)
        for (const { get } of [holder, other, yield* participant]) {
          assert.deepStrictEqual(yield* get, Option.some(definitions))
        }
        yield* holder.received({ ...definitions, flags: [] })
        assert.deepStrictEqual(yield* other.get, Option.some({ ...definitions, flags: [] }))
      }))

    it.scoped("another takes over when the lease of the first has ended", () =>
      Effect.gen(function*() {
        const participant = yield* participants
        const [holder, other] = yield* Effect.all([participant, participant])
        assert.isTrue(yield* holder.shouldFetch)
        yield* TestClock.adjust("59 seconds")
        assert.isFalse(yield* other.shouldFetch)
        yield* TestClock.adjust("2 seconds")
        assert.isTrue(yield* other.shouldFetch)
        assert.isFalse(yield* holder.shouldFetch)
      }))

    it.scoped("another takes over at once when the first shuts down; the data stay", () =>
      Effect.gen(function*() {
        const participant = yield* participants
        const [holder, other] = yield* Effect.all([participant, participant])
        assert.isTrue(yield* holder.shouldFetch)
        yield* holder.received(definitions)
        yield* holder.shutdown
        assert.isTrue(yield* other.shouldFetch)
        assert.deepStrictEqual(yield* other.get, Option.some(definitions))
      }))

    it.scoped("a participant without the lease takes nobody else's with it when it shuts down", () =>
      Effect.gen(function*() {
        const participant = yield* participants
        const [holder, other, third] = yield* Effect.all([participant, participant, participant])
        assert.isTrue(yield* holder.shouldFetch)
        yield* other.shutdown
        assert.isFalse(yield* third.shouldFetch)
      }))

    it.scoped(`${loaders} loaders make one request per interval, and all follow`, () =>
      Effect.gen(function*() {
        const { endpoint, start } = yield* fleet
        const first = yield* start
        yield* first.evaluator.reload
        const others = yield* Effect.all(Array.from({ length: loaders - 1 }, () => start))
        const evaluators = [first, ...others].map(({ evaluator }) => evaluator)
        yield* Effect.forEach(evaluators, ({ ready }) => ready)
        assert.strictEqual(endpoint.requests.length, 1)

        endpoint.answer(notModified)
        for (let round = 0; round < 10; round++) yield* passTime(evaluators)
        assert.isAtMost(endpoint.requests.length, 12)
        assert.isAtLeast(endpoint.requests.length, 11)

        endpoint.answer(ok(document(["one", "two"]), "\"v2\""))
        yield* passTime(evaluators)
        endpoint.answer(notModified)
        yield* passTime(evaluators)
        for (const evaluator of evaluators) assert.deepStrictEqual(resolved(evaluator), ["one", "two"])
      }))

    it.scoped("loaders that start at the same time with an empty cache all have definitions at once", () =>
      Effect.gen(function*() {
        const { start } = yield* fleet
        const all = yield* Effect.all(Array.from({ length: loaders }, () => start))
        yield* Effect.forEach(all, ({ evaluator }) => evaluator.ready)
        for (const { evaluator } of all) assert.deepStrictEqual(resolved(evaluator), ["one"])
      }))

    it.scoped("when the fetching loader closes, another fetches within an interval", () =>
      Effect.gen(function*() {
        const { endpoint, start } = yield* fleet
        const first = yield* start
        yield* first.evaluator.reload
        const others = yield* Effect.all(Array.from({ length: loaders - 1 }, () => start))
        const evaluators = others.map(({ evaluator }) => evaluator)
        yield* Effect.forEach(evaluators, ({ ready }) => ready)
        yield* first.close
        endpoint.answer(ok(document(["after"]), "\"v2\""))
        const before = endpoint.requests.length
        yield* passTime(evaluators)
        yield* passTime(evaluators)
        assert.isAtMost(endpoint.requests.length - before, 3)
        for (const evaluator of evaluators) assert.deepStrictEqual(resolved(evaluator), ["after"])
      }))

    it.scoped("an outage takes nobody's definitions", () =>
      Effect.gen(function*() {
        const { endpoint, start } = yield* fleet
        const first = yield* start
        yield* first.evaluator.reload
        const others = yield* Effect.all(Array.from({ length: loaders - 1 }, () => start))
        const evaluators = [first, ...others].map(({ evaluator }) => evaluator)
        yield* Effect.forEach(evaluators, ({ ready }) => ready)
        endpoint.answer(status(503))
        for (let round = 0; round < 5; round++) yield* passTime(evaluators)
        for (const evaluator of evaluators) assert.deepStrictEqual(resolved(evaluator), ["one"])
      }))
  })
}
