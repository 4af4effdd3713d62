// Generated from packages/effect-posthog/test/exceptions/scenarios.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Cause, Effect, Layer, Logger, LogLevel } from "effect"
import { EventQueue } from "effect-posthog-4"
import * as Exceptions from "effect-posthog-4/Exceptions"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { exceptions, framesOf, listOf, mechanismOf, reportedBy, testLayer, withStack } from "../support/exceptions.ts"

const here = fileURLToPath(import.meta.url)

const only = Effect.map(exceptions, (events) => {
  assert.strictEqual(events.length, 1)
  return events[0]
})

const reported = (what: unknown, options?: Exceptions.ReportOptions) =>
  Effect.andThen(Exceptions.report(what, options), only)

/** Runs with a recording client. */
const live = (name: string, body: Effect.Effect<void, unknown, Layer.Layer.Success<ReturnType<typeof testLayer>>>) =>
  it.scoped(name, () => Effect.provide(body, testLayer()))

const atLevel = (level: LogLevel.LogLevel, options: Exceptions.LoggerOptions = {}) =>
  Effect.logWithLevel(level)("the import stopped", Cause.fail(new Error("no such file"))).pipe(
    Effect.provide(Exceptions.layerLoggerWith(options).pipe(Layer.provide(Logger.layer([]))))
  )

describe("what PostHog asks of capturing exceptions", () => {
  live(
    "an error with a stack is one event with its type, message and frames",
    Effect.gen(function*() {
      const event = yield* reported(new TypeError("boom"))
      assert.strictEqual(event?.properties["$exception_type"], "TypeError")
      assert.strictEqual(event?.properties["$exception_message"], "boom")
      assert.isNotEmpty(framesOf(event))
    })
  )

  live(
    "properties of the caller stand on the event",
    Effect.gen(function*() {
      const event = yield* reported(new Error("boom"), { properties: { handled: true, area: "checkout" } })
      assert.strictEqual(event?.properties["handled"], true)
      assert.strictEqual(event?.properties["area"], "checkout")
    })
  )

  live(
    "a value that is not an error becomes an exception with a message",
    Effect.gen(function*() {
      const event = yield* reported("the printer is on fire")
      assert.deepStrictEqual(listOf(event), [{
        type: "Error",
        value: "the printer is on fire",
        mechanism: { type: "generic", handled: true, synthetic: true, exception_id: 0 }
      }])
    })
  )

  live(
    "frames go from the entry point to the crash site",
    Effect.gen(function*() {
      const boom = (): never => {
        throw new Error("boom")
      }
      const handler = () => boom()
      const main = () => handler()
      const event = yield* reported(yield* Effect.flip(Effect.try({ try: main, catch: (error) => error })))
      const names = framesOf(event).map((frame) => frame.function)
      assert.strictEqual(names.at(-1), "boom")
      assert.isBelow(names.indexOf("main"), names.indexOf("handler"))
      assert.isBelow(names.indexOf("handler"), names.indexOf("boom"))
    })
  )

  live(
    "the stack of V8, crash site first, is turned around",
    Effect.gen(function*() {
      const event = yield* reported(withStack(
        new Error("boom"),
        "Error: boom\n    at boom (/srv/a.js:1:2)\n    at handler (/srv/b.js:3:4)\n    at main (/srv/c.js:5:6)"
      ))
      assert.deepStrictEqual(framesOf(event).map((frame) => frame.function), ["main", "handler", "boom"])
    })
  )

  live(
    "a chain is listed from what was caught to the root cause",
    Effect.gen(function*() {
      class WrapperError extends Error {
        override readonly name = "WrapperError"
      }
      class RootError extends Error {
        override readonly name = "RootError"
      }
      const event = yield* reported(new WrapperError("outer", { cause: new RootError("inner") }))
      assert.strictEqual(listOf(event)[0]?.type, "WrapperError")
      assert.strictEqual(listOf(event).at(-1)?.type, "RootError")
    })
  )

  live(
    "an exception without a cause is a list of one",
    Effect.gen(function*() {
      assert.strictEqual(listOf(yield* reported(new Error("boom"))).length, 1)
    })
  )

  live(
    "source lines are in the order of the file",
    Effect.gen(function*() {
      const error = new Error("boom")
      yield* Exceptions.report(error).pipe(
        Effect.provide(Exceptions.layerSourceContext.pipe(Layer.provide(NodeFileSystem.layer)))
      )
      const frame = [...framesOf(yield* only)].reverse().find(({ filename }) => filename === here)
      const line = frame?.lineno ?? 0
      const lines = readFileSync(here, "utf8").split("\n")
      assert.strictEqual(frame?.context_line, lines[line - 1])
      assert.include(frame?.context_line, "new Error(\"boom\")")
      assert.deepStrictEqual(frame?.pre_context, lines.slice(line - 6, line - 1))
      assert.deepStrictEqual(frame?.post_context, lines.slice(line, line + 5))
    })
  )

  live(
    "without source lines frames have no context at all",
    Effect.gen(function*() {
      for (const frame of framesOf(yield* reported(new Error("boom")))) {
        assert.doesNotHaveAnyKeys(frame, ["context_line", "pre_context", "post_context"])
      }
    })
  )
})

