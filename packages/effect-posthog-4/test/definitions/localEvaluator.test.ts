// Generated from packages/effect-posthog/test/definitions/localEvaluator.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Option from "effect/Option"
import { interruptFiber } from "../support/standIns.ts"
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { DefinitionsError, DefinitionsSource, LocalEvaluator, PostHogConfig } from "../../src/index.ts"
import type { DefinitionsChange, DefinitionsLoad, LocalEvaluation } from "../../src/index.ts"
import { yieldToEventLoop } from "../../src/internal/eventLoop.ts"
import {
  build,
  document,
  flag,
  makeEndpoint,
  notModified,
  ok,
  options,
  resolved,
  secret,
  settled,
  status,
  token
} from "../support/scriptedEndpoint.ts"
import type { Answer, Evaluator } from "../support/scriptedEndpoint.ts"

const someone = { distinctId: "someone" }

const poll = (evaluator: Evaluator) => Effect.andThen(TestClock.adjust("33 seconds"), settled(evaluator))

// The definitions one and two under the ETag "v1" with the gate on, then one more answer.
const afterLoaded = (answer: Answer) =>
  Effect.gen(function*() {
    const endpoint = makeEndpoint(ok(document(["one", "two"], { minimal_flag_called_events: true }), "\"v1\""))
    const evaluator = yield* build(endpoint.client)
    yield* evaluator.reload
    endpoint.answer(answer)
    const result = yield* Effect.result(evaluator.reload)
    const { nextAttemptAt = Number.NaN } = yield* evaluator.status
    const delay = nextAttemptAt - (yield* Effect.clockWith((clock) => clock.currentTimeMillis))
    return { delay, endpoint, evaluator, result }
  })

const failedWith = (result: Result.Result<void, DefinitionsError>, expected: DefinitionsError) => {
  assert.strictEqual(result._tag === "Failure" ? result.failure.message : "", expected.message)
}

const isKept = (evaluator: Evaluator) => {
  assert.deepStrictEqual(resolved(evaluator), ["one", "two"])
  assert.isTrue(evaluator.evaluate(someone).minimalFlagCalledEvents)
}

const isBetween = (value: number, least: number, most: number) => {
  assert.isAtLeast(value, least)
  assert.isAtMost(value, most)
}

