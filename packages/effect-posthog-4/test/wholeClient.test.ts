// Generated from packages/effect-posthog/test/wholeClient.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Context, Effect, Layer, Redacted } from "effect"
import { evaluateFlags, EventQueue, Events, Flags, LocalEvaluator, PostHog, RequestContext } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"
import * as Doubles from "./support/doubles.ts"
import { logged } from "./support/logged.ts"

const group = (more: Readonly<Record<string, unknown>> = {}) => ({
  properties: [],
  rollout_percentage: 100,
  variant: null,
  ...more
})

const definitions = {
  flags: [
    {
      id: 11,
      key: "local-variant",
      active: true,
      has_experiment: true,
      filters: {
        groups: [group()],
        multivariate: { variants: [{ key: "annual", rollout_percentage: 100 }] },
        payloads: { annual: `{"price":9}` }
      }
    },
    {
      id: 12,
      key: "plain",
      active: true,
      has_experiment: false,
      filters: { groups: [group()] }
    },
    {
      id: 13,
      key: "by-plan",
      active: true,
      filters: {
        groups: [group({ properties: [{ key: "plan", type: "person", operator: "exact", value: "pro" }] })]
      }
    }
  ],
  group_type_mapping: {},
  cohorts: {}
}

const client = (options: Partial<Options> = {}) =>
  Layer.unwrap(Effect.map(PostHogServer.PostHogServer, ({ url }) =>
    PostHog.layer({
      apiKey: Redacted.make("phc_test"),
      secretKey: Redacted.make("phs_test"),
      host: url,
      ...options
    }))).pipe(Layer.provide(FetchHttpClient.layer))

const withClient = (
  server: PostHogServer.Options = {},
  options: Partial<Options> = {}
) => client(options).pipe(Layer.provideMerge(PostHogServer.layer({ definitions, ...server })))

const user = { distinctId: "user-17" }

const ready = Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.ready)

