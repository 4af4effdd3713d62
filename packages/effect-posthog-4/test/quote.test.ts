// Generated from packages/effect-posthog/test/quote.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "./support/effectVitest.ts"
import * as FastCheck from "fast-check"
import { oneLine, quote } from "../src/internal/quote.ts"

describe("quote", () => {
  it("leaves an ordinary name as it is", () => {
    assert.strictEqual(quote("invoice paid"), "\"invoice paid\"")
    assert.strictEqual(quote("Größe 東京 👍"), "\"Größe 東京 👍\"")
    assert.strictEqual(quote(""), "\"\"")
  })

  it("escapes what could forge a line, steer a terminal or reverse the text", () => {
    assert.strictEqual(quote("a\nERROR b\r\t"), "\"a\\nERROR b\\r\\t\"")
    assert.strictEqual(quote("\u001b[31m\u001b]0;x\u0007\u009b"), "\"\\u001b[31m\\u001b]0;x\\u0007\\u009b\"")
    assert.strictEqual(
      quote("\u202egnp\u2028\u2029\u2066\u200f\ufeff"),
      "\"\\u202egnp\\u2028\\u2029\\u2066\\u200f\\ufeff\""
    )
    assert.strictEqual(quote("\u{e0041}"), "\"\\u{e0041}\"")
    assert.strictEqual(quote("\ud800 \udfff"), "\"\\ud800 \\udfff\"")
    assert.strictEqual(quote("say \"hi\" \\"), "\"say \\\"hi\\\" \\\\\"")
  })

  it("keeps about a hundred characters", () => {
    assert.strictEqual(quote("x".repeat(100)), `"${"x".repeat(100)}"`)
    assert.strictEqual(quote("x".repeat(1_000_000)), `"${"x".repeat(100)}…"`)
    assert.strictEqual(quote("x".repeat(99) + "👍👍"), `"${"x".repeat(99)}…"`)
  })

  it("turns anything into text", () => {
    assert.strictEqual(quote(undefined), "\"undefined\"")
    assert.strictEqual(quote(Symbol("s")), "\"Symbol(s)\"")
    assert.strictEqual(quote(Object.create(null)), "\"[object]\"")
    assert.strictEqual(
      quote({
        toString() {
          throw new Error("no")
        }
      }),
      "\"[object]\""
    )
  })

  it("whatever the name: one printable line of bounded length, and short names can be told apart", () => {
    const name = FastCheck.string({ unit: "binary", maxLength: 120 })
    FastCheck.assert(FastCheck.property(name, (text) => {
      const quoted = quote(text)
      assert.notMatch(quoted, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      assert.isBelow(quoted.length, 1_000)
    }))
    FastCheck.assert(FastCheck.property(name, name, (left, right) => {
      if (left.length <= 100 && right.length <= 100) assert.strictEqual(quote(left) === quote(right), left === right)
    }))
  })
})

describe("oneLine", () => {
  it("escapes what is not of one line, leaves quotation marks, and cuts", () => {
    assert.strictEqual(oneLine("property \"plan\" is missing"), "property \"plan\" is missing")
    assert.strictEqual(oneLine("a\nb\u001b\u202e\u2028"), "a\\nb\\u001b\\u202e\\u2028")
    assert.strictEqual(oneLine("x".repeat(1_000_000)), `${"x".repeat(300)}…`)
  })
})
