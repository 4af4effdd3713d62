import type { EvaluationContext } from "@effect-posthog/evaluator"
import {
  compile,
  compileSteps,
  evaluateAll,
  evaluateFlag,
  explain,
  matchProperty,
  omittedPart,
  renderExplanation,
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
    const { definitions } = compile({ flags: [first, conditions(150_000, [filter]), { ...first, key: "last" }] })
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

describe("parts of a document that are too large", () => {
  const context: EvaluationContext = { distinctId: "a", personProperties: { k: "pro" }, groups: { company: "acme" } }
  const sound = { key: "sound", active: true, filters: { groups: [{}] } }
  const member = { key: "id", type: "cohort", value: 1 }
  const flag = {
    key: "f",
    active: true,
    filters: {
      groups: [{
        properties: [
          { key: "k", type: "person", operator: "exact", value: ["pro", "free"] },
          { key: "plan", type: "group", group_type_index: 0, operator: "is_not_set" },
          { key: "sound", type: "flag", operator: "flag_evaluates_to", value: true, dependency_chain: ["sound"] },
          member
        ],
        rollout_percentage: 100
      }],
      multivariate: { variants: [{ key: "v", rollout_percentage: 100 }] },
      payloads: { v: { a: [{ b: 1 }] } },
      holdout: { id: 1, exclusion_percentage: 0 }
    }
  }
  const cohort = { type: "OR", values: [{ type: "AND", values: [{ key: "k", type: "person", value: ["pro"] }] }] }
  const document = { flags: [sound, flag], cohorts: { 1: cohort }, group_type_mapping: { 0: "company" } }

  /** The value with one of its parts left out, for each of its parts. */
  const without = (value: unknown): ReadonlyArray<unknown> => {
    if (typeof value !== "object" || value === null) return []
    const parts = Object.entries(value).flatMap(([key, part]) =>
      without(part).map((left) => Object.assign(Array.isArray(value) ? [...value] : { ...value }, { [key]: left }))
    )
    return [omittedPart, ...parts]
  }

  const evaluated = (given: object) => {
    const { definitions, problems } = compile(given)
    const { results } = evaluateAll(definitions, context, 0)
    return { definitions, problems, f: results.get("f")?._tag, sound: results.get("sound") }
  }

  it("leave what needs them to the server, whichever they are, and nothing else", () => {
    assert.strictEqual(evaluated({ ...document, flags: [sound, { ...flag, filters: { groups: [{}] } }] }).f, "Resolved")
    const flags = without(flag).map((left) => ({ ...document, flags: [sound, left] }))
    const cohorts = without(document.cohorts).map((left) => ({ ...document, cohorts: left }))
    const groupTypes = { ...document, group_type_mapping: omittedPart }
    assert.isAbove(flags.length, 15)
    assert.isAbove(cohorts.length, 6)
    for (const given of [...flags, ...cohorts, groupTypes]) {
      const { f, problems, sound } = evaluated(given)
      assert.notStrictEqual(f, "Resolved", JSON.stringify(given))
      assert.deepInclude(sound, { _tag: "Resolved", value: true })
      assert.lengthOf(problems, 1, JSON.stringify(given))
      assert.include(problems[0]?.message, "too large", JSON.stringify(given))
    }
  })

  it("are named by problems, explanations and requirements", () => {
    const { definitions, problems } = evaluated({ flags: [{ ...flag, filters: { payloads: omittedPart } }] })
    assert.deepStrictEqual(problems, [
      {
        code: "MalformedFlag",
        key: "f",
        path: "flags[0].filters.payloads",
        message: "is too large, or nested too deeply"
      }
    ])
    const cause = "a part of the definition of the flag is too large"
    assert.deepInclude(evaluateFlag(definitions, "f", context, 0), { _tag: "RequiresServer", cause })
    assert.include(renderExplanation(explain(definitions, "f", context, 0)), cause)
    assert.deepStrictEqual(requirements(definitions).get("f")?.never, [cause])
  })

  it("begin beyond 20,000 members of an object, 1,000 group types and 100,000 characters of a filter", () => {
    const payload = (value: unknown) => ({ ...flag, filters: { groups: [{}], payloads: { true: value } } })
    const filter = (value: unknown) => ({ ...flag, filters: { groups: [{ properties: [{ key: "k", value }] }] } })
    const groups = { ...flag, filters: { groups: [{}], aggregation_group_type_index: 0 } }
    const of = (f: object, more: object = {}) => ({ ...document, flags: [sound, f], ...more })
    const typed = (count: number) =>
      of(groups, { group_type_mapping: Object.fromEntries(Array.from({ length: count }, (_, i) => [i, "company"])) })
    const cohorts = (count: number) =>
      of(filter("pro"), { cohorts: Object.fromEntries(Array.from({ length: count }, (_, i) => [i, cohort])) })
    const pairs: ReadonlyArray<readonly [object, object]> = [
      [of(payload(object(20_000))), of(payload(object(20_001)))],
      [of(payload(JSON.stringify(object(20_000)))), of(payload(JSON.stringify(object(20_001))))],
      [of(filter("x".repeat(100_000))), of(filter("x".repeat(100_001)))],
      [typed(1000), typed(1001)]
    ]
    for (const [most, more] of pairs) {
      assert.deepInclude(evaluated(most), { f: "Resolved", problems: [] })
      assert.notStrictEqual(evaluated(more).f, "Resolved")
      assert.lengthOf(evaluated(more).problems, 1)
      assert.deepInclude(evaluated(more).sound, { value: true })
    }
    assert.lengthOf(compile(cohorts(20_000)).problems, 0)
    assert.deepInclude(compile(cohorts(20_001)).problems, {
      code: "MalformedCohort",
      key: undefined,
      path: "cohorts",
      message: "is too large, or nested too deeply"
    })
    const long = compile(of(filter(["pro", "x".repeat(100_001)])))
    assert.deepInclude(evaluateFlag(long.definitions, "f", context, 0), { _tag: "Resolved", value: true })
    const other = { ...context, personProperties: { k: "other" } }
    assert.strictEqual(evaluateFlag(long.definitions, "f", other, 0)._tag, "Inconclusive")
  })

  it("have their names listed once", () => {
    let listed = 0
    const counted = (members: number) =>
      new Proxy(object(members), {
        ownKeys: (target) => {
          listed++
          return Reflect.ownKeys(target)
        }
      })
    compile({ flags: [{ ...flag, filters: { payloads: { true: counted(30_000) } } }] })
    assert.strictEqual(listed, 1)
    const { definitions } = compile({ flags })
    listed = 0
    evaluateAll(definitions, { distinctId: "a", personProperties: { k: counted(2000) } }, 0)
    assert.strictEqual(listed, 1)
  })
})
