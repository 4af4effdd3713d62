// Generated from packages/testkit/test/PostHogTest.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Expectation, PostHogTest } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertNone, assertSome, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Cause, Effect } from "effect"
import * as TestClock from "./support/testClock.ts"
import { evaluateFlags, EventQueue, Events, Flag, Flags } from "effect-posthog"

const test = PostHogTest.PostHogTest

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
    { id: 12, key: "everybody", active: true, filters: { groups: [{ properties: [], rollout_percentage: 100 }] } }
  ],
  group_type_mapping: { "0": "workspace" },
  cohorts: {}
}

const ada = { distinctId: "ada" }

describe("PostHogTest: flags", () => {
  it.effect("are what the test says, with their payloads", () =>
    Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(ada)
      deepStrictEqual(snapshot.keys, ["new-checkout", "off", "pricing"])
      assert.isTrue(yield* snapshot.isEnabled("new-checkout"))
      assertSome(yield* snapshot.getFlag("pricing"), "annual")
      assertSome(snapshot.getFlagPayload("pricing"), { months: 12 })
    }).pipe(Effect.provide(
      PostHogTest.layer({
        flags: { "new-checkout": true, pricing: "annual", off: false },
        payloads: { pricing: { months: 12 } }
      })
    )))

  it.effect("change while the test runs; snapshots do not", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const before = yield* evaluateFlags({ ...ada, flagKeys: ["beta", "later"] })
      yield* posthog.setFlag("beta", "b")
      yield* posthog.setFlag("later", true)
      const after = yield* evaluateFlags({ ...ada, flagKeys: ["beta", "later"] })
      assertSome(yield* before.getFlag("beta"), true)
      assertSome(yield* after.getFlag("beta"), "b")
      assertSome(yield* after.getFlag("later"), true)
      yield* posthog.setFlags({ other: true })
      deepStrictEqual((yield* evaluateFlags(ada)).keys, ["other"])
    }).pipe(Effect.provide(PostHogTest.layer({ flags: { beta: true } }))))

  it.effect("are decided locally where the definitions allow it", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const snapshot = yield* evaluateFlags({ ...ada, personProperties: { tier: "gold" } })
      deepStrictEqual(snapshot.keys, ["everybody", "new-editor"])
      yield* posthog.expectNoRequest
      yield* evaluateFlags(ada)
      deepStrictEqual((yield* posthog.remoteRequests).map(({ distinctId }) => distinctId), ["ada"])
    }).pipe(Effect.provide(PostHogTest.layer({ definitions }))))

  it.effect("are asked for again after a change, although the server did not know them before", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const later = evaluateFlags({ ...ada, flagKeys: ["later"] })
      deepStrictEqual((yield* later).keys, [])
      deepStrictEqual((yield* later).keys, [])
      strictEqual((yield* posthog.remoteRequests).length, 1)
      yield* posthog.setFlag("later", true)
      deepStrictEqual((yield* later).keys, ["later"])
    }).pipe(Effect.provide(PostHogTest.layer({ definitions }))))

  it.effect("see the persons and groups that the server has stored", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      assert.isTrue(yield* Effect.flatMap(evaluateFlags(ada), (snapshot) => snapshot.isEnabled("new-editor")))
      yield* posthog.setPerson("ada", { tier: "silver" })
      assert.isFalse(yield* Effect.flatMap(evaluateFlags(ada), (snapshot) => snapshot.isEnabled("new-editor")))
    }).pipe(Effect.provide(PostHogTest.layer({ definitions, persons: { ada: { tier: "gold" } } }))))

  it.effect("new definitions take effect at once; what is no document changes nothing", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const local = evaluateFlags({ ...ada, onlyEvaluateLocally: true })
      const error = yield* Effect.flip(posthog.setDefinitions({ flags: "none" }))
      strictEqual(error.reason, "InvalidDocument")
      deepStrictEqual((yield* local).keys, ["everybody"])
      deepStrictEqual((yield* evaluateFlags(ada)).keys, ["everybody", "new-editor"])
      yield* posthog.setDefinitions({ ...definitions, flags: [] })
      deepStrictEqual((yield* local).keys, [])
    }).pipe(Effect.provide(PostHogTest.layer({ definitions }))))
})

