import { PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { Flag, PostHogConfigError } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"

const server = PostHogServer.layer({
  remoteFlags: { beta: true, pricing: { value: "annual", payload: { headline: "Two months free" } } }
})

/** A client, what it logs, and what arrived once it was flushed. */
const started = (options: object = {}) =>
  Effect.gen(function*() {
    const { events, url } = yield* PostHogServer.PostHogServer
    const lines: Array<string> = []
    const log = (message: string) => void lines.push(message)
    const posthog = yield* Effect.acquireRelease(
      Effect.sync(() =>
        PostHogPromise.make({ apiKey: "phc_test", host: url, logger: { error: log, warn: log }, ...options })
      ),
      (client) => Effect.promise(() => client.shutdown())
    )
    const arrived = Effect.zipRight(Effect.promise(() => posthog.flush()), events)
    return { arrived, lines, posthog }
  })

/** As code without types calls it, or code whose messages are declared elsewhere. */
const untyped = (posthog: PostHogPromise.PromiseClient) =>
  posthog as unknown as Record<string, (...given: ReadonlyArray<unknown>) => Promise<unknown>>

describe("calls of posthog-node", () => {
  it.live("reads one flag by key and id", () =>
    Effect.gen(function*() {
      const { arrived, lines, posthog } = yield* started()
      const results = yield* Effect.promise(() =>
        Promise.all([
          posthog.isFeatureEnabled("beta", "ada"),
          posthog.getFeatureFlag("pricing", "ada", { groups: { company: "acme" } }),
          posthog.getFeatureFlag(Flag.boolean("beta"), "ada"),
          posthog.getFeatureFlagPayload("pricing", "ada"),
          posthog.getFeatureFlagResult("pricing", "ada", { sendFeatureFlagEvents: false }),
          posthog.with({ distinctId: "ada" }).isFeatureEnabled("beta"),
          posthog.isFeatureEnabled("absent", "ada", { defaultValue: true })
        ])
      )
      deepStrictEqual(results, [
        true,
        "annual",
        true,
        { headline: "Two months free" },
        { key: "pricing", enabled: true, variant: "annual", payload: { headline: "Two months free" } },
        true,
        true
      ])
      const exposures = (yield* arrived).filter(({ event }) => event === "$feature_flag_called")
      deepStrictEqual(new Set(exposures.map(({ distinct_id }) => distinct_id)), new Set(["ada"]))
      deepStrictEqual(exposures.map(({ properties }) => properties["$feature_flag"]).sort(), [
        "absent",
        "beta",
        "pricing"
      ])
      deepStrictEqual(lines, [])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("reads all flags by id", () =>
    Effect.gen(function*() {
      const { posthog } = yield* started()
      const all = yield* Effect.promise(() => posthog.getAllFlags("ada", { flagKeys: ["beta"] }))
      const both = yield* Effect.promise(() => posthog.getAllFlagsAndPayloads("ada"))
      deepStrictEqual({ ...all }, { beta: true })
      deepStrictEqual({ ...both.payloads }, { pricing: { headline: "Two months free" } })
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("loses no property of a person", () =>
    Effect.gen(function*() {
      const { arrived, posthog } = yield* started()
      void posthog.identify({ distinctId: "ada", properties: { email: "ada@example.com" } })
      void posthog.identify({
        distinctId: "bob",
        properties: { $set: { plan: "scale" }, $set_once: { first: 1 } },
        set: { seats: 3 }
      })
      void posthog.setPersonProperties({ distinctId: "eve", properties: { a: 1 }, propertiesOnce: { b: 2 } })
      deepStrictEqual(
        (yield* arrived).map(({ distinct_id, event, properties: { $set, $set_once } }) => [
          event,
          distinct_id,
          $set,
          $set_once
        ]),
        [
          ["$identify", "ada", { email: "ada@example.com" }, undefined],
          ["$identify", "bob", { plan: "scale", seats: 3 }, { first: 1 }],
          ["$set", "eve", { a: 1 }, { b: 2 }]
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("reports an exception by id and properties", () =>
    Effect.gen(function*() {
      const { arrived, posthog } = yield* started()
      void posthog.captureException(new Error("boom"), "ada", { route: "/pay" })
      void posthog.captureException(new Error("bang"), undefined, { route: "/buy" })
      deepStrictEqual(
        (yield* arrived).map(({ distinct_id, properties }) => [distinct_id === "ada", properties["route"]]),
        [[true, "/pay"], [false, "/buy"]]
      )
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("evaluates flags for an event that asks for them", () =>
    Effect.gen(function*() {
      const { arrived, posthog } = yield* started()
      void posthog.capture({ event: "all", distinctId: "ada", sendFeatureFlags: true })
      void posthog.capture({ event: "one", distinctId: "ada", sendFeatureFlags: { flagKeys: ["pricing"] } })
      void posthog.capture({ event: "none", distinctId: "ada", sendFeatureFlags: false })
      const events = yield* arrived
      deepStrictEqual(
        new Map(events.map(({ event, properties }) => [event, properties["$active_feature_flags"]])),
        new Map([["all", ["beta", "pricing"]], ["one", ["pricing"]], ["none", undefined]])
      )
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("names the options that it does not know, and what they are called here", () =>
    Effect.gen(function*() {
      const { arrived, lines } = yield* started({
        personalApiKey: "phx_secret",
        flushAt: 1,
        disabled: false,
        colour: "red",
        events: { flushat: 1 },
        fetchRetryCount: undefined
      })
      yield* arrived
      deepStrictEqual(lines, [
        "Unknown options have no effect: \"personalApiKey\" (here: secretKey), \"flushAt\" (here: events.flushAt), " +
        "\"disabled\" (here: enabled), \"colour\", \"events.flushat\" (here: events.flushAt)"
      ])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it("says how a client is made", () => {
    const make = PostHogPromise.make as unknown as (...given: ReadonlyArray<unknown>) => unknown
    for (const given of [["phc_test", { host: "http://127.0.0.1" }], [], [null]]) {
      try {
        make(...given)
        assert.fail("made a client")
      } catch (error) {
        assert(error instanceof PostHogConfigError, String(error))
        assert.include(error.message, "make({ apiKey: ")
      }
    }
  })

  it.live("never throws or rejects for what code without types passes", () =>
    Effect.gen(function*() {
      const { posthog } = yield* started()
      const client = untyped(posthog)
      for (const given of [[], [null], ["ada"], [17], [{}], [{ key: null }], [null, null, null]]) {
        for (
          const name of [
            "isFeatureEnabled",
            "getFeatureFlag",
            "getFeatureFlagPayload",
            "getFeatureFlagResult",
            "getAllFlags",
            "getAllFlagsAndPayloads",
            "evaluateFlags",
            "capture",
            "captureAi",
            "captureWithFlags",
            "captureException",
            "identify",
            "alias",
            "groupIdentify",
            "setPersonProperties"
          ]
        ) {
          const outcome = yield* Effect.promise(async () => {
            try {
              await client[name]?.(...given)
              return "resolved"
            } catch (error) {
              return String(error)
            }
          })
          strictEqual(outcome, "resolved", `${name}(${JSON.stringify(given)})`)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(server)))
})
