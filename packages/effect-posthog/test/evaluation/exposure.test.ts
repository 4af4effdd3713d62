import { Fault } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Metric } from "effect"
import { DeciderError, type DecideResponse, evaluateFlags, Flags, PostHogMetrics, RequestContext } from "effect-posthog"
import * as Doubles from "../support/doubles.ts"
import { logged } from "../support/logged.ts"

const user = { distinctId: "acct-4471" }

const metadata = (key: string) => ({
  key,
  id: 8123,
  version: 5,
  hasExperiment: true,
  active: true,
  runtime: "all"
} as const)

const fullAnswer: DecideResponse = {
  flags: {
    "pricing-test": {
      enabled: true,
      variant: "annual-first",
      reason: { code: "condition_match", description: "Matched condition set 1", conditionIndex: 0 },
      id: 8190,
      version: 2,
      payload: `{"discount":10}`,
      hasExperiment: true
    },
    bare: { enabled: true },
    "code-only": { enabled: false, reason: { code: "no_condition_match", description: "" } },
    failed: { enabled: false, failed: true, id: 8201, version: 1 }
  },
  requestId: "4b0a7c1e",
  evaluatedAt: 1761821100123
}

describe("the exposure", () => {
  it.effect("of a flag decided locally", () => {
    const { layer, queue } = Doubles.services({
      local: Doubles.evaluation(
        { editor: Doubles.resolved("dark", { payload: { theme: "dark" }, conditionIndex: 2 }), off: false },
        { loadedAt: 1761820000000, metadata: (key) => (key === "editor" ? metadata(key) : undefined) }
      )
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags({ ...user, groups: { workspace: "ws-12" }, deviceId: "dev-1" })
      yield* snapshot.isEnabled("editor")
      yield* snapshot.getFlag("off")
      deepStrictEqual(queue.taken[0], {
        event: "$feature_flag_called",
        distinctId: "acct-4471",
        properties: {
          $feature_flag: "editor",
          $feature_flag_response: "dark",
          "$feature/editor": "dark",
          locally_evaluated: true,
          $feature_flag_id: 8123,
          $feature_flag_reason: "Evaluated locally",
          $feature_flag_has_experiment: true,
          $feature_flag_payload: { theme: "dark" },
          $feature_flag_definitions_loaded_at: 1761820000000,
          $device_id: "dev-1"
        },
        contextProperties: undefined,
        groups: { workspace: "ws-12" },
        disableGeoip: undefined,
        minimal: false
      })
      deepStrictEqual(queue.taken[1]?.properties, {
        $feature_flag: "off",
        $feature_flag_response: false,
        "$feature/off": false,
        locally_evaluated: true,
        $feature_flag_reason: "Evaluated locally",
        $feature_flag_definitions_loaded_at: 1761820000000,
        $device_id: "dev-1"
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a flag decided by the server", () => {
    const { layer, queue } = Doubles.services({ server: fullAnswer })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags({ ...user, groups: {}, disableGeoip: false })
      yield* Effect.forEach(["pricing-test", "bare", "code-only"], (key) => snapshot.isEnabled(key))
      deepStrictEqual(queue.taken[0], {
        event: "$feature_flag_called",
        distinctId: "acct-4471",
        properties: {
          $feature_flag: "pricing-test",
          $feature_flag_response: "annual-first",
          "$feature/pricing-test": "annual-first",
          locally_evaluated: false,
          $feature_flag_id: 8190,
          $feature_flag_version: 2,
          $feature_flag_reason: "Matched condition set 1",
          $feature_flag_has_experiment: true,
          $feature_flag_payload: { discount: 10 },
          $feature_flag_evaluated_at: 1761821100123,
          $feature_flag_request_id: "4b0a7c1e"
        },
        contextProperties: undefined,
        groups: undefined,
        disableGeoip: false,
        minimal: false
      })
      deepStrictEqual(queue.taken[1]?.properties, {
        $feature_flag: "bare",
        $feature_flag_response: true,
        "$feature/bare": true,
        locally_evaluated: false,
        $feature_flag_evaluated_at: 1761821100123,
        $feature_flag_request_id: "4b0a7c1e"
      })
      strictEqual(queue.taken[2]?.properties?.["$feature_flag_reason"], "no_condition_match")
    }).pipe(Effect.provide(layer))
  })

  it.effect("of each flag of a mixed evaluation, errors of the answer included", () => {
    const { layer, queue } = Doubles.services({
      local: Doubles.evaluation({ local: true, bare: Doubles.inconclusive }, { loadedAt: 1 }),
      server: { ...fullAnswer, errorsWhileComputingFlags: true }
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      yield* snapshot.isEnabled("local")
      yield* snapshot.isEnabled("bare")
      deepStrictEqual(queue.taken[0]?.properties, {
        $feature_flag: "local",
        $feature_flag_response: true,
        "$feature/local": true,
        locally_evaluated: true,
        $feature_flag_reason: "Evaluated locally",
        $feature_flag_definitions_loaded_at: 1,
        $feature_flag_request_id: "4b0a7c1e",
        $feature_flag_error: "errors_while_computing_flags"
      })
      deepStrictEqual(queue.taken[1]?.properties, {
        $feature_flag: "bare",
        $feature_flag_response: true,
        "$feature/bare": true,
        locally_evaluated: false,
        $feature_flag_evaluated_at: 1761821100123,
        $feature_flag_request_id: "4b0a7c1e",
        $feature_flag_error: "errors_while_computing_flags"
      })
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a missing flag, and of one the server could not evaluate", () => {
    const { layer, queue } = Doubles.services({ server: fullAnswer })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      strictEqual(yield* snapshot.isEnabled("gone", { defaultValue: true }), true)
      strictEqual(yield* snapshot.isEnabled("failed", { defaultValue: true }), true)
      deepStrictEqual(queue.taken[0]?.properties, {
        $feature_flag: "gone",
        $feature_flag_response: null,
        "$feature/gone": null,
        locally_evaluated: false,
        $feature_flag_evaluated_at: 1761821100123,
        $feature_flag_request_id: "4b0a7c1e",
        $feature_flag_error: "flag_missing"
      })
      deepStrictEqual(queue.taken[1]?.properties, {
        $feature_flag: "failed",
        $feature_flag_response: null,
        "$feature/failed": null,
        locally_evaluated: false,
        $feature_flag_id: 8201,
        $feature_flag_version: 1,
        $feature_flag_evaluated_at: 1761821100123,
        $feature_flag_request_id: "4b0a7c1e",
        $feature_flag_error: "evaluation_failed"
      })
      strictEqual(queue.taken[1]?.minimal, false)
    }).pipe(Effect.provide(layer))
  })

  it.live("after a failed request", () => {
    const { layer, queue } = Doubles.withServer({
      local: Doubles.evaluation({ local: true, remote: Doubles.inconclusive })
    })
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      yield* server.always("flags", Fault.status(500))
      const { lines, result: snapshot } = yield* logged(Flags.orPartial(evaluateFlags(user)))
      assert.include(lines.join(), "PostHog answered with status 500")
      yield* snapshot.isEnabled("local")
      yield* snapshot.isEnabled("remote")
      deepStrictEqual(queue.taken.map(({ properties }) => properties), [
        {
          $feature_flag: "local",
          $feature_flag_response: true,
          "$feature/local": true,
          locally_evaluated: true,
          $feature_flag_reason: "Evaluated locally",
          $feature_flag_error: "api_error_500"
        },
        {
          $feature_flag: "remote",
          $feature_flag_response: null,
          "$feature/remote": null,
          locally_evaluated: false,
          $feature_flag_error: "api_error_500,local_evaluation_inconclusive"
        }
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is minimal only by the gate of what decided the flag, and without an experiment", () => {
    const hasExperiment: Readonly<Record<string, boolean>> = { "local-no": false, "local-yes": true }
    const read = (localGate: boolean, remoteGate: boolean) => {
      const { layer, queue } = Doubles.services({
        local: Doubles.evaluation(
          { "local-no": true, "local-yes": true, "local-unknown": true, remote: Doubles.inconclusive },
          {
            minimalFlagCalledEvents: localGate,
            metadata: (key) => ({ ...metadata(key), hasExperiment: hasExperiment[key] })
          }
        ),
        server: {
          flags: {
            "remote-no": { enabled: true, hasExperiment: false },
            "remote-yes": { enabled: true, hasExperiment: true },
            "remote-unknown": { enabled: true },
            "remote-failed": { enabled: false, failed: true, hasExperiment: false }
          },
          minimalFlagCalledEvents: remoteGate
        }
      })
      return Effect.gen(function*() {
        const snapshot = yield* evaluateFlags(user)
        for (const key of [...snapshot.keys, "missing"]) yield* snapshot.getFlag(key)
        return queue.taken.filter(({ minimal }) => minimal === true).map(({ properties }) =>
          properties?.["$feature_flag"]
        )
      }).pipe(Effect.provide(layer))
    }
    return Effect.gen(function*() {
      deepStrictEqual(yield* read(false, false), [])
      deepStrictEqual(yield* read(true, false), ["local-no"])
      deepStrictEqual(yield* read(false, true), ["remote-no"])
      deepStrictEqual(yield* read(true, true), ["local-no", "remote-no"])
    })
  })

  it.effect("never says a default: both accessors share one report of the value itself", () => {
    const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ off: false, variant: "one" }) })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      strictEqual(yield* snapshot.isEnabled("off", { defaultValue: true }), false)
      strictEqual(yield* snapshot.isEnabled("variant"), true)
      yield* snapshot.getFlag("variant")
      deepStrictEqual(queue.offers.map(({ properties }) => properties?.["$feature_flag_response"]), [false, "one"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("carries the session and properties of the fiber that reads", () => {
    const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: true }) })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user).pipe(RequestContext.with({ sessionId: "evaluating" }))
      yield* snapshot.isEnabled("a").pipe(
        RequestContext.with({ distinctId: "somebody-else", sessionId: "reading", properties: { route: "/cart" } })
      )
      deepStrictEqual(queue.taken[0]?.contextProperties, { $session_id: "reading", route: "/cart" })
      strictEqual(queue.taken[0]?.distinctId, "acct-4471")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is made for each device, also for one that is named as a property of the person", () => {
    const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ editor: true }) })
    return Effect.gen(function*() {
      for (const $device_id of ["one", "two", "one"]) {
        yield* (yield* evaluateFlags({ ...user, personProperties: { $device_id } })).isEnabled("editor")
      }
      strictEqual(queue.taken.length, 2)
      strictEqual(queue.taken[0]?.properties?.["$device_id"], undefined)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not made for nobody", () => {
    const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: true }) })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags({ distinctId: "" })
      strictEqual(yield* snapshot.isEnabled("a", { defaultValue: true }), true)
      yield* snapshot.getFlag("a")
      strictEqual(snapshot.distinctId, "")
      strictEqual(queue.offers.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is made when the effect that reads is run, each time anew until one is taken", () => {
    const { layer, queue } = Doubles.services({
      local: Doubles.evaluation({ a: true }),
      answer: (_, count) => (count < 3 ? Doubles.rejected : { _tag: "Accepted", id: "event" as never })
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      const read = snapshot.isEnabled("a")
      strictEqual(queue.offers.length, 0)
      for (let index = 0; index < 5; index++) strictEqual(yield* read, true)
      strictEqual(queue.offers.length, 3)
      strictEqual(queue.taken.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("of a request that failed leaves its time behind, like one that was answered", () => {
    const { layer } = Doubles.services({ server: new DeciderError({ reason: "Timeout" }) })
    const count = Effect.map(Metric.value(PostHogMetrics.remoteEvaluationDuration), (state) => state.count)
    return Effect.gen(function*() {
      const before = yield* count
      yield* Effect.flip(evaluateFlags(user))
      strictEqual((yield* count) - before, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is counted by what became of it", () => {
    const { layer } = Doubles.services({
      local: Doubles.evaluation({ a: true }),
      answer: (_, count) => (count < 2 ? Doubles.rejected : { _tag: "Accepted", id: "event" as never })
    })
    const counts = Effect.all([
      Metric.value(Metric.tagged(PostHogMetrics.exposuresSent, "test", "exposure")),
      Metric.value(Metric.tagged(PostHogMetrics.exposuresDeduplicated, "test", "exposure")),
      Metric.value(Metric.tagged(PostHogMetrics.exposuresRejected, "test", "exposure"))
    ]).pipe(Effect.map((states) => states.map(({ count }) => count)))
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      for (let index = 0; index < 4; index++) yield* snapshot.getFlag("a")
      yield* (yield* evaluateFlags(user)).getFlag("a")
      deepStrictEqual(yield* counts, [1, 3, 1])
    }).pipe(Effect.tagMetrics("test", "exposure"), Effect.provide(layer))
  })

  it.effect("follows the order of the vocabulary", () => {
    const { layer, queue } = Doubles.services({
      server: { flags: {}, errorsWhileComputingFlags: true, quotaLimited: true }
    })
    return Effect.gen(function*() {
      yield* (yield* evaluateFlags(user)).getFlag("a")
      strictEqual(
        queue.taken[0]?.properties?.["$feature_flag_error"],
        "errors_while_computing_flags,quota_limited,flag_missing"
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("of stale definitions is no error", () => {
    const { layer, queue } = Doubles.services({ local: Doubles.evaluation({ a: true }, { stale: true }) })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(user)
      yield* snapshot.isEnabled("a")
      deepStrictEqual(snapshot.errors, ["definitions_stale"])
      assert.isFalse("$feature_flag_error" in (queue.taken[0]?.properties ?? {}))
    }).pipe(Effect.provide(layer))
  })

  it.effect("of the single-flag path is made once per call that wants one", () => {
    const { layer, queue } = Doubles.services({ server: new DeciderError({ reason: "Timeout" }) })
    return Effect.gen(function*() {
      yield* Effect.flip(Flags.isFeatureEnabled({ ...user, key: "a", sendFeatureFlagEvents: false }))
      strictEqual(queue.offers.length, 0)
      yield* Effect.flip(Flags.isFeatureEnabled({ ...user, key: "a" }))
      strictEqual(queue.taken[0]?.properties?.["$feature_flag_error"], "timeout,flag_missing")
    }).pipe(Effect.provide(layer))
  })
})
