import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { position } from "../src/definitions/parseJson.ts"
import { lineStarts, parseJson } from "../src/definitions/parseJson.ts"
import { posthogHost } from "../src/definitions/posthogHost.ts"
import { suggestions } from "../src/definitions/suggestions.ts"
import { json, printable, quoted } from "../src/terminal/printable.ts"

describe("foreign text", () => {
  it("never gives orders to a terminal, nor takes a second line", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (text) => {
        assert.notMatch(printable(text), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
        assert.isBelow(quoted(text.repeat(50)).length, 1000)
      })
    )
  })

  it("is the same after JSON was written and read", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue({ stringUnit: "binary" }), (value) => {
        const text = json(value)
        assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
        assert.notMatch(text.replace(/\n/g, ""), /[\p{Cc}\u202e\u2028]/u)
      })
    )
  })
})

describe("positions", () => {
  it("point at the place where a text stops being JSON", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue({ maxDepth: 3 }), FastCheck.nat(), (value, seed) => {
        const text = JSON.stringify({ value }, null, 2)
        const at = seed % text.length
        const broken = `${text.slice(0, at)}\u0001${text.slice(at)}`
        const parsed = parseJson(broken)
        assert.strictEqual(parsed._tag, "Left")
        if (parsed._tag === "Left") {
          assert.isAtLeast(parsed.left.line, 1)
          const found = (lineStarts(broken)[parsed.left.line - 1] ?? 0) + parsed.left.column - 1
          assert.isAtMost(found, at + 1)
        }
      })
    )
    assert.deepStrictEqual(position(lineStarts("a\nbc\n"), 3), { line: 2, column: 2 })
  })

  it("of deeply nested texts do not overflow the stack", () => {
    assert.strictEqual(parseJson("[".repeat(200_000))._tag, "Left")
  })
})

describe("suggestions", () => {
  it("are what somebody may have meant", () => {
    const known = ["pricing-page", "new-checkout", "dark-footer"]
    assert.deepStrictEqual(suggestions("pricingpage", known), ["pricing-page"])
    assert.deepStrictEqual(suggestions("new_chekcout", known), ["new-checkout"])
    assert.deepStrictEqual(suggestions("something else", known), [])
  })
})

describe("hosts", () => {
  const cases: ReadonlyArray<readonly [written: string, host: string]> = [
    ["https://app.posthog.com/", "https://us.i.posthog.com"],
    ["EU.posthog.com", "https://eu.i.posthog.com"],
    ["http://localhost:8000/", "http://localhost:8000"],
    ["https://posthog.example/proxy/", "https://posthog.example/proxy"]
  ]
  for (const [written, host] of cases) {
    it(`${written} is ${host}`, () => assert.deepInclude(posthogHost(written), { _tag: "Right", right: host }))
  }
})
