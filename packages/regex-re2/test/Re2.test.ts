import type { RegexProgram } from "@effect-posthog/evaluator"
import { compile, evaluateFlag, matchProperty } from "@effect-posthog/evaluator"
import { regexEngine } from "@effect-posthog/regex-re2"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"

const searching = (pattern: string): (text: string) => boolean | undefined => {
  const program: RegexProgram = regexEngine.compile(pattern)
  assert.strictEqual(program._tag, "Compiled")
  return program._tag === "Compiled" ? program.test : () => undefined
}

const matches = (pattern: string, text: string, operator = "regex") =>
  matchProperty({ key: "k", operator, value: pattern }, { k: text }, 0, { regexEngine })

describe("regexEngine", () => {
  it("decides patterns that make backtracking engines explode", () => {
    assert.strictEqual(matches("(a+)+$", `${"a".repeat(40)}!`), false)
    assert.strictEqual(matches("(a+)+$", "a".repeat(40)), true)
    assert.strictEqual(matches("(a+)+$", `${"a".repeat(40)}!`, "not_regex"), true)
    assert.strictEqual(matches("^(?:a|a)*$", `${"a".repeat(40)}!`), false)
    assert.strictEqual(matches("a*a*a*a*b", "a".repeat(40)), false)
  })

  it("looks at 100,000 characters for small patterns, and at no more", () => {
    for (const pattern of ["(a+)+$", "^(?:a|a)*$", "a*a*a*a*b"]) {
      const test = searching(pattern)
      assert.strictEqual(test(`${"a".repeat(99_999)}!`), false)
      assert.strictEqual(test(`${"a".repeat(100_000)}!`), undefined)
    }
  })

  it("looks at less text the larger the pattern, and declines the largest", () => {
    const test = searching("(?:[ab]{1,20}a){5}b$")
    assert.isBoolean(test("a".repeat(1000)))
    assert.strictEqual(test("a".repeat(10_000)), undefined)
    assert.strictEqual(regexEngine.compile("(?:[ab]{1,20}a){100}b$")._tag, "Unsupported")
    assert.strictEqual(regexEngine.compile("a{1001}")._tag, "Unsupported")
  })

  it("tells invalid patterns from unsupported ones", () => {
    assert.strictEqual(regexEngine.compile("(unclosed")._tag, "Invalid")
    assert.strictEqual(regexEngine.compile("[z-a]")._tag, "Invalid")
    assert.strictEqual(regexEngine.compile("*a")._tag, "Invalid")
  })

  it("leaves word boundaries to the server, on which its engine gives up in long texts", () => {
    for (const pattern of ["\\bfoo", "foo\\b", "\\Bfoo", "(?:a\\b|b)", "[a\\]]\\b"]) {
      assert.strictEqual(regexEngine.compile(pattern)._tag, "Unsupported", pattern)
      assert.strictEqual(matches(pattern, "foo"), "inconclusive", pattern)
      assert.strictEqual(matches(pattern, "foo", "not_regex"), "inconclusive", pattern)
    }
    assert.strictEqual(searching("\\\\b")("a\\b"), true)
  })

  it("counts the vertical tab as a blank, as the server does", () => {
    assert.strictEqual(searching("^\\s$")("\v"), true)
    assert.strictEqual(searching("^[\\sx]$")("\v"), true)
    assert.strictEqual(searching("^[^\\s]$")("\v"), false)
    assert.strictEqual(searching("^\\S$")("\v"), false)
    assert.strictEqual(searching("^[\\S]$")("x"), true)
    assert.strictEqual(searching("^\\\\s$")("\\s"), true)
  })

  it("leaves what the server may read differently to the server, with an engine as without", () => {
    assert.strictEqual(matches("(?i)abc", "ABC"), "inconclusive")
    assert.strictEqual(matches("\\w+", "é"), "inconclusive")
    assert.strictEqual(matches("(unclosed", "x"), false)
    assert.strictEqual(matches("(unclosed", "x", "not_regex"), false)
  })

  it("decides flags that need the server without it", () => {
    const filter = { key: "path", type: "person", operator: "regex", value: "^(?:[a-z]+/?)+$" }
    const document = { flags: [{ key: "f", active: true, filters: { groups: [{ properties: [filter] }] } }] }
    const context = { distinctId: "user-17", personProperties: { path: "docs/flags" } }
    const without = evaluateFlag(compile(document).definitions, "f", context, 0)
    assert.strictEqual(without._tag, "RequiresServer")
    const withEngine = evaluateFlag(compile(document, { regexEngine }).definitions, "f", context, 0)
    assert.strictEqual(withEngine._tag === "Resolved" && withEngine.value, true)
  })

  it("finds what the built-in engine finds", () => {
    const atom = FastCheck.constantFrom(
      "a",
      "b",
      ".",
      "\\d",
      "\\w",
      "\\s",
      "[ab]",
      "[^a]",
      "(?:a|b)",
      "x?",
      "b+",
      "a{1,2}"
    )
    const pattern = FastCheck.tuple(
      FastCheck.constantFrom("", "^"),
      FastCheck.array(atom, { minLength: 1, maxLength: 4 }),
      FastCheck.constantFrom("", "$")
    ).map(([start, atoms, end]) => start + atoms.join("") + end)
    const text = FastCheck.stringOf(FastCheck.constantFrom("a", "b", "x", "1", " ", "\n", "\v", "_"), { maxLength: 12 })
    FastCheck.assert(
      FastCheck.property(pattern, text, (pattern, text) => {
        assert.strictEqual(searching(pattern)(text), new RegExp(pattern).test(text))
      }),
      { numRuns: 2000 }
    )
  })
})
