import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { DefinitionsError, DefinitionsSource, LocalEvaluator, PostHogConfig, PostHogMetrics } from "../../src/index.ts"
import type { DefinitionsLoad } from "../../src/index.ts"
import {
  build,
  document,
  flag,
  makeEndpoint,
  notModified,
  ok,
  options,
  secret,
  settled,
  status,
  token
} from "../support/scriptedEndpoint.ts"
import type { Answer } from "../support/scriptedEndpoint.ts"

interface Line {
  readonly level: string
  readonly text: string
  readonly annotations: object
}

// Collects what the effect logs, at every level.
const withLog = <A, E, R>(use: (lines: ReadonlyArray<Line>) => Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const lines: Array<Line> = []
    const logger = Logger.make<unknown, void>(({ annotations, cause, logLevel, message }) => {
      lines.push({
        level: logLevel.label,
        text: `${Inspectable.toStringUnknown(Array.isArray(message) ? message.join(" ") : message)} ${
          JSON.stringify(cause)
        }`,
        annotations: Object.fromEntries(annotations)
      })
    })
    return use(lines).pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Logger.withMinimumLogLevel(LogLevel.All)
    )
  })

const loud = (lines: ReadonlyArray<Line>) =>
  lines.filter(({ level }) => level !== "DEBUG").map(({ level, text }) => `${level} ${text.split(" {\"_id\"")[0]}`)

