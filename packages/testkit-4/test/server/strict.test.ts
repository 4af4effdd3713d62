// Generated from packages/testkit/test/server/strict.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import * as FastCheck from "fast-check"
import * as Client from "../support/client.ts"
import { zstdCompress } from "../support/zstd.ts"

const withServer = Effect.provide(Client.serverAndClient())
const withLenientServer = Effect.provide(Client.serverAndClient({ strict: false }))

const withProperties = (properties: unknown) => ({ ...Client.v0Event("paid"), properties })

/** Events that cost a request of the older protocol all its events. */
const badV0: ReadonlyArray<readonly [problem: string, event: unknown]> = [
  ["has a $cookieless_mode that is not a boolean", withProperties({ $cookieless_mode: "true" })],
  ["has a $cookieless_mode that is not a boolean", withProperties({ $cookieless_mode: null })],
  ["has a $cookieless_mode that is not a boolean", withProperties({ $cookieless_mode: 1 })],
  ["has a uuid that is not a UUID", { ...Client.v0Event("paid"), uuid: "one" }],
  ["has a uuid that is not a UUID", { ...Client.v0Event("paid"), uuid: 7 }],
  ["has a timestamp that is not a string", { ...Client.v0Event("paid"), timestamp: 7 }],
  ["has properties that are not an object", withProperties([])],
  ["has a $set that is not an object", { ...Client.v0Event("paid"), $set: [] }],
  ["has a $set_once that is not an object", { ...Client.v0Event("paid"), $set_once: "a" }]
]

describe("a strict server: POST /batch/", () => {
  it.live("refuses the whole request for one event that PostHog cannot use", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      for (const [problem, event] of badV0) {
        const answer = yield* Client.batch(Client.v0Event("first", 1), event)
        deepStrictEqual([answer.status, answer.json.error], [400, `batch[1] ${problem}`])
      }
      deepStrictEqual(yield* server.events, [])
    }).pipe(withServer))

  it.live("takes an id as PostHog converts it, and refuses one that is empty then", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const without = { event: "paid", properties: { distinct_id: "from properties" } }
      for (const id of ["ada", 7, ["a"], { a: 1 }, false]) {
        strictEqual((yield* Client.batch({ ...Client.v0Event("paid"), distinct_id: id })).status, 200)
      }
      strictEqual((yield* Client.batch(without)).status, 200)
      deepStrictEqual((yield* server.events).map(({ distinct_id }) => distinct_id), [
        "ada",
        "7",
        "[\"a\"]",
        "{\"a\":1}",
        "false",
        "from properties"
      ])
      for (const id of ["", null]) {
        const answer = yield* Client.batch({ ...Client.v0Event("paid"), distinct_id: id })
        deepStrictEqual([answer.status, answer.json.error], [400, "batch[0] has no distinct_id"])
      }
    }).pipe(withServer))

  it.live("takes events without a uuid, and no compression but gzip", () =>
    Effect.gen(function*() {
      strictEqual((yield* Client.batch({ ...Client.v0Event("paid"), uuid: null, timestamp: null })).status, 200)
      const bytes = Client.compress.br({ api_key: "phc_test", batch: [Client.v0Event("paid")] })
      strictEqual((yield* Client.postBytes("/batch/", bytes, { "content-encoding": "br" })).status, 400)
    }).pipe(withServer))

  it.live("refuses none of these when it is not strict", () =>
    Effect.gen(function*() {
      for (const [, event] of badV0) strictEqual((yield* Client.batch(event)).status, 200)
    }).pipe(withLenientServer))
})

describe("a strict server: POST /i/v1/analytics/events", () => {
  it.live("refuses the whole request for a uuid that occurs twice, in any case, is missing, or is no UUID", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const event = Client.v1Event("paid", 1)
      const answers = yield* Effect.all([
        Client.capture(event, Client.v1Event("other", 2), event),
        Client.capture(event, { ...event, uuid: event.uuid.toUpperCase() }),
        Client.capture({ ...event, uuid: "" }),
        Client.capture({ ...event, uuid: "one" }),
        Client.capture()
      ])
      deepStrictEqual(answers.map(({ json, status }) => [status, json.error]), [
        [400, "duplicate_event_uuid"],
        [400, "duplicate_event_uuid"],
        [400, "missing_event_uuid"],
        [400, "invalid_event_uuid"],
        [400, "empty_batch"]
      ])
      deepStrictEqual(yield* server.events, [])
    }).pipe(withServer))

  it.live("drops the events that PostHog cannot use, and accepts the others", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const event = (index: number, change: object) => ({ ...Client.v1Event("paid", index), ...change })
      const events = [
        event(1, { event: "" }),
        event(2, { event: "é".repeat(101) }),
        event(3, { distinct_id: " " }),
        event(4, { distinct_id: "a".repeat(201) }),
        event(5, { timestamp: "2025-13-30T10:45:00Z" }),
        event(6, { properties: [] }),
        event(7, { options: { cookieless_mode: "yes" } }),
        event(8, { options: { product_tour_id: true } }),
        event(9, { options: { cookieless_mode: " TRUE ", disable_skew_correction: 0, product_tour_id: 7, more: {} } })
      ]
      const { json } = yield* Client.capture(...events)
      deepStrictEqual(events.map(({ uuid }) => json.results[uuid].details ?? json.results[uuid].result), [
        "missing_event_name",
        "event_name_too_long",
        "missing_distinct_id",
        "distinct_id_too_large",
        "invalid_event_timestamp",
        "malformed_event_properties",
        "invalid_options",
        "invalid_options",
        "ok"
      ])
      deepStrictEqual((yield* server.events).map(({ uuid }) => uuid), [events[8]?.uuid])
    }).pipe(withServer))

  it.live("accepts a uuid twice when it is not strict", () =>
    Effect.gen(function*() {
      const event = Client.v1Event("paid", 1)
      strictEqual((yield* Client.capture(event, event)).status, 200)
    }).pipe(withLenientServer))

  it.live("decompresses zstd where Node can", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const bytes = zstdCompress?.(JSON.stringify(Client.v1Body(Client.v1Event("paid"))))
      const { status } = yield* Client.postBytes("/i/v1/analytics/events", bytes ?? new Uint8Array(1), {
        ...Client.v1Headers,
        "content-encoding": "zstd"
      })
      strictEqual(status, bytes === undefined ? 415 : 200)
      strictEqual((yield* server.events).length, bytes === undefined ? 0 : 1)
    }).pipe(withServer))
})

