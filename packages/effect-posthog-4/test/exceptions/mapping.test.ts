// Generated from packages/effect-posthog/test/exceptions/mapping.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { Cause, Data, Effect, Exit, FiberId, type Layer, Runtime, Schema } from "effect"
import * as Exceptions from "effect-posthog-4/Exceptions"
import * as FastCheck from "fast-check"
import { failureReader } from "../../src/internal/exceptions/causes.ts"
import { exceptionList, exceptionTree } from "../../src/internal/exceptions/exceptionList.ts"
import { exceptions, framesOf, listOf, reportedBy, testLayer, withStack } from "../support/exceptions.ts"

type Services = Layer.Layer.Success<ReturnType<typeof testLayer>>

const live = (name: string, body: Effect.Effect<void, unknown, Services>, client = {}) =>
  it.scoped(name, () => Effect.provide(body, testLayer(client)))

/** The type, the text and the synthetic mark of what was thrown. */
const described = (what: unknown) =>
  Effect.andThen(
    Exceptions.report(what),
    Effect.map(exceptions, (events) => {
      const entry = listOf(events.at(-1))[0]
      return [entry?.type, entry?.value, entry?.mechanism["synthetic"]] as const
    })
  )

class Generated extends Schema.TaggedError<Generated>()("Generated", { id: Schema.String, secret: Schema.String }) {}
class Subclass extends Generated {}
class WithMessage extends Schema.TaggedError<WithMessage>()("WithMessage", { message: Schema.String }) {}
class WithGetter extends Schema.TaggedError<WithGetter>()("WithGetter", { id: Schema.String }) {
  override get message() {
    return "the order is gone"
  }
}
class Failed extends Data.TaggedError("Failed")<{ readonly cause?: unknown; readonly note?: string }> {}

const Order = Schema.Struct({ items: Schema.Array(Schema.Struct({ price: Schema.Number, name: Schema.String })) })
const misfit = Schema.decodeUnknownEffect(Order, { errors: "all" })({ items: [{ price: "s3cret", name: 17 }] })

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const throwing = (): never => {
  throw new Error("hostile")
}