describe("the answers of the server", () => {
  it.scoped("200 replaces everything, and an answer without an ETag clears the held one", () =>
    Effect.gen(function*() {
      const { delay, endpoint, evaluator, result } = yield* afterLoaded(ok(document(["three"])))
      assert.isTrue(result._tag === "Success")
      assert.deepStrictEqual(resolved(evaluator), ["three"])
      assert.isFalse(evaluator.evaluate(someone).minimalFlagCalledEvents)
      assert.isUndefined((yield* evaluator.status).etag)
      isBetween(delay, 30_000, 33_000)
      yield* evaluator.reload
      assert.deepStrictEqual(endpoint.requests.map(({ headers }) => headers["if-none-match"]), [
        undefined,
        "\"v1\"",
        undefined
      ])
    }))

  it.scoped("200 replaces a value that reads like the one before it", () =>
    Effect.gen(function*() {
      const filters = (value: unknown) => ({
        groups: [{ properties: [{ key: "k", type: "person", operator: "exact", value }], rollout_percentage: 100 }]
      })
      const ofValue = (value: unknown) => ok({ flags: [flag("one", { filters: filters(value) })] })
      const endpoint = makeEndpoint(ofValue("boolean true"))
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.reload
      endpoint.answer(ofValue(true))
      yield* evaluator.reload
      const result = evaluator.evaluate({ ...someone, personProperties: { k: true } }).records.get("one")
      assert.strictEqual(result?._tag === "Resolved" && result.value, true)
    }))

  it.scoped("304 keeps everything, refreshes the age and forgets which keys are absent", () =>
    Effect.gen(function*() {
      const { endpoint, evaluator } = yield* afterLoaded(ok(document(["one", "two"]), "\"v2\""))
      yield* evaluator.noteAbsent(["gone"])
      assert.isFalse(evaluator.evaluate(someone, ["gone"]).needsRemote)
      endpoint.answer(notModified)
      yield* poll(evaluator)
      assert.deepStrictEqual(resolved(evaluator), ["one", "two"])
      assert.isTrue(evaluator.evaluate(someone, ["gone"]).needsRemote)
      const { age, etag } = yield* evaluator.status
      assert.strictEqual(etag, "\"v2\"")
      assert.isAtMost(age ?? Number.NaN, 3_000)
      endpoint.answer({ ...notModified, etag: "\"v3\"" })
      yield* evaluator.reload
      assert.strictEqual((yield* evaluator.status).etag, "\"v3\"")
    }))

  for (const [code, reason] of [[401, "Unauthorized"], [403, "Forbidden"], [429, "RateLimited"]] as const) {
    it.scoped(`${code} keeps everything and backs off, up to a minute`, () =>
      Effect.gen(function*() {
        const { delay, endpoint, evaluator, result } = yield* afterLoaded(status(code))
        failedWith(result, new DefinitionsError({ reason, httpStatus: code }))
        isKept(evaluator)
        isBetween(delay, 60_000, 66_000)
        assert.strictEqual((yield* evaluator.status).etag, "\"v1\"")
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(endpoint.requests.length, 2)
        yield* TestClock.adjust("7 seconds")
        yield* settled(evaluator)
        assert.strictEqual(endpoint.requests.length, 3)
        isKept(evaluator)
      }))
  }

  it.scoped("an answer that an HTTP cache kept is as old as it is, and keeps what is known to be absent", () =>
    Effect.gen(function*() {
      const headers = { date: "Fri, 27 Nov 2026 12:00:00 GMT" }
      const endpoint = makeEndpoint({ ...ok(document(["one"]), "\"v1\""), headers })
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.reload
      const first = yield* evaluator.status
      assert.strictEqual(first.age, 0)
      yield* TestClock.adjust("10 seconds")
      yield* evaluator.noteAbsent(["missing"])
      for (const kept of [{ ...ok(document(["one"]), "\"v1\""), headers }, { ...notModified, headers }]) {
        endpoint.answer(kept)
        yield* evaluator.reload
        const { age, loadedAt } = yield* evaluator.status
        assert.deepStrictEqual([age, loadedAt], [10_000, first.loadedAt])
      }
      assert.strictEqual((yield* evaluator.status).absentKeys, 0, "the document was sent again")
      endpoint.answer({ ...notModified, headers: { date: "Fri, 27 Nov 2026 12:00:10 GMT", age: "4" } })
      yield* evaluator.reload
      assert.strictEqual((yield* evaluator.status).age, 4000)
      endpoint.answer({ ...notModified, headers: { date: "Fri, 27 Nov 2026 12:00:11 GMT", age: "0" } })
      yield* evaluator.reload
      assert.strictEqual((yield* evaluator.status).age, 0)
    }))

  it.scoped("402 drops flags, gate and ETag, and polling goes on", () =>
    Effect.gen(function*() {
      const { delay, endpoint, evaluator, result } = yield* afterLoaded(status(402))
      failedWith(result, new DefinitionsError({ reason: "QuotaLimited", httpStatus: 402 }))
      const evaluation = evaluator.evaluate(someone)
      assert.strictEqual(evaluation.records.size, 0)
      assert.isTrue(evaluation.needsRemote)
      assert.isUndefined(evaluation.minimalFlagCalledEvents)
      assert.isUndefined(evaluation.loadedAt)
      isBetween(delay, 30_000, 33_000)
      endpoint.answer(ok(document(["one"]), "\"v1\""))
      yield* poll(evaluator)
      assert.isUndefined(endpoint.requests[2]?.headers["if-none-match"])
      assert.deepStrictEqual(resolved(evaluator), ["one"])
    }))

  const kept: ReadonlyArray<readonly [string, Answer, DefinitionsError]> = [
    ["500", status(500), new DefinitionsError({ reason: "ApiError", httpStatus: 500 })],
    ["503", status(503), new DefinitionsError({ reason: "ApiError", httpStatus: 503 })],
    ["404", status(404), new DefinitionsError({ reason: "ApiError", httpStatus: 404 })],
    ["204", { status: 204, body: null }, new DefinitionsError({ reason: "ApiError", httpStatus: 204 })],
    ["a redirect", { status: 302, body: "" }, new DefinitionsError({ reason: "ApiError", httpStatus: 302 })],
    ["a reset", { reset: true }, new DefinitionsError({ reason: "ConnectionError", problem: "ECONNRESET" })],
    [
      "a page",
      ok("<!doctype html>"),
      new DefinitionsError({
        reason: "InvalidDocument",
        httpStatus: 200,
        problem: "line 1, column 1: expected a value"
      })
    ],
    [
      "half a document",
      ok("{\n  \"flags\": ["),
      new DefinitionsError({
        reason: "InvalidDocument",
        httpStatus: 200,
        problem: "line 2, column 13: expected a value"
      })
    ],
    [
      "another document",
      ok({ results: [] }),
      new DefinitionsError({ reason: "InvalidDocument", problem: "the document has no array \"flags\"" })
    ],
    [
      "a list",
      ok([]),
      new DefinitionsError({ reason: "InvalidDocument", problem: "the document is not an object" })
    ]
  ]
  for (const [name, answer, error] of kept) {
    it.scoped(`${name} keeps everything and polling goes on`, () =>
      Effect.gen(function*() {
        const { delay, endpoint, evaluator, result } = yield* afterLoaded(answer)
        failedWith(result, error)
        isKept(evaluator)
        isBetween(delay, 30_000, 33_000)
        const { etag, failures, lastFailure } = yield* evaluator.status
        assert.strictEqual(etag, "\"v1\"")
        assert.strictEqual(failures, 1)
        assert.strictEqual(lastFailure?.message, error.message)
        endpoint.answer(ok(document(["three"])))
        yield* poll(evaluator)
        assert.strictEqual(endpoint.requests[2]?.headers["if-none-match"], "\"v1\"")
        assert.deepStrictEqual(resolved(evaluator), ["three"])
        assert.strictEqual((yield* evaluator.status).failures, 0)
      }))
  }

  it.scoped("no answer in ten seconds keeps everything", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document(["one"])))
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.reload
      endpoint.answer({ ...ok(document(["two"])), after: "1 hour" })
      const reload = yield* Effect.forkChild(Effect.flip(evaluator.reload), { uninterruptible: "inherit" })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(reload)).reason, "Timeout")
      assert.deepStrictEqual(resolved(evaluator), ["one"])
    }))

  it.scoped("a body that never ends is bounded by the same ten seconds", () =>
    Effect.gen(function*() {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])) })
      const evaluator = yield* build(makeEndpoint({ status: 200, body }).client)
      const reload = yield* Effect.forkChild(Effect.flip(evaluator.reload), { uninterruptible: "inherit" })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(reload)).reason, "Timeout")
    }))

  it.scoped("backs off by doubling, never below the interval, until a success", () =>
    Effect.gen(function*() {
      for (
        const [interval, delays] of [
          ["1 second", [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]],
          ["2 minutes", [120_000, 120_000]]
        ] as const
      ) {
        const endpoint = makeEndpoint(status(429))
        const evaluator = yield* build(endpoint.client, { definitions: { pollInterval: interval } })
        for (const expected of delays) {
          yield* Effect.ignore(evaluator.reload)
          const { nextAttemptAt = Number.NaN } = yield* evaluator.status
          isBetween(nextAttemptAt, expected, expected * 1.1)
        }
        endpoint.answer(ok(document([])))
        yield* evaluator.reload
        endpoint.answer(status(401))
        yield* Effect.ignore(evaluator.reload)
        const { nextAttemptAt = Number.NaN } = yield* evaluator.status
        isBetween(nextAttemptAt, delays[0], delays[0] * 1.1)
      }
    }))
})

