// Generated from packages/effect-posthog/test/definitions/parseDocument.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { omittedPart } from "@effect-posthog/evaluator"
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as FastCheck from "fast-check"
import { findJsonProblem } from "../../src/internal/definitions/jsonProblem.ts"
import { parseDocument } from "../../src/internal/definitions/parseDocument.ts"
import { runInSlices } from "../../src/internal/eventLoop.ts"

const parse = (...pieces: ReadonlyArray<string>) => runInSlices(() => parseDocument(pieces))

/** Cuts a text at the given fractions of its length. */
const cut = (text: string, fractions: ReadonlyArray<number>): ReadonlyArray<string> => {
  const offsets = [...fractions, 1].map((fraction) => Math.floor(fraction * text.length)).sort((a, b) => a - b)
  return offsets.map((offset, index) => text.slice(offsets[index - 1] ?? 0, offset))
}

const fractions = FastCheck.array(FastCheck.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

const finish = <A>(steps: Generator<void, A>): A => {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

// Large enough that its flags are parsed in many portions.
const padding = "x".repeat(700)
const largeCohorts = Object.fromEntries(
  Array.from(
    { length: 300 },
    (_, index) => [`${index * 7 % 300}`, { type: "AND", values: [{ key: `"],}{${padding}\\` }] }]
  )
)
const largeFlags = Array.from({ length: 500 }, (_, index) => ({ key: `flag-${index}`, name: `"],{${padding}\\` }))

describe("parseDocument", () => {
  it.effect.prop(
    "is JSON.parse",
    { value: FastCheck.jsonValue({ maxDepth: 4 }) },
    ({ value }) =>
      Effect.gen(function*() {
        const text = JSON.stringify(value, null, 2)
        assert.deepStrictEqual(yield* parse(text), Result.succeed(JSON.parse(text)))
      })
  )

  it.effect.prop(
    "is JSON.parse for large documents",
    { before: FastCheck.jsonValue({ maxDepth: 2 }), after: FastCheck.jsonValue({ maxDepth: 2 }) },
    ({ after, before }) =>
      Effect.gen(function*() {
        const document = {
          before: { flags: [before], cohorts: {} },
          flags: [...largeFlags, before],
          cohorts: { ...largeCohorts, [JSON.stringify(after)]: after },
          after: [after, { flags: [] }]
        }
        const text = JSON.stringify(document)
        assert.deepStrictEqual(yield* parse(text), Result.succeed(JSON.parse(text)))
      }),
    { fastCheck: { numRuns: 10 } }
  )

  it.effect.prop(
    "does not care where the text is cut into pieces",
    { fractions, value: FastCheck.jsonValue({ maxDepth: 2 }) },
    ({ fractions, value }) =>
      Effect.gen(function*() {
        const large = JSON.stringify(largeFlags)
        const cohorts = JSON.stringify(largeCohorts)
        const text = `{"a":"\\\\\\"","fl\\u0061gs":${large},"b":${JSON.stringify(value)},"cohorts": ${cohorts},` +
          `"flags" : [${large}] }`
        assert.deepStrictEqual(yield* parse(...cut(text, fractions)), Result.succeed(JSON.parse(text)))
        const broken = text.slice(0, -2) + "]"
        assert.deepStrictEqual(yield* parse(...cut(broken, fractions)), yield* parse(broken))
      }),
    // `npx pnpm check` sets PROPERTY_RUNS to 4.
    { fastCheck: { numRuns: 10 * Number(process.env["PROPERTY_RUNS"] ?? 1) } }
  )

  it.effect("does not care for pieces of one character", () =>
    Effect.gen(function*() {
      const space = " ".repeat(70_000)
      const text = `{${space}"x\\"":"a","flags" :[{"key":"\\\\"},[],{"a":[1]}],"b":{"flags":[1,2]}}`
      assert.deepStrictEqual(yield* parse(...text), Result.succeed(JSON.parse(text)))
      const deep = `\n{"flags":${"[".repeat(300)}`
      assert.deepStrictEqual(yield* parse(...deep), yield* parse(deep))
    }))

  it("gives JSON.parse no long text", () => {
    const { parse: parseJson } = JSON
    const text = JSON.stringify({ flags: Array.from({ length: 8 }, () => largeFlags).flat(), cohorts: largeCohorts })
    let longest = 0
    JSON.parse = (part: string) => {
      longest = Math.max(longest, part.length)
      return parseJson(part) as unknown
    }
    try {
      finish(parseDocument([text]))
    } finally {
      JSON.parse = parseJson
    }
    assert.isAbove(text.length, 2_000_000)
    assert.isBelow(longest, 70_000)
  })

  it.effect("takes the last of several members of one name", () =>
    Effect.gen(function*() {
      const large = JSON.stringify(largeFlags)
      const cohorts = JSON.stringify(largeCohorts)
      for (
        const text of [
          `{"flags":${large},"flags":[1]}`,
          `{"flags":[1],"flags":${large}}`,
          `{"flags":${large},"fl\\u0061gs":[]}`,
          `{"fl\\u0061gs":${large}}`,
          `{"cohorts":${cohorts},"cohorts":{"1":1}}`,
          `{"cohorts":{"1":1},"coh\\u006frts":${cohorts}}`,
          `{"cohorts":${cohorts},"cohorts":[{"1":1}]}`,
          `{"cohorts":${cohorts.slice(0, -1)},"7":7,"__proto__":{"a":1}}}`,
          `{"flags":${large},"__proto__":{"flags":[]},"flags":null}`
        ]
      ) {
        assert.deepStrictEqual(yield* parse(text), Result.succeed(JSON.parse(text)), text.slice(0, 40))
      }
    }))

  it.effect("refuses what JSON.parse refuses, wherever it is", () =>
    Effect.gen(function*() {
      const large = JSON.stringify(largeFlags)
      const cohorts = JSON.stringify(largeCohorts)
      for (
        const text of [
          "",
          "{",
          "<!doctype html>",
          `{"flags":${large}`,
          `{"flags":${large.slice(0, -1)}`,
          `{"flags":${large.slice(0, -1)},]}`,
          `{"flags":[,${large.slice(1)}}`,
          `{"flags":${large.replace("},{", "}{")}}`,
          `{"flags":${large.replace("},{", "},,{")}}`,
          `{"flags":${large.slice(0, -1)}}}`,
          `{"flags":${large}${large}}`,
          `{"flags":${large}]`,
          `{"cohorts":${cohorts}`,
          `{"cohorts":${cohorts.slice(0, -1)},}}`,
          `{"cohorts":{,${cohorts.slice(1)}}`,
          `{"cohorts":${cohorts.replace("},\"", "},,\"")}}`,
          `{"cohorts":${cohorts.slice(0, -1)}]}`
        ]
      ) {
        assert.throws(() => JSON.parse(text))
        assert.isTrue(Result.isFailure(yield* parse(text)), text.slice(0, 40))
      }
    }))

  it.effect("refuses deep nesting without recursing", () =>
    Effect.gen(function*() {
      const deep = `{"flags":${"[".repeat(100_000)}${"]".repeat(100_000)}}`
      const result = yield* Effect.flip(Effect.flatMap(parse(deep), Effect.fromResult))
      assert.strictEqual(result.problem, "nested more than 256 levels deep")
      assert.isTrue(Result.isSuccess(yield* parse(`{"flags":${"[".repeat(255)}${"]".repeat(255)}}`)))
    }))
})

describe("parts of a document that are larger than any of PostHog's", () => {
  const object = (members: number) =>
    Object.fromEntries(Array.from({ length: members }, (_, index) => [`k${index}`, index]))
  const long = Array.from({ length: 300 }, () => "x".repeat(10_000))
  const sound = { key: "sound", active: true, filters: { groups: [{}] } }

  const documents: ReadonlyArray<readonly [what: string, given: unknown, read: unknown]> = [
    [
      "an object within a flag",
      { flags: [sound, { key: "f", filters: { a: [1, { b: object(20_001) }], c: "]}" } }, sound], more: 1 },
      { flags: [sound, { key: "f", filters: { a: [1, { b: omittedPart }], c: "]}" } }, sound], more: 1 }
    ],
    [
      "objects within such an object",
      { flags: [{ key: "f", filters: { a: { ...object(20_000), b: { ...object(20_001), c: [{}] }, d: {} } } }, sound] },
      { flags: [{ key: "f", filters: { a: omittedPart } }, sound] }
    ],
    ["a flag of too many members", { flags: [object(20_001), sound] }, { flags: [omittedPart, sound] }],
    [
      "what is nested in a flag that is too long",
      { flags: [sound, { key: "f", a: { b: 1 }, filters: [long], c: [1], d: 2 }, sound] },
      { flags: [sound, { key: "f", a: { b: 1 }, filters: omittedPart, c: omittedPart, d: 2 }, sound] }
    ],
    [
      "cohorts of which one is too long, and one has an object of too many members",
      { cohorts: { 1: { a: 1 }, 2: { b: [long] }, 3: [object(20_001)], 4: { c: {} } }, flags: [sound] },
      { cohorts: { 1: { a: 1 }, 2: omittedPart, 3: [omittedPart], 4: { c: {} } }, flags: [sound] }
    ],
    ["too many cohorts", { flags: [sound], cohorts: object(20_001) }, { flags: [sound], cohorts: omittedPart }],
    [
      "too many group types",
      { group_type_mapping: object(20_001), flags: [sound] },
      { group_type_mapping: omittedPart, flags: [sound] }
    ],
    ["another member", { more: [long], flags: [sound], after: {} }, { more: omittedPart, flags: [sound], after: {} }]
  ]

  for (const [what, given, read] of documents) {
    it.effect(`are left out, wherever the text is cut into pieces: ${what}`, () =>
      Effect.gen(function*() {
        const text = JSON.stringify(given)
        assert.deepStrictEqual(yield* parse(text), Result.succeed(read))
        for (const fractions of [[0.5], [0.001, 0.01, 0.3, 0.99], Array.from({ length: 200 }, (_, i) => i / 200)]) {
          assert.deepStrictEqual(yield* parse(...cut(text, fractions)), Result.succeed(read))
        }
      }))
  }

  it.effect("are read when they are as large as they may be", () =>
    Effect.gen(function*() {
      const flag = { key: "f", payloads: object(20_000), filters: [long.slice(0, 150)] }
      const document = { ...object(19_000), flags: [flag, flag], cohorts: object(20_000), more: long.slice(0, 150) }
      assert.deepStrictEqual(yield* parse(JSON.stringify(document)), Result.succeed(document))
    }))

  it.effect("are refused where they are the document, with the place", () =>
    Effect.gen(function*() {
      const result = yield* parse(`\n${JSON.stringify({ flags: [], ...object(20_000) })}`)
      const problem = Result.isFailure(result) ? result.failure : undefined
      assert.strictEqual(problem?.problem, "an object of more than 20000 members")
      assert.strictEqual(problem?.line, 2)
    }))

  it.effect("do not make JSON of what is not", () =>
    Effect.gen(function*() {
      const text = JSON.stringify({ flags: [sound, { key: "f", filters: object(20_001) }] })
      for (const broken of [text.slice(0, 100_000), text.slice(0, -1), `${text}}`, `}${text}`, ":".repeat(30_000)]) {
        assert.isTrue(Result.isFailure(yield* parse(broken)))
      }
    }))

  it("are read over in steps, long texts included", () => {
    for (const text of [`{"a":"${"x".repeat(8_000_000)}"}`, `{"a":[${"1,".repeat(4_000_000)}1]}`]) {
      let steps = 0
      for (const _ of parseDocument([text])) steps++
      assert.isAtLeast(steps, 30)
    }
  })
})

describe("findJsonProblem", () => {
  it("says where a text stops being JSON", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["", "1:1 expected a value"],
      ["{\n  \"flags\": [\n    1,\n  ]\n}", "4:3 expected a value"],
      ["{\"a\" 1}", "1:6 expected \":\""],
      ["{\"a\": 1 \"b\": 2}", "1:9 expected \",\" or \"}\""],
      ["{a: 1}", "1:2 expected a property name in double quotes"],
      ["{\"a\": 1,}", "1:9 expected a property name in double quotes"],
      ["[1, 2", "1:6 expected \",\" or \"]\""],
      ["[01]", "1:2 expected a value"],
      ["[1] x", "1:5 expected the end of the document"],
      ["[\"a\nb\"]", "1:4 control characters in strings have to be escaped"],
      ["[\"\\x\"]", "1:3 no escape sequence of JSON"],
      ["[\"abc", "1:6 this string never ends"]
    ]
    for (const [text, expected] of cases) {
      const found = finish(findJsonProblem(text))
      assert.strictEqual(`${found?.line}:${found?.column} ${found?.problem}`, expected)
    }
  })

  it.prop(
    "agrees with JSON.parse",
    { tokens: FastCheck.array(FastCheck.constantFrom(...`{}[]",:0-.e1\\u au\nt`, "true", "null", "\"a\"")) },
    ({ tokens }) => {
      const text = tokens.join("")
      const valid = Result.isSuccess(Result.try(() => JSON.parse(text) as unknown))
      assert.strictEqual(finish(findJsonProblem(text)) === undefined, valid, text)
    },
    { fastCheck: { numRuns: 3000 } }
  )

  it.prop("finds nothing in JSON", { value: FastCheck.jsonValue() }, ({ value }) => {
    assert.isUndefined(finish(findJsonProblem(JSON.stringify(value, null, 1))))
  })
})

describe("runInSlices", () => {
  it.effect("lets timers run between steps, and is not delayed by a clock that stands still", () =>
    Effect.gen(function*() {
      let turns = 0
      const timer = setInterval(() => turns++, 0)
      const seen = yield* runInSlices(function*() {
        const before = turns
        for (let step = 0; step < 20; step++) {
          const until = performance.now() + 2
          while (performance.now() < until);
          yield
        }
        return turns - before
      })
      clearInterval(timer)
      assert.isAtLeast(seen, 2)
    }))

  it.effect("takes small work in one turn", () =>
    Effect.gen(function*() {
      let turned = false
      const timer = setImmediate(() => (turned = true))
      yield* runInSlices(function*() {
        yield
        yield
      })
      clearImmediate(timer)
      assert.isFalse(turned)
    }))
})