describe("PostHogTest: failures", () => {
  for (
    const reason of ["Timeout", "ConnectionError", "ApiError", "InvalidResponse", "TooLarge", "UnknownError"] as const
  ) {
    it.effect(`the next remote evaluation fails with ${reason}, and the one after it does not`, () =>
      Effect.gen(function*() {
        const posthog = yield* test
        yield* posthog.failRemote(reason, { status: 503 })
        strictEqual((yield* Effect.flip(evaluateFlags(ada))).reason, reason)
        deepStrictEqual((yield* evaluateFlags(ada)).keys, ["beta"])
        strictEqual((yield* posthog.remoteRequests).length, 2)
      }).pipe(Effect.provide(PostHogTest.layer({ flags: { beta: true } }))))
  }

  it.effect("a failure keeps what was decided locally, and its exposures say why", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* posthog.failRemote("ApiError", { status: 503 })
      const snapshot = yield* Flags.orPartial(evaluateFlags(ada))
      assert.isTrue(yield* snapshot.isEnabled("everybody"))
      const exposure = yield* posthog.expectExposure({ flag: "everybody", value: true })
      strictEqual(exposure.error, "api_error_503")
      assert.isTrue(exposure.locallyEvaluated)
    }).pipe(Effect.provide(PostHogTest.layer({ definitions }))))

  it.effect("quota and computation errors annotate the snapshot", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* posthog.limitRemote()
      yield* posthog.failFlags("beta")
      const limited = yield* evaluateFlags(ada)
      deepStrictEqual([limited.keys, limited.errors], [[], ["quota_limited"]])
      const failed = yield* evaluateFlags(ada)
      deepStrictEqual([failed.keys, failed.errors], [["gamma"], ["errors_while_computing_flags"]])
    }).pipe(Effect.provide(PostHogTest.layer({ flags: { beta: true, gamma: true } }))))

  it.effect("rejected events are not captured, and a rejected exposure is reported at the next read", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const first = yield* evaluateFlags(ada)
      yield* posthog.rejectEvents(2)
      yield* first.isEnabled("beta")
      assertNone(yield* Events.capture({ event: "paid", ...ada }))
      yield* posthog.expectNoExposure()
      yield* first.isEnabled("beta")
      yield* posthog.expectExposure({ flag: "beta" })
      deepStrictEqual((yield* posthog.offers).map(({ offered }) => offered._tag), ["Rejected", "Rejected", "Accepted"])
      const { accepted, rejected } = yield* Effect.flatMap(EventQueue, ({ counts }) => counts)
      deepStrictEqual([accepted, rejected.Overflow, rejected.Hook], [1, 2, 0])
    }).pipe(Effect.provide(PostHogTest.layer({ flags: { beta: true } }))))
})

