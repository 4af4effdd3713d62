// Generated from packages/effect-posthog/test/postHogPromise.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Deferred, Effect, Redacted, Schema } from "effect"
import { evaluateFlags, Flag, LocalEvaluator, PostHogConfigError, RemoteFlagsError } from "effect-posthog-4"
import type { DefinitionsChange } from "effect-posthog-4"
import * as PostHogPromise from "effect-posthog-4/PostHogPromise"

const rejection = (promise: Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() => promise.then(() => assert.fail("it resolved"), (error) => error))

/** What a client logs, line by line. */
const recorder = () => {
  const lines: Array<string> = []
  const log = (message: string) => void lines.push(message)
  return { lines, logger: { error: log, warn: log } }
}

const client = (options: Partial<PostHogPromise.PromiseOptions> = {}) =>
  Effect.acquireRelease(
    Effect.map(PostHogServer.PostHogServer, ({ url }) =>
      PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host: url, ...options })),
    (client) =>
      Effect.promise(() => client.close())
  )

const pricing = Flag.variants("pricing", ["control", "annual"]).pipe(
  Flag.withPayload(Schema.Struct({ headline: Schema.String }))
)

const server = PostHogServer.layer({
  definitions: { flags: [] },
  remoteFlags: { beta: true, pricing: { value: "annual", payload: { headline: "Two months free" } } }
})

