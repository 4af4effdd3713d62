import type { EvaluationContext } from "@effect-posthog/evaluator"
import { compile, evaluateFlag, explain, renderExplanation, requirements } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const document = {
  flags: [
    {
      key: "checkout-layout",
      active: true,
      filters: {
        groups: [
          {
            properties: [{ key: "plan", type: "person", operator: "exact", value: "enterprise" }],
            variant: "spacious"
          },
          {}
        ],
        multivariate: {
          variants: [
            { key: "control", rollout_percentage: 50 },
            { key: "compact", rollout_percentage: 25 },
            { key: "spacious", rollout_percentage: 25 }
          ]
        },
        payloads: { compact: "{\"columns\":2}" }
      }
    },
    { key: "new-search", active: true, filters: { groups: [{ rollout_percentage: 25.5 }] } },
    {
      key: "beta-program",
      active: true,
      filters: {
        groups: [{
          properties: [
            { key: "id", type: "cohort", operator: "in", value: 3 },
            { key: "seats", type: "person", operator: "gte", value: 10 }
          ]
        }]
      }
    },
    {
      key: "bulk-export",
      active: true,
      filters: {
        groups: [{
          properties: [{
            key: "checkout-layout",
            type: "flag",
            operator: "flag_evaluates_to",
            value: "compact",
            dependency_chain: ["checkout-layout"]
          }]
        }]
      }
    },
    {
      key: "org-dashboard",
      active: true,
      filters: {
        aggregation_group_type_index: 0,
        groups: [{
          properties: [{ key: "tier", type: "group", group_type_index: 0, operator: "exact", value: "gold" }],
          rollout_percentage: 60
        }]
      }
    }
  ],
  group_type_mapping: { 0: "organization" },
  cohorts: {
    3: {
      type: "OR",
      values: [
        { key: "country", type: "person", operator: "exact", value: ["DE", "FR"] },
        { key: "email", type: "person", operator: "ends_with", value: "@example.com", negation: true }
      ]
    }
  }
}

const { definitions } = compile(document)

const context: EvaluationContext = {
  distinctId: "user-61",
  personProperties: { plan: "free", country: "IT", seats: 12 },
  groups: { organization: "org-9" }
}

describe("explain", () => {
  it("renders the explanations of the README", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
    for (const key of definitions.keys) {
      const text = renderExplanation(explain(definitions, key, context, 0))
      assert.include(readme, text, text)
    }
  })

  it("is data", () => {
    const { conditions, missing, result } = explain(definitions, "beta-program", context, 0)
    assert.strictEqual(result._tag, "Inconclusive")
    assert.deepStrictEqual(missing, [{ _tag: "PersonProperty", name: "email" }])
    const [condition] = conditions
    assert.strictEqual(condition?.verdict, "inconclusive")
    assert.deepStrictEqual(condition?.filters.map((filter) => filter.verdict), ["inconclusive", "match"])
    const cohort = condition?.filters[0]
    assert.deepStrictEqual(
      cohort?._tag === "Cohort" && cohort.members?.children.map((child) => child.verdict),
      ["mismatch", "inconclusive"]
    )
  })

  it("says what would settle an undecided flag, and what it says does", () => {
    const supplied = { ...context, personProperties: { ...context.personProperties, email: "a@example.com" } }
    assert.strictEqual(explain(definitions, "beta-program", supplied, 0).result._tag, "Resolved")
    assert.deepStrictEqual(explain(definitions, "org-dashboard", context, 0).missing, [
      { _tag: "GroupProperty", groupType: "organization", name: "tier" }
    ])
    const withTier = { ...context, groupProperties: { organization: { tier: "gold" } } }
    assert.strictEqual(explain(definitions, "org-dashboard", withTier, 0).result._tag, "Resolved")
    assert.deepStrictEqual(explain(definitions, "bulk-export", { distinctId: "a" }, 0).missing, [{
      _tag: "PersonProperty",
      name: "plan"
    }])
  })

  it("asks for a device id where one is hashed", () => {
    const flag = {
      key: "f",
      active: true,
      bucketing_identifier: "device_id",
      filters: { groups: [{ rollout_percentage: 50 }] }
    }
    const { definitions } = compile({ flags: [flag] })
    const explanation = explain(definitions, "f", { distinctId: "a" }, 0)
    assert.deepStrictEqual(explanation.missing, [{ _tag: "DeviceId" }])
    assert.include(renderExplanation(explanation), "would settle it: a device id")
    assert.deepStrictEqual(explain(definitions, "f", { distinctId: "a", deviceId: "d" }, 0).missing, [])
  })

  it("says of an unknown flag only that it is unknown", () => {
    assert.strictEqual(
      renderExplanation(explain(definitions, "ghost", context, 0)),
      "flag \"ghost\": not among the definitions"
    )
  })
})

