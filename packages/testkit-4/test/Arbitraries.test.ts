// Generated from packages/testkit/test/Arbitraries.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { compile, evaluateAll } from "@effect-posthog/evaluator"
import { Arbitraries } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import * as FastCheck from "fast-check"

/** The share of a sample that satisfies the predicate; the seed keeps it the same in every run. */
const share = <A>(arbitrary: FastCheck.Arbitrary<A>, predicate: (value: A) => boolean): number => {
  const sample = FastCheck.sample(arbitrary, { numRuns: 300, seed: 7 })
  return sample.filter(predicate).length / sample.length
}

describe("Arbitraries", () => {
  it("definitions compile without a problem", () => {
    FastCheck.assert(FastCheck.property(Arbitraries.definitions(), (document) => {
      const { definitions, problems } = compile(document)
      deepStrictEqual(problems, [])
      deepStrictEqual(definitions.keys, document.flags.map((flag) => String(flag["key"])))
    }))
  })

  it("definitions survive JSON", () => {
    FastCheck.assert(FastCheck.property(Arbitraries.definitions(), (document) => {
      deepStrictEqual(JSON.parse(JSON.stringify(document)), document)
    }))
  })

  it("definitions have as many flags as asked for", () => {
    FastCheck.assert(FastCheck.property(Arbitraries.definitions({ minFlags: 3, maxFlags: 4 }), ({ flags }) => {
      assert.include([3, 4], flags.length)
    }))
  })

  it("flags come out on, off and undecided, each in a good part of the cases", () => {
    const outcomes = FastCheck.tuple(Arbitraries.definitions({ minFlags: 4 }), Arbitraries.context).map(
      ([document, context]) => {
        const results = evaluateAll(compile(document).definitions, context, 1_750_000_000_000).results
        return [...results.values()].map((result) => result._tag === "Resolved" ? result.value !== false : undefined)
      }
    )
    const sample = FastCheck.sample(outcomes, { numRuns: 300, seed: 7 })
    for (const outcome of [true, false, undefined]) {
      assert.isAbove(sample.filter((values) => values.includes(outcome)).length, 90)
    }
  })

  it("snapshots show their keys sorted, and print nothing else", () => {
    FastCheck.assert(FastCheck.property(Arbitraries.snapshot, (snapshot) => {
      deepStrictEqual(snapshot.keys, [...snapshot.keys].sort())
      strictEqual(JSON.stringify(snapshot), JSON.stringify({ _id: "FlagSnapshot", keys: snapshot.keys }))
    }))
  })

  it("events are named and leave out every optional field now and then", () => {
    FastCheck.assert(FastCheck.property(Arbitraries.event, ({ event }) => assert.isNotEmpty(event)))
    for (const field of ["distinctId", "properties", "groups", "timestamp", "uuid"] as const) {
      const present = share(Arbitraries.event, (event) => event[field] !== undefined)
      assert.isTrue(present > 0.2 && present < 0.9, field)
    }
  })
})
