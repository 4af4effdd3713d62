import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient, HttpClient, HttpClientError } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Cause, Effect, type Exit, Layer, Logger, LogLevel, Option, Redacted, Tracer } from "effect"
import {
  Decider,
  evaluateFlags,
  Events,
  FlagSnapshot,
  LocalEvaluator,
  PostHog,
  PostHogConfig,
  RemoteFlagsError,
  RequestContext,
  TraceDistinctId
} from "effect-posthog"
import { inspect } from "node:util"
import * as Doubles from "./support/doubles.ts"
import { logged } from "./support/logged.ts"

/** Every way in which a value ends up in a log or on a screen. */
const prints = (value: unknown) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const loggers = [Logger.jsonLogger, Logger.stringLogger, Logger.logfmtLogger].map((logger) =>
      Logger.map(logger, (line) => void lines.push(line))
    )
    const keep = Logger.make((options) => {
      lines.push(inspect(Logger.structuredLogger.log(options), { depth: 20 }))
    })
    const [first, ...more] = [...loggers, keep]
    yield* Effect.logError("a value", value, Cause.fail(value)).pipe(
      Effect.annotateLogs("value", value),
      Effect.provide(Layer.mergeAll(
        Logger.replace(Logger.defaultLogger, first ?? Logger.none),
        ...more.map((logger) => Logger.add(logger))
      ))
    )
    return [
      ...lines,
      JSON.stringify(value),
      JSON.stringify({ nested: [value] }),
      inspect(value, { depth: 20, showHidden: true, getters: false }),
      inspect({ nested: value }, { depth: 20 }),
      String(value),
      Cause.pretty(Cause.fail(value), { renderErrorCause: true }),
      Cause.pretty(Cause.die(value), { renderErrorCause: true }),
      inspect(Cause.fail(value), { depth: 20 }),
      value instanceof Error ? `${value.stack}${value.message}` : ""
    ].join("\n")
  })

const secrets = ["secret-variant", "secret-payload", "secret-property", "secret-group", "phc_secret", "secret-person"]

const local = Doubles.evaluation({
  shown: Doubles.resolved("secret-variant", { payload: { text: "secret-payload" } }),
  remote: Doubles.inconclusive
})

const request = {
  distinctId: "secret-person",
  personProperties: { email: "secret-property" },
  groups: { workspace: "secret-group" },
  groupProperties: { workspace: { name: "secret-property" } }
}

const hides = (text: string): void => {
  for (const secret of secrets) assert.notInclude(text, secret)
}

describe("nothing shows values, payloads, properties, identities or the key", () => {
  it.effect("a snapshot shows its keys", () => {
    const { layer } = Doubles.services({
      local,
      server: { flags: { remote: { enabled: true, payload: "secret-payload" } } }
    })
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(request)
      const text = yield* prints(snapshot)
      hides(text)
      assert.include(text, "shown")
      strictEqual(JSON.stringify(snapshot), `{"_id":"FlagSnapshot","keys":["remote","shown"]}`)
      strictEqual(inspect(snapshot), "{ _id: 'FlagSnapshot', keys: [ 'remote', 'shown' ] }")
      hides(yield* prints(yield* snapshot.only(["shown"])))
      hides(
        yield* prints(FlagSnapshot.fromValues({ shown: "secret-variant" }, {
          distinctId: "secret-person",
          payloads: { shown: "secret-payload" }
        }))
      )
    }).pipe(Effect.provide(layer))
  })

  for (
    const [name, fault] of Object.entries({
      "a refusal": Fault.status(401, { body: { detail: "bad token phc_secret" } }),
      "a broken connection": Fault.reset,
      "an odd answer": Fault.body("secret-payload phc_secret")
    })
  ) {
    it.live(`the error after ${name}`, () => {
      const { layer } = Doubles.withServer({
        server: { projectKey: "phc_secret" },
        options: { apiKey: Redacted.make("phc_secret"), flags: { maxRetries: 0 } },
        local
      })
      return Effect.gen(function*() {
        const server = yield* Doubles.server
        yield* server.script("flags", fault)
        const { lines, result: error } = yield* logged(Effect.flip(evaluateFlags(request)))
        assert.instanceOf(error, RemoteFlagsError)
        const text = yield* prints(error)
        hides(text)
        assert.include(lines.join(), "did not evaluate flags")
        hides(lines.join())
        assert.include(text, "shown")
        assert.include(error.message, "1 flag was decided locally")
      }).pipe(Effect.provide(layer))
    })
  }

  it.effect("the cause of a client that tells too much", () => {
    const client = HttpClient.make((httpRequest) =>
      Effect.fail(
        new HttpClientError.RequestError({
          request: httpRequest,
          reason: "Transport",
          description: "could not send phc_secret",
          cause: Object.assign(new Error("while sending phc_secret"), { code: "ENOTFOUND", body: "secret-property" })
        })
      )
    )
    return Effect.gen(function*() {
      const decider = yield* Decider
      const error = yield* Effect.flip(decider.decide(request))
      hides(yield* prints(error))
      assert.match(String(error.cause), /ENOTFOUND/)
      assert.match(String(error.cause), /<redacted>/)
    }).pipe(
      Effect.provide(Decider.layer.pipe(
        Layer.provide(Doubles.config({ apiKey: Redacted.make("phc_secret"), flags: { maxRetries: 0 } })),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
      ))
    )
  })

  it.effect("configuration errors", () =>
    Effect.gen(function*() {
      const failures = yield* Effect.forEach([
        { apiKey: Redacted.make("phc_secret"), secretKey: Redacted.make("phc_secret") },
        { apiKey: Redacted.make("phc_secret \u0000") },
        { apiKey: Redacted.make("phc_ok"), host: "http://phc_secret@localhost" },
        { apiKey: Redacted.make("phc_ok"), host: "not a url: phc_secret" }
      ], (options) => Effect.flip(Layer.build(PostHogConfig.layer(options))).pipe(Effect.scoped))
      for (const failure of failures) hides(yield* prints(failure))
      deepStrictEqual(failures.map(({ option }) => option), ["secretKey", "apiKey", "host", "host"])
    }))
})

