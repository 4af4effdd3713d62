import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { seeded } from "../src/measuring/random.ts"
import { fit, median, quantile, spread } from "../src/measuring/statistics.ts"

const numbers = FastCheck.array(FastCheck.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 })

describe("statistics", () => {
  it("takes the middle, or the mean of the two middle ones", () => {
    assert.strictEqual(median([9, 1, 5]), 5)
    assert.strictEqual(median([9, 1, 5, 7]), 6)
    assert.isNaN(median([]))
  })

  it("keeps quantiles in order and within the numbers", () => {
    FastCheck.assert(FastCheck.property(numbers, (values) => {
      const [low, middle, high] = [quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)]
      assert.isTrue(Math.min(...values) <= low && low <= middle && middle <= high && high <= Math.max(...values))
    }))
  })

  it("says how far the middle half reaches", () => {
    assert.strictEqual(spread([10, 10, 10]), 0)
    assert.strictEqual(spread([8, 9, 10, 11, 12]), 0.2)
  })

  it("finds the line that points lie on", () => {
    const { intercept, slope } = fit([0, 1, 2, 3, 10].map((x) => [x, 4 - 0.5 * x]))
    assert.closeTo(slope, -0.5, 1e-12)
    assert.closeTo(intercept, 4, 1e-12)
    assert.strictEqual(fit([[1, 1], [1, 3]]).slope, 0)
  })

  it("gives the same random numbers for the same seed, spread evenly", () => {
    const draw = (seed: number) => Array.from({ length: 1000 }, seeded(seed))
    assert.deepStrictEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
    assert.closeTo(median(draw(7)), 0.5, 0.05)
    assert.isTrue(draw(7).every((number) => number >= 0 && number < 1))
  })
})