describe("PostHogPromise", () => {
  it.live("reads flags at once, reports them, and captures what the code branched on", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      const flags = yield* Effect.promise(() => posthog.evaluateFlags({ distinctId: "ada" }))
      deepStrictEqual(flags.keys, ["beta", "pricing"])
      strictEqual(flags.isEnabled("beta"), true)
      strictEqual(flags.isEnabled("absent", { defaultValue: true }), true)
      strictEqual(flags.getFlag("beta"), true)
      strictEqual(flags.get(pricing), "annual")
      deepStrictEqual(yield* Effect.promise(() => flags.payload(pricing)), { headline: "Two months free" })
      const accessed = flags.onlyAccessed()
      const id = yield* Effect.promise(() =>
        posthog.capture({ event: "paid", distinctId: "ada", flags: accessed, properties: { total: 3 } })
      )
      yield* Effect.promise(() => posthog.flush())

      const received = yield* events
      deepStrictEqual(
        received.filter(({ event }) => event === "$feature_flag_called").map(({ properties }) =>
          properties["$feature_flag"]
        ).sort(),
        ["absent", "beta", "pricing"]
      )
      const paid = received.find(({ event }) => event === "paid")
      strictEqual(paid?.uuid, id)
      strictEqual(paid?.properties["$feature/pricing"], "annual")
      strictEqual(paid?.properties["total"], 3)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("resolves in an outage with what was decided locally, and says why; strict rejects", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      yield* always("flags", Fault.status(500))
      const { lines, logger } = recorder()
      const posthog = yield* client({ flags: { maxRetries: 0 }, logger })
      const flags = yield* Effect.promise(() => posthog.evaluateFlags("ada"))
      deepStrictEqual(flags.keys, [])
      deepStrictEqual(flags.errors, ["api_error_500"])
      strictEqual(flags.error?.httpStatus, 500)
      strictEqual(flags.isEnabled("beta", { defaultValue: true }), true)
      strictEqual(yield* Effect.promise(() => posthog.isFeatureEnabled({ distinctId: "ada", key: "beta" })), false)
      strictEqual(yield* Effect.promise(() => posthog.getFeatureFlag({ distinctId: "ada", key: "beta" })), undefined)
      deepStrictEqual({ ...yield* Effect.promise(() => posthog.getAllFlags({ distinctId: "ada" })) }, {})
      const error = yield* rejection(posthog.strict.evaluateFlags("ada"))
      assert(error instanceof RemoteFlagsError)
      strictEqual(error.httpStatus, 500)
      strictEqual(posthog.snapshot(error.snapshot).isEnabled("beta"), false)
      strictEqual(lines.length, 1)
      assert.include(lines[0], "did not evaluate flags: PostHog answered with status 500")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("has every call of the Effect API", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      const ada = { distinctId: "ada" }
      const run = <A>(call: () => Promise<A>) => Effect.promise(call)
      strictEqual(yield* run(() => posthog.isFeatureEnabled({ ...ada, key: "beta" })), true)
      strictEqual(yield* run(() => posthog.getFeatureFlag({ ...ada, key: "pricing" })), "annual")
      deepStrictEqual(yield* run(() => posthog.getFeatureFlagResult({ ...ada, key: "pricing" })), {
        key: "pricing",
        enabled: true,
        variant: "annual",
        payload: yield* run(() => posthog.getFeatureFlagPayload({ ...ada, key: "pricing" }))
      })
      deepStrictEqual({ ...yield* run(() => posthog.getAllFlags(ada)) }, { beta: true, pricing: "annual" })
      const { flags, payloads } = yield* run(() => posthog.getAllFlagsAndPayloads({ ...ada, flagKeys: ["beta"] }))
      deepStrictEqual([{ ...flags }, { ...payloads }], [{ beta: true }, {}])
      yield* run(() => posthog.captureWithFlags({ ...ada, event: "with flags", flagKeys: ["beta"] }))
      yield* run(() => posthog.captureAi({ ...ada, event: "$ai_generation" }))
      yield* run(() => posthog.setPersonProperties({ ...ada, set: { plan: "pro" } }))
      yield* run(() => posthog.reload())
      strictEqual(yield* run(() => posthog.ready()), true)
      yield* run(() => posthog.flush())
      const counts = yield* run(() => posthog.counts())
      strictEqual(counts.accepted, counts.delivered)
      deepStrictEqual(
        (yield* events).map(({ event }) => event).filter((event) => event !== "$feature_flag_called").sort(),
        ["$ai_generation", "$set", "with flags"]
      )
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("reads typed flags at once, from snapshots and their parts", () =>
    Effect.gen(function*() {
      const { lines, logger } = recorder()
      const posthog = yield* client({ logger })
      const flags = yield* Effect.promise(() => posthog.evaluateFlags("ada"))
      const pricing = Flag.variants("pricing", ["control", "annual"]).pipe(Flag.withDefault("control"))
      const other = Flag.boolean("pricing")
      strictEqual(flags.get(pricing), "annual")
      strictEqual(flags.get(other), undefined)
      strictEqual(flags.isEnabled(other), false)
      strictEqual(flags.match(pricing, { on: (variant) => `on ${variant}`, off: () => "off" }), "on annual")
      strictEqual(flags.match("gone", { on: () => "on", off: () => "off" }), "off")
      deepStrictEqual(flags.onlyAccessed().keys, ["pricing"])
      deepStrictEqual(flags.only([pricing]).keys, ["pricing"])
      deepStrictEqual(flags.toBootstrap(["beta"]), { distinctID: "ada", featureFlags: { beta: true } })
      strictEqual(lines.length, 2)
      for (const line of lines) assert.include(line, "Flag \"pricing\": wanted a boolean, saw a variant")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("evaluates and captures for the person of a context", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      const ada = posthog.with({ distinctId: "ada", sessionId: "s-1" })
      const grace = posthog.with({ distinctId: "grace" }).with({ properties: { plan: "pro" } })
      const [first, second] = yield* Effect.promise(() => Promise.all([ada.evaluateFlags(), grace.evaluateFlags()]))
      deepStrictEqual([first.distinctId, second.distinctId], ["ada", "grace"])
      yield* Effect.promise(() => Promise.all([ada.capture({ event: "one" }), grace.capture({ event: "two" })]))
      yield* Effect.promise(() => posthog.flush())
      deepStrictEqual(
        (yield* events).map(({ distinct_id, event, properties }) => [
          event,
          distinct_id,
          properties["$session_id"],
          properties["plan"]
        ]),
        [["one", "ada", "s-1", undefined], ["two", "grace", undefined, "pro"]]
      )
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("ends an evaluation that takes longer than its caller waits, or that is aborted", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      yield* always("flags", Fault.hang)
      const posthog = yield* client({ flags: { requestTimeout: "1 minute" } })
      const late = yield* Effect.promise(() => posthog.evaluateFlags("ada", { timeout: "10 millis" }))
      strictEqual(late.error?.reason, "Timeout")
      const controller = new AbortController()
      const evaluation = posthog.evaluateFlags("ada", { signal: controller.signal })
      controller.abort()
      strictEqual((yield* Effect.promise(() => evaluation)).error?.reason, "Timeout")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("logs to the logger it is given, and keeps a function alive until its events are delivered", () =>
    Effect.gen(function*() {
      const { events, url } = yield* PostHogServer.PostHogServer
      const lines: Array<string> = []
      const log = (message: string) => void lines.push(message)
      const waiting: Array<Promise<unknown>> = []
      const posthog = PostHogPromise.make({
        apiKey: "phc_test",
        host: url,
        logger: { error: log, warn: log },
        waitUntil: (promise) => waiting.push(promise)
      })
      void posthog.capture({ event: "one", distinctId: "ada" })
      void posthog.capture({ event: "two", distinctId: "ada" })
      strictEqual(waiting.length, 1)
      yield* Effect.promise(() => Promise.all(waiting))
      strictEqual((yield* events).length, 2)
      strictEqual(yield* Effect.promise(() => posthog.identify({ distinctId: "" })), undefined)
      yield* Effect.promise(() => posthog.shutdown())
      assert.include(lines.join("\n"), "distinctId")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("on a worker, sends in the request that captures, reads or flushes, and asks for nothing before", () =>
    Effect.gen(function*() {
      const { events, requests, url } = yield* PostHogServer.PostHogServer
      const waiting: Array<Promise<unknown>> = []
      const posthog = PostHogPromise.make({
        apiKey: "phc_test",
        host: url,
        secretKey: "phs_test",
        runtime: "worker",
        events: { beforeSend: (event) => Effect.delay(Effect.succeed(event), "20 millis") },
        waitUntil: (promise) => waiting.push(promise)
      })
      const arrives = Effect.promise(async () => {
        while (waiting.length > 0) await Promise.all(waiting.splice(0))
      })
      yield* Effect.sleep("50 millis")
      assert.deepStrictEqual(yield* requests, [])
      // Nobody awaits the capture, whose hook takes its time.
      void posthog.capture({ event: "captured", distinctId: "ada" })
      yield* arrives
      assert.deepStrictEqual((yield* events).map(({ event }) => event), ["captured"])
      const flags = yield* Effect.promise(() => posthog.evaluateFlags("ada"))
      yield* arrives
      flags.isEnabled("beta")
      yield* arrives
      assert.deepStrictEqual((yield* events).map(({ event }) => event), ["captured", "$feature_flag_called"])
      yield* Effect.promise(() => posthog.shutdown())
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("captures also where a function cannot be kept alive", () =>
    Effect.gen(function*() {
      const { events, url } = yield* PostHogServer.PostHogServer
      const lines: Array<string> = []
      const log = (message: string) => void lines.push(message)
      const posthog = PostHogPromise.make({
        apiKey: "phc_test",
        host: url,
        logger: { error: log, warn: log },
        waitUntil: () => {
          throw new Error("outside of a request")
        }
      })
      assert.isDefined(yield* Effect.promise(() => posthog.capture({ event: "captured", distinctId: "ada" })))
      yield* Effect.promise(() => posthog.flush())
      assert.deepStrictEqual((yield* events).map(({ event }) => event), ["captured"])
      assert.include(lines.join("\n"), "outside of a request")
      yield* Effect.promise(() => posthog.shutdown())
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("survives every way of forgetting an await, closing early and capturing late", () =>
    Effect.gen(function*() {
      const unhandled: Array<unknown> = []
      const listen = (reason: unknown) => void unhandled.push(reason)
      process.on("unhandledRejection", listen)
      const { lines, logger } = recorder()
      const posthog = yield* client({ logger })
      const late = yield* client({ logger })
      yield* Effect.promise(() => late.shutdown())
      for (const target of [posthog, late]) {
        void target.capture({ event: "", distinctId: "ada" })
        void target.capture({ event: "late", distinctId: "ada" })
        void target.captureAi({ event: "no id" })
        void target.captureWithFlags({ event: "late", distinctId: "ada" })
        void target.identify({ distinctId: "" })
        void target.alias({ distinctId: "ada", alias: "" })
        void target.groupIdentify({ groupType: "", groupKey: "" })
        void target.setPersonProperties({ distinctId: "" })
        void target.evaluateFlags()
        void target.getAllFlags({ distinctId: "ada" })
        void target.shutdown()
        void target.shutdown()
      }
      yield* Effect.promise(() => posthog.shutdown())
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      process.off("unhandledRejection", listen)
      deepStrictEqual(unhandled, [])
      const flags = yield* Effect.promise(() => late.evaluateFlags("ada"))
      strictEqual(flags.error?.reason, "UnknownError")
      for (
        const problem of [
          "event is empty",
          "\"no id\" was not captured: distinctId is empty",
          "alias is empty",
          "groupType is empty",
          "without a distinct id",
          "An event was not captured: The client is closed",
          "Flags were not evaluated: The client is closed"
        ]
      ) assert.include(lines.join("\n"), problem)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("takes whatever code without types passes, without throwing or rejecting", () =>
    Effect.gen(function*() {
      const { lines, logger } = recorder()
      const posthog = yield* client({ logger })
      const flags = yield* Effect.promise(() => posthog.evaluateFlags("ada"))
      const throwing = new Proxy({}, {
        ownKeys: () => {
          throw new Error("not to be read")
        }
      })
      const {
        close: _close,
        onChange: _onChange,
        runPromise: _runPromise,
        shutdown: _shutdown,
        strict: _strict,
        ...calls
      } = posthog
      const untyped = calls as unknown as Record<string, (...args: ReadonlyArray<unknown>) => unknown>
      for (
        const given of [undefined, null, 17, "text", true, Symbol("s"), [], {}, throwing, { flags: "on" }, { key: 17 }]
      ) {
        for (const name of ["capture", "captureAi", "captureWithFlags", "identify", "alias", "setPersonProperties"]) {
          strictEqual(yield* Effect.promise(() => untyped[name]!(given) as Promise<unknown>), undefined)
        }
        yield* Effect.promise(() => untyped["captureException"]!(new Error("caught"), given) as Promise<unknown>)
        for (const name of ["evaluateFlags", "getAllFlags", "getAllFlagsAndPayloads"]) {
          yield* Effect.promise(() => untyped[name]!(given) as Promise<unknown>)
        }
        if (given === throwing) continue
        strictEqual(yield* Effect.promise(() => untyped["isFeatureEnabled"]!(given) as Promise<unknown>), false)
        for (const name of ["getFeatureFlag", "getFeatureFlagPayload", "getFeatureFlagResult"]) {
          strictEqual(yield* Effect.promise(() => untyped[name]!(given) as Promise<unknown>), undefined)
        }
        strictEqual(flags.isEnabled(given as never), false)
        strictEqual(flags.getFlag(given as never), undefined)
        strictEqual(flags.get(given as never), undefined)
        strictEqual(flags.detail(given as never), undefined)
        strictEqual(flags.match(given as never, { on: () => "on", off: () => "off" }), "off")
        const other = posthog.with(given as never)
        assert.isDefined(yield* Effect.promise(() => other.capture({ event: "seen", distinctId: "ada" })))
      }
      strictEqual(flags.get("beta" as never), true)
      for (
        const problem of [
          "An event was not captured: message is not an object",
          "An event was not captured: not to be read",
          "What is neither a key nor a flag was read as a flag",
          "Flags were not evaluated: not to be read"
        ]
      ) assert.include(lines.join("\n"), problem)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("takes a number for an id, and the request beside an id that is missing", () =>
    Effect.gen(function*() {
      const { flagRequests } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      yield* Effect.promise(() => posthog.evaluateFlags(17 as never, { flagKeys: ["beta"] }))
      yield* Effect.promise(() =>
        posthog.with({ distinctId: "ada" }).evaluateFlags(undefined as never, { flagKeys: ["beta"] })
      )
      deepStrictEqual(
        (yield* flagRequests).map(({ body }) => [body.distinct_id, body.flag_keys_to_evaluate]),
        [["17", ["beta"]], ["ada", ["beta"]]]
      )
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("shuts down once: every call waits until what was captured has been delivered", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      void posthog.capture({ event: "last", distinctId: "ada" })
      const delivered = Effect.map(events, (all) => all.map(({ event }) => event))
      const view = posthog.with({ distinctId: "ada" })
      const after = yield* Effect.forEach(
        [posthog.shutdown, view.shutdown, posthog.close, () => posthog[Symbol.asyncDispose]()],
        (shutdown) => Effect.andThen(Effect.promise(() => shutdown()), delivered),
        { concurrency: "unbounded" }
      )
      deepStrictEqual(after, [["last"], ["last"], ["last"], ["last"]])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("identifies, links and describes groups; closing delivers what is queued", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      yield* Effect.promise(() => posthog.identify({ distinctId: "ada", set: { plan: "pro" } }))
      yield* Effect.promise(() => posthog.alias({ distinctId: "ada", alias: "visitor-1" }))
      yield* Effect.promise(() => posthog.groupIdentify({ groupType: "company", groupKey: 7 }))
      yield* Effect.promise(() => posthog[Symbol.asyncDispose]())
      deepStrictEqual((yield* events).map(({ event }) => event), ["$identify", "$create_alias", "$groupidentify"])
      for (const late of [() => posthog.strict.evaluateFlags("ada"), posthog.flush, posthog.status]) {
        const error = yield* rejection(late())
        assert(error instanceof Error)
        assert.include(error.message, "closed")
      }
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("captures in the order of the calls, also before it is ready", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      const names = Array.from({ length: 100 }, (_, index) => `event ${index}`)
      const captureAll = async () => {
        for (const event of names) {
          void posthog.capture({ event, distinctId: "ada" })
          // Before, at and after the moment at which the client is ready.
          await Promise.resolve()
        }
      }
      yield* Effect.promise(captureAll)
      yield* Effect.promise(() => posthog.flush())
      deepStrictEqual((yield* events).map(({ event }) => event), names)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("flushes what was captured before, hooks that take their time included", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client({
        events: { beforeSend: (event) => Effect.delay(Effect.succeed(event), "20 millis") }
      })
      void posthog.capture({ event: "paid", distinctId: "ada" })
      yield* Effect.promise(() => posthog.flush())
      strictEqual((yield* events).length, 1)
      void posthog.capture({ event: "left", distinctId: "ada" })
      yield* Effect.promise(() => posthog.close())
      strictEqual((yield* events).length, 2)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("flushes and closes with nothing lost under backpressure", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client({ events: { whenFull: "backpressure", queueSize: 5 } })
      const capture = (index: number) => posthog.capture({ event: `event ${index}`, distinctId: "ada" })
      for (let index = 0; index < 50; index++) void capture(index)
      yield* Effect.promise(() => posthog.flush())
      strictEqual((yield* events).length, 50)
      for (let index = 50; index < 100; index++) void capture(index)
      yield* Effect.promise(() => posthog.close())
      strictEqual((yield* events).length, 100)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("tells the state of the definitions, and listeners what changes, until they leave", () =>
    Effect.gen(function*() {
      const { setDefinitions } = yield* PostHogServer.PostHogServer
      const { lines, logger } = recorder()
      const posthog = yield* client({
        secretKey: Redacted.make("phs_test"),
        definitions: { pollInterval: "1 hour" },
        logger
      })
      const everyone = { groups: [{ properties: [], rollout_percentage: 100 }] }
      const reload = Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.reload)
      yield* Effect.promise(() => posthog.ready())
      strictEqual((yield* Effect.promise(() => posthog.status())).flags, 0)

      const changes: Array<DefinitionsChange> = []
      const added = yield* Deferred.make<void>()
      posthog.onChange(() => {
        throw new Error("broken")
      })
      const leave = posthog.onChange((change) => {
        changes.push(change)
        Deferred.doneUnsafe(added, Effect.void)
      })
      yield* setDefinitions({ flags: [{ key: "beta", active: true, filters: everyone }] })
      yield* Effect.promise(() => posthog.runPromise(reload))
      yield* Deferred.await(added)
      deepStrictEqual(changes, [{ added: ["beta"], removed: [], changed: [] }])
      strictEqual((yield* Effect.promise(() => posthog.status())).flags, 1)

      leave()
      yield* setDefinitions({ flags: [] })
      const removed = yield* Deferred.make<void>()
      posthog.onChange(() => Deferred.doneUnsafe(removed, Effect.void))
      yield* Effect.promise(() => posthog.runPromise(reload))
      yield* Deferred.await(removed)
      strictEqual(changes.length, 1)
      assert.isAbove(lines.length, 0)
      for (const line of lines) assert.include(line, "A listener of onChange failed")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("runs effects with its services, and rejects with their failure", () =>
    Effect.gen(function*() {
      const posthog = yield* client()
      const flags = yield* Effect.promise(() => posthog.runPromise(evaluateFlags({ distinctId: "ada" })))
      deepStrictEqual(flags.keys, ["beta", "pricing"])
      strictEqual(yield* rejection(posthog.runPromise(Effect.fail("no luck"))), "no luck")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it("throws at once for options that cannot be used", () => {
    for (
      const [options, option] of [
        [{ apiKey: "" }, "apiKey"],
        [{ apiKey: "phx_personal" }, "apiKey"],
        [{
          apiKey: "phc_a",
          host: "us"
        }, "host"],
        [undefined, "options"],
        [{ apiKey: "phc_a", properties: new Map() }, "properties"]
      ] as const
    ) {
      try {
        PostHogPromise.make(options as PostHogPromise.PromiseOptions)
        assert.fail("made a client")
      } catch (error) {
        assert(error instanceof PostHogConfigError)
        strictEqual(error.option, option)
      }
    }
  })
})
