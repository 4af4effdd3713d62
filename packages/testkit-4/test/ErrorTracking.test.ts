// Generated from packages/testkit/test/ErrorTracking.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { ErrorTracking } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect } from "effect"
import * as Client from "./support/client.ts"

const frame = (change: object = {}) => ({
  platform: "node:javascript",
  filename: "src/cart.ts",
  function: "total",
  lineno: 3,
  colno: 7,
  in_app: true,
  ...change
})

const exception = (change: object = {}, ...frames: ReadonlyArray<unknown>) => ({
  type: "TypeError",
  value: "x is undefined",
  mechanism: { type: "generic", handled: true, synthetic: false, exception_id: 0 },
  ...(frames.length === 0 ? {} : { stacktrace: { type: "raw", frames } }),
  ...change
})

const list = (...exceptions: ReadonlyArray<unknown>) => ({ $exception_list: exceptions })

const problems = (properties: Readonly<Record<string, unknown>>) => ErrorTracking.process(properties).problems

const fingerprint = (...exceptions: ReadonlyArray<unknown>) => {
  const { fingerprint, problems } = ErrorTracking.process(list(...exceptions))
  deepStrictEqual(problems, [])
  assert.isString(fingerprint)
  return fingerprint
}

describe("error tracking: what it can use", () => {
  it("is an exception with a type, and frames with a file and a function", () => {
    deepStrictEqual(problems(list(exception({}, frame()))), [])
    deepStrictEqual(problems(list({ type: "Error" })), [])
    deepStrictEqual(problems(list(exception({}, { platform: "python" }))), [])
  })

  const cases: ReadonlyArray<readonly [properties: Readonly<Record<string, unknown>>, problem: string]> = [
    [{}, "$exception_list is not a list"],
    [list(), "$exception_list is empty"],
    [list("TypeError"), "$exception_list[0] is not an object"],
    [list(exception(), exception({ type: undefined })), "$exception_list[1].type is not a string"],
    [list(exception({ value: null })), "$exception_list[0].value is not a string"],
    [list(exception({ mechanism: "generic" })), "$exception_list[0].mechanism is not an object"],
    [list(exception({ mechanism: { handled: "no" } })), "$exception_list[0].mechanism.handled is not a boolean"],
    [list(exception({ stacktrace: [] })), "$exception_list[0].stacktrace is not an object"],
    [list(exception({ stacktrace: { frames: [] } })), "$exception_list[0].stacktrace.type is not \"raw\""],
    [list(exception({ stacktrace: { type: "raw" } })), "$exception_list[0].stacktrace.frames is not a list"],
    [list(exception({}, 7)), "$exception_list[0].stacktrace.frames[0] is not an object"],
    [
      list(exception({}, frame({ platform: undefined }))),
      "$exception_list[0].stacktrace.frames[0].platform is not a string"
    ],
    [
      list(exception({}, frame(), frame({ filename: undefined }))),
      "$exception_list[0].stacktrace.frames[1].filename is not a string"
    ],
    [
      list(exception({}, frame({ function: null }))),
      "$exception_list[0].stacktrace.frames[0].function is not a string"
    ],
    [
      list(exception({}, frame({ lineno: -1 }))),
      "$exception_list[0].stacktrace.frames[0].lineno is not a whole number"
    ],
    [
      list(exception({}, frame({ pre_context: null }))),
      "$exception_list[0].stacktrace.frames[0].pre_context is not a list of strings"
    ],
    [{ ...list(exception()), $exception_fingerprint: 7 }, "$exception_fingerprint is not a string"]
  ]

  for (const [properties, problem] of cases) {
    it(`is not an event of which ${problem}`, () => {
      deepStrictEqual(ErrorTracking.process(properties), { problems: [problem], fingerprint: undefined })
    })
  }
})

describe("error tracking: one issue or two", () => {
  const one = fingerprint(exception({}, frame({ function: "main" }), frame()))

  it("counts neither messages, nor lines, nor what is not of the application", () => {
    strictEqual(fingerprint(exception({ value: "other" }, frame({ function: "main" }), frame({ lineno: 9 }))), one)
    const library = frame({ filename: "/app/node_modules/pg/client.js", function: "query" })
    strictEqual(fingerprint(exception({}, frame({ function: "main" }), library, frame())), one)
    const runtime = frame({ filename: "node:internal/process", function: "tick" })
    strictEqual(fingerprint(exception({}, runtime, frame({ function: "main" }), frame())), one)
    const span = frame({ function: "order 4711", in_app: false, synthetic: true })
    strictEqual(fingerprint(exception({}, frame({ function: "main" }), span, frame())), one)
  })

  it("counts types, files, functions, modules, and every exception of the list", () => {
    const main = frame({ function: "main" })
    const others = [
      fingerprint(exception({ type: "RangeError" }, main, frame())),
      fingerprint(exception({}, main, frame({ filename: "/host/src/cart.ts" }))),
      fingerprint(exception({}, main, frame({ function: "sum" }))),
      fingerprint(exception({}, main, frame({ module: "cart" }))),
      fingerprint(exception({}, main, frame()), exception()),
      fingerprint(exception({}, main))
    ]
    strictEqual(new Set([one, ...others]).size, 7)
  })

  it("counts the message of an exception without frames, and the first frame when none is of the application", () => {
    assert.notStrictEqual(fingerprint(exception()), fingerprint(exception({ value: "other" })))
    const outside = (name: string) => frame({ function: name, in_app: false })
    const first = fingerprint(exception({}, outside("a"), outside("b")))
    strictEqual(fingerprint(exception({}, outside("a"), outside("c"))), first)
    assert.notStrictEqual(fingerprint(exception({}, outside("b"), outside("a"))), first)
  })

  it("is what the event says, if it says something", () => {
    const own = (value: string) =>
      ErrorTracking.process({ ...list(exception({}, frame())), $exception_fingerprint: value }).fingerprint
    strictEqual(own("mine"), "mine")
    strictEqual(own(""), fingerprint(exception({}, frame())))
  })
})

describe("PostHogServer.exceptions", () => {
  it.live("are the exceptions among the events, processed", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      const event = (properties: object, index: number) => ({ ...Client.v0Event("$exception", index), properties })
      yield* Client.batch(
        event(list(exception({}, frame())), 1),
        Client.v0Event("paid", 2),
        event(list(exception({}, frame({ filename: undefined }))), 3)
      )
      const exceptions = yield* server.exceptions
      deepStrictEqual(exceptions.map(({ problems }) => problems.length), [0, 1])
      strictEqual(exceptions[0]?.fingerprint, fingerprint(exception({}, frame())))
      strictEqual((yield* server.events).length, 3)
    }).pipe(Effect.provide(Client.serverAndClient())))
})
