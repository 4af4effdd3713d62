// Generated from packages/effect-posthog/test/flagProperties.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "./support/effectVitest.ts"
import * as FastCheck from "fast-check"
import { flagPropertyNames, makeFlagProperties, sortedKeys } from "../src/internal/flagProperties.ts"
import { JsonCopy } from "../src/internal/jsonCopy.ts"

const key = FastCheck.oneof(
  FastCheck.string(),
  FastCheck.array(FastCheck.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes)),
  FastCheck.constantFrom("__proto__", "constructor", "10", "9", "\ud800")
)

// Short lists and long ones, and lists that differ from others in their order or in one key.
const lists = FastCheck.uniqueArray(key, { minLength: 30, maxLength: 60 }).chain((keys) =>
  FastCheck.array(
    FastCheck.constantFrom(keys, [...keys].reverse(), keys.slice(1), [...keys.slice(0, -1), `${keys.join()}!`]),
    { minLength: 1, maxLength: 6 }
  )
)

const valueOf = (key: string) => key.length % 3 === 0 ? false : key.length % 3 === 1 ? true : `variant-${key}`

describe("properties of flags on events", () => {
  it("are those of the flags, sorted, whatever was asked for before", () => {
    FastCheck.assert(
      FastCheck.property(lists, (lists) => {
        for (const keys of lists) {
          const sorted = sortedKeys([...keys])
          assert.deepStrictEqual(sorted, [...keys].sort())
          assert.isTrue(Object.isFrozen(sorted))
          const properties = makeFlagProperties(sorted, valueOf)
          const active = sorted.filter((key) => valueOf(key) !== false)
          assert.deepStrictEqual<ReadonlyArray<unknown>>(Object.entries(properties), [
            ...sorted.map((key) => [`$feature/${key}`, valueOf(key)]),
            ...(active.length === 0 ? [] : [["$active_feature_flags", active]])
          ])
          assert.isTrue(Object.isFrozen(properties))
        }
      }),
      { numRuns: 200 }
    )
  })

  it("are those of two clients that take turns, without their keys being sorted anew", () => {
    const keysOf = (client: string) => Array.from({ length: 100 }, (_, index) => `${client}-${99 - index}`)
    const [one, two] = [sortedKeys(keysOf("one")), sortedKeys(keysOf("two"))]
    const names = flagPropertyNames(makeFlagProperties(two, valueOf))
    assert.strictEqual(sortedKeys(keysOf("one")), one)
    assert.strictEqual(sortedKeys(keysOf("two")), two)
    assert.strictEqual(flagPropertyNames(makeFlagProperties(two, valueOf)), names)
  })

  it("are copied by their names to what they are copied to without", () => {
    FastCheck.assert(
      FastCheck.property(lists, (lists) => {
        for (const keys of lists) {
          const properties = makeFlagProperties(sortedKeys([...keys]), valueOf)
          const [named, unnamed] = [properties, { ...properties }].map((source) => {
            const copy = new JsonCopy(100_000)
            const target = {}
            copy.into(target, source, flagPropertyNames(source))
            return { entries: Object.entries(target), size: copy.size, excess: copy.excess }
          })
          assert.isDefined(flagPropertyNames(properties))
          assert.deepStrictEqual(named, unnamed)
        }
      }),
      { numRuns: 200 }
    )
  })
})
