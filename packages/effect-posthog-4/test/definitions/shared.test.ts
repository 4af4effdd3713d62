// Generated from packages/effect-posthog/test/definitions/shared.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { DefinitionsCacheContract } from "@effect-posthog/testkit"
import * as HttpClient from "effect/http/HttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import {
  DefinitionsCache,
  DefinitionsCacheError,
  DefinitionsSource,
  LocalEvaluator,
  PostHogConfig
} from "../../src/index.ts"
import type { CachedDefinitions } from "../../src/index.ts"
import type { Options } from "../../src/PostHogConfig.ts"
import {
  document,
  makeEndpoint,
  notModified,
  ok,
  options,
  resolved,
  settled,
  status
} from "../support/scriptedEndpoint.ts"

describe("DefinitionsCache.layerMemory keeps the contract of a definitions cache", () => {
  const laws = DefinitionsCacheContract.laws({
    participants: Effect.map(DefinitionsCache.makeMemory(), DefinitionsCache.layerMemory)
  })
  for (const { check, name } of laws) it.scoped(name, () => check)
})

const someone = { distinctId: "someone" }

type Cache = DefinitionsCache["Service"]

// A cache that does what it is told to, and counts its calls.
const makeCache = (behaviour: Partial<Cache>) => {
  const calls: Array<string> = []
  const received: Array<CachedDefinitions> = []
  const called = <A, E>(name: string, effect: Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      calls.push(name)
      return effect
    })
  const cache: Cache = {
    shouldFetch: called("shouldFetch", behaviour.shouldFetch ?? Effect.succeed(true)),
    get: (known) => called("get", Effect.suspend(() => behaviour.get?.(known) ?? Effect.succeed({ _tag: "Empty" }))),
    received: (definitions, etag) => {
      received.push(definitions)
      return called("received", behaviour.received?.(definitions, etag) ?? Effect.void)
    },
    confirmed: called("confirmed", behaviour.confirmed ?? Effect.void),
    failed: called("failed", behaviour.failed ?? Effect.void),
    withdrawn: called("withdrawn", behaviour.withdrawn ?? Effect.void),
    changed: behaviour.changed ?? Stream.never,
    shutdown: called("shutdown", behaviour.shutdown ?? Effect.void)
  }
  return { cache, calls, received }
}

const start = (cache: Cache, client: HttpClient.HttpClient, more: Partial<Options> = {}) =>
  LocalEvaluator.layer.pipe(
    Layer.provide(DefinitionsSource.layerShared(DefinitionsSource.layerHttp)),
    Layer.provide(Layer.succeed(DefinitionsCache, cache)),
    Layer.provide(PostHogConfig.layer(options(more))),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    Layer.build,
    Effect.map(Context.get(LocalEvaluator))
  )

const broken = (operation: DefinitionsCacheError["operation"]) =>
  Effect.fail(new DefinitionsCacheError({ operation, problem: "connection lost" }))

const holding = (definitions: unknown, asOf = 0): Cache["get"] => () =>
  Effect.succeed({ _tag: "Definitions", version: "v1", asOf, definitions })

const cached = (keys: ReadonlyArray<string>) => holding({ flags: document(keys).flags })

