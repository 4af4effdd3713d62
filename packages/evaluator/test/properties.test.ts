import type { Result } from "@effect-posthog/evaluator"
import { compile, evaluateAll, evaluateFlag } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { context, definitions, value } from "./support/arbitraries.ts"

/** `npx pnpm check` sets EVALUATOR_CASES to 5,000. */
const numRuns = Number(process.env["EVALUATOR_CASES"] ?? 500)

const now = Date.parse("2024-03-31T12:00:00Z")

const reversed = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map(reversed)
    : typeof json === "object" && json !== null
    ? Object.fromEntries(Object.entries(json).reverse().map(([key, member]) => [key, reversed(member)]))
    : json

const all = (document: unknown, caller: any): ReadonlyArray<readonly [string, Result]> => {
  const { definitions } = compile(document)
  return definitions.keys.map((key) => [key, evaluateFlag(definitions, key, caller, now)] as const)
}

describe("laws of evaluation", () => {
  it("a rollout only grows with its percentage", () => {
    const percentage = FastCheck.double({ min: 0, max: 100, noNaN: true })
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), percentage, percentage, (distinctId, one, other) => {
        const isIn = (rollout_percentage: number) => {
          const { definitions } = compile({
            flags: [{ key: "f", active: true, filters: { groups: [{ rollout_percentage }] } }]
          })
          const result = evaluateFlag(definitions, "f", { distinctId }, now)
          return result._tag === "Resolved" && result.value === true
        }
        assert.isTrue(!isIn(Math.min(one, other)) || isIn(Math.max(one, other)))
      }),
      { numRuns }
    )
  })

  it("the order of keys in objects does not matter", () => {
    FastCheck.assert(
      FastCheck.property(definitions, context, (document, caller) => {
        assert.deepStrictEqual(all(reversed(document), reversed(caller)), all(document, caller))
      }),
      { numRuns }
    )
  })

  it("flags that a flag does not refer to do not matter", () => {
    FastCheck.assert(
      FastCheck.property(definitions, context, (document, caller) => {
        const more = {
          ...document,
          flags: [{ key: "unrelated", active: true, filters: { groups: [{}] } }, ...document.flags, null]
        }
        assert.deepStrictEqual(all(more, caller).slice(1), all(document, caller))
      }),
      { numRuns }
    )
  })

  it("what was evaluated before, and for whom, does not matter", () => {
    FastCheck.assert(
      FastCheck.property(definitions, context, context, (document, caller, other) => {
        const { definitions } = compile(document)
        const first = Array.from(evaluateAll(definitions, caller, now).results)
        evaluateAll(definitions, other, now + 86_400_000)
        assert.deepStrictEqual(Array.from(evaluateAll(definitions, caller, now).results), first)
      }),
      { numRuns }
    )
  })

  it("a property that is added never changes a resolved value", () => {
    const name = FastCheck.constantFrom("plan", "age", "__proto__", "toString")
    FastCheck.assert(
      FastCheck.property(definitions, context, name, value, (document, caller, name, added) => {
        const before = new Map(all(document, caller))
        const given = caller.personProperties ?? {}
        FastCheck.pre(!Object.hasOwn(given, name))
        const personProperties = Object.fromEntries([...Object.entries(given), [name, added]])
        for (const [key, result] of all(document, { ...caller, personProperties })) {
          const earlier = before.get(key)
          if (earlier?._tag === "Resolved") {
            assert.deepStrictEqual(result._tag === "Resolved" && result.value, earlier.value)
          }
        }
      }),
      { numRuns }
    )
  })

  it("results and payloads are frozen", () => {
    FastCheck.assert(
      FastCheck.property(definitions, context, (document, caller) => {
        for (const [, result] of all(document, caller)) {
          assert.isTrue(Object.isFrozen(result))
          assert.isTrue(result._tag !== "Resolved" || Object.isFrozen(result.payload ?? Object.freeze({})))
        }
      }),
      { numRuns }
    )
  })
})
