// Generated from packages/effect-posthog/test/remote/portableJson.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import * as fc from "fast-check"
import { toPortableJson } from "../../src/internal/remote/flagsRequest.ts"
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
    fc.dictionary(text, tie("document"), { noNullPrototype: true, maxKeys: 4 })
  )
}))

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

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

  it("would be refused as JSON.stringify writes them: the reader of this test is strict enough", () => {
    assert.throws(() => readJson5(JSON.stringify({ note: "a\u2028b" })), /line separator/)
    assert.throws(() => readJson5(JSON.stringify({ seats: 2 ** 63 })), /integer/)
  })
})