describe("the log", () => {
  it.scoped("has a failure once, however often it repeats, and its end", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const endpoint = makeEndpoint(ok(document(["one"])))
        const evaluator = yield* build(endpoint.client)
        yield* evaluator.reload
        const answers: ReadonlyArray<Answer> = [
          status(503),
          status(503),
          status(503),
          status(401),
          status(401),
          ok("<html>"),
          ok("<html>"),
          ok({ hello: "world" }),
          status(403),
          status(402),
          notModified,
          ok(document(["one"]))
        ]
        for (const answer of answers) {
          endpoint.answer(answer)
          yield* Effect.ignore(evaluator.reload)
        }
        const from = ", from https://posthog.test"
        assert.deepStrictEqual(loud(lines), [
          `WARN Flag definitions could not be loaded: ApiError (status 503)${from}`,
          `ERROR Flag definitions could not be loaded: Unauthorized (status 401)${from}; is secretKey a key of the project ` +
          "that apiKey names, in that region?",
          `WARN Flag definitions could not be loaded: InvalidDocument (status 200): line 1, column 1: expected a value${from}` +
          "; is that a PostHog host, such as https://us.i.posthog.com or https://eu.i.posthog.com? Or does a proxy or a " +
          "sign-in page answer in its place?",
          `WARN Flag definitions could not be loaded: InvalidDocument: the document has no array "flags"${from}` +
          "; is that a PostHog host, such as https://us.i.posthog.com or https://eu.i.posthog.com? Or does a proxy or a " +
          "sign-in page answer in its place?",
          `ERROR Flag definitions could not be loaded: Forbidden (status 403)${from}; has secretKey the scope ` +
          "feature_flag:read in that project, and may this machine reach PostHog?",
          `WARN Flag definitions could not be loaded: QuotaLimited (status 402)${from}; no definitions are used until the ` +
          "quota allows",
          `WARN Flag definitions could not be loaded: InvalidDocument: not modified, but none are loaded${from}`,
          "INFO Flag definitions are loaded again, after 11 failed loads"
        ])
        assert.isTrue(lines.every(({ annotations }) => "package" in annotations && "module" in annotations))
      })
    ))

  it.scoped("tells of every load at the level Debug", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const endpoint = makeEndpoint(ok(document(["one"]), "\"v1\""))
        const evaluator = yield* build(endpoint.client)
        yield* evaluator.ready
        for (const answer of [notModified, ok(document(["one", "two"]))]) {
          endpoint.answer(answer)
          yield* evaluator.reload
        }
        const told = lines.filter(({ level }) => level === "DEBUG").map(({ text }) => text.split(" {\"_id\"")[0])
        assert.deepStrictEqual(told.filter((text) => text?.includes("flag") === true), [
          "loaded 1 flag (etag \"v1\")",
          "not modified: 1 flag (etag \"v1\")",
          "loaded 2 flags"
        ])
      })
    ))

  it.scoped("names the flags that need the server, and why, and again only when they are others", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const left = Array.from({ length: 25 }, (_, index) =>
          flag(`sticky-${index}`, { ensure_experience_continuity: true }))
        const endpoint = makeEndpoint(ok({ flags: [flag("one"), ...left] }))
        const evaluator = yield* build(endpoint.client)
        yield* evaluator.reload
        assert.strictEqual((yield* evaluator.status).neverLocal, 25)
        const same = [...left, flag("one"), flag("two", { name: "edited" })]
        for (const answer of [notModified, ok({ flags: [...same].reverse() }), ok({ flags: same }), status(500)]) {
          endpoint.answer(answer)
          yield* Effect.ignore(evaluator.reload)
        }
        const [warning, ...others] = lines.filter(({ text }) =>
          text.includes("decided locally")
        )
        assert.match(
          warning?.text ?? "",
          /^Flag definitions: 25 of 26 flags cannot always be decided locally:\n {2}"sticky-0": \S/
        )
        assert.include(warning?.text, "\n  and 5 more")
        assert.deepStrictEqual(others, [])
        endpoint.answer(ok({ flags: [flag("one"), flag("two"), left[0]] }))
        yield* evaluator.reload
        assert.include(lines.map(({ text }) => text).join("\n"), "1 of 3 flags cannot always be decided locally")
      })
    ))

  it.scoped("names, once, the flags that have a part which is too large; the others are decided locally", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const payloads = Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`v${index}`, index]))
        const huge = flag("huge", { filters: { groups: [{}], payloads } })
        const endpoint = makeEndpoint(ok({ flags: [flag("one"), huge, flag("two")], group_type_mapping: payloads }))
        const evaluator = yield* build(endpoint.client)
        yield* evaluator.reload
        yield* evaluator.reload
        const { needsRemote, records } = evaluator.evaluate({ distinctId: "a" })
        assert.deepStrictEqual(
          [...records].map(([key, { _tag }]) => [key, _tag]),
          [["one", "Resolved"], ["huge", "RequiresServer"], ["two", "Resolved"]]
        )
        assert.isTrue(needsRemote)
        assert.deepStrictEqual(loud(lines), [
          "WARN Flag definitions: 2 could not be read, and the server decides them:\n" +
          "  group_type_mapping: is too large, or nested too deeply\n" +
          "  flags[1].filters.payloads: is too large, or nested too deeply",
          "WARN Flag definitions: 1 of 3 flags cannot always be decided locally:\n" +
          "  \"huge\": a part of the definition of the flag is too large"
        ])
      })
    ))

  it.scoped("shows hostile names escaped and cut", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const forged = "a\nERROR forged \u001b]0;x\u0007\u202e\u2028"
        const endpoint = makeEndpoint(ok({
          flags: [
            flag(forged, { ensure_experience_continuity: true }),
            flag("k".repeat(1_000_000), { ensure_experience_continuity: true }),
            flag("cohort", {
              filters: { groups: [{ properties: [{ key: forged, type: forged, operator: "exact", value: 1 }] }] }
            }),
            flag("payload", { filters: { groups: [{}], payloads: { true: 1 }, [forged]: 1, multivariate: 7 } })
          ],
          cohorts: { [forged]: 7 }
        }))
        const evaluator = yield* build(endpoint.client)
        yield* evaluator.reload
        const texts = lines.map(({ text }) => text)
        assert.isNotEmpty(texts.filter((text) => text.includes("\\nERROR forged")))
        for (const text of texts) {
          assert.isBelow(text.length, 8000)
          assert.notMatch(text, /(?!\n)[\p{Cc}\p{Cf}\p{Zl}]|^ERROR forged/mu)
        }
      })
    ))

  it.scoped("warns once when a secret key goes to another machine unencrypted", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const warned = (host: string) =>
          Effect.gen(function*() {
            const before = lines.length
            const evaluator = yield* build(makeEndpoint(ok(document(["one"]))).client, { host })
            yield* evaluator.reload
            yield* evaluator.reload
            return lines.slice(before).filter(({ text }) => text.includes("unencrypted")).length
          })
        for (const host of ["http://posthog.internal:8000", "http://10.0.0.7", "http://127.0.0.1.evil.com"]) {
          assert.strictEqual(yield* warned(host), 1)
        }
        for (const host of ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:80", "https://eu.posthog.com"]) {
          assert.strictEqual(yield* warned(host), 0)
        }
      })
    ))

  it.scoped("warns once when nothing has been refreshed for ten intervals, and again after a recovery", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const endpoint = makeEndpoint(ok(document(["one"])))
        const evaluator = yield* build(endpoint.client)
        yield* evaluator.reload
        const warnings = () => lines.filter(({ text }) => text.includes("poll intervals")).map(({ text }) => text)
        const pass = (times: number) =>
          Effect.repeatN(Effect.zipRight(TestClock.adjust("30 seconds"), settled(evaluator)), times - 1)
        endpoint.answer(notModified)
        yield* pass(30)
        assert.deepStrictEqual(warnings(), [])
        endpoint.answer(status(503))
        yield* pass(9)
        assert.deepStrictEqual(warnings(), [])
        yield* pass(20)
        assert.strictEqual(warnings().length, 1)
        assert.include(warnings()[0], "have not been refreshed for")
        assert.include(
          warnings()[0],
          ". Flag definitions could not be loaded: ApiError (status 503), from https://posthog.test"
        )
        endpoint.answer(notModified)
        yield* pass(2)
        endpoint.answer(status(503))
        yield* pass(20)
        assert.strictEqual(warnings().length, 2)
      })
    ))

  it.scoped("says so again once an hour, and why", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        yield* build(makeEndpoint(status(401)).client, { definitions: { pollInterval: "10 minutes" } })
        yield* TestClock.adjust("225 minutes")
        const reminders = lines.filter(({ text }) => text.includes("poll intervals")).map(({ text }) => text)
        assert.deepStrictEqual(
          reminders.map((text) => /^Flag definitions have not been loaded for (.*), more than/.exec(text)?.[1]),
          ["1h 40m", "2h 40m", "3h 40m"]
        )
        for (const reminder of reminders) {
          assert.include(reminder, "no flag is evaluated locally. Flag definitions could not be loaded: Unauthorized")
        }
      })
    ))

  it.scoped("warns also when nothing was ever loaded, or when a source never answers", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        yield* build(makeEndpoint(status(503)).client)
        yield* LocalEvaluator.layer.pipe(
          Layer.provide(Layer.succeed(DefinitionsSource, { name: "hanging", load: () => Effect.never })),
          Layer.provide(PostHogConfig.layer(options())),
          Layer.build
        )
        yield* TestClock.adjust("5 minutes")
        const warnings = lines.filter(({ text }) => text.includes("have not been loaded for 5m"))
        assert.strictEqual(warnings.length, 2)
      })
    ))
})

