import { assert, describe, it } from "@effect/vitest"
import { isBalanced, trend } from "../src/soak/verdict.ts"

const samples = (heap: (wave: number) => number) =>
  Array.from({ length: 40 }, (_, wave) => ({
    work: (wave + 1) * 1e6,
    heapBytes: heap(wave),
    handles: 5,
    fibers: 3
  }))

const heapTrend = (heap: (wave: number) => number) => trend(samples(heap), ({ heapBytes }) => heapBytes, () => 1e6)

describe("the trend of a soak", () => {
  it("is flat when a cache fills up and then stays", () => {
    const { isFlat, slopePerMillion } = heapTrend((wave) => 20e6 + Math.min(wave, 9) * 2e6)
    assert.isTrue(isFlat)
    assert.closeTo(slopePerMillion, 0, 1)
  })

  it("is not flat when memory climbs, however slowly it is hidden in noise", () => {
    const climbing = heapTrend((wave) => 20e6 + wave * 0.1e6 + (wave % 3) * 0.2e6)
    assert.isFalse(climbing.isFlat)
    assert.closeTo(climbing.slopePerMillion, 0.1e6, 0.01e6)
  })

  it("is flat when memory falls", () => {
    assert.isTrue(heapTrend((wave) => 40e6 - wave * 0.5e6).isFlat)
  })
})

describe("the accounts of a soak", () => {
  it("balance when every accepted event ended once or waits", () => {
    assert.isTrue(isBalanced({ accepted: 10, delivered: 7, dropped: 2, queued: 1 }))
    assert.isFalse(isBalanced({ accepted: 10, delivered: 7, dropped: 2, queued: 0 }))
    assert.isFalse(isBalanced({ accepted: 10, delivered: 9, dropped: 2, queued: 0 }))
  })
})
