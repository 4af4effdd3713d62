// Generated from packages/testkit/test/exceptions/posthogNode.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogServer } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Redacted } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { readFileSync } from "node:fs"
import { PostHog } from "posthog-node"

// Files outside of it posthog-node gives relative names, `../../srv/a.js`, and this library absolute ones.
const root = process.cwd()

class Named extends Error {
  override readonly name = "NamedError"
}
class Unnamed extends Error {}

const withStack = (error: Error, ...lines: ReadonlyArray<string>): Error =>
  Object.assign(error, {
    stack: [`${error.name}: ${error.message}`, ...lines.map((line) => `    at ${line}`)].join("\n")
  })

const thrownBy = (body: () => unknown): unknown => {
  try {
    return body()
  } catch (error) {
    return error
  }
}

const cyclic = (): Error => {
  const error = new Error("cyclic")
  return Object.assign(error, { cause: new Error("inner", { cause: error }) })
}

/** Makes each error anew: both libraries remember what they captured. */
const errors: Readonly<Record<string, () => unknown>> = {
  "an error": () => new Error("boom"),
  "a built-in error": () => new TypeError("no function"),
  "an error of a class with a name": () => new Named("named"),
  "an error of a class without one": () => new Unnamed("unnamed"),
  "an error without a message": () => new Error(""),
  "a message of several lines": () => new Error("first\nsecond\n\nlast"),
  "an error that the runtime throws": () => thrownBy(() => (undefined as never as { a: string }).a),
  "an error of the parser": () => thrownBy(() => JSON.parse("{")),
  "an error of Node.js": () => thrownBy(() => readFileSync("/no/such/file")),
  "a cause": () => new Error("outer", { cause: new RangeError("inner") }),
  "a chain of causes": () => new Error("a", { cause: new Error("b", { cause: new Error("c") }) }),
  "a cycle of causes": cyclic,
  "an aggregate": () => new AggregateError([new Error("first"), new TypeError("second")], "several"),
  "an aggregate within another one": () =>
    new AggregateError([new AggregateError([new Error("deep")], "inner"), new Error("last")], "outer"),
  "an aggregate with a cause": () =>
    Object.assign(new AggregateError([new Error("member")], "several"), { cause: new Error("cause") }),
  "more entries than are sent": () =>
    new AggregateError(Array.from({ length: 80 }, (_, index) => new Error(`${index}`)), "many"),
  "a method, a constructor and an alias": () =>
    withStack(
      new Error("x"),
      `Cart.total (${root}/a.js:1:2)`,
      `new Cart (${root}/a.js:3:4)`,
      `o.m [as n] (${root}/a.js:5:6)`
    ),
  "functions without a name": () =>
    withStack(
      new Error("x"),
      `${root}/a.js:1:2`,
      `Object.<anonymous> (${root}/a.js:3:4)`
    ),
  "asynchronous frames": () =>
    withStack(new Error("x"), `async load (file://${root}/a%20b.mjs:1:2)`, "async Promise.all (index 0)"),
  "frames of libraries and of Node.js": () =>
    withStack(
      new Error("x"),
      `query (${root}/node_modules/pg/index.js:1:2)`,
      "Array.map (<anonymous>)",
      "emit (node:events:3:4)"
    ),
  "more frames than are sent": () =>
    withStack(new Error("x"), ...Array.from({ length: 70 }, (_, index) => `f${index} (${root}/a.js:${index + 1}:1)`)),
  "a file of Windows": () => withStack(new Error("x"), "load (C:\\srv\\a.js:1:2)", "run (file:///C:/srv/b.js:3:4)")
}

interface Entry {
  readonly type: string
  readonly value: string
  readonly mechanism: unknown
  readonly stacktrace?: { readonly type: string; readonly frames: ReadonlyArray<Readonly<Record<string, unknown>>> }
}

// What posthog-node reads from the disk, and what it makes of the path.
const notCompared = new Set(["context_line", "pre_context", "post_context", "module"])

const comparable = (list: unknown): unknown =>
  (list as ReadonlyArray<Entry>).map(({ mechanism, stacktrace, type, value }) => ({
    type,
    value,
    mechanism,
    frames: stacktrace?.frames.map((frame) =>
      Object.fromEntries(
        Object.entries(frame).filter(([name, field]) => !notCompared.has(name) && field !== undefined).sort()
      )
    )
  }))

type Properties = Readonly<Record<string, unknown>>

/** The properties of the events that both libraries make of an error. */
const both = (make: () => unknown, properties: Properties = {}) =>
  Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    const theirs = new PostHog("phc_test", { host: server.url, flushAt: 1 })
    const ours = PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host: server.url, exceptions: { root } })
    // Made outside of Effect, whose frames only this library takes away.
    yield* Effect.promise(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      const error = make()
      theirs.captureException(error, "theirs", properties)
      await ours.captureException(error, { distinctId: "ours", properties })
      await Promise.all([theirs.shutdown(), ours.close()])
    })
    const events = yield* server.events
    const of = (distinctId: string): Properties => {
      const event = events.find(({ distinct_id }) => distinct_id === distinctId)
      assert.isDefined(event)
      return event?.properties ?? {}
    }
    return { theirs: of("theirs"), ours: of("ours") }
  }).pipe(Effect.provide(PostHogServer.layer()))

describe("an exception is what posthog-node makes of it", () => {
  for (const [name, make] of Object.entries(errors)) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { ours, theirs } = yield* both(make)
        assert.deepStrictEqual(comparable(ours["$exception_list"]), comparable(theirs["$exception_list"]))
        assert.strictEqual(ours["$exception_level"], theirs["$exception_level"])
      }))
  }
})

describe("an exception differs on purpose from what posthog-node makes of it", () => {
  const framesOf = (properties: Properties) =>
    (properties["$exception_list"] as ReadonlyArray<Entry>)[0]?.stacktrace?.frames

  it.live("a value without a stack gets none, not that of the place which captures it", () =>
    Effect.gen(function*() {
      const { ours, theirs } = yield* both(() => "out of paper")
      assert.include(String(framesOf(theirs)?.at(-1)?.["filename"]), "posthog-node")
      assert.isUndefined(framesOf(ours))
    }))

  it.live("properties do not replace the level", () =>
    Effect.gen(function*() {
      const { ours, theirs } = yield* both(() => new Error("boom"), { $exception_level: "debug" })
      assert.strictEqual(theirs["$exception_level"], "debug")
      assert.strictEqual(ours["$exception_level"], "error")
    }))

  it.live("source lines and modules are not sent, the type and the message are", () =>
    Effect.gen(function*() {
      const { ours, theirs } = yield* both(() => new TypeError("boom"))
      assert.isTrue(framesOf(theirs)?.some((frame) => "context_line" in frame && "module" in frame))
      assert.isFalse(framesOf(ours)?.some((frame) => "context_line" in frame || "module" in frame))
      assert.deepInclude(ours, { $exception_type: "TypeError", $exception_message: "boom" })
      assert.notProperty(theirs, "$exception_type")
    }))
})