describe("the clock", () => {
  it.scoped("may jump back without stopping the polling", () =>
    Effect.gen(function*() {
      // The time of day goes wild, elapsed time does not.
      let offset = 0
      const clock = yield* Effect.clock
      const jumping = {
        ...clock,
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + offset,
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        sleep: (duration: Parameters<typeof clock.sleep>[0]) => clock.sleep(duration),
        currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() + offset),
        currentTimeNanos: clock.currentTimeNanos
      }
      const endpoint = makeEndpoint(ok(document(["one"])))
      const evaluator = yield* Effect.withClock(build(endpoint.client), jumping)
      yield* evaluator.reload
      for (const jump of [-86_400_000, 86_400_000, -1_000]) {
        offset += jump
        const before = endpoint.requests.length
        const { age = Number.NaN, nextAttemptAt = Number.NaN } = yield* evaluator.status
        assert.isAtLeast(age, 0)
        assert.isAtMost(nextAttemptAt - jumping.unsafeCurrentTimeMillis(), 33_000)
        yield* TestClock.adjust("33 seconds")
        yield* settled(evaluator)
        assert.strictEqual(endpoint.requests.length, before + 1)
      }
    }))
})

describe("secrets", () => {
  const leaks = (text: string) => [token, encodeURIComponent(token), secret].filter((word) => text.includes(word))

  it.scoped("are in no log, span, error or status, whatever happens", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const spans: Array<Tracer.Span> = []
        const { span: makeSpan } = yield* Effect.tracer
        const tracer = Tracer.make({
          context: (run) => run(),
          span: (...parts) => {
            const span = makeSpan(...parts)
            spans.push(span)
            return span
          }
        })
        const endpoint = makeEndpoint(ok(document(["one"])))
        const shown: Array<unknown> = []
        yield* Effect.gen(function*() {
          const evaluator = yield* build(endpoint.client)
          const answers: ReadonlyArray<Answer> = [
            ok(document(["two"])),
            status(401),
            status(500),
            { reset: true },
            ok(`${token} ${secret}`),
            { status: 302, body: token }
          ]
          for (const answer of answers) {
            endpoint.answer(answer)
            shown.push(yield* Effect.either(evaluator.reload), yield* evaluator.status)
          }
        }).pipe(Effect.withSpan("startup"), Effect.withTracer(tracer))
        assert.strictEqual(shown.length, 12)
        assert.include(endpoint.requests[0]?.url, encodeURIComponent(token))

        assert.deepStrictEqual(leaks(lines.map(({ text }) => text).join("\n")), [])
        assert.deepStrictEqual(leaks(Inspectable.toStringUnknown(shown)), [])
        for (const either of shown) {
          const failure = either as { readonly _tag?: string; readonly left?: Error }
          if (failure._tag === "Left") {
            assert.deepStrictEqual(leaks(`${failure.left?.stack} ${failure.left?.message}`), [])
          }
        }
        const [startup, ...loads] = spans
        assert.strictEqual(startup?.name, "startup")
        assert.isNotEmpty(loads)
        for (const span of loads) {
          assert.strictEqual(span.name, "PostHog.loadDefinitions")
          assert.isTrue(Option.isNone(span.parent))
          assert.deepStrictEqual(leaks(JSON.stringify([...span.attributes])), [])
          assert.deepStrictEqual(leaks(Inspectable.toStringUnknown(span.status)), [])
        }
      })
    ))
})