describe("the request", () => {
  it.scoped("is what PostHog expects, and the secret is in one header only", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document([])))
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.reload
      const [request] = endpoint.requests
      assert.strictEqual(request?.method, "GET")
      assert.strictEqual(
        request?.url,
        `https://posthog.test/flags/definitions?token=${encodeURIComponent(token)}&send_cohorts`
      )
      assert.strictEqual(request?.headers.authorization, `Bearer ${secret}`)
      assert.match(request?.headers["user-agent"] ?? "", /^effect-posthog\/\d/)
      assert.notProperty(request?.headers, "if-none-match")
    }))

  it.scoped("is never made without a secret, nor by a disabled client", () =>
    Effect.gen(function*() {
      for (const more of [{ secretKey: undefined }, { enabled: false }]) {
        const endpoint = makeEndpoint(ok(document([])))
        const evaluator = yield* build(endpoint.client, more)
        yield* evaluator.ready
        yield* evaluator.reload
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(endpoint.requests.length, 0)
        assert.strictEqual((yield* evaluator.status).source, "none")
        assert.isTrue(evaluator.evaluate(someone, ["one"]).needsRemote)
        assert.isFalse(evaluator.evaluate(someone, []).needsRemote)
      }
    }))

  it.scoped("is made once for any number of callers, and outlives the one that began it", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint({ ...ok(document(["one"])), after: "1 second" })
      const evaluator = yield* build(endpoint.client)
      const first = yield* Effect.forkChild(evaluator.reload, { uninterruptible: "inherit" })
      const others = yield* Effect.forkChild(Effect.all(Array.from({ length: 10 }, () => evaluator.reload), { concurrency: 10 }), { uninterruptible: "inherit" })
      yield* TestClock.adjust("500 millis")
      yield* interruptFiber(first)
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(others)
      assert.strictEqual(endpoint.requests.length, 1)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
    }))
})

