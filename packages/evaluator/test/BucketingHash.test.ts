import { bucketingHash, compile, evaluateFlag } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { createHash } from "node:crypto"

/** A long run sets EVALUATOR_HASHES, for example to 1000000. */
const strings = Number(process.env["EVALUATOR_HASHES"] ?? 100_000)

const expected = (text: string): number =>
  Number.parseInt(createHash("sha1").update(text).digest("hex").slice(0, 15), 16) / 2 ** 60

describe("bucketingHash", () => {
  it("is SHA-1 for every length across the boundaries of blocks", () => {
    for (let length = 0; length <= 1030; length++) {
      const text = "abcdefghij".repeat(103).slice(0, length)
      assert.strictEqual(bucketingHash(text, "", ""), expected(text))
      assert.strictEqual(bucketingHash("", `é${text}`, "variant"), expected(`é${text}variant`))
    }
  })

  it("is SHA-1 for random strings", () => {
    const alphabet = ["a", "B", "7", ".", "-", "\u0000", "é", "ß", "€", "語", "😀", "𐍈", "\ud800", "\udc00"]
    let seed = 20_240_331
    const next = (below: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0
      return (seed >>> 8) % below
    }
    let differing = 0
    for (let i = 0; i < strings; i++) {
      let text = ""
      for (let length = next(i % 100 === 0 ? 200 : 24); length > 0; length--) {
        text += alphabet[next(alphabet.length)]!
      }
      if (bucketingHash(text, "", "") !== expected(text)) differing++
    }
    assert.strictEqual(differing, 0)
  }, 300_000)

  it("gives flags the same places, whatever lies before the identifier", () => {
    const id = FastCheck.fullUnicodeString({ minLength: 1, maxLength: 60 })
    const key = FastCheck.oneof(
      { arbitrary: FastCheck.fullUnicodeString({ minLength: 1, maxLength: 80 }), weight: 20 },
      { arbitrary: FastCheck.string({ minLength: 500, maxLength: 6000 }), weight: 1 }
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.uniqueArray(key, { minLength: 1, maxLength: 100 }), id, (keys, id) => {
        for (const offset of [-1e-9, 1e-9]) {
          const flags = keys.map((key) => ({
            key,
            active: true,
            filters: { groups: [{ rollout_percentage: bucketingHash(`${key}.`, id, "") * 100 + offset }] }
          }))
          const { definitions } = compile({ flags })
          for (const key of keys) {
            const result = evaluateFlag(definitions, key, { distinctId: id }, 0)
            assert.strictEqual(result._tag === "Resolved" && result.value, offset > 0)
          }
        }
      }),
      { numRuns: 500 }
    )
  })
})
