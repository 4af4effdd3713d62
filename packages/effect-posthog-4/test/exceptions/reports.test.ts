// Generated from packages/effect-posthog/test/exceptions/reports.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import { makeLogger } from "../support/standIns.ts"
import { PostHogServer, PostHogTest } from "@effect-posthog/testkit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Cause, Data, Effect, Exit, Layer, Logger, Metric, Option, Redacted, Runtime, Tracer } from "effect"
import * as TestClock from "../support/testClock.ts"
import { EventQueue, Events, FlagSnapshot, PostHog, PostHogMetrics, RequestContext } from "effect-posthog-4"
import * as Exceptions from "effect-posthog-4/Exceptions"
import { exceptions, framesOf, listOf, mechanismOf, reportedBy, testLayer } from "../support/exceptions.ts"

type Services = Layer.Layer.Success<ReturnType<typeof testLayer>>

const quiet = Logger.layer([])

const live = <E>(name: string, body: Effect.Effect<void, E, Services>, client = {}) =>
  it.scoped(name, () => Effect.provide(body, Layer.merge(testLayer(client), quiet)))

const names = Effect.map(exceptions, (events) => events.map((event) => listOf(event)[0]?.value))

const countOf = (boundary: string, outcome: string) =>
  Effect.map(Metric.value(PostHogMetrics.exceptions(boundary, outcome)), ({ count }) => count)

const logged = () => {
  const messages: Array<string> = []
  const logger = makeLogger(({ logLevel, message }) => {
    messages.push(`${logLevel.label} ${String(message)}`)
  })
  return { messages, layer: Logger.layer([logger]) }
}

class Quiet extends Data.TaggedError("Quiet")<{}> {
  readonly [Exceptions.ignore] = true
}

class Marked extends Data.TaggedError("Marked")<{ readonly order: number }> {
  readonly [Exceptions.severity] = "Warn"
  readonly [Exceptions.attributes] = { order: this.order, area: "kitchen" }
  readonly [Exceptions.fingerprint] = "orders"
}

describe("the events of a cause", () => {
  live(
    "two failures are two events of one cause",
    Effect.gen(function*() {
      yield* Exceptions.report(Cause.combine(Cause.fail("a"), Cause.die("b")))
      const events = yield* exceptions
      assert.deepStrictEqual(events.map(({ properties }) => properties["effect_cause_kind"]), ["fail", "die"])
      assert.deepStrictEqual(events.map(({ properties }) => properties["effect_cause_index"]), [0, 1])
      assert.deepStrictEqual(events.map(({ properties }) => properties["effect_cause_size"]), [2, 2])
      assert.strictEqual(new Set(events.map(({ properties }) => properties["effect_cause_id"])).size, 1)
      assert.notProperty(events[0]?.properties, "effect_interrupted")
    })
  )

  live(
    "failures whose siblings were interrupted say so",
    Effect.gen(function*() {
      const [event, ...rest] = yield* reportedBy(
        Effect.all([Effect.fail("a"), Effect.never], { concurrency: 2 }).pipe(Exceptions.withReporting)
      )
      assert.strictEqual(event?.properties["effect_interrupted"], true)
      assert.deepStrictEqual(rest, [])
    })
  )

  live(
    "a failing finalizer is an event beside the failure",
    Effect.gen(function*() {
      yield* Effect.exit(Effect.fail("x").pipe(Effect.ensuring(Effect.die("y")), Exceptions.withReporting))
      assert.deepStrictEqual(yield* names, ["x", "y"])
    })
  )

  live(
    "an interruption is no event",
    Effect.gen(function*() {
      yield* Effect.exit(Exceptions.withReporting(Effect.interrupt))
      yield* Effect.exit(Exceptions.main(Effect.interrupt))
      assert.isTrue(Option.isNone(yield* Exceptions.report(Cause.empty)))
      assert.deepStrictEqual(yield* names, [])
    })
  )

  live(
    "what a promise rejects with is what the effect failed with",
    Effect.gen(function*() {
      yield* Exceptions.report(Cause.squash(Cause.fail(new Error("inner"))))
      yield* Exceptions.report(Cause.die(Cause.die(Cause.squash(Cause.fail("deep")))))
      assert.deepStrictEqual(yield* names, ["inner", "deep"])
    })
  )

  live(
    "report answers with the id of the first event",
    Effect.gen(function*() {
      const id = yield* Exceptions.report(Cause.combine(Cause.fail("a"), Cause.fail("b")))
      assert.deepStrictEqual(id, Option.fromNullishOr((yield* exceptions)[0]?.uuid))
    })
  )

  live(
    "defects alone are reported when failures are somebody else's business",
    Effect.gen(function*() {
      const both = Effect.failCause(Cause.combine(Cause.fail("typed"), Cause.die("defect")))
      yield* Effect.exit(both.pipe(Exceptions.withReporting({ defectsOnly: true })))
      assert.deepStrictEqual(yield* names, ["defect"])
    })
  )
})