describe("the type and the text of an exception", () => {
  live(
    "an error is called by its name and says its message",
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* described(new RangeError("too far")), ["RangeError", "too far", false])
      assert.deepStrictEqual(yield* described(Object.assign(new Error("x"), { name: "" })), ["Error", "x", false])
      assert.deepStrictEqual(yield* described(new Failed({})), ["Failed", "", false])
      assert.deepStrictEqual(yield* described(new DOMException("stopped", "AbortError")), [
        "AbortError",
        "stopped",
        false
      ])
    })
  )

  live(
    "a schema's error says what was expected and where, and none of the values",
    Effect.gen(function*() {
      const error = yield* Effect.flip(misfit)
      assert.include(error.message, "s3cret")
      assert.deepStrictEqual(yield* described(error), [
        "SchemaError",
        "Expected number at items[0].price, and 1 more",
        false
      ])
      const missing = yield* Effect.flip(Schema.decodeUnknownEffect(Schema.Struct({ a: Schema.String }))({}))
      assert.deepStrictEqual(yield* described(missing), ["SchemaError", "Missing value at a", false])
      for (const event of yield* exceptions) assert.notInclude(JSON.stringify(event), "s3cret")
    })
  )

  live(
    "a generated message is replaced by the names of the fields",
    Effect.gen(function*() {
      const fields = { id: "1", secret: "s3cret" }
      assert.include(new Generated(fields).message, "s3cret")
      assert.deepStrictEqual(yield* described(new Generated(fields)), ["Generated", "fields: id, secret", false])
      assert.deepStrictEqual(yield* described(new Subclass(fields)), ["Generated", "fields: id, secret", false])
      assert.deepStrictEqual(yield* described(new WithMessage({ message: "gone" })), ["WithMessage", "gone", false])
      assert.deepStrictEqual(yield* described(new WithGetter({ id: "1" })), ["WithGetter", "the order is gone", false])
      yield* Effect.exit(Exceptions.withReporting(Effect.withSpan(new Generated(fields), "load")))
      for (const event of yield* exceptions) assert.notInclude(JSON.stringify(event), "s3cret")
    })
  )

  live(
    "other values are described without their content",
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* described({ _tag: "Gone", id: 17 }), ["Gone", "keys: id", true])
      assert.deepStrictEqual(yield* described({ _tag: "Gone", message: "really" }), ["Gone", "really", true])
      assert.deepStrictEqual(yield* described({ password: "s3cret", user: 1 }), ["Error", "keys: password, user", true])
      assert.deepStrictEqual(yield* described(new Map()), ["Map", "keys: ", true])
      assert.deepStrictEqual(yield* described("boom"), ["Error", "boom", true])
      assert.deepStrictEqual(yield* described(undefined), ["Error", "undefined", true])
      assert.deepStrictEqual(yield* described(12n), ["Error", "12", true])
      assert.deepStrictEqual(yield* described(Symbol("s")), ["Error", "Symbol(s)", true])
      assert.deepStrictEqual(yield* described(function secret() {}), ["Error", "[Function: secret]", true])
      const [, keys] = yield* described(
        Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`key${index}`, 1]))
      )
      assert.isAtMost(keys?.length ?? 0, "keys: ".length + 41)
    })
  )

  live(
    "long texts are cut",
    Effect.gen(function*() {
      const [type, value] = yield* described(Object.assign(new Error("x".repeat(50_000)), { name: "N".repeat(1000) }))
      assert.strictEqual(type?.length, 200)
      assert.strictEqual(value?.length, 10_000)
    })
  )

  live(
    "what cannot be read becomes a placeholder",
    Effect.gen(function*() {
      const hostile = {
        get message() {
          return throwing()
        },
        get name() {
          return throwing()
        },
        get cause() {
          return throwing()
        },
        toString: throwing,
        [Symbol.toPrimitive]: throwing
      }
      const error = Object.defineProperties(new Error("x"), {
        stack: { get: throwing },
        message: { get: throwing },
        name: { get: throwing },
        cause: { get: throwing }
      })
      assert.deepStrictEqual(yield* described(revoked()), ["Error", "[Unreadable]", true])
      assert.strictEqual((yield* described(hostile))[0], "Error")
      assert.deepStrictEqual(yield* described(error), ["Error", "[Unreadable]", false])
      assert.strictEqual(
        (yield* described(new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing })))[0],
        "Error"
      )
      assert.strictEqual((yield* described(new AggregateError([revoked(), hostile, error])))[0], "AggregateError")
      assert.strictEqual((yield* described(new Error("x", { cause: revoked() })))[1], "x")
    })
  )
})

