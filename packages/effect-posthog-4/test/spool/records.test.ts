// Generated from packages/effect-posthog/test/spool/records.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import * as fc from "fast-check"
import type { PostHogEvent } from "effect-posthog-4"
import { crc32 } from "node:zlib"
import {
  checksum,
  decodeRanges,
  encodeRanges,
  formatVersion,
  headerOf,
  LineReader,
  Lines,
  versionOf
} from "../../src/internal/spool/records.ts"

const event = (name: string, properties: Readonly<Record<string, unknown>> = {}): PostHogEvent => ({
  event: name,
  distinctId: "ada",
  properties,
  timestamp: "2026-01-02T03:04:05.678Z",
  uuid: "0193a1b2-c3d4-7000-8000-000000000000"
})

const fileOf = (events: ReadonlyArray<PostHogEvent>) => {
  const lines = new Lines()
  lines.addHeader()
  const starts = events.map((one, index) => {
    const { length } = lines
    lines.addEvent(one, 1000 + index)
    return length
  })
  return { bytes: lines.written.slice(), starts: [...starts, lines.length] }
}

const readAll = (bytes: Uint8Array) => {
  const reader = new LineReader(bytes, 0)
  const found = []
  for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next)
  return { found, corrupt: reader.corrupt, torn: reader.torn }
}

const runs = { numRuns: 40 }

const events = fc.array(
  fc.tuple(fc.string({ minLength: 1, unit: "grapheme" }), fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }))
    .map(([name, properties]) => event(name, JSON.parse(JSON.stringify(properties)) as Record<string, unknown>)),
  { maxLength: 8 }
)

describe("lines of a spool", () => {
  it("give back what was written", () => {
    fc.assert(
      fc.property(events, (written) => {
        const { bytes, starts } = fileOf(written)
        const { corrupt, found, torn } = readAll(bytes)
        assert.deepStrictEqual(found.map((read) => read.event), written)
        assert.deepStrictEqual(found.map(({ from }) => from), starts.slice(0, -1))
        assert.deepStrictEqual(found.map(({ acceptedAt }) => acceptedAt), written.map((_, index) => 1000 + index))
        assert.deepStrictEqual([corrupt, torn], [0, 0])
      }),
      runs
    )
  })

  it("lose to a flipped byte the line that it is in, and no other", () => {
    fc.assert(
      fc.property(
        events.filter(({ length }) => length > 0),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (written, position, flip) => {
          const { bytes, starts } = fileOf(written)
          const at = position % bytes.length
          bytes[at] = (bytes[at] ?? 0) ^ flip
          const [begin = 0] = starts
          const hit = at < begin ? -1 : starts.filter((start) => start <= at).length - 1
          const { found } = readAll(bytes)
          const names = found.map(({ from }) => from)
          for (const [index, start] of starts.slice(0, -1).entries()) {
            // The newline at the end of a line belongs to no checksum: the line is read all the same.
            if (index !== hit) assert.include(names, start)
          }
          assert.isAtLeast(found.length, written.length - 1)
          for (const read of found) assert.deepStrictEqual(read.event, written[starts.indexOf(read.from)])
        }
      ),
      runs
    )
  })

  it("lose to a cut what is behind it, and the line that was cut is torn", () => {
    fc.assert(
      fc.property(events.filter(({ length }) => length > 0), fc.nat(), (written, position) => {
        const { bytes, starts } = fileOf(written)
        const [begin = 0] = starts
        const cut = begin + position % (bytes.length - begin)
        const whole = starts.slice(1).filter((end) => end - 1 <= cut).length
        const { corrupt, found, torn } = readAll(bytes.slice(0, cut))
        assert.isAtLeast(found.length, starts.slice(1).filter((end) => end <= cut).length)
        assert.isAtMost(found.length, whole)
        assert.strictEqual(corrupt, 0)
        assert.strictEqual(torn, starts.includes(cut) ? 0 : 1)
      }),
      runs
    )
  })

  it("are found behind any damage", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      const { bytes } = fileOf([event("one"), event("two"), event("three")])
      const header = bytes.indexOf(10) + 1
      const second = readAll(bytes).found[1]?.from ?? 0
      const damaged = Uint8Array.from([...bytes.slice(0, header), ...garbage, 10, ...bytes.slice(second)])
      assert.deepStrictEqual(readAll(damaged).found.map((read) => read.event.event), ["two", "three"])
    }))
  })

  it("state the version of their format", () => {
    assert.strictEqual(versionOf(fileOf([]).bytes), formatVersion)
    assert.strictEqual(versionOf(headerOf(12)), 12)
    const damaged = headerOf(1)
    damaged[damaged.indexOf(0x31)] = 0x33
    assert.isUndefined(versionOf(damaged))
    assert.isUndefined(versionOf(new TextEncoder().encode("something else")))
  })

  it("have the checksum that zlib has", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.strictEqual(checksum(bytes, 0, bytes.length), crc32(bytes))
    }))
  })
})

describe("ranges of a spool", () => {
  it("give back what was written, without what was damaged", () => {
    const range = fc.tuple(fc.nat(10_000_000), fc.integer({ min: 1, max: 10_000 }))
      .map(([from, length]) => ({ from, to: from + length }))
    fc.assert(fc.property(fc.array(range, { maxLength: 6 }), fc.nat(), (ranges, position) => {
      const sorted = [...ranges].sort((left, right) => left.from - right.from)
      const bytes = encodeRanges(ranges)
      assert.deepStrictEqual(decodeRanges(bytes).map(({ from }) => from), sorted.map(({ from }) => from))
      if (bytes.length === 0) return
      const at = position % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ 1
      const texts = new Set(ranges.map(({ from, to }) => `${from}-${to}`))
      const read = decodeRanges(bytes)
      for (const { from, to } of read) assert.isTrue(texts.has(`${from}-${to}`))
      assert.isAtLeast(read.length, ranges.length - 1)
    }))
  })
})
