import type { RegexEngine } from "@effect-posthog/evaluator"
import { compile, evaluateFlag, matchProperty } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

const match = (value: string, text: unknown, operator = "regex", regexEngine?: RegexEngine) =>
  matchProperty({ key: "k", operator, value }, { k: text }, 0, { regexEngine })

const tag = (pattern: string, text: string, regexEngine?: RegexEngine) => {
  const properties = [{ key: "k", type: "person", operator: "regex", value: pattern }]
  const { definitions } = compile({ flags: [{ key: "f", active: true, filters: { groups: [{ properties }] } }] }, {
    regexEngine
  })
  return evaluateFlag(definitions, "f", { distinctId: "a", personProperties: { k: text } }, 0)._tag
}

const portable =
  "abc ^abc$ a.c [a-z]+ [^0-9] (?:ab)+ (a|b)c a{2} a{2,} a{2,3} a+? \\d\\w\\s \\D\\W\\S \\x41 \\. \\/ \\[ [\\]] [a-] " +
  "[-a] ] } a\\{b \\t [\\d_] ^$ () a||b @(posthog|example)\\.com$ ^[\\w.]+@[\\w-]+\\.[a-z]{2,6}$ ^.*@.*\\.com$ .*foo.*"

const notPortable =
  "\\bfoo foo\\b \\Ba (?:\\b|a) (?i)a \\p{L} (?=a) (?!a) (?<=a) (?P<n>a) (?<n>a) \\1 \\k<n> \\A \\z \\Z \\Q \\u0041 \\0 \\cA \\e é [[:alpha:]] [a[b] [] []a] [^] " +
  "a&&[b&&c] [a--b] [a~~b] [\\b] { a{ a{x} a{,3} {2} a{2}{3} a** a*+ a++ a?+ a{2}+ ^* $+ ()* (?:)+ [a-\\d] [\\d-z] [a-c-e] \\< \\>"

const invalid = "( ) (a a) [ [a [z-a] * + ? *a |* (*a) a{3,2} a\\"