describe("the frames of an exception", () => {
  const frames = (stack: string, message = "boom") =>
    Effect.andThen(
      Exceptions.report(withStack(new Error(message), stack)),
      Effect.map(exceptions, (events) => framesOf(events.at(-1)))
    )
  const frame = (line: string) => Effect.map(frames(`Error: boom\n    at ${line}`), ([first]) => first)
  const only = { platform: "node:javascript" as const, lineno: 3, colno: 9 }

  live(
    "every form that V8 writes is read",
    Effect.gen(function*() {
      const app = { ...only, filename: "/srv/a.js", in_app: true }
      assert.deepStrictEqual(yield* frame("load (/srv/a.js:3:9)"), { ...app, function: "load" })
      assert.deepStrictEqual(yield* frame("async load (file:///srv/a.js:3:9)"), { ...app, function: "load" })
      assert.deepStrictEqual(yield* frame("/srv/a.js:3:9"), { ...app, function: "?" })
      assert.deepStrictEqual(yield* frame("new Order (/srv/a.js:3:9)"), { ...app, function: "new Order" })
      assert.deepStrictEqual(yield* frame("o.m [as n] (/srv/a.js:3:9)"), { ...app, function: "o.m [as n]" })
      assert.deepStrictEqual(yield* frame("Object.<anonymous> (/srv/a.js:3:9)"), { ...app, function: "Object.?" })
      assert.deepStrictEqual(yield* frame("<anonymous> (/srv/a.js:3:9)"), { ...app, function: "?" })
      assert.deepStrictEqual(
        yield* frame("eval (eval at run (/srv/a.js:3:9), <anonymous>:1:1)"),
        { ...app, function: "eval" }
      )
      assert.deepStrictEqual(
        yield* frame("page (file:///srv/(group)/my%20page.js:3:9)"),
        { ...app, filename: "/srv/(group)/my page.js", function: "page" }
      )
      assert.deepStrictEqual(
        yield* frame("load (file:///C:/srv/a.js:3:9)"),
        { ...app, filename: "C:/srv/a.js", function: "load" }
      )
      assert.deepStrictEqual(
        yield* frame("load (C:\\srv\\a.js:3:9)"),
        { ...app, filename: "C:\\srv\\a.js", function: "load" }
      )
      const elsewhere = { platform: "node:javascript", in_app: false }
      assert.deepStrictEqual(
        yield* frame("async Promise.all (index 0)"),
        { ...elsewhere, filename: "node:internal/promise", function: "Promise.all" }
      )
      assert.deepStrictEqual(
        yield* frame("Array.map (<anonymous>)"),
        { ...elsewhere, filename: "<anonymous>", function: "Array.map" }
      )
      assert.deepStrictEqual(
        yield* frame("Array.map (native)"),
        { ...elsewhere, filename: "native", function: "Array.map" }
      )
      assert.deepStrictEqual(
        yield* frame("run (node:internal/x:3:9)"),
        { ...elsewhere, ...only, filename: "node:internal/x", function: "run" }
      )
      assert.strictEqual((yield* frame("f (/srv/node_modules/pg/index.js:3:9)"))?.in_app, false)
      assert.strictEqual((yield* frame("f (index.js:3:9)"))?.in_app, false)
      // Effect's own code in a bundle.
      assert.strictEqual((yield* frame("FiberImpl.runLoop (/srv/bundle.js:3:9)"))?.in_app, false)
      assert.strictEqual((yield* frame("MixedSchedulerDispatcher.runTasks (/srv/bundle.js:3:9)"))?.in_app, false)
      assert.isUndefined(yield* frame("IteratorImpl.~effect/Effect/successCont (/srv/bundle.js:3:9)"))
    })
  )

  live(
    "lines of the message never become frames",
    Effect.gen(function*() {
      const message = "failed: Error: inner\n    at secret (/srv/secret.js:1:1)\nend"
      const read = yield* frames(`TypeError: ${message}\n    at load (/srv/a.js:3:9)`, message)
      assert.deepStrictEqual(read.map((each) => each.function), ["load"])
      const older = yield* frames("Error: first words\nsecond\n    at load (/srv/a.js:3:9)", "other words")
      assert.deepStrictEqual(older.map((each) => each.function), ["load"])
    })
  )

  live(
    "of many frames the fifty nearest to the crash are kept",
    Effect.gen(function*() {
      const lines = Array.from({ length: 200 }, (_, index) => `    at f${index} (/srv/a.js:3:9)`)
      const read = yield* frames(["Error: boom", ...lines].join("\n"))
      assert.strictEqual(read.length, 50)
      assert.strictEqual(read.at(-1)?.function, "f0")
      assert.strictEqual(read[0]?.function, "f49")
    })
  )

  live(
    "huge lines and huge stacks are bounded",
    Effect.gen(function*() {
      const read = yield* frames(
        `Error: boom\n    at ${"x".repeat(5000)} (/srv/a.js:1:1)\n    at f (/srv/a.js:3:9)\n${"y".repeat(5_000_000)}`
      )
      assert.deepStrictEqual(read.map((each) => each.function), ["f"])
    })
  )

  live(
    "file names are relative to the root, and the application decides what is its own",
    Effect.gen(function*() {
      const [outer, inner] = yield* frames(
        "Error: boom\n    at load (/srv/app/src/a.js:3:9)\n    at run (/srv/app/vendor/b.js:3:9)"
      )
      assert.deepStrictEqual([inner?.filename, inner?.in_app], ["src/a.js", true])
      assert.deepStrictEqual([outer?.filename, outer?.in_app], ["vendor/b.js", false])
      assert.strictEqual((yield* frame("f (/srv/application/a.js:3:9)"))?.filename, "/srv/application/a.js")
    }),
    {
      exceptions: {
        root: "/srv/app/",
        inApp: ({ filename }: { readonly filename: string }) =>
          filename.includes("odd") ? throwing() : !filename.includes("/vendor/")
      }
    }
  )

  it.scoped("chunks that a bundler marked are named before paths are cut, with the release", () => {
    const stack = (file: string) => `Error\n    at ${file}:1:1`
    Object.assign(globalThis, {
      _posthogChunkIds: { [stack("/srv/app/dist/main.js")]: "chunk-1", [stack("/srv/other.js")]: "chunk-2" },
      _posthogReleaseId: "release-7"
    })
    return Effect.gen(function*() {
      const [read] = yield* frames("Error: boom\n    at load (/srv/app/dist/main.js:1:4000)")
      assert.deepStrictEqual([read?.filename, read?.chunk_id], ["dist/main.js", "chunk-1"])
      assert.strictEqual((yield* exceptions)[0]?.properties["$release_id"], "release-7")
    }).pipe(
      Effect.ensuring(Effect.sync(() => {
        Reflect.deleteProperty(globalThis, "_posthogChunkIds")
        Reflect.deleteProperty(globalThis, "_posthogReleaseId")
      })),
      Effect.provide(testLayer({ exceptions: { root: "/srv/app" } }))
    )
  })

  live(
    "spans show the way, but belong neither to the application nor to the stack",
    Effect.gen(function*() {
      const find = Effect.fn("Users.find")(function*(id: number) {
        return yield* new Failed({ note: `user ${id}` })
      })
      const [event] = yield* reportedBy(
        find(17).pipe(Effect.withSpan("GET (users)"), Exceptions.withReporting)
      )
      const spans = framesOf(event).filter(({ synthetic }) => synthetic === true)
      assert.deepStrictEqual(spans.map((each) => each.function), ["GET (users)", "Users.find", "Users.find"])
      assert.isTrue(spans.every(({ in_app, lineno }) => !in_app && lineno !== undefined))
      assert.isTrue(framesOf(event).at(-1)?.in_app)
      assert.deepStrictEqual(event?.properties["effect_spans"], ["Users.find", "GET (users)"])
      assert.notInclude(JSON.stringify(event), "user 17")
    })
  )
})