describe("PostHogTest: events", () => {
  it.effect("are admitted as in production: defaults, hooks, minimal mode, deduplication", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const snapshot = yield* evaluateFlags(ada)
      yield* snapshot.isEnabled("beta")
      yield* snapshot.getFlag("beta")
      yield* Events.capture({ event: "paid", ...ada, properties: { amount: 12, card: "4242" }, flags: snapshot })
      yield* Events.capture({ event: "noise", ...ada })
      deepStrictEqual((yield* posthog.events).map(({ event }) => event), ["$feature_flag_called", "paid"])
      const paid = yield* posthog.expectEvent({
        event: "paid",
        distinctId: "ada",
        properties: {
          amount: 12,
          region: "eu",
          "$feature/beta": true,
          $active_feature_flags: ["beta"],
          $is_server: true
        }
      })
      assert.notProperty(paid.properties, "card")
      strictEqual((yield* posthog.exposures).length, 1)
    }).pipe(Effect.provide(PostHogTest.layer({
      flags: { beta: true },
      client: {
        properties: { region: "eu" },
        events: {
          beforeSend: (event) =>
            event.event === "noise"
              ? null
              : {
                ...event,
                properties: Object.fromEntries(Object.entries(event.properties).filter(([key]) => key !== "card"))
              }
        }
      }
    }))))

  it.effect("have the same ids and times in every run", () =>
    Effect.gen(function*() {
      const capture = Effect.gen(function*() {
        yield* TestClock.setTime(1_761_821_100_123)
        yield* Events.capture({ event: "paid", ...ada })
        return yield* Effect.flatMap(test, ({ events }) => events)
      })
      const run = Effect.provide(capture, PostHogTest.layer())
      const [first, second] = [yield* run, yield* run]
      deepStrictEqual(first, second)
      strictEqual(first[0]?.timestamp, "2025-10-30T10:45:00.123Z")
    }))

  it.effect("go out when the scope closes", () =>
    Effect.gen(function*() {
      const counts = yield* Effect.gen(function*() {
        yield* Events.capture({ event: "paid", ...ada })
        return (yield* EventQueue).counts
      }).pipe(Effect.provide(PostHogTest.layer()))
      const { delivered, queued } = yield* counts
      deepStrictEqual([delivered, queued], [1, 0])
    }))

  it.effect("are forgotten on demand", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* Events.capture({ event: "paid", ...ada })
      yield* evaluateFlags(ada)
      yield* posthog.forget
      deepStrictEqual([yield* posthog.events, yield* posthog.remoteRequests, yield* posthog.offers], [[], [], []])
    }).pipe(Effect.provide(PostHogTest.layer())))
})

