import { matchProperty } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

const now = Date.parse("2024-03-31T12:00:00Z")

const match = (operator: string, value: unknown, k: unknown) =>
  matchProperty({ key: "k", type: "person", operator, value }, { k }, now, { timeZone: "UTC" })

describe("matchProperty", () => {
  it("trims versions of what the server takes for blanks, and of nothing else", () => {
    for (
      const blank of [" ", "\t", "\n", "\r", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u3000"]
    ) {
      assert.strictEqual(match("semver_eq", "1.2.3", `${blank}1.2.3${blank}`), true, JSON.stringify(blank))
      assert.strictEqual(match("semver_eq", `v${blank}1.2.3`, "1.2.3"), true, JSON.stringify(blank))
      assert.strictEqual(match("semver_wildcard", `${blank}1.*${blank}`, "1.2.3"), true, JSON.stringify(blank))
    }
    for (const other of ["\ufeff", "\u200b", "\u180e", "\u0000"]) {
      assert.strictEqual(match("semver_eq", "1.2.3", `${other}1.2.3`), false)
      assert.strictEqual(match("semver_neq", "1.2.4", `1.2.3${other}`), false)
    }
    assert.strictEqual(match("semver_eq", "1.2.3", " v1.2.3"), false)
    assert.strictEqual(match("semver_eq", "1.2.3", " ".repeat(2000)), false)
  })

  it("reads the components of versions as numbers", () => {
    for (const version of ["01.2.3", "1.02.3", "1.2.003", "001.002.003", "1.2.3"]) {
      assert.strictEqual(match("semver_eq", "1.2.3", version), true, version)
      assert.strictEqual(match("semver_eq", version, "1.2.3"), true, version)
    }
    for (const zero of ["0.0.0", "00.0.0", "0.0", "0"]) {
      assert.strictEqual(match("semver_eq", "0.0.0", zero), true, zero)
    }
    assert.strictEqual(match("semver_gt", "9.9.999999999", "9.9.1000000000"), true)
    assert.strictEqual(match("semver_lt", "9.9.1000000000", "9.9.999999999"), true)
    for (const none of ["1..3", ".2.3", "1.2.", "1.2.3.", "1.2.3.4", "1.2.3 ,", "1,2,3", ""]) {
      assert.strictEqual(match("semver_neq", "1.2.4", none), false, none)
    }
  })

  it("folds every ASCII letter and nothing else", () => {
    for (let code = 0; code < 0x80; code++) {
      const [one, other] = [String.fromCharCode(code), String.fromCharCode(code ^ 0x20)]
      const isLetter = /[A-Za-z]/.test(one)
      for (const operator of ["exact", "icontains", "starts_with", "ends_with"]) {
        assert.strictEqual(match(operator, `a${one}`, `a${other}`), isLetter, `${operator} ${code}`)
        assert.strictEqual(match(operator, `a${one}`, `a${one}`), true, `${operator} ${code}`)
      }
      assert.strictEqual(match("exact", ["b", `a${one}`, "c"], `A${other}`), isLetter)
      assert.strictEqual(match("icontains_multi", ["b", `a${one}`, "c"], `A${other}`), isLetter)
    }
  })

  it("compares with few values and with many alike", () => {
    const values = Array.from({ length: 40 }, (_, index) => `Value-${index}`)
    for (let count = 1; count <= values.length; count++) {
      const wanted = values.slice(0, count)
      for (const operator of ["exact", "is_not"]) {
        assert.strictEqual(match(operator, wanted, `vALUE-${count - 1}`), operator === "exact")
        assert.strictEqual(match(operator, wanted, `value-${count}`), operator !== "exact")
        assert.strictEqual(match(operator, wanted, "value-"), operator !== "exact")
        assert.strictEqual(match(operator, wanted, "value-\ud800"), "inconclusive")
      }
    }
  })

  it("lower-cases all of Unicode for equality, and folds ASCII letters only to look within", () => {
    const equal: ReadonlyArray<readonly [string, string]> = [
      ["\u212a", "k"],
      ["ẞ", "ß"],
      ["İ", "i̇"],
      ["ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"],
      ["Ǆ", "ǆ"]
    ]
    for (const [left, right] of equal) {
      assert.strictEqual(match("exact", left, right), true)
      assert.strictEqual(match("exact", right, left), true)
      assert.strictEqual(match("icontains", left, right), false)
      assert.strictEqual(match("starts_with", right, left), false)
    }
    for (const [left, right] of [["ß", "SS"], ["ﬁ", "fi"], ["é", "e\u0301"], ["Σ", "ς"]] as const) {
      assert.strictEqual(match("exact", left, right), false)
      assert.strictEqual(match("is_not", right, left), true)
    }
  })

  it("orders the keys of objects by code point", () => {
    const text = "{\"10\":1,\"9\":2,\"A\":3,\"\ufb01\":4,\"😀\":5}"
    assert.strictEqual(match("exact", text, { "😀": 5, "\ufb01": 4, A: 3, 9: 2, 10: 1 }), true)
  })

  it("clamps the day at every step of a month or a year, and does not restore it", () => {
    const instants: ReadonlyArray<readonly [string, string]> = [
      ["-1m", "2024-02-29T12:00:00Z"],
      ["-2m", "2024-01-29T12:00:00Z"],
      ["3m", "2023-12-29T12:00:00Z"],
      ["13m", "2023-02-28T12:00:00Z"],
      ["14m", "2023-01-28T12:00:00Z"],
      ["1y", "2023-03-31T12:00:00Z"],
      ["9999m", "1190-12-28T12:00:00Z"],
      ["007d", "2024-03-24T12:00:00Z"],
      ["-0h", "2024-03-31T12:00:00Z"]
    ]
    for (const [relative, instant] of instants) {
      assert.strictEqual(match("is_date_exact", relative, instant), true, relative)
      assert.strictEqual(match("is_date_exact", instant, relative), true, relative)
    }
  })

  it("reads long texts in the time it takes to look at them", () => {
    const long = ["1", "0", ".", "-", "v", " ", "x", "1.", "a.", "1e"].map((part) => part.repeat(200_000))
    for (const text of long) {
      for (const end of ["", "e", "!", ".", "-"]) {
        for (const operator of ["gt", "is_date_after", "semver_eq", "semver_wildcard", "exact", "icontains"]) {
          assert.strictEqual(match(operator, "1", text + end), "inconclusive")
          assert.include([true, false, "inconclusive"], match(operator, "1", text.slice(0, 1999) + end))
          assert.include([true, false, "inconclusive"], match(operator, text + end, "1"))
        }
      }
    }
  })

  it("takes NaN for a malformed number, in a range and outside of it", () => {
    for (const nan of ["NaN", "nan", "NAN", "+nan", "-NaN", NaN]) {
      for (const operator of ["between", "not_between"]) {
        assert.strictEqual(match(operator, [1, 5], nan), false, `${operator} ${nan}`)
        assert.strictEqual(match(operator, [nan, 5], 3), false, `${operator} ${nan}`)
        assert.strictEqual(match(operator, [1, nan], 3), false, `${operator} ${nan}`)
      }
      for (const operator of ["gt", "gte", "lt", "lte"]) {
        assert.strictEqual(match(operator, 5, nan), false)
        assert.strictEqual(match(operator, nan, 5), false)
      }
    }
    assert.strictEqual(match("not_between", [1, 5], "inf"), true)
  })

  it("takes numbers in the full syntax of floats, and nothing more", () => {
    const numbers: ReadonlyArray<readonly [string, number]> = [
      ["+1", 1],
      ["5.", 5],
      [".5", 0.5],
      ["-.5e1", -5],
      ["5.e1", 50],
      ["1E+3", 1000],
      ["0001", 1],
      ["inf", Infinity],
      ["-Infinity", -Infinity],
      ["1e400", Infinity]
    ]
    for (const [text, number] of numbers) {
      assert.strictEqual(match("gt", text, 7), 7 > number, text)
      assert.strictEqual(match("lte", 7, text), number <= 7, text)
    }
    for (
      const text of [
        "",
        ".",
        "e1",
        "1e",
        "1e+",
        " 1",
        "1 ",
        "1\n",
        "0x10",
        "1_000",
        "1,000",
        "--1",
        "1.2.3",
        "10abc",
        "١"
      ]
    ) {
      assert.strictEqual(match("gt", 0, text), false, text)
      assert.strictEqual(match("lt", text, 0), false, text)
      assert.strictEqual(match("not_between", [5, 6], text), false, text)
    }
  })
})
