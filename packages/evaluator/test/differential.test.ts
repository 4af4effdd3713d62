import type { Result } from "@effect-posthog/evaluator"
import {
  compile,
  evaluateAll,
  evaluateFlag,
  explain,
  matchProperty,
  renderExplanation
} from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { setImmediate } from "node:timers/promises"
import { context, definitions, evaluationContexts, propertyFilter, value } from "./support/arbitraries.ts"
import type { ReferenceResult } from "./support/reference.ts"
import { ReferenceEvaluator } from "./support/reference.ts"

/** `npx pnpm check` sets EVALUATOR_CASES to 5,000; set it to run more. */
const numRuns = Number(process.env["EVALUATOR_CASES"] ?? 1500)

/** In parts, so that a long run lets the test runner report in between. */
const assertProperty = async <Ts>(property: FastCheck.IProperty<Ts>, runs: number): Promise<void> => {
  for (let done = 0; done < runs; done += part) {
    FastCheck.assert(property, { numRuns: Math.min(part, runs - done) })
    await setImmediate()
  }
}

const part = 5000

const now = Date.parse("2024-03-31T12:00:00Z")

const comparable = (result: Result): unknown => {
  switch (result._tag) {
    case "Resolved":
      return { value: result.value, payload: result.payload, reason: result.reason, index: result.conditionIndex }
    case "Inconclusive":
      return "inconclusive"
    case "RequiresServer":
      return "server"
    case "Unknown":
      return "unknown"
  }
}

const expected = (result: ReferenceResult): unknown =>
  result.unresolved ?? { value: result.value, payload: result.payload, reason: result.reason, index: result.index }

/** The first two have their clocks changed within the dates of the cases. */
const zone = FastCheck.constantFrom("Europe/Berlin", "America/St_Johns", "UTC")

describe("against the reference", () => {
  it("every flag of every document", async () => {
    await assertProperty(
      FastCheck.property(
        definitions,
        context,
        evaluationContexts,
        zone,
        (document, context, evaluationContexts, timeZone) => {
          const { definitions, problems } = compile(document, { evaluationContexts, timeZone })
          assert.deepStrictEqual(problems.filter((problem) => problem.code !== "MalformedCohort"), [])
          const reference = new ReferenceEvaluator(document, context, now, timeZone, evaluationContexts)
          for (const key of definitions.keys) {
            const result = evaluateFlag(definitions, key, context, now)
            assert.deepStrictEqual(comparable(result), expected(reference.flag(key)))
          }
        }
      ),
      numRuns
    )
  }, 600_000 + numRuns)

  it("every operator on every pair of values", async () => {
    await assertProperty(
      FastCheck.property(
        propertyFilter,
        value,
        FastCheck.constantFrom<1 | 2>(1, 2),
        zone,
        (filter, property, version, timeZone) => {
          const reference = new ReferenceEvaluator(
            { property_matching_version: version },
            { distinctId: "" },
            now,
            timeZone
          )
          const properties = { [filter.key]: property }
          const person: any = { ...filter, type: "person" }
          assert.strictEqual(
            matchProperty(person, properties, now, { propertyMatchingVersion: version, timeZone }),
            reference.matchProperty(person, properties)
          )
        }
      ),
      numRuns * 3
    )
  }, 600_000 + numRuns)

  it("explains exactly what it evaluates", async () => {
    await assertProperty(
      FastCheck.property(definitions, context, (document, context) => {
        const { definitions } = compile(document)
        for (const key of definitions.keys) {
          const result = evaluateFlag(definitions, key, context, now)
          const explanation = explain(definitions, key, context, now)
          assert.strictEqual(explanation.result, result)
          assert.include(renderExplanation(explanation), `flag "${key}"`)
          const match = explanation.conditions.find((condition) => condition.verdict === "match")
          if (result._tag === "Resolved" && result.reason === "condition_match") {
            assert.strictEqual(match?.index, result.conditionIndex)
            assert.strictEqual(match?.variant === undefined ? true : match.variant.chosen, result.value)
          }
          if (result._tag === "Resolved" && result.value === false) assert.isUndefined(match)
          const server = explanation.conditions.some((condition) => condition.verdict === "requiresServer")
          assert.isFalse(server && result._tag !== "RequiresServer")
          if (result._tag === "RequiresServer" && explanation.conditions.length > 0) {
            assert.strictEqual(
              explanation.conditions.find((condition) => condition.cause === result.cause)?.verdict,
              "requiresServer"
            )
          }
          if (result._tag === "Inconclusive" && explanation.conditions.length > 0) {
            assert.isTrue(explanation.conditions.some((condition) => condition.verdict === "inconclusive"))
          }
        }
      }),
      Math.ceil(numRuns / 4)
    )
  }, 600_000 + numRuns)

  it("evaluates all flags to what each evaluates to", async () => {
    await assertProperty(
      FastCheck.property(definitions, context, evaluationContexts, (document, context, evaluationContexts) => {
        const { definitions } = compile(document, { evaluationContexts })
        const all = evaluateAll(definitions, context, now)
        const each = definitions.keys.map((key) => [key, evaluateFlag(definitions, key, context, now)] as const)
        assert.deepStrictEqual(Array.from(all.results), each.map(([key, result]) => [key, result]))
        const reversed = evaluateAll(definitions, context, now, [...definitions.keys].reverse())
        assert.deepStrictEqual(Array.from(reversed.results).reverse(), each.map(([key, result]) => [key, result]))
        assert.strictEqual(reversed.needsRemote, all.needsRemote)
        assert.strictEqual(
          all.needsRemote,
          each.some(([key, result]) => result._tag !== "Resolved" && definitions.metadata(key)?.runtime !== "client")
        )
      }),
      Math.ceil(numRuns / 4)
    )
  }, 600_000 + numRuns)
})