describe("the entries of an exception", () => {
  const entriesOf = (what: unknown) =>
    Effect.andThen(
      Exceptions.report(what),
      Effect.map(exceptions, (events) =>
        listOf(events.at(-1)).map(({ mechanism, type, value }) => [
          `${type}: ${value}`,
          mechanism["source"],
          mechanism["parent_id"]
        ]))
    )

  live(
    "cause, members and what was suppressed follow their parent, in this order",
    Effect.gen(function*() {
      const aggregate = Object.assign(new AggregateError([new Error("m")], "a"), { cause: new Error("c") })
      assert.deepStrictEqual(yield* entriesOf(aggregate), [
        ["AggregateError: a", undefined, undefined],
        ["Error: c", "cause", 0],
        ["Error: m", "member", 0]
      ])
      class SuppressedError extends Error {
        override readonly name = "SuppressedError"
        readonly error = new Error("e")
        readonly suppressed = "quiet"
      }
      assert.deepStrictEqual(yield* entriesOf(new SuppressedError("s")), [
        ["SuppressedError: s", undefined, undefined],
        ["Error: e", "cause", 0],
        ["Error: quiet", "suppressed", 0]
      ])
    })
  )

  live(
    "a field that is only called `errors` holds no members",
    Effect.gen(function*() {
      const validation = Object.assign(new Error("invalid"), { errors: ["private", "values"] })
      assert.strictEqual((yield* entriesOf(validation)).length, 1)
    })
  )

  live(
    "causes and failures of fibers stand for the failures in them",
    Effect.gen(function*() {
      const one = Cause.squash(Cause.fail(new Error("one")))
      const two = Cause.combine(Cause.fail(new Error("first")), Cause.die("second"))
      assert.deepStrictEqual(yield* entriesOf(new Failed({ cause: one })), [
        ["Failed: ", undefined, undefined],
        ["Error: one", "cause", 0]
      ])
      assert.deepStrictEqual(yield* entriesOf(new Failed({ cause: two })), [
        ["Failed: ", undefined, undefined],
        ["Error: first", "member", 0],
        ["Error: second", "member", 0]
      ])
      assert.strictEqual((yield* entriesOf(new Failed({ cause: Cause.empty }))).length, 1)
    })
  )

  live(
    "an error that Effect annotated with its span is the same error",
    Effect.gen(function*() {
      const raw = new Error("raw")
      const annotated = yield* Effect.flip(Effect.withSpan(Effect.fail(raw), "span"))
      assert.notStrictEqual(annotated, raw)
      assert.strictEqual((yield* entriesOf(new AggregateError([annotated, raw], "both"))).length, 2)
    })
  )

  it("a producer that knows no boundary leaves its metadata out", () => {
    const tree = exceptionTree(new Error("boom"), failureReader, {})
    assert.deepStrictEqual(tree.entries[0]?.mechanism, { exception_id: 0 })
    assert.notProperty(exceptionList(tree, { type: "", handled: "yes" })[0]?.mechanism, "handled")
    assert.notProperty(exceptionList(tree, { type: "", handled: "yes" })[0]?.mechanism, "type")
    assert.strictEqual(exceptionList(tree, { synthetic: true })[0]?.mechanism.synthetic, true)
  })

  live(
    "chains, nested causes and shared parts of any depth end in bounded time",
    Effect.gen(function*() {
      let chain: unknown = new Error("root")
      let nested: Cause.Cause<unknown> = Cause.fail(new Error("root"))
      let deep: Cause.Cause<unknown> = Cause.empty
      let shared: Cause.Cause<unknown> = Cause.fail(new Error("shared"))
      for (let level = 0; level < 10_000; level++) {
        chain = new Error(`${level}`, { cause: chain })
        nested = Cause.die(nested)
        deep = Cause.combine(deep, Cause.fail(`${level}`))
        shared = Cause.combine(shared, shared)
      }
      assert.strictEqual((yield* entriesOf(chain)).length, 50)
      yield* Exceptions.report(nested)
      yield* Exceptions.report(deep)
      yield* Exceptions.report(shared)
      // The chain, the nested one, ten of the deep one, and the shared part once.
      assert.strictEqual((yield* exceptions).length, 13)
    })
  )
})

