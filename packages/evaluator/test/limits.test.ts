import type { EvaluationContext } from "@effect-posthog/evaluator"
import {
  compile,
  compileSteps,
  evaluateAll,
  evaluateFlag,
  explain,
  matchProperty,
  requirements
} from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

const wanted: Readonly<Record<string, unknown>> = {
  exact: "x",
  is_not: "x",
  icontains: "x",
  not_icontains: "x",
  starts_with: "x",
  not_starts_with: "x",
  ends_with: "x",
  not_ends_with: "x",
  icontains_multi: ["x", "y"],
  not_icontains_multi: ["x", "y"],
  regex: "x",
  not_regex: "x",
  gt: 1,
  gte: 1,
  lt: 1,
  lte: 1,
  between: [1, 2],
  not_between: [1, 2],
  is_date_before: "2024-01-01T00:00:00Z",
  is_date_after: "2024-01-01T00:00:00Z",
  is_date_exact: "2024-01-01T00:00:00Z",
  semver_eq: "1.2.3",
  semver_neq: "1.2.3",
  semver_gt: "1.2.3",
  semver_gte: "1.2.3",
  semver_lt: "1.2.3",
  semver_lte: "1.2.3",
  semver_tilde: "1.2.3",
  semver_caret: "1.2.3",
  semver_wildcard: "1.*",
  in: 1,
  not_in: 1,
  flag_evaluates_to: true
}

const object = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, 1]))

const tooLarge: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ["a text of 2,001 characters", "1".repeat(2001)],
  ["a text of 1 MB", "x".repeat(1_000_000)],
  ["1,001 numbers", Array.from({ length: 1001 }, () => 1)],
  ["a million texts", Array.from({ length: 1_000_000 }, (_, i) => `t${i}`)],
  ["1,001 arrays", Array.from({ length: 501 }, () => [[]])],
  ["an array whose text form is longer than 2,000 characters", ["x".repeat(1000), "y".repeat(1000)]],
  ["an object whose text form is longer than 2,000 characters", { key: "x".repeat(2000) }],
  ["an object of 1,001 keys", object(1001)],
  ["an array that begins with a number without a text form", [1e300, ..."x".repeat(3000)]]
]

const largest: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ["a text of 2,000 characters", "1".repeat(2000)],
  ["999 numbers", Array.from({ length: 999 }, () => 1)],
  ["an object", object(100)]
]

const flagOf = (operator: string, value: unknown) => ({
  key: operator,
  active: true,
  filters: { groups: [{ properties: [{ key: "k", type: "person", operator, value }] }] }
})

const flags = Object.entries(wanted).map(([operator, value]) => flagOf(operator, value))

describe("values that are too large", () => {
  const { definitions } = compile({ flags })

  for (const [name, k] of tooLarge) {
    it(`${name}: the same for every operator but is_set and is_not_set`, () => {
      const context = { distinctId: "a", personProperties: { k } }
      for (const { key } of flags) {
        assert.deepStrictEqual(evaluateFlag(definitions, key, context, 0), {
          _tag: "Inconclusive",
          reason: "value_too_large",
          cause: "person property \"k\" is too large to be compared locally (value_too_large)"
        }, key)
        assert.strictEqual(explain(definitions, key, context, 0).conditions[0]?.filters[0]?.verdict, "inconclusive")
        assert.strictEqual(matchProperty({ key: "k", operator: key, value: wanted[key] }, { k }, 0), "inconclusive")
      }
      assert.strictEqual(matchProperty({ key: "k", operator: "is_set" }, { k }, 0), true)
      assert.strictEqual(matchProperty({ key: "k", operator: "is_not_set" }, { k }, 0), false)
    })
  }

  it("begin beyond 2,000 characters and 1,000 members", () => {
    for (const [name, k] of largest) {
      for (const operator of ["exact", "icontains", "gt", "semver_eq", "is_date_after"]) {
        const result = evaluateFlag(definitions, operator, { distinctId: "a", personProperties: { k } }, 0)
        assert.notInclude(JSON.stringify(result), "value_too_large", `${name} ${operator}`)
      }
      assert.isBoolean(matchProperty({ key: "k", operator: "exact", value: "x" }, { k }, 0), name)
    }
  })

  it("are read once in an evaluation", () => {
    let reads = 0
    const personProperties = {
      get k() {
        reads++
        return "x"
      }
    }
    const { results } = evaluateAll(definitions, { distinctId: "a", personProperties }, 0)
    assert.strictEqual(results.size, flags.length)
    // Once to see that it is there, once for its value.
    assert.isAtMost(reads, 2)
    reads = 0
    evaluateAll(definitions, { distinctId: "a", personProperties }, 0)
    assert.isAbove(reads, 0)
  })
})