describe("PostHogTest: expectations", () => {
  const messageOf = <A>(expectation: Effect.Effect<A, Expectation.ExpectationError>) =>
    Effect.map(Effect.flip(expectation), ({ message }) => message.split("\n"))

  const withCapture = Effect.provide(PostHogTest.layer({ flags: { beta: true } }))

  const captured = Effect.gen(function*() {
    yield* Events.capture({ event: "signed up", ...ada })
    yield* Events.capture({ event: "paid", distinctId: "grace", properties: { amount: 1 } })
    yield* Events.capture({ event: "paid", ...ada, properties: { amount: 13, items: ["pen"] } })
    return yield* test
  })

  it.effect("say what was wanted, what came nearest, and the difference", () =>
    Effect.gen(function*() {
      const posthog = yield* captured
      deepStrictEqual(
        yield* messageOf(
          posthog.expectEvent({ event: "paid", distinctId: "ada", properties: { amount: 12, items: ["pen"], tax: 2 } })
        ),
        [
          "No event as expected",
          "  wanted:     paid of \"ada\" with {\"amount\":12,\"items\":[\"pen\"],\"tax\":2}",
          "  nearest:    paid of \"ada\" with {\"amount\":13,\"items\":[\"pen\"]}",
          "  difference: properties.amount: wanted 12, got 13",
          "              properties.tax: wanted 2, got nothing",
          "  captured:   signed up, paid (2 times)"
        ]
      )
    }).pipe(withCapture))

  it.effect("prefer an event of the same name as the nearest", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* Events.capture({ event: "signed up", ...ada, properties: { amount: 12 } })
      yield* Events.capture({ event: "paid", distinctId: "grace" })
      const message = yield* messageOf(
        posthog.expectEvent({ event: "paid", distinctId: "ada", properties: { amount: 12 } })
      )
      strictEqual(message[2], "  nearest:    paid of \"grace\"")
    }).pipe(withCapture))

  it.effect("prefer an exposure of the same flag as the nearest", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* posthog.setFlag("gamma", false)
      const snapshot = yield* evaluateFlags(ada)
      yield* snapshot.getFlag("gamma")
      yield* snapshot.getFlag("beta")
      const message = yield* messageOf(
        posthog.expectExposure({
          flag: "beta",
          value: false,
          distinctId: "ada",
          properties: { locally_evaluated: true }
        })
      )
      deepStrictEqual(message.slice(3, 5), [
        "  difference: properties.$feature_flag_response: wanted false, got true",
        "              properties.locally_evaluated: wanted true, got false"
      ])
    }).pipe(withCapture))

  it.effect("say that nothing was captured", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      deepStrictEqual(yield* messageOf(posthog.expectExposure({ flag: "beta", value: true })), [
        "No exposure as expected",
        "  wanted:     $feature_flag_called with {\"$feature_flag\":\"beta\",\"$feature_flag_response\":true}",
        "  captured:   nothing"
      ])
    }).pipe(withCapture))

  it.effect("take values as they would be sent", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const properties = {
        at: new Date(0),
        items: [undefined, 1],
        link: new URL("http://shop.example/"),
        nested: { kept: 1, left: undefined },
        sizes: new Set([1, 2]),
        stock: new Map([["pen", 3]]),
        total: 12n,
        empty: {}
      }
      yield* Events.capture({ event: "paid", ...ada, properties })
      yield* posthog.expectEvent({ event: "paid", properties })
      yield* posthog.expectNoEvent({ event: "paid", properties: { empty: new Date(0) } })
      const message = yield* messageOf(
        posthog.expectEvent({ event: "paid", properties: { at: new Date(1), total: 13n } })
      )
      deepStrictEqual(message.slice(1, 5), [
        "  wanted:     paid with {\"at\":\"1970-01-01T00:00:00.001Z\",\"total\":\"13\"}",
        "  nearest:    paid of \"ada\" with {\"at\":\"1970-01-01T00:00:00.000Z\",\"total\":\"12\"}",
        "  difference: properties.at: wanted \"1970-01-01T00:00:00.001Z\", got \"1970-01-01T00:00:00.000Z\"",
        "              properties.total: wanted \"13\", got \"12\""
      ])
    }).pipe(withCapture))

  it.effect("name the flag of an exposure that should not have happened", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* Effect.flatMap(evaluateFlags(ada), (snapshot) => snapshot.isEnabled("beta"))
      deepStrictEqual(yield* messageOf(posthog.expectNoExposure()), [
        "An exposure that was not expected",
        "  unwanted:   $feature_flag_called",
        "  captured:   $feature_flag_called of \"ada\" with {\"$feature_flag\":\"beta\",\"$feature_flag_response\":true}"
      ])
    }).pipe(withCapture))

  it.effect("refuse what should not have happened", () =>
    Effect.gen(function*() {
      const posthog = yield* captured
      deepStrictEqual(yield* messageOf(posthog.expectNoEvent({ event: "paid", properties: { amount: 13 } })), [
        "An event that was not expected",
        "  unwanted:   paid with {\"amount\":13}",
        "  captured:   paid of \"ada\" with {\"amount\":13}"
      ])
      yield* posthog.expectNoEvent({ event: "paid", properties: { amount: 14 } })
      yield* posthog.expectNoRequest
      yield* evaluateFlags(ada)
      yield* evaluateFlags({ ...ada, flagKeys: ["beta", "gamma"] })
      deepStrictEqual(yield* messageOf(posthog.expectNoRequest), [
        "A remote evaluation that was not expected",
        "  request 1: \"ada\", every flag",
        "  request 2: \"ada\", beta, gamma"
      ])
    }).pipe(withCapture))
})

describe("PostHogTest: exceptions", () => {
  const withCapture = Effect.provide(PostHogTest.layer())

  const captured = Effect.gen(function*() {
    yield* Events.capture({
      event: "$exception",
      ...ada,
      properties: {
        $exception_level: "error",
        $exception_source: "effect.fiber",
        $exception_list: [
          { type: "DbError", value: "", mechanism: { type: "task", handled: false } },
          { type: "Error", value: "ECONNREFUSED", mechanism: { type: "chained" } }
        ],
        order: 7
      }
    })
    return yield* test
  })

  it.effect("are found by type, value, level, source and handling", () =>
    Effect.gen(function*() {
      const posthog = yield* captured
      const exception = yield* posthog.expectException({
        type: "DbError",
        value: "",
        level: "error",
        handled: false,
        source: "effect.fiber",
        distinctId: "ada",
        properties: { order: 7 }
      })
      deepStrictEqual([exception.types, exception.problems], [["DbError", "Error"], []])
      assert.isString(exception.fingerprint)
      strictEqual((yield* posthog.exceptions).length, 1)
      yield* posthog.expectNoException({ type: "Error" })
      yield* posthog.expectNoException({ handled: true })
    }).pipe(withCapture))

  it.effect("that differ are described", () =>
    Effect.gen(function*() {
      const posthog = yield* captured
      const { message } = yield* Effect.flip(posthog.expectException({ type: "DbError", handled: true }))
      deepStrictEqual(message.split("\n"), [
        "No exception as expected",
        "  wanted:     $exception with {\"$exception_type\":\"DbError\",\"$exception_handled\":true}",
        "  nearest:    $exception of \"ada\" with {\"$exception_type\":\"DbError\",\"$exception_value\":\"\",\"$exception_handled\":false}",
        "  difference: properties.$exception_handled: wanted true, got false",
        "  captured:   $exception"
      ])
      const unwanted = yield* Effect.flip(posthog.expectNoException())
      assert.include(unwanted.message, "An exception that was not expected")
    }).pipe(withCapture))
})

