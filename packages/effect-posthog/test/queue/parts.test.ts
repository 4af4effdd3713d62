import { assert, describe, it } from "@effect/vitest"
import { DateTime, FastCheck as fc } from "effect"
import { EventIds } from "effect-posthog"
import { isUuid } from "../../src/EventIds.ts"
import { JsonCopy } from "../../src/internal/jsonCopy.ts"
import { RingBuffer } from "../../src/internal/ringBuffer.ts"
import { makeUtcFormatter, toUtc } from "../../src/internal/timestamp.ts"
import { parseRetryAfter } from "../../src/internal/transport/retryAfter.ts"

const copy = (value: unknown): unknown => new JsonCopy(1_000_000).value(value)

describe("event ids", () => {
  it("are version 7 uuids of their time, ascending within a millisecond", () => {
    const { make } = EventIds.seeded(3)
    const ids = Array.from({ length: 20_000 }, () => make(1_761_821_100_123))
    for (const id of ids) assert.isTrue(isUuid(id) && id[14] === "7" && "89ab".includes(id[19] ?? ""), id)
    assert.strictEqual(new Set(ids).size, ids.length)
    assert.deepStrictEqual([...ids].sort(), ids)
    assert.strictEqual(Number.parseInt(ids[0]!.replaceAll("-", "").slice(0, 12), 16), 1_761_821_100_123)
  })

  it("follow the clock, also when it jumps back or out of range", () => {
    const { make } = EventIds.seeded(3)
    const times = [1000, 5, 1000, -7, 2 ** 50, 0.5]
    const ids = times.map(make)
    assert.deepStrictEqual(
      ids.map((id) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)),
      [1000, 5, 1000, 0, 2 ** 48 - 1, 0]
    )
    assert.isTrue(ids.every(isUuid))
  })

  it("depend on the seed alone", () => {
    assert.strictEqual(EventIds.seeded(9).make(1), EventIds.seeded(9).make(1))
    assert.notStrictEqual(EventIds.seeded(9).make(1), EventIds.seeded(8).make(1))
  })
})