describe("a loader over a shared cache", () => {
  it.scoped("told to fetch: fetches, installs, then tells how it went", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(
        ok(document(["one"], { minimal_flag_called_events: true, property_matching_version: 2 }), "\"v1\"")
      )
      let installedWhenTold: ReadonlyArray<string> = []
      const told = Effect.suspend(() => {
        installedWhenTold = resolved(evaluator)
        return Effect.void
      })
      const { cache, calls, received } = makeCache({ received: () => told })
      const evaluator = yield* start(cache, endpoint.client)
      yield* evaluator.reload
      assert.deepStrictEqual(installedWhenTold, ["one"])
      endpoint.answer(notModified)
      yield* evaluator.reload
      endpoint.answer(status(500))
      yield* Effect.ignore(evaluator.reload)
      endpoint.answer(ok("no definitions"))
      yield* Effect.ignore(evaluator.reload)
      endpoint.answer(status(402))
      yield* Effect.ignore(evaluator.reload)
      assert.deepStrictEqual(calls.filter((call) => call !== "shouldFetch" && call !== "get"), [
        "received",
        "confirmed",
        "failed",
        "failed",
        "withdrawn"
      ])
      assert.deepStrictEqual(received, [{
        flags: document(["one"]).flags,
        groupTypeMapping: {},
        cohorts: {},
        minimalFlagCalledEvents: true,
        propertyMatchingVersion: 2
      }])
    }))

  it.scoped("not told to fetch: installs what the cache has, without a request", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document(["fetched"])))
      const { cache, calls } = makeCache({ shouldFetch: Effect.succeed(false), get: cached(["cached"]) })
      const evaluator = yield* start(cache, endpoint.client)
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["cached"])
      assert.deepStrictEqual(calls, ["shouldFetch", "get"])
      assert.strictEqual(endpoint.requests.length, 0)
    }))

  const shapes: ReadonlyArray<readonly [string, object, boolean]> = [
    ["with everything", { groupTypeMapping: {}, cohorts: {}, minimalFlagCalledEvents: true }, true],
    ["of other libraries", { group_type_mapping: {}, cohorts: {}, minimal_flag_called_events: true }, true],
    ["without a gate", { groupTypeMapping: {}, cohorts: {} }, false],
    ["with nulls", { groupTypeMapping: null, cohorts: null, minimalFlagCalledEvents: "true" }, false],
    ["with flags only", {}, false]
  ]
  for (const [name, shape, gate] of shapes) {
    it.scoped(`takes data ${name}`, () =>
      Effect.gen(function*() {
        const get = holding({ ...shape, flags: document(["cached"]).flags })
        const { cache } = makeCache({ shouldFetch: Effect.succeed(false), get })
        const evaluator = yield* start(cache, makeEndpoint(status(500)).client)
        yield* evaluator.reload
        assert.deepStrictEqual(resolved(evaluator), ["cached"])
        assert.strictEqual(evaluator.evaluate(someone).minimalFlagCalledEvents, gate)
      }))
  }

  for (
    const [name, shouldFetch] of [
      ["fails", broken("shouldFetch")],
      ["dies", Effect.die(new Error("no such command"))],
      ["is interrupted", Effect.interrupt],
      ["hangs", Effect.never],
      ["hangs and cannot be interrupted", Effect.uninterruptible(Effect.never)]
    ] as const
  ) {
    it.scoped(`fetches when shouldFetch ${name}`, () =>
      Effect.gen(function*() {
        const endpoint = makeEndpoint(ok(document(["one"])))
        const { cache, calls } = makeCache({ shouldFetch })
        const evaluator = yield* start(cache, endpoint.client)
        const loading = yield* Effect.forkChild(evaluator.reload, { uninterruptible: "inherit" })
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(loading)
        assert.deepStrictEqual(resolved(evaluator), ["one"])
        assert.deepStrictEqual(calls, ["shouldFetch", "received"])
      }))
  }

  for (
    const [name, get] of [
      ["has nothing", () => Effect.succeed({ _tag: "Empty" })],
      ["holds something else", holding({ flags: "none" })],
      ["holds a malformed mapping", holding({ flags: [], groupTypeMapping: [] })],
      ["does not say how old its definitions are", holding({ flags: [] }, Number.NaN)],
      ["fails", () => broken("get")],
      ["throws", () => {
        throw new Error("not connected")
      }],
      ["dies", () => Effect.die(new Error("no such command"))],
      ["is interrupted", () => Effect.interrupt],
      ["hangs", () => Effect.never]
    ] satisfies ReadonlyArray<readonly [string, Cache["get"]]>
  ) {
    it.scoped(`a cache that ${name}: fetches when nothing is loaded, without telling; keeps what is loaded`, () =>
      Effect.gen(function*() {
        const endpoint = makeEndpoint(ok(document(["one"])))
        const { cache, calls } = makeCache({ shouldFetch: Effect.succeed(false), get })
        const evaluator = yield* start(cache, endpoint.client)
        const reload = Effect.gen(function*() {
          const loading = yield* Effect.forkChild(evaluator.reload, { uninterruptible: "inherit" })
          yield* TestClock.adjust("3 seconds")
          yield* Fiber.join(loading)
        })
        yield* reload
        assert.strictEqual(endpoint.requests.length, 1)
        const { loadedAt } = yield* evaluator.status
        yield* reload
        assert.strictEqual(endpoint.requests.length, 1)
        assert.deepStrictEqual(resolved(evaluator), ["one"])
        assert.deepStrictEqual(calls, ["shouldFetch", "get", "shouldFetch", "get"])
        assert.strictEqual((yield* evaluator.status).loadedAt, loadedAt)
      }))
  }

  it.scoped("knows how old they are after the clock was set back", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(3_600_000)
      let asOf = 3_600_000
      const first = holding(document(["cached"]), asOf)
      const { cache } = makeCache({
        shouldFetch: Effect.succeed(false),
        get: (known) => known === undefined ? first() : Effect.succeed({ _tag: "Same", asOf })
      })
      const evaluator = yield* start(cache, makeEndpoint(notModified).client)
      yield* evaluator.ready
      yield* TestClock.setTime(60_000)
      asOf = 59_000
      yield* evaluator.reload
      yield* TestClock.setTime(1_260_000)
      yield* evaluator.reload
      const { age, stale } = yield* evaluator.status
      assert.deepStrictEqual({ age, stale }, { age: 1_200_000, stale: true })
    }))

  it.scoped("fetches again once the quota has emptied it", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document(["one"])))
      let should = true
      const { cache } = makeCache({ shouldFetch: Effect.sync(() => should) })
      const evaluator = yield* start(cache, endpoint.client)
      yield* evaluator.reload
      endpoint.answer(status(402))
      yield* Effect.ignore(evaluator.reload)
      should = false
      endpoint.answer(ok(document(["two"])))
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["two"])
    }))

  it.scoped("keeps what it has when telling fails", () =>
    Effect.gen(function*() {
      const throwing = () => {
        throw new Error("not connected")
      }
      for (
        const received of [() => broken("received"), () => Effect.die(new Error("full")), () => Effect.never, throwing]
      ) {
        const { cache } = makeCache({ received })
        const evaluator = yield* start(cache, makeEndpoint(ok(document(["one"]))).client)
        const loading = yield* Effect.forkChild(evaluator.reload, { uninterruptible: "inherit" })
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(loading)
        assert.deepStrictEqual(resolved(evaluator), ["one"])
      }
    }))

  it.scoped("without a secret key takes what others fetched, and never fetches", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document(["fetched"])))
      let get: Cache["get"] = () => Effect.succeed({ _tag: "Empty" })
      const { cache } = makeCache({ get: () => get() })
      const evaluator = yield* start(cache, endpoint.client, { secretKey: undefined })
      assert.strictEqual(
        (yield* Effect.flip(evaluator.reload)).problem,
        "the shared cache has no definitions yet"
      )
      get = cached(["cached"])
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["cached"])
      assert.strictEqual(endpoint.requests.length, 0)
    }))

  it.scoped("reads a changed cache within two seconds, without asking whether to fetch", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document(["fetched"])))
      const changes = yield* Queue.unbounded<void>()
      const { cache, calls } = makeCache({ get: () => get(), changed: Stream.fromQueue(changes) })
      let get: Cache["get"] = () => Effect.succeed({ _tag: "Empty" })
      const evaluator = yield* start(cache, endpoint.client)
      yield* evaluator.reload
      const before = calls.length
      get = cached(["changed"])
      yield* Queue.offerAll(changes, [undefined, undefined, undefined])
      yield* TestClock.adjust("2 seconds")
      yield* settled(evaluator)
      assert.deepStrictEqual(resolved(evaluator), ["changed"])
      assert.strictEqual(endpoint.requests.length, 1)
      assert.notInclude(calls.slice(before), "shouldFetch")
      // The first poll may find a change that is still being read, and joins it.
      yield* Effect.repeat(Effect.andThen(TestClock.adjust("33 seconds"), settled(evaluator)), {
        until: () => calls.slice(before).includes("shouldFetch"),
        times: 2
      })
      assert.include(calls.slice(before), "shouldFetch", "a poll asks again")
    }))

  it.scoped("subscribes again when the subscription fails", () =>
    Effect.gen(function*() {
      let subscriptions = 0
      const { cache } = makeCache({
        changed: Stream.suspend(() => {
          subscriptions++
          return subscriptions % 2 === 0
            ? Stream.fail(new DefinitionsCacheError({ operation: "changed" }))
            : Stream.die(new Error("no such command"))
        })
      })
      yield* start(cache, makeEndpoint(ok(document(["one"]))).client)
      yield* TestClock.adjust("91 seconds")
      assert.strictEqual(subscriptions, 4)
    }))

  it.scoped("starts with a copy while PostHog does not answer, and asks with its ETag", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint({ ...ok(document(["new"]), "\"v2\""), after: "5 seconds" })
      yield* TestClock.setTime(60_000)
      const { cache, calls } = makeCache({
        get: () =>
          Effect.succeed({
            _tag: "Definitions",
            version: "v1",
            etag: "\"v1\"",
            asOf: 20_000,
            definitions: { flags: document(["old"]).flags }
          })
      })
      const evaluator = yield* start(cache, endpoint.client)
      yield* TestClock.adjust("1 second")
      yield* evaluator.ready
      assert.deepStrictEqual(resolved(evaluator), ["old"])
      assert.strictEqual((yield* evaluator.status).age, 41_000)
      assert.strictEqual(endpoint.requests[0]?.headers["if-none-match"], "\"v1\"")
      yield* TestClock.adjust("5 seconds")
      yield* settled(evaluator)
      assert.deepStrictEqual(resolved(evaluator), ["new"])
      assert.strictEqual(calls.at(-1), "received")
    }))

  it.scoped("a rate limit is not handed on to another instance", () =>
    Effect.gen(function*() {
      const { cache, calls } = makeCache({})
      const evaluator = yield* start(cache, makeEndpoint(status(429)).client)
      yield* Effect.ignore(evaluator.reload)
      assert.notInclude(calls, "failed")
    }))

  it.scoped("shuts the cache down once, whatever happened before, and waits for it within bounds", () =>
    Effect.gen(function*() {
      for (const shutdown of [Effect.void, broken("shutdown"), Effect.never, Effect.uninterruptible(Effect.never)]) {
        const shuttingDown = yield* Deferred.make<void>()
        const { cache, calls } = makeCache({
          shouldFetch: Effect.never,
          shutdown: Effect.andThen(Deferred.succeed(shuttingDown, undefined), shutdown)
        })
        const scope = yield* Scope.make()
        yield* Scope.provide(start(cache, makeEndpoint(status(500)).client), scope)
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { uninterruptible: "inherit" })
        yield* Deferred.await(shuttingDown)
        yield* TestClock.adjust("30 seconds")
        yield* Fiber.join(closing)
        assert.strictEqual(calls.filter((call) => call === "shutdown").length, 1)
      }
    }))
})