describe("a report", () => {
  live(
    "takes its identity from the options, the request context, the snapshot, or nobody",
    Effect.gen(function*() {
      const flags = FlagSnapshot.fromValues({ checkout: "new" }, { distinctId: "of-the-snapshot" })
      const within = RequestContext.with({ distinctId: "of-the-request", groups: { company: "acme" } })
      yield* Exceptions.report("1", { distinctId: "of-the-call", flags }).pipe(within)
      yield* Exceptions.report("2", { flags }).pipe(within)
      yield* Exceptions.report("3", { flags })
      yield* Exceptions.report("4")
      const events = yield* exceptions
      assert.deepStrictEqual(
        events.slice(0, 3).map(({ distinctId }) => distinctId),
        ["of-the-call", "of-the-request", "of-the-snapshot"]
      )
      assert.strictEqual(events[0]?.properties["$feature/checkout"], "new")
      assert.deepStrictEqual(events[0]?.properties["$groups"], { company: "acme" })
      assert.strictEqual(events[3]?.properties["$process_person_profile"], false)
    })
  )

  live(
    "carries the span, the fiber and what its caller adds",
    Effect.gen(function*() {
      const span = yield* Effect.currentSpan.pipe(
        Effect.tap(Exceptions.report(new Error("x"), { groups: { team: "a" }, properties: { area: 1 } })),
        Effect.withSpan("inner", { attributes: { secret: "s3cret" } }),
        Effect.withSpan("outer")
      )
      yield* Exceptions.report("own", { properties: { $trace_id: "mine" } }).pipe(Effect.withSpan("s"))
      const [event, own] = yield* exceptions
      assert.strictEqual(event?.properties["$trace_id"], span.traceId)
      assert.strictEqual(event?.properties["$span_id"], span.spanId)
      assert.deepStrictEqual(event?.properties["effect_spans"], ["inner", "outer"])
      assert.match(String(event?.properties["effect_fiber"]), /^#\d+$/)
      assert.deepStrictEqual(event?.properties["$groups"], { team: "a" })
      assert.strictEqual(own?.properties["$trace_id"], "mine")
      assert.notProperty(own?.properties, "$span_id")
      assert.notInclude(JSON.stringify(event), "s3cret")
    })
  )

  live(
    "leaves out the ids of spans that PostHog could not read",
    Effect.gen(function*() {
      const parent = Tracer.externalSpan({ traceId: "not hexadecimal", spanId: "0000000000000000" })
      yield* Exceptions.report("x").pipe(Effect.provideService(Tracer.ParentSpan, parent))
      assert.doesNotHaveAnyKeys((yield* exceptions)[0]?.properties, ["$trace_id", "$span_id", "effect_spans"])
    })
  )

  live(
    "carries the log annotations that were asked for, and no others",
    Effect.gen(function*() {
      yield* Exceptions.report("x").pipe(Effect.annotateLogs({ tenant: "t-1", password: "s3cret" }))
      const [event] = yield* exceptions
      assert.strictEqual(event?.properties["tenant"], "t-1")
      assert.notProperty(event?.properties, "password")
    }),
    { exceptions: { logAnnotations: ["tenant"] } }
  )

  live(
    "follows what the error says about itself, below what the caller says",
    Effect.gen(function*() {
      yield* Exceptions.report(new Marked({ order: 7 }), { properties: { area: "hall" } })
      yield* Exceptions.report(new Marked({ order: 8 }), { level: "fatal", fingerprint: "mine" })
      assert.isTrue(Option.isNone(yield* Exceptions.report(new Quiet())))
      const [own, given] = yield* exceptions
      assert.strictEqual(own?.properties["$exception_level"], "warning")
      assert.strictEqual(own?.properties["$exception_fingerprint"], "orders")
      assert.deepStrictEqual([own?.properties["order"], own?.properties["area"]], [7, "hall"])
      assert.strictEqual(given?.properties["$exception_level"], "fatal")
      assert.strictEqual(given?.properties["$exception_fingerprint"], "mine")
    })
  )

  it.scoped("never lets anybody else set the reserved names, and says so once", () => {
    const { layer, messages } = logged()
    const reserved = {
      $exception_handled: true,
      $exception_source: "mine",
      $cymbal_errors: [],
      $exception_fingerprint: 1
    }
    return Effect.gen(function*() {
      for (const text of ["1", "2"]) {
        yield* Exceptions.report(text, { properties: { ...reserved, $exception_steps: ["kept"] } }).pipe(
          RequestContext.with({ properties: { $exception_issue_id: "x", plan: "pro" } })
        )
      }
      const test = yield* PostHogTest.PostHogTest
      yield* Exceptions.report("3", { properties: Object.freeze({ ...reserved }) })
      const [event] = yield* test.events
      assert.doesNotHaveAnyKeys(event?.properties, [
        ...Object.keys(reserved),
        "$exception_issue_id",
        "$exception_values"
      ])
      assert.deepStrictEqual(event?.properties["$exception_steps"], ["kept"])
      assert.strictEqual(event?.properties["plan"], "pro")
      assert.strictEqual(messages.filter((message) => message.includes("$exception_source")).length, 1)
    }).pipe(
      Effect.provide(Layer.merge(testLayer({ properties: { $exception_values: ["super"] } }), layer)),
      Effect.provideService(References.MinimumLogLevel, "All")
    )
  })

  it.scoped("in its raw form goes the way of every event, with one warning", () => {
    const { layer, messages } = logged()
    return Effect.gen(function*() {
      const raw = { event: "$exception", properties: { $exception_list: [], $exception_handled: true } }
      yield* Events.capture(raw)
      yield* Events.capture(raw)
      const events = yield* exceptions
      assert.strictEqual(events.length, 2)
      assert.strictEqual(events[0]?.properties["$exception_handled"], true)
      assert.strictEqual(messages.filter((message) => message.includes("effect-posthog/Exceptions")).length, 1)
    }).pipe(Effect.provide(Layer.merge(testLayer(), layer)))
  })

  live(
    "is made smaller when it is too large, and never lost",
    Effect.gen(function*() {
      const chain = (length: number): Error =>
        Object.assign(new Error("x".repeat(20_000)), {
          stack: Array.from({ length: 60 }, (_, index) => `    at ${"f".repeat(900)}${index} (/srv/a.js:1:1)`).join(
            "\n"
          ),
          ...(length > 0 ? { cause: chain(length - 1) } : {})
        })
      yield* Exceptions.report(chain(60))
      yield* Exceptions.report("small", { properties: { huge: "y".repeat(1_000_000) } })
      const [large, small] = yield* exceptions
      assert.strictEqual(listOf(large).length, 50)
      assert.isAtMost(JSON.stringify(large).length, 900_000)
      assert.isNotEmpty(framesOf(large))
      assert.strictEqual(listOf(small)[0]?.value, "small")
      assert.notProperty(small?.properties, "huge")
    })
  )

  live(
    "outlives properties that cannot be read",
    Effect.gen(function*() {
      const properties = Object.defineProperty({ area: 1 }, "broken", {
        enumerable: true,
        get: () => {
          throw new Error("hostile")
        }
      })
      yield* Exceptions.report("x", { properties })
      const [event] = yield* exceptions
      assert.strictEqual(event?.properties["area"], 1)
      assert.strictEqual(listOf(event)[0]?.value, "x")
    })
  )

  it.effect("outlives a queue that breaks", () => {
    const broken = (body: () => Effect.Effect<never>) =>
      Layer.mock(EventQueue, { tryOffer: body, deliveries: undefined as never })
    const thrown = new Error("mine")
    const program = Exceptions.withReporting(Effect.fail(thrown))
    return Effect.gen(function*() {
      for (
        const body of [
          () => Effect.die("broken"),
          () => {
            throw new Error("broken")
          }
        ]
      ) {
        const exit = yield* Effect.exit(Effect.provide(program, broken(body)))
        assert.deepStrictEqual(exit, Exit.fail(thrown))
      }
    }).pipe(Effect.provide(quiet))
  })
})

describe("nothing is reported twice", () => {
  live(
    "through any number of boundaries, the first of which wins",
    Effect.gen(function*() {
      const error = new Error("once")
      yield* Effect.exit(
        Effect.fail(error).pipe(
          Effect.withSpan("inner"),
          Exceptions.withReporting({ level: "warning" }),
          Effect.tapCause(Effect.logError),
          Effect.orDie,
          Exceptions.withReporting,
          (app) => Exceptions.middleware(app as Effect.Effect<never>),
          Exceptions.main,
          Effect.provide(Exceptions.layerLogger)
        )
      )
      yield* Exceptions.report(error)
      const events = yield* exceptions
      assert.strictEqual(events.length, 1)
      assert.strictEqual(events[0]?.properties["$exception_level"], "warning")
    })
  )

  live(
    "not even a text, which is known by the cause that holds it",
    Effect.gen(function*() {
      yield* Effect.exit(
        Effect.fail("text").pipe(
          Exceptions.withReporting,
          Effect.ensuring(Effect.die("more")),
          Exceptions.withReporting
        )
      )
      assert.deepStrictEqual(yield* names, ["text", "more"])
      yield* Exceptions.report("text")
      yield* Exceptions.report("text")
      assert.strictEqual((yield* names).length, 4)
    })
  )

  live(
    "not what PostHog's own libraries marked, nor two parts of a cause with one error",
    Effect.gen(function*() {
      const error = new Error("shared")
      yield* Exceptions.report(Object.assign(new Error("x"), { __posthog_previously_captured_error: true }))
      yield* Exceptions.report(Cause.combine(Cause.fail(error), Cause.die(error)))
      assert.deepStrictEqual(yield* names, ["shared"])
    })
  )

  live(
    "but what one boundary ignored, another may report",
    Effect.gen(function*() {
      const exit = yield* Effect.exit(
        Effect.fail(new Error("x")).pipe(
          Exceptions.withReporting({ ignore: () => true }),
          Exceptions.withReporting({ defectsOnly: true }),
          Exceptions.withReporting({
            ignore: () => {
              throw new Error("hostile")
            }
          })
        )
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* names, ["x"])
    })
  )
})

describe("reports are bounded", () => {
  const failing = (make: () => unknown, times: number) =>
    Effect.forEach(
      Array.from({ length: times }),
      () => Effect.exit(Exceptions.withReporting(Effect.suspend(() => Effect.fail(make())))),
      { discard: true }
    )
  const here = () => new Error("here")
  const there = () => new RangeError("there")

  it.scoped("ten of a kind, one more every ten seconds, and others beside them", () => {
    const { layer, messages } = logged()
    return Effect.gen(function*() {
      yield* failing(here, 1000)
      assert.strictEqual((yield* exceptions).length, 10)
      yield* failing(there, 3)
      assert.strictEqual((yield* exceptions).length, 13)
      yield* TestClock.adjust("25 seconds")
      yield* failing(here, 5)
      assert.strictEqual((yield* exceptions).length, 15)
      yield* TestClock.adjust("1 hour")
      yield* failing(here, 50)
      assert.strictEqual((yield* exceptions).length, 25)
      const warnings = messages.filter((message) => message.includes("not reported"))
      assert.isAtLeast(warnings.length, 2)
      assert.match(warnings[1] ?? "", /^WARN \d{3} exceptions/)
    }).pipe(Effect.provide(Layer.merge(testLayer(), layer)))
  })

  live(
    "a hundred in ten seconds of all kinds, and those asked for by hand come beside",
    Effect.gen(function*() {
      let kind = 0
      yield* failing(() => Object.assign(new Error("x"), { name: `Kind${kind++}` }), 5000)
      assert.strictEqual((yield* exceptions).length, 100)
      yield* Exceptions.report(new Error("by hand"))
      assert.strictEqual((yield* exceptions).length, 101)
      yield* Effect.exit(Exceptions.main(Effect.die(new Error("the end"))))
      assert.strictEqual((yield* exceptions).length, 102)
      yield* TestClock.adjust("10 seconds")
      yield* failing(() => Object.assign(new Error("x"), { name: `Kind${kind++}` }), 5000)
      assert.strictEqual((yield* exceptions).length, 202)
    })
  )

  live(
    "50,000 failures at once are counted, and change nothing",
    Effect.gen(function*() {
      const before = yield* countOf("withReporting", "limited")
      yield* failing(() => ({ _tag: "Busy" }), 50_000)
      assert.strictEqual((yield* exceptions).length, 10)
      assert.strictEqual((yield* countOf("withReporting", "limited")) - before, 49_990)
    })
  )
})

describe("every outcome is counted by boundary", () => {
  live(
    "captured, duplicate, ignored and rejected",
    Effect.gen(function*() {
      const test = yield* PostHogTest.PostHogTest
      const outcomes = ["captured", "duplicate", "ignored", "rejected"]
      const counts = Effect.forEach(outcomes, (outcome) => countOf("report", outcome))
      const before = yield* counts
      const error = new Error("x")
      yield* Exceptions.report(error)
      yield* Exceptions.report(error)
      yield* Exceptions.report(new Quiet())
      yield* test.rejectEvents(1)
      assert.isTrue(Option.isNone(yield* Exceptions.report(new Error("y"))))
      const after = yield* counts
      assert.deepStrictEqual(after.map((count, index) => count - (before[index] ?? 0)), [1, 1, 1, 1])
    })
  )
})

describe("the logger", () => {
  live(
    "reports errors with a cause or an error among the parts of the message, as the request that logged them",
    Effect.gen(function*() {
      yield* Effect.gen(function*() {
        yield* Effect.logError("job failed", Cause.fail(new Error("in a cause")))
        yield* Effect.logError("job failed", new Error("in the message"), { id: 1 })
        yield* Effect.logFatal(Cause.die(new Error("fatal")))
        yield* Effect.logError("just words")
        yield* Effect.logWarning("job failed", new Error("a warning"))
        yield* Effect.logError("stopped", Cause.interrupt(yield* Effect.fiberId))
      }).pipe(
        RequestContext.with({ distinctId: "user-17" }),
        Effect.withSpan("job"),
        Effect.provide(Exceptions.layerLogger)
      )
      const events = yield* exceptions
      assert.deepStrictEqual(yield* names, ["in a cause", "in the message", "fatal"])
      assert.deepStrictEqual(events.map(({ distinctId }) => distinctId), ["user-17", "user-17", "user-17"])
      assert.deepStrictEqual(events.map((event) => mechanismOf(event)["handled"]), [true, true, true])
      assert.deepStrictEqual(
        events.map(({ properties }) => properties["$exception_level"]),
        ["error", "error", "fatal"]
      )
      assert.deepStrictEqual(events[0]?.properties["effect_spans"], ["job"])
      assert.notInclude(JSON.stringify(events), "job failed")
    })
  )

  it.scopedLive("never reports what the library itself logs about a server that is down", () =>
    Effect.gen(function*() {
      const client = PostHog.layer({
        apiKey: Redacted.make("phc_test"),
        host: "http://127.0.0.1:9",
        events: { maxRetries: 0, retryBase: 1, flushAt: 1, shutdownTimeout: "2 seconds" }
      }).pipe(Layer.provide(FetchHttpClient.layer))
      const counts = yield* Effect.gen(function*() {
        yield* Effect.logError("failed", new Error("first"))
        yield* Effect.logError("failed", Cause.die(new Error("second")))
        for (let round = 0; round < 20; round++) {
          yield* Effect.flatMap(EventQueue, (queue) => queue.flush)
          yield* Effect.yieldNow
        }
        return yield* Effect.flatMap(EventQueue, (queue) => queue.counts)
      }).pipe(Effect.provide(Layer.provideMerge(Exceptions.layerLogger, client)))
      assert.isAtMost(counts.accepted, 2)
    }).pipe(Effect.provide(quiet)))
})

describe("the wrapped effect", () => {
  live(
    "keeps its value, its cause, its interruption and its finalizers",
    Effect.gen(function*() {
      const cause = Cause.combine(Cause.fail("a"), Cause.combine(Cause.die("b"), Cause.empty))
      for (
        const wrap of [
          Exceptions.withReporting,
          Exceptions.withReporting({ defectsOnly: true }),
          Exceptions.main,
          (next: Effect.Effect<number, string>) => Exceptions.rpc({ next }),
          (next: Effect.Effect<number, string>) => Exceptions.middleware(next as never)
        ] as ReadonlyArray<(self: Effect.Effect<number, string>) => Effect.Effect<number, string, EventQueue>>
      ) {
        assert.strictEqual(yield* wrap(Effect.succeed(17)), 17)
        const exit = yield* Effect.exit(wrap(Effect.failCause(cause)))
        assert.isTrue(Exit.isFailure(exit) && exit.cause === cause)
        const log: Array<string> = []
        const fiber = yield* Effect.forkChild(wrap(Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => log.push("interrupted"))))), { uninterruptible: "inherit" })
        yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        const interrupted = yield* Fiber.await(fiber)
        assert.isTrue(Exit.hasInterrupts(interrupted))
        assert.deepStrictEqual(log, ["interrupted"])
      }
    })
  )

  live(
    "that builds a layer fails as before",
    Effect.gen(function*() {
      const failing = Layer.effectDiscard(Effect.fail(new Error("no database"))).pipe(Exceptions.tapLayer)
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(failing)))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* names, ["no database"])
    })
  )

  it.scopedLive("is delivered before the program ends", () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.PostHogServer
      const client = PostHog.layer({ apiKey: Redacted.make("phc_test"), host: server.url }).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
      const context = yield* Layer.build(client)
      yield* Effect.exit(Effect.provide(Exceptions.main(Effect.fail(new Error("boom"))), context))
      const [event] = yield* server.events
      assert.strictEqual(event?.event, "$exception")
    }).pipe(Effect.provide(Layer.merge(PostHogServer.layer(), quiet))))
})
