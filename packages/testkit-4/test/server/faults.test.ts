// Generated from packages/testkit/test/server/faults.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { interruptFiber } from "../support/standIns.ts"
import { Fault } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "../support/effectVitest.ts"
import { assertNone, assertSome, deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect, Fiber, Option } from "effect"
import * as Result from "effect/Result"
import * as TestClock from "../support/testClock.ts"
import * as Client from "../support/client.ts"

const withServer = Effect.provide(Client.serverAndClient())

const failure = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.map(Effect.result(effect), Result.getFailure)

describe("faults", () => {
  it.live("statuses come in sequence, then all is normal", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("flags", Fault.status(502), Fault.pass, Fault.status(503, { retryAfter: 3 }))
      const answers = yield* Effect.replicateEffect(Client.flags(), 4)
      deepStrictEqual(answers.map((answer) => answer.status), [502, 200, 503, 200])
      strictEqual(answers[2]?.headers["retry-after"], "3")
      const recorded = yield* server.requests
      deepStrictEqual(Option.all(recorded.map((request) => request.status)), Option.some([502, 200, 503, 200]))
    }).pipe(withServer))

  it.live("a standing fault lasts until it is cleared; scripted ones come first", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.always("batch", Fault.status(500, { body: "down", headers: { "x-reason": "test" } }))
      yield* server.script("batch", Fault.status(429))
      const answers = yield* Effect.replicateEffect(Client.batch(Client.v0Event("paid")), 3)
      yield* server.clear("batch")
      const after = yield* Client.batch(Client.v0Event("paid"))
      deepStrictEqual([...answers, after].map((answer) => answer.status), [429, 500, 500, 200])
      strictEqual(answers[1]?.text, "down")
      strictEqual(answers[1]?.headers["x-reason"], "test")
      strictEqual((yield* server.events).length, 1)
    }).pipe(withServer))

  it.live("faults of one endpoint do not touch another", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.always("definitions", Fault.status(402))
      strictEqual((yield* Client.flags()).status, 200)
      strictEqual((yield* Client.definitions()).status, 402)
    }).pipe(withServer))

  it.live("a body of its own replaces the answer, and the events are taken in", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script(
        "flags",
        Fault.body({ flags: { beta: { key: "beta", enabled: true } } }),
        Fault.body("nonsense")
      )
      deepStrictEqual((yield* Client.flags()).json, { flags: { beta: { key: "beta", enabled: true } } })
      strictEqual((yield* Client.flags()).text, "nonsense")
      yield* server.script("batch", Fault.body({ status: "Ok" }))
      yield* Client.batch(Client.v0Event("paid"))
      strictEqual((yield* server.events).length, 1)
    }).pipe(withServer))

  it.live("a hanging request has arrived, has no answer, and leaves no socket when its client gives up", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("flags", Fault.hang)
      const fiber = yield* Effect.forkChild(Client.flags(), { uninterruptible: "inherit" })
      const [request] = yield* server.awaitRequests("flags", 1)
      assertNone(request!.status)
      strictEqual(yield* server.openConnections, 1)
      yield* interruptFiber(fiber)
      yield* server.awaitConnections(0)
      strictEqual(yield* server.openConnections, 0)
    }).pipe(withServer))

  it.live("a reset before the answer is a transport error, and nothing is taken in", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.reset)
      const error = yield* failure(Client.batch(Client.v0Event("paid")))
      assertSome(Option.map(error, ({ _tag }) => _tag), "HttpClientError")
      deepStrictEqual(yield* server.events, [])
      assertNone((yield* server.requestsTo("batch"))[0]!.status)
    }).pipe(withServer))

  for (const [name, fault] of [["reset", Fault.resetMidBody], ["end", Fault.truncatedBody]] as const) {
    it.live(`a ${name} in the middle of the body fails the read, after the events were taken in`, () =>
      Effect.gen(function*() {
        const server = yield* Client.server
        yield* server.script("batch", fault)
        assert.isTrue(Option.isSome(yield* failure(Client.batch(Client.v0Event("paid")))))
        strictEqual((yield* server.events).length, 1)
        assertSome((yield* server.requestsTo("batch"))[0]!.status, 200)
      }).pipe(withServer))
  }

  it.live("a stalled body sends its head and then nothing", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("flags", Fault.stalledBody)
      const fiber = yield* Effect.forkChild(Client.flags(), { uninterruptible: "inherit" })
      yield* server.awaitRequests("flags", 1)
      const result = yield* Fiber.join(fiber).pipe(Effect.timeoutOption("100 millis"))
      assertNone(result)
      yield* interruptFiber(fiber)
      yield* server.awaitConnections(0)
    }).pipe(withServer))

  it.live("a malformed body is a complete answer that is no JSON", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("flags", Fault.malformedBody)
      const answer = yield* Client.flags()
      strictEqual(answer.status, 200)
      assert.throws(() => answer.json)
    }).pipe(withServer))

  it.live("a dripping body arrives whole in the end", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("batch", Fault.drip("1 millis"))
      deepStrictEqual((yield* Client.batch(Client.v0Event("paid"))).json, { status: 1 })
    }).pipe(withServer))

  it.effect("a delay waits on the server's clock, then does what comes next", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.script("flags", Fault.delay("1 minute", Fault.status(504)), Fault.delay("1 minute"))
      const first = yield* Effect.forkChild(Client.flags(), { uninterruptible: "inherit" })
      yield* server.awaitRequests("flags", 1)
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(first)).status, 504)
      const second = yield* Effect.forkChild(Client.flags(), { uninterruptible: "inherit" })
      yield* server.awaitRequests("flags", 2)
      yield* TestClock.adjust("1 minute")
      strictEqual((yield* Fiber.join(second)).status, 200)
    }).pipe(withServer))

  it.live("requests with too many events are refused, smaller ones are not", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.always("batch", Fault.maxEvents(2))
      yield* server.always("events", Fault.maxEvents(1))
      const [a, b, c] = [Client.v1Event("a", 1), Client.v1Event("b", 2), Client.v1Event("c", 3)] as const
      const answers = yield* Effect.all([
        Client.batch(a, b, c),
        Client.batch(a, b),
        Client.capture(a, b),
        Client.capture(c)
      ])
      deepStrictEqual(answers.map(({ status }) => status), [413, 200, 413, 200])
      strictEqual(answers[2].json.error, "payload_too_large")
      deepStrictEqual((yield* server.events).map(({ event }) => event), ["a", "b", "c"])
    }).pipe(withServer))

  it.live("a used-up quota takes the form of each endpoint", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.setRemoteFlags({ beta: true })
      for (const endpoint of ["flags", "definitions", "batch", "events"] as const) {
        yield* server.script(endpoint, Fault.quotaLimited)
      }
      const answer = yield* Client.flags()
      deepStrictEqual(answer.json.quotaLimited, ["feature_flags"])
      deepStrictEqual(answer.json.flags, {})
      strictEqual((yield* Client.definitions()).status, 402)
      deepStrictEqual((yield* Client.batch(Client.v0Event("paid"))).json, { status: 1, quota_limited: ["events"] })
      strictEqual((yield* Client.capture(Client.v1Event("paid"))).json.error, "billing_limit_exceeded")
      deepStrictEqual(yield* server.events, [])
    }).pipe(withServer))

  it.live("computation errors mark the flags named", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.setRemoteFlags({ beta: true, gamma: { value: true, failed: true } })
      yield* server.script("flags", Fault.computationErrors())
      const answer = yield* Client.flags()
      strictEqual(answer.json.errorsWhileComputingFlags, true)
      strictEqual(answer.json.flags.beta.enabled, true)
      strictEqual(answer.json.flags.gamma.failed, true)
      strictEqual(answer.json.flags.gamma.enabled, false)
    }).pipe(withServer))
})
