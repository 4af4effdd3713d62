// Generated from packages/effect-posthog/test/replacement.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogServer } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect, Layer, Option, Redacted, Stream } from "effect"
import {
  Decider,
  DedupCache,
  DedupStore,
  DefinitionsSource,
  evaluateFlags,
  EventQueue,
  Events,
  EventTransport,
  LocalEvaluator,
  PostHog,
  PostHogConfig
} from "effect-posthog-4"
import * as Doubles from "./support/doubles.ts"

const definitions = {
  flags: [{ id: 1, key: "local", active: true, filters: { groups: [{ properties: [], rollout_percentage: 100 }] } }],
  group_type_mapping: {},
  cohorts: {}
}

const options = (host: string) => ({
  apiKey: Redacted.make("phc_test"),
  secretKey: Redacted.make("phs_test"),
  host
})

const client = Layer.unwrap(
  Effect.map(PostHogServer.PostHogServer, ({ url }) => PostHog.layer(options(url)))
).pipe(Layer.provide(FetchHttpClient.layer))

const embedded = PostHogServer.layer({ definitions, remoteFlags: { remote: "from the server" } })

const user = { distinctId: "user-17", flagKeys: ["local", "remote"] }

const ready = Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.ready)

describe("each of the four services is replaced by another layer for its tag", () => {
  it.live("Decider", () => {
    const { layer, requests } = Doubles.decider({ flags: { remote: { enabled: true, variant: "from the mock" } } })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* ready
      const snapshot = yield* evaluateFlags(user)
      assertSome(yield* snapshot.getFlag("remote"), "from the mock")
      assertSome(yield* snapshot.getFlag("local"), true)
      deepStrictEqual(requests.map(({ flagKeys }) => flagKeys), [["local", "remote"]])
      strictEqual((yield* server.flagRequests).length, 0)
    }).pipe(Effect.provide(layer), Effect.provide(client), Effect.provide(embedded))
  })

  it.live("LocalEvaluator", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      const snapshot = yield* evaluateFlags(user)
      assertSome(yield* snapshot.getFlag("local"), "from the mock")
      assertSome(yield* snapshot.getFlag("remote"), "from the server")
      strictEqual((yield* server.flagRequests).length, 1)
    }).pipe(
      Effect.provide(
        Doubles.localEvaluator(Doubles.evaluation({ local: "from the mock", remote: Doubles.inconclusive }))
      ),
      Effect.provide(client),
      Effect.provide(embedded)
    ))

  it.live("EventQueue", () => {
    const queue = Doubles.eventQueue()
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* ready
      const snapshot = yield* evaluateFlags(user)
      yield* snapshot.isEnabled("local")
      yield* Events.capture({ event: "paid", flags: snapshot })
      deepStrictEqual(queue.taken.map(({ event }) => event), ["$feature_flag_called", "paid"])
      deepStrictEqual(yield* server.events, [])
    }).pipe(Effect.provide(queue.layer), Effect.provide(client), Effect.provide(embedded))
  })

  it.live("DedupCache", () => {
    const claims: Array<string> = []
    const never = Layer.succeed(DedupCache, {
      claim: ({ key }) => Effect.sync(() => claims.push(key) > 0),
      release: () => Effect.void
    })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* ready
      for (let round = 0; round < 3; round++) yield* (yield* evaluateFlags(user)).isEnabled("local")
      yield* Events.flush
      deepStrictEqual(claims, ["local", "local", "local"])
      strictEqual((yield* server.events).length, 3)
    }).pipe(Effect.provide(never), Effect.provide(client), Effect.provide(embedded))
  })
})

describe("parts behind the services are replaced under layerServices", () => {
  it.effect("EventTransport, DedupStore and DefinitionsSource, without any server", () => {
    const sent: Array<string> = []
    const claimed: Array<string> = []
    const transport = Layer.succeed(EventTransport, {
      send: ({ events }) =>
        Effect.sync(() => {
          sent.push(...events.map(({ event }) => event))
        })
    })
    const store = Layer.succeed(DedupStore, {
      claim: (key) =>
        Effect.sync(() => {
          const isNew = !claimed.includes(key)
          claimed.push(key)
          return isNew
        }),
      release: () => Effect.void,
      clear: Effect.void
    })
    const layer = PostHog.layerServices.pipe(
      Layer.provide(Layer.mergeAll(
        transport,
        store,
        DefinitionsSource.layerStatic(definitions),
        PostHogConfig.layer(options("http://127.0.0.1:9")),
        FetchHttpClient.layer
      ))
    )
    return Effect.gen(function*() {
      yield* ready
      for (let round = 0; round < 2; round++) {
        yield* (yield* evaluateFlags({ ...user, onlyEvaluateLocally: true })).isEnabled("local")
      }
      yield* Events.capture({ event: "paid", distinctId: "user-17" })
      yield* Events.flush
      deepStrictEqual(sent, ["$feature_flag_called", "paid"])
      strictEqual(claimed.length, 2)
    }).pipe(Effect.provide(layer))
  })
})

describe("no-op services", () => {
  it.effect("layerDisabled evaluates and sends nothing", () =>
    Effect.gen(function*() {
      const snapshot = yield* evaluateFlags({ distinctId: "user-17" })
      deepStrictEqual(snapshot.keys, [])
      strictEqual(yield* snapshot.isEnabled("a", { defaultValue: true }), true)
      assert.isTrue(Option.isNone(yield* Events.capture({ event: "paid", distinctId: "user-17" })))
      deepStrictEqual((yield* Effect.flatMap(EventQueue, (queue) => queue.counts)).accepted, 0)
    }).pipe(Effect.provide(PostHog.layerDisabled)))

  it.live("each alone leaves the others at work", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      const noops = Layer.mergeAll(Decider.layerNoop, DedupCache.layerNoop, Doubles.eventQueue().layer)
      yield* ready
      const snapshot = yield* Effect.provide(evaluateFlags(user), noops)
      deepStrictEqual(snapshot.keys, ["local"])
      yield* snapshot.isEnabled("local")
      strictEqual((yield* server.flagRequests).length, 0)
    }).pipe(Effect.provide(client), Effect.provide(embedded)))

  it.effect("a reader of deliveries needs the queue alone", () =>
    Effect.gen(function*() {
      const queue = yield* EventQueue
      strictEqual(yield* Stream.runCount(Stream.take(queue.deliveries, 0)), 0)
    }).pipe(Effect.provide(PostHog.layerDisabled)))
})