describe("what PostHog asks of the metadata of exceptions", () => {
  live(
    "a manual report has the canonical defaults",
    Effect.gen(function*() {
      const event = yield* reported(new Error("boom"))
      assert.strictEqual(event?.properties["$exception_level"], "error")
      assert.notProperty(event?.properties, "$exception_source")
      assert.strictEqual(mechanismOf(event)["type"], "generic")
      assert.strictEqual(mechanismOf(event)["handled"], true)
    })
  )

  live(
    "an HTTP middleware says what it is and where it caught the failure",
    Effect.gen(function*() {
      const [event] = yield* reportedBy(Exceptions.middleware(Effect.die(new Error("boom"))))
      assert.strictEqual(event?.properties["$exception_source"], "effect.http_middleware")
      assert.strictEqual(mechanismOf(event)["type"], "middleware")
      assert.strictEqual(mechanismOf(event)["handled"], false)
    })
  )

  live(
    "a nested cause says how it belongs to its parent",
    Effect.gen(function*() {
      const event = yield* reported(new Error("outer", { cause: new Error("inner") }))
      assert.strictEqual(mechanismOf(event)["exception_id"], 0)
      assert.doesNotHaveAnyKeys(mechanismOf(event), ["parent_id", "source"])
      assert.deepStrictEqual(mechanismOf(event, 1), {
        type: "chained",
        source: "cause",
        synthetic: false,
        exception_id: 1,
        parent_id: 0
      })
    })
  )

  live(
    "an aggregate is flattened depth first, each parent before its children",
    Effect.gen(function*() {
      const event = yield* reported(
        new AggregateError([
          new Error("network"),
          new Error("validation", { cause: new Error("parse") })
        ], "two failed")
      )
      assert.deepStrictEqual(listOf(event).map(({ value }) => value), ["two failed", "network", "validation", "parse"])
      assert.deepStrictEqual(
        listOf(event).map(({ mechanism }) => [mechanism["exception_id"], mechanism["parent_id"], mechanism["source"]]),
        [[0, undefined, undefined], [1, 0, "member"], [2, 0, "member"], [3, 2, "cause"]]
      )
    })
  )

  live(
    "cycles are cut, and of many entries the first fifty are kept",
    Effect.gen(function*() {
      const knot = new Error("knot")
      Object.assign(knot, { cause: new Error("turn", { cause: knot }) })
      const members = Array.from({ length: 80 }, (_, index) => new Error(`member ${index}`))
      yield* Exceptions.report(knot)
      yield* Exceptions.report(new AggregateError(members, "many"))
      const [cyclic, large] = yield* exceptions
      assert.deepStrictEqual(listOf(cyclic).map(({ value }) => value), ["knot", "turn"])
      assert.deepStrictEqual(
        listOf(large).map(({ value }) => value),
        ["many", ...members.slice(0, 49).map(({ message }) => message)]
      )
    })
  )

  live(
    "a stack that the runtime made is not synthetic",
    Effect.gen(function*() {
      assert.strictEqual(mechanismOf(yield* reported(new Error("boom")))["synthetic"], false)
    })
  )

  live(
    "a value without a stack is synthetic, and gets no stack that was made up",
    Effect.gen(function*() {
      const event = yield* reported({ code: 17 })
      assert.strictEqual(mechanismOf(event)["synthetic"], true)
      assert.notProperty(listOf(event)[0], "stacktrace")
    })
  )

  live(
    "a logged warning keeps its level and counts as handled",
    Effect.gen(function*() {
      yield* atLevel("Warn", { minimumLevel: "warning" })
      const event = yield* only
      assert.strictEqual(event?.properties["$exception_level"], "warning")
      assert.strictEqual(mechanismOf(event)["type"], "logger")
      assert.strictEqual(mechanismOf(event)["handled"], true)
    })
  )

  live(
    "a fatal log record that ends nothing counts as handled",
    Effect.gen(function*() {
      yield* atLevel("Fatal")
      const event = yield* only
      assert.strictEqual(event?.properties["$exception_level"], "fatal")
      assert.strictEqual(mechanismOf(event)["handled"], true)
    })
  )

  live(
    "what ends the program is fatal and unhandled",
    Effect.gen(function*() {
      const [event] = yield* reportedBy(Exceptions.main(Effect.fail(new Error("boom"))))
      assert.strictEqual(event?.properties["$exception_level"], "fatal")
      assert.strictEqual(mechanismOf(event)["handled"], false)
    })
  )

  live(
    "the source of the report is not a list of source files",
    Effect.gen(function*() {
      const [event] = yield* reportedBy(Exceptions.middleware(Effect.die(
        withStack(new Error("boom"), "Error: boom\n    at view (/srv/app/views.js:1:2)")
      )))
      assert.strictEqual(event?.properties["$exception_source"], "effect.http_middleware")
      assert.notProperty(event?.properties, "$exception_sources")
    })
  )

  live(
    "properties of the caller never replace what the library says",
    Effect.gen(function*() {
      const event = yield* reported(new Error("boom"), {
        properties: { $exception_list: [], $exception_level: "debug", $exception_source: "mine", area: "checkout" }
      })
      assert.strictEqual(listOf(event)[0]?.value, "boom")
      assert.strictEqual(event?.properties["$exception_level"], "error")
      assert.notProperty(event?.properties, "$exception_source")
      assert.strictEqual(event?.properties["area"], "checkout")
    })
  )

  live(
    "what an integration knows wins over the defaults of its boundary",
    Effect.gen(function*() {
      const [event] = yield* reportedBy(
        Exceptions.withReporting(Effect.fail(new Error("boom")), { handled: true, level: "info" })
      )
      assert.strictEqual(mechanismOf(event)["handled"], true)
      assert.strictEqual(event?.properties["$exception_level"], "info")
    })
  )

  live(
    "metadata that is not valid falls back to the defaults of the boundary",
    Effect.gen(function*() {
      const event = yield* reported("boom", { level: "verbose" as "error" })
      assert.strictEqual(mechanismOf(event)["type"], "generic")
      assert.strictEqual(event?.properties["$exception_level"], "error")
      assert.strictEqual(mechanismOf(event)["synthetic"], true)
      yield* Effect.exit(Exceptions.withReporting(Effect.fail("x"), { handled: "yes" as never }))
      assert.strictEqual(mechanismOf((yield* exceptions)[1])["handled"], false)
    })
  )

  it.effect("a client that is switched off takes no exceptions", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Exceptions.report(new Error("boom")))._tag, "None")
    }).pipe(Effect.provide(EventQueue.layerNoop)))
})