describe("reloading", () => {
  it.scoped("as soon as definitions are there loads again, instead of joining the load that brought them", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document(["one"])))
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.ready
      endpoint.answer(ok(document(["two"])))
      yield* evaluator.reload
      assert.deepStrictEqual(resolved(evaluator), ["two"])
      assert.strictEqual(endpoint.requests.length, 2)
    }))
})

describe("a reader", () => {
  it.scopedLive("sees one set of definitions or the other, with its own ETag, and what it has seen does not change", () =>
    Effect.gen(function*() {
      const keys = Array.from({ length: 2000 }, (_, index) => `flag-${index}`)
      const version = (name: string) =>
        ok({ flags: keys.map((key) => flag(key, { active: name === "on" })), cohorts: {} }, name)
      const endpoint = makeEndpoint(version("on"))
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.ready

      const read = Effect.map(evaluator.status, ({ etag }) => ({ etag, records: evaluator.evaluate(someone).records }))
      const values = (records: LocalEvaluation["records"]) =>
        new Set([...records.values()].map((result) => result._tag === "Resolved" && result.value))
      const seen: Array<Effect.Effect.Success<typeof read>> = []
      const reader = yield* Effect.forkChild(Effect.forever(Effect.andThen(yieldToEventLoop, Effect.map(read, (one) => seen.push(one)))), { uninterruptible: "inherit" })
      for (const name of ["off", "on", "off", "on"]) {
        endpoint.answer(version(name))
        yield* evaluator.reload
      }
      yield* interruptFiber(reader)
      assert.isAbove(seen.length, 4)
      for (const { etag, records } of seen) {
        assert.strictEqual(records.size, keys.length)
        assert.deepStrictEqual(values(records), new Set([etag === "on"]))
      }
      assert.deepStrictEqual(new Set(seen.map(({ etag }) => etag)), new Set(["on", "off"]))
    }))
})

