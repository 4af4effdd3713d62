// Generated from packages/testkit/test/server/posthogNode.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault } from "@effect-posthog/testkit-4"
import { afterAll, assert, beforeAll, describe, it, vi } from "../support/effectVitest.ts"
import { assertNone, deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import { PostHog, type PostHogOptions } from "posthog-node"
import * as Client from "../support/client.ts"

const definitions = {
  flags: [
    {
      id: 11,
      key: "new-editor",
      active: true,
      filters: {
        groups: [{
          properties: [{ key: "tier", operator: "exact", value: ["gold"], type: "person" }],
          rollout_percentage: 100
        }],
        payloads: { true: "{\"theme\":\"dark\"}" }
      }
    },
    {
      id: 12,
      key: "sticky",
      active: true,
      ensure_experience_continuity: true,
      filters: { groups: [{ properties: [], rollout_percentage: 100 }] }
    }
  ],
  group_type_mapping: {},
  cohorts: {}
}

/** PostHog's own client for Node, pointed at the server. */
const posthogNode = (options: PostHogOptions = {}) =>
  Effect.flatMap(Client.server, ({ url }) =>
    Effect.acquireRelease(
      Effect.sync(() => new PostHog("phc_test", { host: url, flushAt: 1000, ...options })),
      (posthog) => Effect.promise(() => posthog.shutdown())
    ))

const withServer = Effect.provide(Client.serverAndClient({ definitions, remoteFlags: { sticky: "kept" } }))

// posthog-node warns on the console about flags that it leaves to the server.
const warnings: Array<string> = []

beforeAll(() => {
  vi.spyOn(console, "warn").mockImplementation((...parts) => void warnings.push(parts.join(" ")))
})

afterAll(() => {
  vi.restoreAllMocks()
  assert.isAbove(warnings.length, 0)
  for (const warning of warnings) assert.match(warning, /^\[PostHog\] You are using local evaluation/)
})

describe("posthog-node against the server", () => {
  it.live("loads definitions and evaluates locally, without a flags request", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const posthog = yield* posthogNode({ secretKey: "phs_test" })
      assert.isTrue(yield* Effect.promise(() => posthog.waitForLocalEvaluationReady(5000)))
      const snapshot = yield* Effect.promise(() =>
        posthog.evaluateFlags("ada", { personProperties: { tier: "gold" }, flagKeys: ["new-editor"] })
      )
      strictEqual(snapshot.getFlag("new-editor"), true)
      deepStrictEqual(snapshot.getFlagPayload("new-editor"), { theme: "dark" })
      deepStrictEqual(yield* server.flagRequests, [])
      const [request] = yield* server.definitionRequests
      strictEqual(request?.headers["authorization"], "Bearer phs_test")
    }).pipe(Effect.scoped, withServer))

  it.live("asks for the flag that only the server can decide", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const posthog = yield* posthogNode({ secretKey: "phs_test" })
      yield* Effect.promise(() => posthog.waitForLocalEvaluationReady(5000))
      const snapshot = yield* Effect.promise(() => posthog.evaluateFlags("ada", { personProperties: { tier: "gold" } }))
      strictEqual(snapshot.getFlag("sticky"), "kept")
      strictEqual((yield* server.flagRequests).length, 1)
    }).pipe(Effect.scoped, withServer))

  it.live("reports exposures and events, whole and once", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const posthog = yield* posthogNode()
      const snapshot = yield* Effect.promise(() => posthog.evaluateFlags("ada", { flagKeys: ["sticky"] }))
      snapshot.isEnabled("sticky")
      posthog.capture({ distinctId: "ada", event: "paid", properties: { amount: 12 }, flags: snapshot })
      yield* Effect.promise(() => posthog.flush())
      const events = yield* server.awaitEvents(2)
      deepStrictEqual(events.map(({ event }) => event), ["$feature_flag_called", "paid"])
      strictEqual(events[0]?.properties["$feature_flag_response"], "kept")
      strictEqual(events[1]?.properties["$feature/sticky"], "kept")
      strictEqual(events[1]?.properties["amount"], 12)
      strictEqual((yield* server.batchRequests)[0]?.headers["content-encoding"], "gzip")
    }).pipe(Effect.scoped, withServer))

  it.live("understands the older answer shape", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.setFlagsShape("v3")
      const posthog = yield* posthogNode()
      const { featureFlags } = yield* Effect.promise(() => posthog.getAllFlagsAndPayloads("ada"))
      strictEqual(featureFlags?.["sticky"], "kept")
    }).pipe(Effect.scoped, withServer))

  it.live("meets the faults it was scripted to meet", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("flags", Fault.reset, Fault.reset)
      yield* server.script("batch", Fault.status(503))
      const posthog = yield* posthogNode({ fetchRetryCount: 1, fetchRetryDelay: 1 })
      const snapshot = yield* Effect.promise(() => posthog.evaluateFlags("ada"))
      deepStrictEqual(snapshot.keys, [])
      assertNone((yield* server.flagRequests)[0]!.status)
      posthog.capture({ distinctId: "ada", event: "paid" })
      yield* Effect.promise(() => posthog.flush())
      deepStrictEqual((yield* server.awaitEvents(1)).map(({ event }) => event), ["paid"])
      strictEqual((yield* server.batchRequests).length, 2)
    }).pipe(Effect.scoped, withServer))
})