describe("the metrics", () => {
  it.scoped("count refreshes and failures by reason, and tell age and number", () =>
    Effect.gen(function*() {
      const source = "a source of its own"
      let answer: Effect.Effect<DefinitionsLoad, DefinitionsError> = Effect.succeed({
        _tag: "Loaded",
        document: document(["one", "two"])
      })
      const evaluator = yield* LocalEvaluator.layer.pipe(
        Layer.provide(Layer.succeed(DefinitionsSource, { name: source, load: () => answer })),
        Layer.provide(PostHogConfig.layer(options())),
        Layer.build,
        Effect.map(Context.get(LocalEvaluator))
      )
      const failures = (reason: string) =>
        PostHogMetrics.definitionsFailures.pipe(
          Metric.tagged("source", source),
          Metric.tagged("reason", reason),
          Metric.value
        )
      const age = Metric.value(Metric.tagged(PostHogMetrics.definitionsAge, "source", source))
      const flags = Metric.value(Metric.tagged(PostHogMetrics.definitionsFlags, "source", source))
      const refreshes = Metric.value(Metric.tagged(PostHogMetrics.definitionsRefreshes, "source", source))
      yield* evaluator.reload
      assert.strictEqual((yield* flags).value, 2)
      assert.strictEqual((yield* refreshes).count, 1)
      assert.strictEqual((yield* age).value, 0)
      answer = Effect.fail(new DefinitionsError({ reason: "Timeout" }))
      yield* Effect.ignore(evaluator.reload)
      yield* Effect.ignore(evaluator.reload)
      assert.strictEqual((yield* failures("Timeout")).count, 2)
      assert.strictEqual((yield* failures("ApiError")).count, 0)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual((yield* age).value, 30)
      answer = Effect.fail(new DefinitionsError({ reason: "QuotaLimited", httpStatus: 402 }))
      yield* Effect.ignore(evaluator.reload)
      assert.strictEqual((yield* flags).value, 0)
    }))
})