describe("PostHogTest: reset", () => {
  it.effect("returns to the options, and lets exposures be reported again", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const read = Effect.flatMap(evaluateFlags(ada), (snapshot) => snapshot.getFlag("beta"))
      yield* read
      yield* posthog.setFlags({ gamma: true })
      yield* posthog.setPerson("ada", { tier: "gold" })
      yield* posthog.failRemote("Timeout", { times: 5 })
      yield* posthog.rejectEvents(5)
      yield* posthog.reset
      deepStrictEqual([yield* posthog.events, yield* posthog.remoteRequests, yield* posthog.offers], [[], [], []])
      assertSome(yield* read, true)
      yield* posthog.expectExposure({ flag: "beta" })
    }).pipe(Effect.provide(PostHogTest.layer({ flags: { beta: true } }))))

  it.effect("returns to the definitions, in local evaluation too", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* posthog.setDefinitions({ ...definitions, flags: [] })
      yield* posthog.reset
      deepStrictEqual((yield* evaluateFlags({ ...ada, onlyEvaluateLocally: true })).keys, ["everybody"])
    }).pipe(Effect.provide(PostHogTest.layer({ definitions }))))
})

describe("PostHogTest: the stack of a failed expectation", () => {
  const inThisFile = (frame: string | undefined) => assert.include(frame, "PostHogTest.test.ts")

  it.effect("begins where the test stated it", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      yield* Events.capture({ event: "paid", ...ada })
      yield* evaluateFlags(ada)
      const errors = yield* Effect.all([
        Effect.flip(posthog.expectEvent({ event: "other" })),
        Effect.flip(posthog.expectExposure({ flag: "other" })),
        Effect.flip(posthog.expectException({})),
        Effect.flip(posthog.expectNoEvent({ event: "paid" })),
        Effect.flip(posthog.expectNoRequest)
      ])
      for (const { message, stack = "" } of errors) {
        assert.isTrue(stack.startsWith(`ExpectationError: ${message}\n`))
        inThisFile(stack.slice(message.length).split("\n")[1])
      }
      const [pretty] = Cause.prettyErrors(Cause.fail(errors[0]))
      inThisFile(pretty?.stack?.split("\n").find((line) => line.startsWith("    at ")))
    }).pipe(Effect.provide(PostHogTest.layer())))
})

describe("PostHogTest: the flags of a registry", () => {
  const registry = Flag.registry({
    newCheckout: Flag.boolean("new-checkout").pipe(Flag.withDefault(false)),
    pricing: Flag.variants("pricing", ["control", "annual"])
  })

  it.effect("are set by their names", () =>
    Effect.gen(function*() {
      const posthog = yield* test
      const before = yield* evaluateFlags({ ...ada, flags: registry })
      assert.isTrue(yield* before.flags.newCheckout)
      assertSome(yield* before.flags.pricing, "annual")
      assertSome(before.getFlagPayload("pricing"), { months: 12 })
      yield* posthog.setFlags(registry, { pricing: "control" })
      const after = yield* evaluateFlags({ ...ada, flags: registry })
      assert.isFalse(yield* after.flags.newCheckout)
      assertSome(yield* after.flags.pricing, "control")
    }).pipe(Effect.provide(
      PostHogTest.layer(registry, { newCheckout: true, pricing: { value: "annual", payload: { months: 12 } } })
    )))
})