describe("polling", () => {
  it.scoped("that comes due while a load is being installed does not load again", () =>
    Effect.gen(function*() {
      const installing = yield* Deferred.make<void>()
      let loads = 0
      const source = Layer.succeed(DefinitionsSource, {
        load: () =>
          Effect.sync(() => {
            loads++
            const onInstalled = loads === 2 ? Deferred.await(installing) : Effect.void
            return { _tag: "Loaded" as const, document: document([`load-${loads}`]), onInstalled }
          })
      })
      const evaluator = yield* LocalEvaluator.layer.pipe(
        Layer.provide(source),
        Layer.provide(PostHogConfig.layer(options())),
        Layer.build,
        Effect.map(Context.get(LocalEvaluator))
      )
      yield* evaluator.reload
      const second = yield* Effect.forkChild(evaluator.reload, { uninterruptible: "inherit" })
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(loads, 2)
      yield* Deferred.succeed(installing, undefined)
      yield* Fiber.join(second)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(loads, 2)
      assert.deepStrictEqual(resolved(evaluator), ["load-2"])
      yield* poll(evaluator)
      assert.strictEqual(loads, 3)
    }))

  it.scoped("comes due on a clock that shows a date of today", () =>
    Effect.gen(function*() {
      // Present-day nanoseconds do not fit into a double: a sleep of a few of them would not move the clock.
      yield* TestClock.setTime(Date.UTC(2026, 10, 27, 12, 34, 56, 789))
      const endpoint = makeEndpoint(ok(document(["one"])))
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.ready
      for (let interval = 1; interval <= 5; interval++) {
        yield* settled(evaluator)
        yield* TestClock.adjust("33 seconds")
      }
      assert.isAtLeast(endpoint.requests.length, 6)
      assert.isAtMost(endpoint.requests.length, 7)
    }))

  it.scoped("goes on at the interval after a reload that ended a backoff", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(status(429))
      const evaluator = yield* build(endpoint.client)
      yield* settled(evaluator)
      endpoint.answer(ok(document(["one"])))
      yield* evaluator.reload
      const { nextAttemptAt = Number.NaN } = yield* evaluator.status
      isBetween(nextAttemptAt, 30_000, 33_000)
      endpoint.answer(ok(document(["two"])))
      yield* TestClock.setTime(nextAttemptAt)
      yield* yieldToEventLoop
      yield* settled(evaluator)
      assert.deepStrictEqual(resolved(evaluator), ["two"])
    }))
})

describe("readiness", () => {
  it.scoped("a first load that fails heals by itself", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(status(503))
      const evaluator = yield* build(endpoint.client)
      const ready = yield* Effect.forkChild(evaluator.ready, { uninterruptible: "inherit" })
      yield* Effect.ignore(evaluator.reload)
      assert.isTrue((yield* Effect.sync(() => Option.fromUndefinedOr(ready.pollUnsafe())))._tag === "None")
      assert.isTrue(evaluator.evaluate(someone).needsRemote)
      endpoint.answer(ok(document(["one"])))
      yield* TestClock.adjust("33 seconds")
      yield* Fiber.join(ready)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
    }))

  it.scoped("building the layer waits for nothing", () =>
    Effect.gen(function*() {
      const evaluator = yield* build(makeEndpoint({ ...ok(document([])), after: "1 hour" }).client)
      assert.isUndefined((yield* evaluator.status).loadedAt)
    }))

  it.scoped("waiting with a limit fails with the reason of the last failure", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(status(401))
      const evaluator = yield* build(endpoint.client)
      const waiting = yield* LocalEvaluator.readyWithin("5 seconds").pipe(
        Effect.provideService(LocalEvaluator, evaluator),
        Effect.flip,
        Effect.forkChild({ uninterruptible: "inherit" })
      )
      yield* Effect.ignore(evaluator.reload)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(
        (yield* Fiber.join(waiting)).message,
        "Flag definitions could not be loaded: Unauthorized (status 401): none were loaded within 5s"
      )
    }))

  it.scoped("definitions without flags are definitions", () =>
    Effect.gen(function*() {
      const evaluator = yield* build(makeEndpoint(ok(document([]))).client)
      yield* evaluator.ready
      assert.strictEqual((yield* evaluator.status).flags, 0)
      assert.isTrue(evaluator.evaluate(someone).needsRemote)
    }))
})