describe("work", () => {
  const conditions = (count: number, properties: ReadonlyArray<object>) => ({
    key: "many",
    active: true,
    filters: { groups: Array.from({ length: count }, () => ({ properties })) }
  })
  const filter = { key: "k", type: "person", operator: "exact", value: "pro" }
  const context: EvaluationContext = { distinctId: "a", personProperties: { k: "free" } }

  const pauses = (document: unknown) => {
    const steps = compileSteps(document)
    let count = 0
    let step = steps.next()
    while (step.done !== true) {
      count++
      step = steps.next()
    }
    return { count, compilation: step.value }
  }

  it("beyond what an evaluation may do is left to the server, and the flags before it are decided", () => {
    const first = { key: "first", active: true, filters: { groups: [{ properties: [filter] }] } }
    const { definitions } = compile({ flags: [first, conditions(400_000, [filter]), { ...first, key: "last" }] })
    const { needsRemote, results } = evaluateAll(definitions, context, 0)
    assert.deepInclude(results.get("first"), { _tag: "Resolved", value: false })
    assert.deepInclude(results.get("many"), { _tag: "RequiresServer" })
    assert.deepInclude(results.get("last"), { _tag: "RequiresServer" })
    assert.isTrue(needsRemote)
    // By itself each is decided that can be.
    assert.deepInclude(evaluateFlag(definitions, "last", context, 0), { _tag: "Resolved", value: false })
    const pro = { distinctId: "a", personProperties: { k: "pro" } }
    assert.deepInclude(evaluateFlag(definitions, "many", pro, 0), { value: true, conditionIndex: 0 })
    assert.isAtMost(explain(definitions, "many", context, 0).conditions.length, 1000)
    assert.strictEqual(requirements(definitions, ["many"]).size, 1)
  })

  it("of compiling is paused within flags, within conditions and within values", () => {
    const member = (count: number, make: (i: number) => unknown) => Array.from({ length: count }, (_, i) => make(i))
    const one = (more: object) => ({ flags: [{ key: "f", active: true, filters: { groups: [{}], ...more } }] })
    const documents: ReadonlyArray<readonly [name: string, document: unknown]> = [
      ["conditions", { flags: [conditions(20_000, [filter])] }],
      ["filters", { flags: [conditions(1, member(20_000, () => filter) as ReadonlyArray<object>)] }],
      ["values", { flags: [conditions(1, [{ ...filter, value: member(50_000, String) }])] }],
      [
        "variants",
        one({ multivariate: { variants: member(20_000, (i) => ({ key: `v${i}`, rollout_percentage: 0 })) } })
      ],
      ["payload", one({ payloads: { true: member(200_000, (i) => i) } })],
      ["chain", {
        flags: [
          conditions(1, [{
            key: "f",
            type: "flag",
            operator: "flag_evaluates_to",
            value: true,
            dependency_chain: member(50_000, () => "f")
          }]),
          { key: "f", active: true }
        ]
      }],
      ["members of a cohort", {
        flags: [],
        cohorts: { 1: { type: "OR", values: member(20_000, () => filter) } }
      }],
      ["malformed cohorts", { flags: [], cohorts: Object.fromEntries(member(20_000, (i) => [`${i}`, 7]) as never) }],
      ["a web of cohorts", {
        flags: [],
        cohorts: Object.fromEntries(
          member(
            200,
            (i) => [`${i}`, { type: "AND", values: member(200, (value) => ({ key: "id", type: "cohort", value })) }]
          ) as never
        )
      }]
    ]
    for (const [name, document] of documents) {
      const { compilation, count } = pauses(document)
      assert.isAbove(count, 20, name)
      assert.deepStrictEqual(compilation.problems.filter(({ code }) => code !== "MalformedCohort"), [], name)
    }
  })

  it("of payloads that are too large is left to the server", () => {
    const payload = (value: unknown) =>
      compile({ flags: [{ key: "f", active: true, filters: { groups: [{}], payloads: { true: value } } }] })
    for (const value of [JSON.stringify("x".repeat(1_000_001)), Array.from({ length: 1_000_001 }, () => 1)]) {
      const { definitions, problems } = payload(value)
      assert.deepStrictEqual(problems.map(({ code, path }) => [code, path]), [
        ["MalformedFlag", "flags[0].filters.payloads.true"]
      ])
      assert.strictEqual(evaluateFlag(definitions, "f", context, 0)._tag, "RequiresServer")
    }
  })

  it("of a web of cohorts in which everything refers to everything has an end", () => {
    const ids = Array.from({ length: 300 }, (_, i) => i)
    const member = (value: number) => ({ key: "id", type: "cohort", value })
    const cohorts = Object.fromEntries(ids.map((id) => [id, { type: "AND", values: ids.map(member) }]))
    const users = ids.slice(0, 50).map((id) => ({
      key: `f${id}`,
      active: true,
      filters: { groups: [{ properties: [member(id)] }] }
    }))
    const { definitions } = compile({ flags: users, cohorts })
    for (const [, result] of evaluateAll(definitions, context, 0).results) {
      assert.strictEqual(result._tag, "RequiresServer")
    }
    assert.deepStrictEqual(requirements(definitions).size, 50)
  })
})