describe("a strict server: POST /flags/", () => {
  const path = "/flags/?v=2"
  const body = (properties: string) => `{"token":"phc_test","distinct_id":"ada","person_properties":{${properties}}}`

  it.live("refuses the bodies that PostHog's parser cannot read", () =>
    Effect.gen(function*() {
      const unreadable = [
        "\"a\":\"b\u2028c\"",
        "\"a\u2029b\":1",
        "\"a\":9223372036854775808",
        "\"a\":[1,-9223372036854775809]",
        "\"a\":100000000000000000000"
      ]
      for (const properties of unreadable) {
        deepStrictEqual([properties, (yield* Client.post(path, body(properties))).status], [properties, 400])
      }
      const readable = [
        "\"a\":\"b\\u2028c\"",
        "\"a\":9223372036854775807",
        "\"a\":1e300",
        "\"a\":100000000000000000000.5",
        "\"a\":\"100000000000000000000\"",
        "\"a\":\"\\\"100000000000000000000\""
      ]
      for (const properties of readable) {
        deepStrictEqual([properties, (yield* Client.post(path, body(properties))).status], [properties, 200])
      }
    }).pipe(withServer))

  it.live("reads them all when it is not strict", () =>
    Effect.gen(function*() {
      strictEqual((yield* Client.post(path, body("\"a\":\"b\u2028c\""))).status, 200)
      strictEqual((yield* Client.post(path, body("\"a\":9223372036854775808"))).status, 200)
    }).pipe(withLenientServer))
})

describe("a strict server: GET /flags/definitions", () => {
  const flag = (key: string, filters: unknown = {}, more: object = {}) => ({ key, active: true, filters, ...more })
  const about = (property: object) => ({ groups: [{ properties: [property] }] })
  const inCohort = (id: unknown) => about({ key: "id", type: "cohort", value: id })
  const dependsOn = (key: string) => about({ key, type: "flag", operator: "flag_evaluates_to", value: true })
  const keys = Effect.map(Client.definitions(), ({ json }) => json.flags.map(({ key }: { key: string }) => key))

  const document = {
    flags: [
      flag("plain"),
      flag("without filters", undefined),
      flag("version 1", { version: 1.0 }),
      flag("version 2", { version: 2 }),
      flag("version text", { version: "1" }),
      flag("version null", { version: null }),
      flag("broken groups", { groups: {} }),
      flag("broken percentage", { groups: [{ rollout_percentage: "50" }] }),
      flag("broken property", { groups: [{ properties: [7] }] }),
      flag("broken variants", { multivariate: { variants: [{ key: "a" }] } }),
      { active: true, filters: {} },
      7,
      flag("good cohort", inCohort(1)),
      flag("unknown cohort", inCohort(9)),
      flag("bad cohort", inCohort(2)),
      flag("about a cohort about the bad one", inCohort("3")),
      flag("depends on a good one", dependsOn("plain")),
      flag("depends on the dependent", dependsOn("dependent")),
      flag("dependent", dependsOn("version 2")),
      flag("depends by id", dependsOn("42")),
      flag("numbered", { version: 0 }, { id: 42 })
    ],
    cohorts: {
      1: { type: "AND", values: [{ key: "plan", type: "person", value: "x" }] },
      2: { type: "AND", values: "none" },
      3: { type: "OR", values: [{ type: "AND", values: [{ key: "id", type: "cohort", value: 2 }] }] }
    }
  }

  it.live("leaves out what PostHog leaves out, and every flag that depends on it", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* keys, [
        "plain",
        "without filters",
        "version 1",
        "good cohort",
        "unknown cohort",
        "depends on a good one"
      ])
      const asked = (yield* Client.flags({ evaluation_runtime: "server" })).json.flags
      assert.isTrue(asked["good cohort"] !== undefined)
    }).pipe(Effect.provide(Client.serverAndClient({ definitions: document }))))

  it.live("serves the document as it is when it is not strict, and when it is no definitions document", () =>
    Effect.gen(function*() {
      strictEqual((yield* Client.definitions()).json.flags.length, document.flags.length)
      const server = yield* Client.server
      yield* server.setDefinitions({ flags: "none" })
      deepStrictEqual((yield* Client.definitions()).json, { flags: "none" })
    }).pipe(Effect.provide(Client.serverAndClient({ definitions: document, strict: false }))))

  it.live("never leaves out what the arbitraries make", () =>
    Effect.gen(function*() {
      const { Arbitraries } = yield* Effect.promise(() => import("@effect-posthog/testkit-4"))
      const server = yield* Client.server
      for (const definitions of FastCheck.sample(Arbitraries.definitions(), { numRuns: 30, seed: 7 })) {
        yield* server.setDefinitions(definitions)
        deepStrictEqual((yield* Client.definitions()).json, JSON.parse(JSON.stringify(definitions)))
      }
    }).pipe(withServer))
})