describe("DefinitionsCache.layerMemory", () => {
  it.scoped("gives the lease of one that is gone to another, though the clock was set back", () =>
    Effect.gen(function*() {
      const memory = yield* DefinitionsCache.makeMemory({ lease: "10 seconds" })
      const participant = Effect.map(Layer.build(DefinitionsCache.layerMemory(memory)), Context.get(DefinitionsCache))
      const [gone, other] = yield* Effect.all([participant, participant])
      yield* TestClock.setTime(3_600_000)
      assert.isTrue(yield* gone.shouldFetch)
      assert.isFalse(yield* other.shouldFetch)
      yield* TestClock.setTime(0)
      assert.isTrue(yield* other.shouldFetch)
      assert.isFalse(yield* gone.shouldFetch)
    }))

  it.scoped("takes nothing from a participant that has lost its lease", () =>
    Effect.gen(function*() {
      const memory = yield* DefinitionsCache.makeMemory({ lease: "10 seconds" })
      const participant = Effect.map(Layer.build(DefinitionsCache.layerMemory(memory)), Context.get(DefinitionsCache))
      const [slow, other] = yield* Effect.all([participant, participant])
      yield* slow.shouldFetch
      yield* TestClock.adjust("11 seconds")
      yield* other.shouldFetch
      const found: CachedDefinitions = {
        flags: [],
        groupTypeMapping: {},
        cohorts: {},
        minimalFlagCalledEvents: false
      }
      yield* other.received(found)
      yield* slow.received({ ...found, flags: [{}] })
      const answer = yield* other.get()
      assert.deepStrictEqual(answer._tag === "Definitions" && answer.definitions, found)
    }))
})