describe("timestamps", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["2025-01-02T08:34:05+05:30", "2025-01-02T03:04:05Z"],
    ["2025-01-02T03:04:05Z", "2025-01-02T03:04:05Z"],
    ["2025-01-02t03:04:05z", "2025-01-02T03:04:05Z"],
    ["2025-01-02 03:04:05Z", "2025-01-02T03:04:05Z"],
    ["2025-01-02T03:04:05.123456789Z", "2025-01-02T03:04:05.123456789Z"],
    ["2025-01-01T00:00:00.000001+14:00", "2024-12-31T10:00:00.000001Z"],
    ["2024-02-28T23:59:59.5-00:30", "2024-02-29T00:29:59.5Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"],
    ["0000-01-01T00:00:00+01:00", undefined],
    ["9999-12-31T23:59:59-01:00", undefined],
    ["2025-02-29T00:00:00Z", undefined],
    ["2025-13-01T00:00:00Z", undefined],
    ["2025-01-01T24:00:00Z", undefined],
    ["2025-01-01T00:00:00", undefined],
    ["2025-01-01", undefined],
    ["yesterday", undefined],
    ["", undefined]
  ]

  for (const [given, expected] of cases) {
    it(`${given || "(empty)"} becomes ${expected ?? "unusable"}`, () => assert.strictEqual(toUtc(given), expected))
  }

  it("may be dates of JavaScript and of Effect", () => {
    assert.strictEqual(toUtc(new Date(5)), "1970-01-01T00:00:00.005Z")
    assert.strictEqual(toUtc(DateTime.unsafeMakeZoned(5, { timeZone: "Asia/Tokyo" })), "1970-01-01T00:00:00.005Z")
    assert.strictEqual(toUtc(new Date(Number.NaN)), undefined)
    assert.strictEqual(toUtc(new Date(8.64e15)), undefined)
  })

  it("of the clock read like those of Date", () => {
    const format = makeUtcFormatter()
    fc.assert(fc.property(fc.integer({ min: -1e12, max: 1e13 }), (millis) => {
      assert.strictEqual(format(millis), new Date(millis).toISOString())
    }))
  })

  it("with any offset keep their instant", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1970-01-02"), max: new Date("2100-01-01") }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (date, offset) => {
          const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
          const sign = offset < 0 ? "-" : "+"
          const two = (number: number) => String(number).padStart(2, "0")
          const text = `${local}${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
          assert.strictEqual(toUtc(text), date.toISOString())
        }
      )
    )
  })
})

describe("property values", () => {
  it("that JSON carries stay as they are", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      assert.deepStrictEqual(copy(JSON.parse(text)), JSON.parse(text))
    }))
  })

  it("of any kind become JSON, and never throw", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withBoxedValues: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
          withSparseArray: true,
          withTypedArray: true
        }),
        (value) => {
          const copied = copy({ value })
          assert.deepStrictEqual(JSON.parse(JSON.stringify(copied)), JSON.parse(JSON.stringify(copied)))
        }
      )
    )
  })

  it("with a toJSON are asked once, as JSON does", () => {
    const toJSON = function(this: unknown) {
      return this
    }
    const values = [
      { itself: { a: 1, toJSON } },
      { other: { toJSON: () => ({ b: 2, toJSON: () => "never" }) } },
      { list: [{ toJSON: (key: unknown) => key }, { toJSON: (key: unknown) => ({ key }) }] },
      { named: { toJSON: (key: unknown) => key } },
      { none: { toJSON: () => undefined }, kept: 1 },
      { nested: { toJSON: () => ({ inner: { toJSON: () => "called" } }) } }
    ]
    for (const value of values) {
      const without = JSON.parse(JSON.stringify(value, (key, member: unknown) => key === "toJSON" ? undefined : member))
      assert.deepStrictEqual(JSON.parse(JSON.stringify(copy(value))), without)
    }
    const loop: Record<string, unknown> = {}
    loop["toJSON"] = () => ({ loop })
    assert.deepStrictEqual(copy({ loop }), { loop: { loop: "[Circular]" } })
    const many = new AggregateError([new Error("one"), "two"], "both")
    assert.deepStrictEqual(copy(many), {
      name: "AggregateError",
      message: "both",
      errors: [{ name: "Error", message: "one" }, "two"]
    })
  })

  it("that JSON cannot carry become something near", () => {
    const cyclic: Record<string, unknown> = { name: "loop" }
    cyclic["self"] = cyclic
    class Money {
      readonly amount = 5
      readonly toString = () => "5 EUR"
    }
    assert.deepStrictEqual(
      copy({
        bigint: 12345678901234567890n,
        huge: 10n ** 1000n,
        cyclic,
        date: new Date(0),
        error: new TypeError("wrong", { cause: new Error("deeper") }),
        infinite: -Infinity,
        invalid: new Date(Number.NaN),
        map: new Map<unknown, unknown>([["a", 1], [2, { b: 3n }]]),
        money: new Money(),
        nan: Number.NaN,
        none: undefined,
        list: [undefined, () => 1, Symbol("s"), 1],
        pattern: /a+/g,
        set: new Set([1, 2]),
        bytes: new Uint8Array([1, 2]),
        method: () => 1
      }),
      {
        bigint: "12345678901234567890",
        huge: "[More than 1000 digits]",
        cyclic: { name: "loop", self: "[Circular]" },
        date: "1970-01-01T00:00:00.000Z",
        error: { name: "TypeError", message: "wrong", cause: { name: "Error", message: "deeper" } },
        infinite: null,
        invalid: null,
        map: { a: 1, 2: { b: "3" } },
        money: { amount: 5 },
        nan: null,
        list: [null, null, null, 1],
        pattern: "/a+/g",
        set: [1, 2],
        bytes: [1, 2]
      }
    )
  })

  it("that are hostile are marked, one by one", () => {
    const hostile = {
      fine: 1,
      get thrown(): never {
        throw new Error("no")
      },
      proxy: new Proxy({}, {
        ownKeys: () => {
          throw new Error("no")
        }
      }),
      json: {
        toJSON: () => {
          throw new Error("no")
        }
      },
      ["__proto__"]: 1
    }
    const given = Object.defineProperty(hostile, "__proto__", { value: { polluted: true }, enumerable: true })
    const copied = copy(given) as Record<string, unknown>
    assert.strictEqual(copied["fine"], 1)
    assert.strictEqual(copied["thrown"], "[Unreadable]")
    assert.strictEqual(copied["proxy"], "[Unreadable]")
    assert.strictEqual(copied["json"], "[Unreadable]")
    assert.isUndefined((copied as { polluted?: unknown }).polluted)
    assert.strictEqual(Object.getPrototypeOf(copied), Object.prototype)
    assert.include(JSON.stringify(copied), "\"__proto__\":{\"polluted\":true}")
  })

  it("nested beyond reason are cut off", () => {
    let deep: unknown = "bottom"
    for (let level = 0; level < 10_000; level++) deep = [deep]
    assert.include(JSON.stringify(copy(deep)), "[Too deep]")
  })

  it("without end are given up at the limit", () => {
    const many = new JsonCopy(1000)
    many.value(Array.from({ length: 1_000_000 }, (_, index) => index))
    assert.strictEqual(many.excess, "more than 1000 bytes")
    const text = new JsonCopy(1000)
    text.value("\ud800".repeat(1001))
    assert.strictEqual(text.excess, "more than 1000 bytes")
  })

  it("that are too much work are given up before their size is too large", () => {
    const excessOf = (value: unknown) => {
      const copied = new JsonCopy(1e9)
      copied.value(value)
      return copied.excess
    }
    const times = <A>(length: number, make: (index: number) => A) => Array.from({ length }, (_, index) => make(index))
    const reason = "more than 40000 objects and properties, or 400000 list items, or as much work"
    assert.isUndefined(excessOf(times(390_000, () => 1)))
    assert.isUndefined(excessOf(times(30_000, () => ({}))))
    assert.strictEqual(excessOf(times(400_001, () => "x")), reason)
    assert.strictEqual(excessOf(times(40_001, () => ({}))), reason)
    assert.strictEqual(excessOf(times(40_001, () => [])), reason)
    assert.strictEqual(excessOf(Object.fromEntries(times(40_001, (index) => [`k${index}`, undefined]))), reason)
    assert.strictEqual(excessOf(new Map(times(40_001, (index) => [index, 1]))), reason)
    assert.strictEqual(excessOf({ list: new Array(400_001) }), reason)
  })

  const named = (length: number, nameOf: (index: number) => string | number) =>
    Object.fromEntries(Array.from({ length }, (_, index) => [nameOf(index), 1]))

  it("of as many plain things as are allowed are copied, whatever their names", () => {
    for (
      const value of [
        named(39_990, (index) => `k${index}`),
        named(38_000, (index) => index * 1000),
        new Float64Array(399_990)
      ]
    ) {
      const copied = new JsonCopy(8_000_000)
      copied.value(value)
      assert.isUndefined(copied.excess)
    }
  })

  it("that take longer than plain ones are charged for more, so that less of them is copied", () => {
    const readOf = (length: number, make: () => unknown) => {
      let read = 0
      const copied = new JsonCopy(8_000_000)
      const item = {
        get value() {
          read += 1
          return make()
        }
      }
      copied.value(Array.from({ length }, () => item))
      assert.isDefined(copied.excess)
      return read
    }
    assert.isAtMost(readOf(19_000, () => 10n ** 99n), 8_000)
    assert.isAtMost(readOf(19_000, () => 10n ** 999n), 1_200)
    assert.isAtMost(readOf(19_000, () => new Date(0)), 10_000)
    assert.isAtMost(readOf(19_000, () => ({ 1000: 1 })), 800)
    assert.isAtMost(readOf(19_000, () => new Map<unknown, unknown>([["a", 1], [1000, 1]])), 800)
    assert.isAtMost(
      readOf(19_000, () => {
        throw new Error("no")
      }),
      2_000
    )
  })

  it("that hold too much are not even read", () => {
    const reads = (values: ReadonlyArray<unknown>) => {
      let read = 0
      const seen = new Proxy(values, {
        get: (target, name, receiver) => {
          if (name !== "length") read += 1
          return Reflect.get(target, name, receiver)
        }
      })
      const copied = new JsonCopy(1_000_000)
      copied.value(seen)
      assert.isDefined(copied.excess)
      return read
    }
    assert.strictEqual(reads(new Array(100_000_000)), 0)
    assert.strictEqual(reads(Array.from({ length: 600_000 }, () => 1)), 0)
    const many = named(40_001, (index) => `k${index}`)
    let read = 0
    new JsonCopy(1e9).value(
      new Proxy(many, {
        get: (target, name) => {
          if (Object.hasOwn(target, name)) read += 1
          return Reflect.get(target, name)
        }
      })
    )
    assert.strictEqual(read, 0)
  })

  it("are not named by texts that take long to make", () => {
    const list = Array.from({ length: 300_000 }, () => 1)
    const copied = new JsonCopy(8_000_000)
    assert.deepStrictEqual(copied.value(new Map<unknown, unknown>([[10n ** 5000n, 1], [[1, [2, "a"]], 2]])), {
      "[More than 1000 digits]": 1,
      "1,2,a": 2
    })
    copied.value(new Map([[list, 1]]))
    assert.isDefined(copied.excess)
  })

  it("that fit are never given up", () => {
    fc.assert(fc.property(fc.dictionary(fc.fullUnicodeString(), fc.jsonValue()), (value) => {
      const copied = new JsonCopy(new TextEncoder().encode(JSON.stringify(copy(value))).length)
      copied.value(value)
      assert.isUndefined(copied.excess)
    }))
  })

  it("lose lone surrogates, which strict parsers refuse", () => {
    assert.deepStrictEqual(copy({ "a\ud800": "b\udc00c😀" }), { "a\ufffd": "b\ufffdc😀" })
  })

  it("are copies: what the caller changes later stays out", () => {
    const given = { list: [1], nested: { a: 1 } }
    const copied = copy(given)
    given.list.push(2)
    given.nested.a = 2
    assert.deepStrictEqual(copied, { list: [1], nested: { a: 1 } })
  })

  it("are never larger than six bytes for each estimated character", () => {
    fc.assert(fc.property(fc.dictionary(fc.fullUnicodeString(), fc.jsonValue()), (value) => {
      const counted = new JsonCopy(1e9)
      const bytes = new TextEncoder().encode(JSON.stringify(counted.value(value))).length
      assert.isAtMost(bytes, counted.size * 6)
    }))
  })
})

describe("Retry-After", () => {
  const now = Date.UTC(2025, 0, 1)
  const cases: ReadonlyArray<readonly [string | undefined, number | undefined]> = [
    ["3", 3000],
    [" 1.5 ", 1500],
    ["86400", 86_400_000],
    ["Wed, 01 Jan 2025 00:00:10 GMT", 10_000],
    ["Wednesday, 01-Jan-25 00:00:10 GMT", 10_000],
    ["Wed Jan  1 00:00:10 2025", 10_000],
    ["Tue, 31 Dec 2024 23:59:59 GMT", undefined],
    ["0", undefined],
    ["-5", undefined],
    ["soon", undefined],
    ["2025-01-01", undefined],
    ["", undefined],
    [undefined, undefined]
  ]
  for (const [header, millis] of cases) {
    it(`${header} asks for ${millis ?? "nothing"}`, () => {
      const parsed = parseRetryAfter(header, now)
      assert.strictEqual(
        parsed === undefined ? undefined : Number(parsed.value._tag === "Millis" && parsed.value.millis),
        millis
      )
    })
  }
})

describe("the ring buffer", () => {
  it("is a queue", () => {
    fc.assert(fc.property(fc.array(fc.option(fc.integer()), { maxLength: 300 }), (operations) => {
      const buffer = new RingBuffer<number>()
      const model: Array<number> = []
      for (const operation of operations) {
        if (operation === null) assert.strictEqual(buffer.shift(), model.shift())
        else {
          buffer.push(operation)
          model.push(operation)
        }
        assert.strictEqual(buffer.length, model.length)
        assert.deepStrictEqual(Array.from({ length: model.length + 1 }, (_, index) => buffer.peek(index)), [
          ...model,
          undefined
        ])
      }
    }))
  })
})