interface Recorded {
  readonly name: string
  readonly attributes: Map<string, unknown>
  readonly events: Array<readonly [string, Record<string, unknown>]>
  exit?: Exit.Exit<unknown, unknown>
}

const recordingTracer = () => {
  const spans: Array<Recorded> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const recorded: Recorded = { name, attributes: new Map(), events: [] }
      spans.push(recorded)
      return {
        _tag: "Span",
        name,
        spanId: `span-${spans.length}`,
        traceId: "trace",
        parent,
        context,
        links,
        kind,
        sampled: true,
        status: { _tag: "Started", startTime },
        attributes: recorded.attributes,
        attribute: (key, value) => void recorded.attributes.set(key, value),
        event: (event, _, attributes) => void recorded.events.push([event, attributes ?? {}]),
        addLinks: () => {},
        end: (_, exit) => void (recorded.exit = exit)
      }
    },
    context: (execution) => execution()
  })
  return { spans, layer: Layer.setTracer(tracer) }
}

const text = (spans: ReadonlyArray<Recorded>): string => inspect(spans, { depth: 20 })

describe("traces", () => {
  it.effect("of an evaluation without I/O have no span", () => {
    const { layer } = Doubles.services({ local: Doubles.evaluation({ a: true }) })
    const { layer: tracing, spans } = recordingTracer()
    return Effect.gen(function*() {
      yield* (yield* evaluateFlags(request)).isEnabled("a")
      yield* evaluateFlags({ ...request, flagKeys: [] })
      strictEqual(spans.length, 0)
    }).pipe(Effect.provide(layer), Effect.provide(tracing))
  })

  it.live("of a remote evaluation have one, without anything about the person", () => {
    const { layer } = Doubles.withServer({
      server: { projectKey: "phc_secret", remoteFlags: { remote: { value: "one", payload: "secret-payload" } } },
      options: { apiKey: Redacted.make("phc_secret") },
      local: Doubles.evaluation({ shown: true, remote: Doubles.inconclusive })
    })
    const { layer: tracing, spans } = recordingTracer()
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(request)
      deepStrictEqual(spans.map(({ name }) => name), ["PostHog.evaluateFlags"])
      deepStrictEqual(Object.fromEntries(spans[0]?.attributes ?? []), {
        "feature_flag.provider.name": "PostHog",
        "posthog.flags.local": 1,
        "posthog.flags.remote": 1,
        "posthog.request_id": Option.getOrThrow(snapshot.requestId)
      })
      hides(text(spans))
    }).pipe(Effect.provide(layer), Effect.provide(tracing))
  })

  it.live("of one flag say how it was decided, and of whom when that is asked for", () => {
    const { layer } = Doubles.withServer({ server: { remoteFlags: { remote: { value: "one", version: 4 } } } })
    const { layer: tracing, spans } = recordingTracer()
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      const snapshot = yield* evaluateFlags({ ...request, flagKeys: ["remote"] }).pipe(
        Effect.provideService(TraceDistinctId, true)
      )
      const expected = {
        "feature_flag.provider.name": "PostHog",
        "feature_flag.context.id": "secret-person",
        "posthog.flags.requested": 1,
        "posthog.flags.local": 0,
        "posthog.flags.remote": 1,
        "posthog.request_id": Option.getOrThrow(snapshot.requestId),
        "feature_flag.key": "remote",
        "feature_flag.result.variant": "one",
        "feature_flag.result.reason": "targeting_match",
        "feature_flag.version": "4"
      }
      deepStrictEqual(Object.fromEntries(spans[0]?.attributes ?? []), expected)
      yield* server.script("flags", Fault.status(503))
      const { lines } = yield* logged(Effect.flip(evaluateFlags(request)))
      hides(lines.join())
      deepStrictEqual(Object.fromEntries(spans[1]?.attributes ?? []), {
        "feature_flag.provider.name": "PostHog",
        "error.type": "general",
        "posthog.failure": "api_error_503",
        "feature_flag.error.message": "PostHog answered with status 503"
      })
      strictEqual(spans[1]?.exit?._tag, "Failure")
    }).pipe(Effect.provide(layer), Effect.provide(tracing))
  })

  it.effect("carry each reported read as an event of the reader's span", () => {
    const { layer } = Doubles.services({
      local: Doubles.evaluation({
        variant: Doubles.resolved("one"),
        rolled: Doubles.resolved(false, { reason: "out_of_rollout_bound" }),
        off: Doubles.resolved(false, { reason: "flag_disabled" })
      })
    })
    const { layer: tracing, spans } = recordingTracer()
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(request)
      yield* Effect.forEach(["variant", "variant", "rolled", "off", "gone"], (key) => snapshot.getFlag(key)).pipe(
        Effect.withSpan("reader")
      )
      const common = { "feature_flag.provider.name": "PostHog" }
      deepStrictEqual(spans[0]?.events, [
        ["feature_flag.evaluation", {
          ...common,
          "feature_flag.key": "variant",
          "feature_flag.result.variant": "one",
          "feature_flag.result.reason": "targeting_match"
        }],
        ["feature_flag.evaluation", {
          ...common,
          "feature_flag.key": "rolled",
          "feature_flag.result.value": false,
          "feature_flag.result.reason": "split"
        }],
        ["feature_flag.evaluation", {
          ...common,
          "feature_flag.key": "off",
          "feature_flag.result.value": false,
          "feature_flag.result.reason": "disabled"
        }],
        ["feature_flag.evaluation", {
          ...common,
          "feature_flag.key": "gone",
          "feature_flag.result.reason": "error",
          "error.type": "flag_not_found",
          "feature_flag.error.message": "flag_missing"
        }]
      ])
      hides(text(spans))
    }).pipe(Effect.provide(layer), Effect.provide(tracing))
  })

  it.live("and logs of a whole client, broken in every way, never show a key", () => {
    const { layer: tracing, spans } = recordingTracer()
    const lines: Array<string> = []
    const logging = Layer.merge(
      Logger.replace(Logger.defaultLogger, Logger.map(Logger.jsonLogger, (line) => void lines.push(line))),
      Logger.minimumLogLevel(LogLevel.All)
    )
    const client = Layer.unwrapEffect(Effect.map(PostHogServer.PostHogServer, ({ url }) =>
      PostHog.layer({
        apiKey: Redacted.make("phc_secret"),
        secretKey: Redacted.make("phs_secret"),
        host: url,
        flags: { requestTimeout: "500 millis", maxRetries: 0 },
        definitions: { requestTimeout: "500 millis" },
        events: { requestTimeout: "500 millis", maxRetries: 0, shutdownTimeout: "1 second" }
      }))).pipe(
        Layer.provide(FetchHttpClient.layer),
        Layer.provideMerge(PostHogServer.layer({ projectKey: "phc_secret", secretKey: "phs_secret" })),
        Layer.provideMerge(Layer.merge(tracing, logging))
      )
    const faults = [
      Fault.status(401, { body: "phc_secret" }),
      Fault.status(302, { headers: { location: "http://127.0.0.1:9/phc_secret" } }),
      Fault.reset,
      Fault.stalledBody,
      Fault.truncatedBody,
      Fault.malformedBody,
      Fault.body("phc_secret phs_secret")
    ]
    return Effect.gen(function*() {
      const server = yield* Doubles.server
      const evaluator = yield* LocalEvaluator
      yield* Effect.forEach(faults, (fault) =>
        Effect.gen(function*() {
          for (const endpoint of ["flags", "definitions", "batch"] as const) yield* server.script(endpoint, fault)
          yield* Effect.flip(evaluateFlags({ distinctId: "ada" })).pipe(Effect.tap(Effect.logError), Effect.ignore)
          yield* Effect.catchAll(evaluator.reload, Effect.logError)
          yield* Events.capture({ event: "paid", distinctId: "ada" })
          yield* Events.flush
        }), { discard: true })
      const shown = lines.join("\n") + text(spans)
      assert.notInclude(shown, "phc_secret")
      assert.notInclude(shown, "phs_secret")
      assert.isAbove(lines.length, 5)
      assert.isTrue(spans.every(({ name }) => !name.startsWith("http.client")))
    }).pipe(RequestContext.with({ sessionId: "session" }), Effect.provide(client))
  })
})