describe("requirements", () => {
  const needs = requirements(definitions)

  it("lists what flags look at, through cohorts and dependencies", () => {
    assert.deepStrictEqual(needs.get("beta-program")?.personProperties, ["country", "email", "seats"])
    assert.deepStrictEqual(needs.get("bulk-export")?.personProperties, ["plan"])
    assert.deepStrictEqual(needs.get("bulk-export")?.flags, ["checkout-layout"])
    assert.deepStrictEqual(needs.get("org-dashboard")?.groups, ["organization"])
    assert.deepStrictEqual(Array.from(needs.get("org-dashboard")?.groupProperties ?? []), [["organization", ["tier"]]])
    assert.deepStrictEqual(needs.get("new-search"), {
      personProperties: [],
      groups: [],
      groupProperties: new Map(),
      deviceId: false,
      timeZone: false,
      flags: [],
      never: []
    })
  })

  it("says why a flag never is decided", () => {
    const flags = [
      { key: "continuity", active: true, ensure_experience_continuity: true },
      { key: "static", active: true, filters: { groups: [{ properties: [{ key: "id", type: "cohort", value: 9 }] }] } },
      {
        key: "regex",
        active: true,
        filters: { groups: [{ properties: [{ key: "k", operator: "regex", value: "(a+)+$" }] }] }
      },
      { key: "fine", active: true, filters: { groups: [{}] } }
    ]
    const never = Array.from(requirements(compile({ flags }).definitions), ([key, { never }]) => [key, never.length])
    assert.deepStrictEqual(never, [["continuity", 1], ["static", 1], ["regex", 1], ["fine", 0]])
  })

  it("says so of filter values that only the server can read", () => {
    const values: ReadonlyArray<readonly [operator: string, value: unknown, times: number]> = [
      ["is_date_after", "last Friday", 1],
      ["is_date_after", "-10000d", 1],
      ["is_date_after", "-3d", 0],
      ["is_date_after", true, 0],
      ["exact", [1e300, "a"], 1],
      ["is_not", 1e300, 1],
      ["icontains_multi", ["a", 1e300], 1],
      ["exact", ["a", "b"], 0],
      ["future", "a", 1]
    ]
    for (const [operator, value, times] of values) {
      const filter = { key: "k", type: "person", operator, value }
      const document = { flags: [{ key: "f", active: true, filters: { groups: [{ properties: [filter] }] } }] }
      assert.lengthOf(requirements(compile(document).definitions).get("f")?.never ?? [], times, operator)
    }
  })

  it("says so of a flag about cohorts that refer to each other", () => {
    const cohort = (value: number) => ({ key: "id", type: "cohort", value })
    const { definitions } = compile({
      flags: [{ key: "circle", active: true, filters: { groups: [{ properties: [cohort(1)] }] } }],
      cohorts: { "1": { type: "AND", values: [cohort(2)] }, "2": { type: "AND", values: [cohort(1)] } }
    })
    const { _tag } = evaluateFlag(definitions, "circle", { distinctId: "a" }, 0)
    assert.strictEqual(_tag, "RequiresServer")
    assert.deepStrictEqual(requirements(definitions).get("circle")?.never, [
      "cohort 1 cannot be decided without the server",
      "cohort 2 cannot be decided without the server"
    ])
  })

  it("goes no further than evaluation does", () => {
    const flags = Array.from({ length: 1000 }, (_, index) => ({
      key: `flag-${index}`,
      active: true,
      filters: {
        groups: [{
          properties: index === 0 ? [] : [{
            key: `flag-${index - 1}`,
            type: "flag",
            operator: "flag_evaluates_to",
            value: true,
            dependency_chain: [`flag-${index - 1}`]
          }]
        }]
      }
    }))
    const needs = requirements(compile({ flags }).definitions)
    assert.strictEqual(needs.get("flag-400")?.flags.length, 400)
    assert.deepStrictEqual(needs.get("flag-400")?.never, [])
    assert.deepStrictEqual(needs.get("flag-999")?.flags, [])
    assert.strictEqual(needs.get("flag-999")?.never.length, 1)
  })

  it("name the group of a property, as nothing is known about a group that is not passed", () => {
    const filter = { key: "tier", type: "group", group_type_index: 0, operator: "exact", value: "gold" }
    const document = {
      flags: [{ key: "f", active: true, filters: { groups: [{ properties: [filter], rollout_percentage: 100 }] } }],
      group_type_mapping: { "0": "org" }
    }
    const { definitions } = compile(document)
    const needs = requirements(definitions).get("f")
    assert.deepStrictEqual([...needs?.groups ?? []], ["org"])
    const groupProperties = { org: { tier: "gold" } }
    const context = { distinctId: "ada", groups: { org: "acme" }, groupProperties }
    assert.strictEqual(evaluateFlag(definitions, "f", context, 0)._tag, "Resolved")
  })

  it("can be asked for some keys", () => {
    assert.deepStrictEqual(Array.from(requirements(definitions, ["new-search", "ghost"]).keys()), ["new-search"])
  })
})
