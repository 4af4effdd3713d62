import { bucketingHash } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { floor } from "../src/flags/floor.ts"
import { mixedFlags, users } from "../src/flags/mix.ts"
import { hasher, pack } from "../src/flags/sha1.ts"
import { openEvaluator } from "../src/peers/evaluator.ts"

describe("the mix of flags", () => {
  it("has 70 percentages, 15 flags with variants and 15 with rules in 100", () => {
    const flags = mixedFlags(100)
    const share = (kind: string) => flags.filter((flag) => flag.kind === kind).length
    assert.deepStrictEqual([share("percentage"), share("variants"), share("rules")], [70, 15, 15])
    assert.strictEqual(new Set(flags.map(({ key }) => key)).size, 100)
  })

  it("needs 47 hashes in 100 flags, and 85 when no rollout is finished", () => {
    const hashes = (flags: ReturnType<typeof mixedFlags>) =>
      flags.filter((flag) => flag.kind === "variants" || (flag.kind === "percentage" && flag.percentage < 100)).length
    assert.strictEqual(hashes(mixedFlags(100)), 47)
    assert.strictEqual(hashes(mixedFlags(100, { underway: true })), 85)
  })

  it("is the same every time", () => {
    assert.deepStrictEqual(mixedFlags(1000), mixedFlags(1000))
    assert.deepStrictEqual(users(50), users(50))
  })

  it("has variants that share 100 %", () => {
    for (const flag of mixedFlags(1000)) {
      if (flag.kind !== "variants") continue
      assert.strictEqual(flag.variants.reduce((sum, { percentage }) => sum + percentage, 0), 100)
    }
  })
})

describe("the floor", () => {
  const ascii = FastCheck.string({ maxLength: 16, unit: "grapheme-ascii" })

  it("hashes as the evaluator does", () => {
    const { begin, finish } = hasher()
    FastCheck.assert(FastCheck.property(ascii, ascii, FastCheck.constantFrom("", "variant"), (prefix, id, salt) => {
      begin(id)
      assert.strictEqual(finish(pack(prefix, salt)), bucketingHash(prefix, id, salt))
    }))
  })

  it("turns on as many flags as the evaluator does", async () => {
    const flags = mixedFlags(300)
    const people = users(100)
    const evaluate = floor(flags)
    const evaluator = await openEvaluator(flags, people)
    for (const [index, user] of people.entries()) {
      const on = [...evaluator.values(evaluator.evaluate(index)).values()].filter((value) => value !== false)
      assert.strictEqual(evaluate(user), on.length)
    }
  })
})
