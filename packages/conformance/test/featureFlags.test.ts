import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Recorded } from "./harness/Mock.ts"
import * as Scenario from "./harness/Scenario.ts"

const isFlags = ({ path }: Recorded) => path.startsWith("/flags")

const exposuresIn = (requests: ReadonlyArray<Recorded>) =>
  requests.filter((request) => !isFlags(request)).flatMap(({ events }) => events).filter(({ event }) =>
    event === "$feature_flag_called"
  )

const legacy = (value: unknown) => ({ body: { featureFlags: { beta: value } } })

layer(Scenario.layer({ protocol: "v0", codec: "gzip" }), { excludeTestServices: true })("Feature flags", (it) => {
  it.effect("ask for one flag, and send every field that has a default", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init({ enable_compression: true })
      yield* test.getFeatureFlag({ key: "beta" })
      const { body, headers, path, query } = yield* test.onlyRequest
      assert.strictEqual(path, "/flags/")
      assert.deepStrictEqual(query, { v: "2" })
      assert.notProperty(headers, "authorization")
      assert.notProperty(headers, "content-encoding")
      assert.match(headers["content-type"]!, /^application\/json/)
      assert.match(headers["user-agent"]!, /^effect-posthog\//)
      assert.strictEqual(headers["x-test-id"], test.testId)
      assert.deepStrictEqual(body, {
        token: Scenario.apiKey,
        distinct_id: "user-1",
        groups: {},
        person_properties: {},
        group_properties: {},
        geoip_disable: false,
        evaluation_runtime: "server",
        flag_keys_to_evaluate: ["beta"]
      })
    }))

  it.effect("pass on what is known about the person and the groups", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init()
      yield* test.getFeatureFlag({
        key: "beta",
        person_properties: { plan: "gold", seats: 3, $device_id: "device-1" },
        groups: { workspace: "ws-1", region: 7 },
        group_properties: { workspace: { size: "large" }, unheard_of: { a: 1 } },
        force_remote: true
      })
      const { body } = yield* test.onlyRequest
      assert.deepStrictEqual(body!["person_properties"], { plan: "gold", seats: 3, $device_id: "device-1" })
      assert.deepStrictEqual(body!["groups"], { workspace: "ws-1", region: 7 })
      assert.deepStrictEqual(body!["group_properties"], {
        workspace: { $group_key: "ws-1", size: "large" },
        region: { $group_key: 7 }
      })
    }))

  it.effect("say whether locations are looked up: the call first, then the client", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      for (const disable_geoip of [true, false]) {
        yield* test.init({ disable_geoip })
        yield* test.getFeatureFlag({ key: "beta" })
        yield* test.getFeatureFlag({ key: "beta", disable_geoip: !disable_geoip })
      }
      const said = (yield* test.requests).map(({ body }) => body!["geoip_disable"])
      assert.deepStrictEqual(said, [true, false, false, true])
    }))

  for (
    const [name, answer, value] of [
      ["on", legacy(true), true],
      ["off", legacy(false), false],
      ["a variant", legacy("annual"), "annual"],
      ["unknown", {}, null],
      ["on in the current shape", { body: { flags: { beta: { key: "beta", enabled: true, variant: null } } } }, true],
      ["a variant in the current shape", { body: { flags: { beta: { enabled: true, variant: "b" } } } }, "b"],
      ["off in the current shape", { body: { flags: { beta: { enabled: false, variant: "b" } } } }, false],
      ["failed", { body: { flags: { beta: { enabled: false, failed: true } } } }, null],
      ["over quota", { body: { featureFlags: { beta: true }, quotaLimited: ["feature_flags"] } }, null]
    ] as const
  ) {
    it.effect(`tell a flag that is ${name}`, () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer(answer)
        yield* test.init()
        assert.strictEqual((yield* test.getFeatureFlag({ key: "beta" }))["value"], value)
      }))
  }

  for (const status of [502, 504]) {
    it.effect(`ask once more after ${status}, and never twice`, () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status }, legacy("second"), { status }, { status }, legacy("third"))
        yield* test.init()
        assert.strictEqual((yield* test.getFeatureFlag({ key: "beta" }))["value"], "second")
        const requests = yield* test.requests
        assert.lengthOf(requests.filter(isFlags), 2)
        assert.deepStrictEqual(requests[1]!.bytes, requests[0]!.bytes)
        assert.isNull((yield* test.getFeatureFlag({ key: "beta" }))["value"])
        assert.lengthOf((yield* test.requests).filter(isFlags), 4)
      }))
  }

  for (const status of [301, 400, 401, 408, 429, 500, 503]) {
    it.effect(`ask once when the answer is ${status}`, () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer({ status }, legacy(true))
        yield* test.init()
        assert.isNull((yield* test.getFeatureFlag({ key: "beta" }))["value"])
        yield* test.onlyRequest
      }))
  }

  it.effect("ask every time, and report an exposure once", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.answer(legacy(true), legacy(true))
      yield* test.init()
      yield* test.getFeatureFlag({ key: "beta", force_remote: true })
      yield* test.getFeatureFlag({ key: "beta", force_remote: true })
      assert.lengthOf((yield* test.requests).filter(isFlags), 2)
      yield* test.flush
      const requests = yield* test.requests
      assert.lengthOf(requests, 3)
      assert.lengthOf(exposuresIn(requests), 1)
    }))

  it.effect("report what was read", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.answer(legacy("annual"))
      yield* test.init()
      yield* test.getFeatureFlag({ key: "beta", groups: { workspace: "ws-1" } })
      yield* test.flush
      const [exposure, ...others] = exposuresIn(yield* test.requests)
      assert.lengthOf(others, 0)
      assert.strictEqual(exposure!["distinct_id"], "user-1")
      const properties = exposure!["properties"]
      assert.deepInclude(properties, {
        $feature_flag: "beta",
        $feature_flag_response: "annual",
        "$feature/beta": "annual",
        locally_evaluated: false,
        $groups: { workspace: "ws-1" }
      })
      for (const absent of ["$active_feature_flags", "$feature_flag_id", "$feature_flag_version", "$geoip_disable"]) {
        assert.notProperty(properties, absent)
      }
    }))

  it.effect("report why there was nothing to read", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.answer({ status: 500 })
      yield* test.init()
      yield* test.getFeatureFlag({ key: "beta" })
      yield* test.flush
      const [exposure] = exposuresIn(yield* test.requests)
      assert.deepInclude(exposure!["properties"], {
        $feature_flag: "beta",
        $feature_flag_response: null,
        $feature_flag_error: "api_error_500,flag_missing"
      })
    }))

  it.effect("are not asked for by anything else", () =>
    Effect.gen(function*() {
      const test = yield* Scenario.make
      yield* test.init()
      assert.lengthOf(yield* test.requests, 0)
      yield* test.capture()
      yield* test.captureAi()
      yield* test.flush
      assert.lengthOf((yield* test.requests).filter(isFlags), 0)
    }))
})

layer(Scenario.layer({ protocol: "v1", codec: "gzip" }), { excludeTestServices: true })(
  "Feature flags beside V1",
  (it) => {
    it.effect("report exposures through V1", () =>
      Effect.gen(function*() {
        const test = yield* Scenario.make
        yield* test.answer(legacy(true))
        yield* test.init()
        assert.strictEqual((yield* test.getFeatureFlag({ key: "beta" }))["value"], true)
        yield* test.flush
        const requests = yield* test.requests
        assert.deepStrictEqual(requests.map(({ path }) => path), ["/flags/", "/i/v1/analytics/events"])
        assert.lengthOf(exposuresIn(requests), 1)
      }))
  }
)
