import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { makePortable, toPortableJson } from "../../src/internal/remote/portableJson.ts"
import { readJson5 } from "../support/readJson5.ts"

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom("\u2028", "\u2029", "\"", "\\", "/", "9", "1", "-", "e", "\n", "\u0000", "\u007f", "é")
  }),
  fc.constantFrom("9223372036854775808", "\\\"12345678901234567890\\\"", "x 99999999999999999999 y")
)

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: 2 ** 62, max: 1e22 }).map(Math.trunc),
  fc.constantFrom(2 ** 63, -(2 ** 63), 2 ** 64, 1e18, 1e19, 1e20, 1e21, 999999999999999900000, 0.1, -0)
)

const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("document"), { maxLength: 4 }),
    fc.dictionary(text, tie("document"), { maxKeys: 4 })
  )
}))

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const bytesOf = (text: string) => new TextEncoder().encode(text).length

/** What comes of the text within the limit, and in how many steps. */
const inSteps = (json: string, limit: number) => {
  const portable = makePortable(json, limit)
  let steps = 1
  for (;;) {
    const step = portable.next()
    if (step.done === true) return { steps, text: step.value }
    steps += 1
  }
}

describe("bodies of /flags", () => {
  it("mean the same to a reader of JSON5 and to one of JSON", () => {
    fc.assert(
      fc.property(document, (value) => {
        const written = toPortableJson(value)
        assert.deepStrictEqual(JSON.parse(written), plain(value))
        assert.deepStrictEqual(readJson5(written), plain(value))
      }),
      { numRuns: 3000 }
    )
  })

  it("are made if they come to no more bytes than the limit", () => {
    fc.assert(fc.property(document, (value) => {
      const written = toPortableJson(value)
      const bytes = bytesOf(written)
      assert.strictEqual(inSteps(JSON.stringify(value), bytes).text, written)
      assert.isUndefined(inSteps(JSON.stringify(value), bytes - 1).text)
    }))
  })

  it("that are large are made in steps, whatever is in them, and given up once they are too large", () => {
    const limit = 1_000_000
    const given = [
      "\u2028".repeat(300_000),
      "\u6771".repeat(600_000),
      Array.from({ length: 400_000 }, () => 12),
      Array.from({ length: 100_000 }, () => 2 ** 63)
    ]
    for (const value of given) {
      const { steps, text } = inSteps(JSON.stringify(value), limit)
      assert.isUndefined(text)
      assert.isAtMost(steps, 22)
    }
    const texts = [
      `${"\\\"".repeat(100_000)}${"9".repeat(20)}`,
      "999999999999999999x".repeat(20_000),
      "x".repeat(900_000)
    ]
    for (const value of texts) {
      const json = JSON.stringify(value)
      const { steps, text } = inSteps(json, limit)
      assert.strictEqual(text, json)
      assert.strictEqual(steps, Math.ceil(json.length / 50_000))
    }
  })

  it("would be refused as JSON.stringify writes them: the reader of this test is strict enough", () => {
    assert.throws(() => readJson5(JSON.stringify({ note: "a\u2028b" })), /line separator/)
    assert.throws(() => readJson5(JSON.stringify({ seats: 2 ** 63 })), /integer/)
  })
})
