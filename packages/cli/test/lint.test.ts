import * as Arbitraries from "@effect-posthog/testkit/Arbitraries"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Rule } from "../src/lint/finding.ts"
import { rules } from "../src/lint/finding.ts"
import { lint } from "../src/lint/lint.ts"
import { findingsSarif, renderFindings } from "../src/lint/renderFindings.ts"
import { document, everybody, flag, person, variants, when } from "./documents.ts"

const dependency = (key: string, value: unknown = true) => ({
  key,
  value,
  operator: "flag_evaluates_to",
  type: "flag",
  dependency_chain: [key]
})

const half = { properties: [], rollout_percentage: 50 }

/** A flag that no rule finds anything in. */
const sound = flag("sound", { groups: [half] })

const cases: ReadonlyArray<readonly [rule: Rule, document: unknown]> = [
  ["malformed", document([flag("a", { groups: [{ properties: [{ key: 1 }] }] })])],
  ["duplicate-key", document([sound, sound])],
  ["hidden-characters", document([flag("a\u202eb", { groups: [half] })])],
  ["invalid-regex", document([flag("a", { groups: [when(person("email", "(", "regex"))] })])],
  ["unbounded-regex", document([flag("a", { groups: [when(person("email", "(a|aa)+(b|ab)+(a+)+$", "regex"))] })])],
  ["regex-not-portable", document([flag("a", { groups: [when(person("email", "(?=x)x", "regex"))] })])],
  ["never-local", document([flag("a", { groups: [half] }, { ensure_experience_continuity: true })])],
  ["inactive-flag", document([flag("a", { groups: [half] }, { active: false })])],
  ["never-on", document([flag("a", { groups: [{ properties: [], rollout_percentage: 0 }] })])],
  ["never-on", document([flag("a", { groups: [] })])],
  ["always-on", document([flag("a")])],
  ["unreachable-condition", document([flag("a", { groups: [everybody, half] })])],
  ["unreachable-variant", document([flag("a", { groups: [half], multivariate: variants(["x", 100], ["y", 0]) })])],
  [
    "unreachable-variant",
    document([flag("a", {
      groups: [{ ...half, variant: "x" }],
      multivariate: variants(["x", 50], ["y", 50])
    })])
  ],
  [
    "unknown-variant",
    document([flag("a", {
      groups: [{ ...half, variant: "z" }],
      multivariate: variants(["x", 50], ["y", 50])
    })])
  ],
  ["variant-shares", document([flag("a", { groups: [half], multivariate: variants(["x", 50], ["y", 40]) })])],
  ["invalid-payload", document([flag("a", { groups: [half], payloads: { true: "{" } })])],
  ["unused-payload", document([flag("a", { groups: [half], payloads: { x: "1" } })])],
  ["unknown-dependency", document([flag("a", { groups: [when(dependency("b"))] })])],
  [
    "impossible-dependency",
    document([
      flag("a", { groups: [when(dependency("b"))] }),
      flag("b", { groups: [half] }, { active: false })
    ])
  ],
  [
    "impossible-dependency",
    document([
      flag("a", { groups: [when(dependency("b", "z"))] }),
      flag("b", { groups: [half], multivariate: variants(["x", 50], ["y", 50]) })
    ])
  ],
  [
    "dependency-cycle",
    document([
      flag("a", { groups: [when(dependency("b"))] }),
      flag("b", { groups: [when(dependency("a"))] })
    ])
  ],
  [
    "unknown-cohort",
    document([
      flag("a", { groups: [when({ key: "id", value: 9, type: "cohort", operator: "in" })] })
    ])
  ]
]

describe("rules", () => {
  for (const [rule, tried] of cases) {
    it(`${rule}: ${rules[rule].finds}`, () => {
      const found = lint(tried, JSON.stringify(tried, null, 2)).find((finding) => finding.rule === rule)
      assert.isDefined(found)
      assert.strictEqual(found?.level, rules[rule].level)
      assert.isAbove(found?.line ?? 0, 1)
    })
  }

  it("each is seen to find something", () => {
    assert.deepStrictEqual([...new Set(cases.map(([rule]) => rule))].sort(), Object.keys(rules).sort())
  })

  it("find nothing in sound flags", () => {
    const clean = document([
      sound,
      flag("by-plan", { groups: [when(person("plan", ["pro"])), half] }),
      flag("test", { groups: [half], multivariate: variants(["control", 33.34], ["a", 33.33], ["b", 33.33]) }),
      flag("pinned", {
        groups: [{ ...half, variant: "b" }, half],
        multivariate: variants(["a", 100], ["b", 0]),
        payloads: { a: "1", b: "\"x\"" }
      }),
      flag("email", { groups: [when(person("email", "@shop\\.example$", "regex"))] }),
      flag("member", { groups: [when({ key: "id", value: 7, type: "cohort", operator: "in" })] }),
      flag("depends", { groups: [when(dependency("sound"))] })
    ], { "7": { type: "AND", values: [person("country", ["NO"])] } })
    assert.deepStrictEqual(lint(clean, undefined), [])
  })
})

describe("lint", () => {
  it("points at the line and column of what it found", () => {
    const text = JSON.stringify(document([sound, flag("a", { groups: [half], payloads: { true: "{" } })]), null, 2)
    const [found] = lint(JSON.parse(text), text)
    const line = text.split("\n")[(found?.line ?? 0) - 1] ?? ""
    assert.strictEqual(line.slice((found?.column ?? 0) - 1), "\"{\"")
  })

  it("survives whatever JSON it is given", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue({ maxDepth: 5 }), FastCheck.string(), (value, name) => {
        const tried = document([value, { key: name, active: true, filters: value }, {
          key: name,
          filters: { groups: value }
        }])
        const found = lint(tried, JSON.stringify(tried))
        const text = renderFindings("file", found)
        // One line each: no name of a flag gives orders to the terminal.
        assert.strictEqual(text.trimEnd().split("\n").length, found.length + 1)
        assert.notMatch(text.replace(/\n/g, ""), /\p{Cc}/u)
      }),
      { numRuns: 300 }
    )
  })

  it("survives hostile references: chains, circles, thousands of flags", () => {
    const chain = Array.from(
      { length: 5000 },
      (_, index) => flag(`flag-${index}`, { groups: [when(dependency(`flag-${(index + 1) % 5000}`))] })
    )
    const found = lint(document(chain), undefined)
    assert.lengthOf(found.filter(({ rule }) => rule === "dependency-cycle"), 1)
    assert.isBelow(Math.max(...found.map(({ message }) => message.length)), 2000)
  })

  it("knows the definitions that arbitraries make", () => {
    FastCheck.assert(
      FastCheck.property(Arbitraries.definitions(), (definitions) => {
        assert.isFalse(lint(definitions, undefined).some(({ rule }) => rule === "malformed"))
      }),
      { numRuns: 100 }
    )
  })

  it("writes SARIF that names rules, levels and places", () => {
    const text = JSON.stringify(document([flag("a")]), null, 2)
    const log = findingsSarif("flags/definitions 1.json", true, lint(JSON.parse(text), text))
    const [result] = log.runs[0]?.results ?? []
    assert.deepStrictEqual([log.version, result?.ruleId, result?.level], ["2.1.0", "always-on", "note"])
    assert.deepStrictEqual(log.runs[0]?.tool.driver.rules[result?.ruleIndex ?? -1]?.id, "always-on")
    assert.deepStrictEqual(result?.locations[0]?.physicalLocation?.artifactLocation.uri, "flags/definitions%201.json")
    assert.isAbove(result?.locations[0]?.physicalLocation?.region.startLine ?? 0, 1)
  })
})