describe("the whole client over real HTTP", () => {
  it.live("law 8: the caller's own properties win over the snapshot's", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* ready
      const flags = yield* evaluateFlags({ ...user, personProperties: { plan: "free" } })
      yield* Events.capture({
        event: "paid",
        flags,
        groups: { workspace: "ws-1" },
        properties: { total: 42, "$feature/plain": "mine" }
      }).pipe(RequestContext.with({ properties: { total: 1, route: "/cart" }, sessionId: "session-1" }))
      yield* Events.flush
      const [event] = yield* server.events
      deepStrictEqual(event?.properties, {
        total: 42,
        route: "/cart",
        $session_id: "session-1",
        plan: "super",
        "$feature/local-variant": "annual",
        "$feature/plain": "mine",
        "$feature/by-plan": false,
        $active_feature_flags: ["local-variant", "plain"],
        $groups: { workspace: "ws-1" },
        $lib: "effect-posthog",
        $lib_version: event?.properties["$lib_version"],
        $is_server: true,
        $geoip_disable: true
      })
      strictEqual(event?.distinct_id, "user-17")
      strictEqual((yield* server.flagRequests).length, 0)
    }).pipe(Effect.provide(withClient({}, { properties: { plan: "super", "$feature/by-plan": false } }))))

  it.live("law 5: exposures travel once, with all that is known", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* ready
      const flags = yield* evaluateFlags({ ...user, personProperties: { plan: "free" } })
      for (let round = 0; round < 3; round++) {
        yield* flags.isEnabled("local-variant")
        yield* flags.getFlag("plain")
      }
      yield* Events.flush
      const [variant, plain, ...more] = yield* server.events
      strictEqual(more.length, 0)
      const loadedAt = variant?.properties["$feature_flag_definitions_loaded_at"]
      assert.isNumber(loadedAt)
      deepStrictEqual(variant?.properties, {
        $feature_flag: "local-variant",
        $feature_flag_response: "annual",
        "$feature/local-variant": "annual",
        $feature_flag_id: 11,
        $feature_flag_reason: "Evaluated locally",
        $feature_flag_has_experiment: true,
        $feature_flag_payload: { price: 9 },
        $feature_flag_definitions_loaded_at: loadedAt,
        locally_evaluated: true,
        $lib: "effect-posthog",
        $lib_version: variant?.properties["$lib_version"],
        $is_server: true,
        $geoip_disable: true
      })
      strictEqual(plain?.properties["$feature_flag_id"], 12)
    }).pipe(Effect.provide(withClient())))

  it.live("exposures of flags without an experiment are minimal behind the gate of the definitions", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* ready
      const flags = yield* evaluateFlags({ ...user, personProperties: { plan: "free" } })
      yield* flags.isEnabled("plain")
      yield* flags.isEnabled("local-variant")
      yield* Events.flush
      const [plain, variant] = yield* server.events
      deepStrictEqual(plain?.properties, {
        $feature_flag: "plain",
        $feature_flag_response: true,
        $feature_flag_id: 12,
        $feature_flag_reason: "Evaluated locally",
        $feature_flag_has_experiment: false,
        locally_evaluated: true,
        $lib: "effect-posthog",
        $lib_version: plain?.properties["$lib_version"],
        $is_server: true,
        $geoip_disable: true
      })
      strictEqual(variant?.properties["$feature/local-variant"], "annual")
    }).pipe(
      Effect.provide(withClient({ definitions: { ...definitions, minimal_flag_called_events: true } }))
    ))

  it.live("a key that nobody knows is asked for once, until the definitions are refreshed, a 304 included", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      const evaluator = yield* LocalEvaluator
      yield* ready
      const ask = evaluateFlags({ ...user, flagKeys: ["plain", "ghost"] })
      yield* ask
      yield* ask
      deepStrictEqual((yield* server.flagRequests).map(({ body }) => body.flag_keys_to_evaluate), [["plain", "ghost"]])
      yield* evaluator.reload
      yield* ask
      strictEqual((yield* server.flagRequests).length, 2)
    }).pipe(Effect.provide(withClient())))

  it.live("what a failed, limited or erroneous answer leaves out is asked for again", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* ready
      const ask = Flags.orPartial(evaluateFlags({ ...user, flagKeys: ["ghost"] }))
      yield* server.script("flags", Fault.status(503), Fault.quotaLimited, Fault.computationErrors())
      const { lines } = yield* logged(Effect.repeat(ask, { times: 4 }))
      strictEqual((yield* server.flagRequests).length, 4)
      const linesWith = (words: string) => lines.filter((line) => line.includes(words)).length
      strictEqual(linesWith("status 503"), 1)
      strictEqual(linesWith("over its quota"), 1)
      strictEqual(linesWith("could not compute every flag"), 1)
    }).pipe(Effect.provide(withClient())))

  it.live("a disabled client evaluates nothing and sends nothing", () =>
    Effect.gen(function*() {
      const server = yield* Doubles.server
      const flags = yield* evaluateFlags(user)
      strictEqual(yield* flags.isEnabled("plain"), false)
      yield* Events.capture({ event: "paid", distinctId: "user-17" })
      yield* Events.captureWithFlags({ event: "paid", distinctId: "user-17" })
      yield* Events.flush
      deepStrictEqual(flags.keys, [])
      strictEqual((yield* server.requests).length, 0)
    }).pipe(Effect.provide(withClient({}, { enabled: false }))))

  it.live("two clients of one program share nothing", () =>
    Effect.gen(function*() {
      const first = yield* Layer.build(client({ secretKey: undefined }))
      const second = yield* Layer.build(client({ secretKey: undefined }))
      const server = yield* Doubles.server
      const read = Effect.flatMap(evaluateFlags(user), (flags) => flags.isEnabled("plain"))
      yield* Effect.provide(read, first)
      yield* Effect.provide(read, second)
      yield* Effect.provide(Events.flush, first)
      strictEqual((yield* server.events).length, 1)
      assert.notStrictEqual(Context.get(first, EventQueue), Context.get(second, EventQueue))
      yield* Effect.provide(Events.flush, second)
      strictEqual((yield* server.events).length, 2)
    }).pipe(Effect.scoped, Effect.provide(PostHogServer.layer({ definitions }))))
})