describe("regular expressions", () => {
  for (const pattern of portable.split(" ")) {
    it(`decides ${pattern}`, () => {
      for (const text of ["", "abc", "foo bar", "a@posthog.com", "12_-\t\n]}", "a{b"]) {
        assert.strictEqual(match(pattern, text), new RegExp(pattern).test(text))
        assert.strictEqual(match(pattern, text, "not_regex"), !new RegExp(pattern).test(text))
      }
    })
  }

  for (const pattern of notPortable.split(" ").filter((pattern) => pattern !== "a&&[b&&c]")) {
    it(`leaves ${pattern} to the server`, () => {
      assert.strictEqual(match(pattern, "abc"), "inconclusive")
      assert.strictEqual(tag(pattern, "abc"), "Inconclusive")
    })
  }

  for (const pattern of invalid.split(" ")) {
    it(`knows that ${pattern} is not a regular expression`, () => {
      assert.strictEqual(match(pattern, "abc"), false)
      assert.strictEqual(match(pattern, "abc", "not_regex"), false)
    })
  }

  it("prefers doubt to a mistake: what is invalid here and unsupported there is left to the server", () => {
    assert.strictEqual(match("(unclosed (?i)", "abc"), "inconclusive")
    assert.strictEqual(match("*\\p{L}", "abc"), "inconclusive")
  })

  it("matches everything with the empty pattern, and reads only portable text with another", () => {
    assert.strictEqual(match("", "é\r"), true)
    assert.strictEqual(match("", "x", "not_regex"), false)
    assert.strictEqual(match("a", "é"), "inconclusive")
    assert.strictEqual(match("a", "a\r"), "inconclusive")
    assert.strictEqual(match("a$", "a\n"), false)
  })

  it("takes only patterns whose worst case it can bound", () => {
    const bounded = [
      "\\d+",
      "a+b",
      "^a*b*c$",
      "[a-z]+@[a-z]+\\.com",
      "foo.*bar",
      "^(?:ab|cd)+$",
      "a{1,50}b",
      "^(?:a+b)+$",
      "(?:a|b)*c",
      ".*@posthog\\.com$",
      ".+?@posthog\\.com",
      ".*foo.*bar",
      ".*a|b.*c",
      "(.+)@(.+)",
      "/blog/.*/comments/.*",
      "https?://.*\\.example\\.com/[a-z]+"
    ]
    const unbounded = [
      "(a+)+$",
      "(?:a|a)*$",
      "a*a*b",
      "a*a*a*a*b",
      "(?:a?){30}b",
      "(a|ab)+c",
      "(.*)*x",
      "\\w+.*\\w+.*x",
      "x.*y.*z.*!",
      "[ab]*aaaaaaaaaaaaaaaaaaaaaaa",
      ".*a*a*b",
      "^(\\w+\\s?)*$",
      "(?:a{1,9}){1,9}b"
    ]
    for (const pattern of bounded) {
      assert.strictEqual(tag(pattern, "x"), "Resolved", pattern)
    }
    for (const pattern of unbounded) {
      assert.strictEqual(tag(pattern, "x"), "RequiresServer", pattern)
    }
  })

  it("finds the same when it leaves out what is at the start", () => {
    const patterns = ".*ab .*?ab .+ab .+?b .*.*b .*.+b .+.*b .*|x .+|x .*^a .+^a .*$ .*"
    for (const pattern of patterns.split(" ")) {
      for (const text of ["", "a", "b", "ab", "aab", "\nb", "a\nb", "\n", "ba", "x\na"]) {
        assert.strictEqual(match(pattern, text), new RegExp(pattern).test(text), `${pattern}, ${JSON.stringify(text)}`)
      }
    }
  })

  it("calls a method of an engine's program as a method", () => {
    class Program {
      readonly _tag = "Compiled"
      private readonly wanted = "yes"
      test(text: string): boolean {
        return text === this.wanted
      }
    }
    assert.strictEqual(match("(a+)+$", "yes", "regex", { compile: () => new Program() }), true)
    assert.strictEqual(match("(a+)+$", "no", "regex", { compile: () => new Program() }), false)
  })

  it("reads texts of up to 2,000 characters", () => {
    assert.strictEqual(tag("b", "a".repeat(2000)), "Resolved")
    assert.strictEqual(tag("b", "a".repeat(2001)), "Inconclusive")
  })

  it("asks an engine only for what it does not decide itself, and survives one that throws", () => {
    const asked: Array<string> = []
    const engine: RegexEngine = {
      compile: (pattern) => {
        asked.push(pattern)
        return { _tag: "Compiled", test: (text) => text.length > 5000 ? undefined : text.includes("yes") }
      }
    }
    assert.strictEqual(match("(a+)+$", "yes", "regex", engine), true)
    assert.strictEqual(match("(a+)+$", "no", "not_regex", engine), true)
    assert.strictEqual(match("^no", "yes", "regex", engine), false)
    assert.strictEqual(match("(a+)+$", "x".repeat(6000), "regex", engine), "inconclusive")
    assert.strictEqual(match("(?i)a", "yes", "regex", engine), "inconclusive")
    assert.notInclude(asked, "(?i)a")
    const throwing: RegexEngine = {
      compile: () => {
        throw new Error("no")
      }
    }
    assert.strictEqual(tag("(a+)+$", "a", throwing), "RequiresServer")
    const late: RegexEngine = {
      compile: () => ({
        _tag: "Compiled",
        test: () => {
          throw new Error("no")
        }
      })
    }
    assert.strictEqual(tag("(a+)+$", "a", late), "RequiresServer")
    assert.strictEqual(match("(a+)+$", "a", "not_regex", { compile: () => ({ _tag: "Invalid" }) }), false)
  })
})
