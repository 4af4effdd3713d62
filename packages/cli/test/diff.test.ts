import { compile } from "@effect-posthog/evaluator"
import * as Arbitraries from "@effect-posthog/testkit/Arbitraries"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { diff, isDifferent, renderDifference } from "../src/diff/diff.ts"
import { samplePeople } from "../src/diff/samplePeople.ts"
import { document, flag, person, when } from "./documents.ts"

const side = (tried: unknown) => ({ document: tried, compiled: compile(tried).definitions })

const compare = (before: unknown, after: unknown, count = 500) =>
  diff(side(before), side(after), samplePeople([before, after], count), 0)

const rollout = (percentage: number) => flag("half", { groups: [{ properties: [], rollout_percentage: percentage }] })

describe("diff", () => {
  it("finds nothing between a document and itself, in another order and with other bookkeeping", () => {
    FastCheck.assert(
      FastCheck.property(Arbitraries.definitions(), (definitions) => {
        const again = {
          ...definitions,
          flags: definitions.flags.map((one) => ({ ...one, version: 99, updated_at: "now" })).reverse()
        }
        assert.isFalse(isDifferent(compare(definitions, again, 20)))
      }),
      { numRuns: 50 }
    )
  })

  it("counts the people whose value changes, and in which way", () => {
    const { changed, people } = compare(document([rollout(50)]), document([rollout(60)]))
    assert.deepStrictEqual(changed, [{ key: "half", fields: ["filters.groups"] }])
    const [change] = people.flags
    assert.deepStrictEqual(change?.transitions.map(({ from, to }) => [from, to]), [[false, true]])
    // A tenth of them, more or less.
    assert.isAbove(change?.people ?? 0, 25)
    assert.isBelow(change?.people ?? 0, 75)
  })

  it("makes up people who meet the filters, and people who do not", () => {
    const gold = document([flag("gold", { groups: [when(person("tier", ["gold"]), person("seats", 10, "gte"))] })])
    const platinum = document([
      flag("gold", { groups: [when(person("tier", ["platinum"]), person("seats", 10, "gte"))] })
    ])
    const [change] = compare(gold, platinum).people.flags
    assert.deepStrictEqual(change?.transitions.map(({ from, to }) => [from, to]).sort(), [[false, true], [true, false]])
    assert.deepStrictEqual(samplePeople([gold], 50), samplePeople([gold], 50))
  })

  it("follows what a flag depends on, and cohorts", () => {
    const depends = flag("upsell", {
      groups: [
        when({ key: "half", value: true, operator: "flag_evaluates_to", type: "flag", dependency_chain: ["half"] })
      ]
    })
    const { people } = compare(document([rollout(10), depends]), document([rollout(90), depends]))
    assert.deepStrictEqual(people.flags.map(({ key }) => key), ["half", "upsell"])

    const member = flag("member", { groups: [when({ key: "id", value: 7, type: "cohort", operator: "in" })] })
    const cohort = (country: string) => ({ "7": { type: "AND", values: [person("country", [country])] } })
    const byCohort = compare(document([member], cohort("NO")), document([member], cohort("SE")))
    assert.deepStrictEqual(byCohort.cohorts, ["7"])
    assert.deepStrictEqual(byCohort.people.flags.map(({ key }) => key), ["member"])
  })

  it("lists flags that came and went, and payloads that changed", () => {
    const payload = (megabytes: number) => flag("limit", { payloads: { true: JSON.stringify({ megabytes }) } })
    const difference = compare(document([payload(1), flag("old")]), document([payload(2), flag("new")]))
    assert.deepStrictEqual([difference.added, difference.removed], [["new"], ["old"]])
    assert.deepStrictEqual(difference.people.flags.map(({ payloads, people }) => [payloads, people]), [[500, 500]])
    assert.include(renderDifference(difference), "+ \"new\"\n- \"old\"\n~ \"limit\": filters.payloads")
  })

  it("keeps hostile names on one line", () => {
    const text = renderDifference(compare(document([]), document([flag("a\n\u001b[31mb")])))
    assert.notMatch(text.replace(/\n/g, ""), /\p{Cc}/u)
  })
})