describe("negative knowledge", () => {
  it.scoped("covers requested keys without a definition, and no others", () =>
    Effect.gen(function*() {
      const endpoint = makeEndpoint(ok(document(["one"])))
      const evaluator = yield* build(endpoint.client)
      yield* evaluator.noteAbsent(["early"])
      yield* evaluator.reload
      yield* evaluator.noteAbsent(["gone", "one"])
      assert.isTrue(evaluator.evaluate(someone, ["early"]).needsRemote)
      assert.isTrue(evaluator.evaluate(someone, ["gone", "other"]).needsRemote)
      const evaluation = evaluator.evaluate(someone, ["one", "gone"])
      assert.isFalse(evaluation.needsRemote)
      assert.deepStrictEqual([...evaluation.records.keys()], ["one"])
      assert.deepStrictEqual([...evaluation.absent ?? []], ["gone"])
      assert.strictEqual((yield* evaluator.status).absentKeys, 1)
    }))

  it.scoped("that comes from before a refresh is not remembered after it", () =>
    Effect.gen(function*() {
      const { evaluator } = yield* afterLoaded(notModified)
      const before = evaluator.evaluate(someone, ["new"])
      yield* TestClock.adjust("1 seconds")
      yield* evaluator.reload
      yield* evaluator.noteAbsent(["new"], before)
      yield* evaluator.noteAbsent(["new"], {})
      assert.isTrue(evaluator.evaluate(someone, ["new"]).needsRemote)
      yield* evaluator.noteAbsent(["new"], evaluator.evaluate(someone, ["new"]))
      assert.isFalse(evaluator.evaluate(someone, ["new"]).needsRemote)
    }))

  it.scoped("survives a failed refresh", () =>
    Effect.gen(function*() {
      const { endpoint, evaluator } = yield* afterLoaded(notModified)
      yield* evaluator.noteAbsent(["gone"])
      endpoint.answer(status(500))
      yield* Effect.ignore(evaluator.reload)
      assert.isFalse(evaluator.evaluate(someone, ["gone"]).needsRemote)
    }))

  it.scoped("is bounded", () =>
    Effect.gen(function*() {
      const { evaluator } = yield* afterLoaded(notModified)
      yield* evaluator.noteAbsent(Array.from({ length: 25_000 }, (_, index) => `key-${index}`))
      assert.strictEqual((yield* evaluator.status).absentKeys, 10_000)
      assert.isFalse(evaluator.evaluate(someone, ["key-24999"]).needsRemote)
      assert.isTrue(evaluator.evaluate(someone, ["key-0"]).needsRemote)
    }))

  it.scoped("includes the flags that the evaluation contexts exclude", () =>
    Effect.gen(function*() {
      const flags = [flag("web", { evaluation_contexts: ["web"] }), flag("worker", { evaluation_contexts: ["worker"] })]
      const evaluator = yield* build(makeEndpoint(ok({ flags })).client, { flags: { evaluationContexts: ["worker"] } })
      yield* evaluator.reload
      const evaluation = evaluator.evaluate(someone, ["web", "worker"])
      assert.isFalse(evaluation.needsRemote)
      assert.deepStrictEqual([...evaluation.absent ?? []], ["web"])
      assert.deepStrictEqual(resolved(evaluator), ["worker"])
    }))
})

describe("changes", () => {
  const cohort = (country: string) => ({
    type: "AND",
    values: [{ key: "country", operator: "exact", value: [country], type: "person" }]
  })
  const inCohort = flag("in-cohort", {
    filters: { groups: [{ properties: [{ key: "id", type: "cohort", value: 7 }], rollout_percentage: 100 }] }
  })

  it.scoped("name the added, removed and changed keys, and end with the layer", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const endpoint = makeEndpoint(ok({ flags: [flag("one"), flag("two"), inCohort], cohorts: { "7": cohort("NZ") } }))
      const evaluator = yield* Scope.provide(build(endpoint.client), scope)
      const seen = yield* Effect.forkChild(Stream.runCollect(evaluator.changes), { uninterruptible: "inherit" })
      yield* Effect.yieldNow
      yield* evaluator.reload
      const steps: ReadonlyArray<Answer> = [
        ok({ cohorts: { "7": cohort("NZ") }, flags: [inCohort, flag("two"), flag("one")] }),
        notModified,
        ok({ flags: [flag("one", { active: false }), flag("three"), inCohort], cohorts: { "7": cohort("NZ") } }),
        status(500),
        ok({ flags: [flag("one", { active: false }), flag("three"), inCohort], cohorts: { "7": cohort("DE") } }),
        status(402)
      ]
      for (const answer of steps) {
        endpoint.answer(answer)
        yield* Effect.ignore(evaluator.reload)
      }
      yield* Scope.close(scope, Exit.void)
      const expected: ReadonlyArray<DefinitionsChange> = [
        { added: ["in-cohort", "one", "two"], removed: [], changed: [] },
        { added: ["three"], removed: ["two"], changed: ["one"] },
        { added: [], removed: [], changed: ["in-cohort"] },
        { added: [], removed: ["in-cohort", "one", "three"], changed: [] }
      ]
      assert.deepStrictEqual(Array.from(yield* Fiber.join(seen)), expected)
    }))
})