describe("the failures of a cause", () => {
  // Made late: FastCheck itself cannot hold a proxy that was revoked.
  const failure: FastCheck.Arbitrary<() => unknown> = FastCheck.oneof(
    FastCheck.string().map((text) => () => new Error(text)),
    FastCheck.anything().map((value) => () => value),
    FastCheck.constant(revoked)
  )
  type Make = () => Cause.Cause<unknown>
  const cause = FastCheck.letrec<{ cause: Make }>((tie) => {
    const pair = FastCheck.tuple(tie("cause"), tie("cause"))
    return {
      cause: FastCheck.oneof(
        { maxDepth: 5, withCrossShrink: true },
        failure.map((make): Make => () => Cause.fail(make())),
        failure.map((make): Make => () => Cause.die(make())),
        FastCheck.constant<Make>(() => Cause.interrupt()),
        FastCheck.constant<Make>(() => Cause.empty),
        pair.map(([left, right]): Make => () => Cause.combine(left(), right())),
        pair.map(([left, right]): Make => () => Cause.combine(left(), right())),
        tie("cause").map((inner): Make => () => Cause.die(inner())),
        tie("cause").map((inner): Make => () => Cause.fail(new Failed({ cause: inner() })))
      )
    }
  }).cause

  const isCause = (value: unknown): value is Cause.Cause<unknown> => {
    try {
      return Cause.isCause(value)
    } catch {
      return false
    }
  }

  const leavesOf = (tree: Cause.Cause<unknown>): ReadonlyArray<unknown> => {
    switch (tree._tag) {
      case "Fail":
      case "Die": {
        const value = tree._tag === "Fail" ? tree.error : tree.defect
        return isCause(value) ? leavesOf(value) : [value]
      }
      case "Parallel":
      case "Sequential":
        return [...leavesOf(tree.left), ...leavesOf(tree.right)]
      default:
        return []
    }
  }

  it.effect.prop(
    "every failure is one event, in order, and the exit is what it was",
    [cause],
    ([make]) =>
      Effect.gen(function*() {
        const tree = make()
        const exit = yield* Effect.exit(Exceptions.withReporting(Effect.failCause(tree)))
        assert.isTrue(Exit.isFailure(exit) && exit.cause === tree)
        const events = yield* exceptions
        const leaves = leavesOf(tree)
        assert.isAtMost(events.length, Math.min(10, leaves.length))
        assert.isAtLeast(events.length, Math.min(1, leaves.length))
        for (const event of events) {
          assert.isAtMost(listOf(event).length, 50)
          assert.isAtLeast(listOf(event).length, 1)
          for (const entry of listOf(event)) assert.isNotEmpty(entry.type)
        }
        assert.deepStrictEqual(events.map(({ properties }) => properties["effect_cause_index"]), [...events.keys()])
      }).pipe(Effect.provide(testLayer())),
    // `npx pnpm check` sets PROPERTY_RUNS to 4.
    { fastCheck: { numRuns: 50 * Number(process.env["PROPERTY_RUNS"] ?? 1) } }
  )
})