describe("the layer", () => {
  const over = (load: (etag: string | undefined) => Effect.Effect<DefinitionsLoad, DefinitionsError>) =>
    LocalEvaluator.layer.pipe(
      Layer.provide(Layer.succeed(DefinitionsSource, { name: "mine", load })),
      Layer.provide(PostHogConfig.layer(options())),
      Layer.build,
      Effect.map(Context.get(LocalEvaluator))
    )

  it.scoped("takes any source, and survives one that dies or answers nonsense", () =>
    Effect.gen(function*() {
      const etags: Array<string | undefined> = []
      let attempt = 0
      const evaluator = yield* over((etag) => {
        etags.push(etag)
        switch (attempt++) {
          case 0:
            return Effect.die(new Error("broken source"))
          case 1:
            return Effect.succeed({ _tag: "NotModified" })
          case 2:
            return Effect.succeed({ _tag: "Loaded", document: document(["one"]), etag: "a" })
          case 3: {
            throw new Error("thrown")
          }
          case 4: {
            return Effect.succeed({ _tag: "Loaded", document: { flags: "none" }, etag: "b" })
          }
          case 5:
            return Effect.interrupt
          default:
            return Effect.succeed({ _tag: "Kept" })
        }
      })
      const problems: Array<string | undefined> = []
      for (let count = 0; count < 6; count++) {
        const result = yield* Effect.result(evaluator.reload)
        problems.push(result._tag === "Failure" ? result.failure.problem : undefined)
      }
      assert.deepStrictEqual(problems.slice(0, 4), [
        "broken source",
        "not modified, but none are loaded",
        undefined,
        "thrown"
      ])
      assert.deepStrictEqual(etags, [undefined, undefined, undefined, "a", "a", "a"])
      const { failures, lastFailure } = yield* evaluator.status
      assert.strictEqual(failures, 3)
      assert.include(lastFailure?.message, problems[5])
      yield* poll(evaluator)
      assert.deepStrictEqual(resolved(evaluator), ["one"])
      assert.strictEqual((yield* evaluator.status).source, "mine")
      assert.strictEqual(etags.length, 7)
    }))

  it.scoped("closing it interrupts those who wait for definitions", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { ready } = yield* Scope.provide(over(() => Effect.never), scope)
      const waiting = yield* Effect.forkChild(ready, { uninterruptible: "inherit" })
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(waiting)))
    }))

  it.scoped("closing it aborts the load that is under way and fails those who wait for it", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const asked = yield* Deferred.make<void>()
      let aborted = false
      const evaluator = yield* Scope.provide(
        over(() =>
          Effect.andThen(
            Deferred.succeed(asked, undefined),
            Effect.onInterrupt(Effect.never, () => Effect.sync(() => (aborted = true)))
          )
        ),
        scope
      )
      const waiting = yield* Effect.forkChild(Effect.flip(evaluator.reload), { uninterruptible: "inherit" })
      yield* Deferred.await(asked)
      yield* Effect.yieldNow
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(aborted)
      assert.strictEqual((yield* Fiber.join(waiting)).reason, "UnknownError")
      assert.strictEqual((yield* Effect.flip(evaluator.reload)).reason, "UnknownError")
    }))
})
