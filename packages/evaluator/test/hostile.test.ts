import type { EvaluationContext, Result } from "@effect-posthog/evaluator"
import {
  compile,
  evaluateAll,
  evaluateFlag,
  explain,
  matchProperty,
  renderExplanation,
  requirements
} from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

const inherited = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]

const flag = (key: string, properties: ReadonlyArray<unknown>, more: object = {}) => ({
  key,
  active: true,
  filters: { groups: [{ properties }], ...more }
})

const cohortFilter = (value: unknown) => ({ key: "id", type: "cohort", operator: "in", value })

const dependsOn = (key: string, chain: ReadonlyArray<string> = [key]) => ({
  key,
  type: "flag",
  operator: "flag_evaluates_to",
  value: true,
  dependency_chain: chain
})

const tags = (document: unknown, context: EvaluationContext = { distinctId: "a" }): ReadonlyArray<Result["_tag"]> => {
  const { definitions } = compile(document)
  for (const key of definitions.keys) {
    assert.isString(renderExplanation(explain(definitions, key, context, 0)))
  }
  assert.strictEqual(requirements(definitions).size, definitions.size)
  return Array.from(evaluateAll(definitions, context, 0).results.values(), (result) => result._tag)
}

describe("hostile definitions", () => {
  it("keys that every object inherits", () => {
    for (const name of inherited) {
      const own = Object.fromEntries([[name, "pro"]])
      const filter = { key: name, type: "person", operator: "exact", value: "pro" }
      assert.strictEqual(matchProperty(filter, {}, 0), "inconclusive")
      assert.strictEqual(matchProperty(filter, own, 0), true)
      assert.strictEqual(matchProperty({ ...filter, operator: "is_set" }, {}, 0), "inconclusive")
      const document = {
        flags: [
          flag(name, [filter], { payloads: {}, multivariate: { variants: [{ key: name, rollout_percentage: 100 }] } }),
          flag("cohort", [cohortFilter(name)]),
          flag("depends", [dependsOn(name)])
        ],
        cohorts: {},
        group_type_mapping: {}
      }
      const { definitions } = compile(document)
      const result = evaluateFlag(definitions, name, { distinctId: "a", personProperties: own }, 0)
      assert.deepInclude(result, { value: name, payload: undefined })
      assert.strictEqual(evaluateFlag(definitions, name, { distinctId: "a" }, 0)._tag, "Inconclusive")
      assert.strictEqual(evaluateFlag(definitions, "cohort", { distinctId: "a" }, 0)._tag, "RequiresServer")
      assert.strictEqual(evaluateFlag(definitions, "ghost", { distinctId: "a" }, 0)._tag, "Unknown")
      assert.strictEqual(evaluateFlag(compile({ flags: [] }).definitions, name, { distinctId: "a" }, 0)._tag, "Unknown")
      assert.strictEqual(evaluateAll(definitions, { distinctId: "a" }, 0, [name]).results.size, 1)
      const groupFlag = { key: "g", active: true, filters: { groups: [{}], aggregation_group_type_index: 0 } }
      const grouped = compile({ flags: [groupFlag], group_type_mapping: { 0: name } }).definitions
      assert.deepInclude(evaluateFlag(grouped, "g", { distinctId: "a" }, 0), { value: false, reason: "no_group_type" })
      assert.deepInclude(
        evaluateFlag(grouped, "g", { distinctId: "a", groups: Object.fromEntries([[name, "k"]]) }, 0),
        { value: true }
      )
    }
  })

  it("groups nested a thousand times, and beyond reason", () => {
    const nested = (depth: number): unknown => {
      let group: unknown = { type: "OR", values: [{ key: "plan", type: "person", operator: "exact", value: "pro" }] }
      for (let i = 0; i < depth; i++) {
        group = { type: "AND", values: [group] }
      }
      return group
    }
    const document = (depth: number) => ({
      flags: [flag("f", [cohortFilter(1)]), flag("other", [])],
      cohorts: { 1: nested(depth) }
    })
    const context = { distinctId: "a", personProperties: { plan: "pro" } }
    assert.deepStrictEqual(tags(document(1000), context), ["Resolved", "Resolved"])
    assert.deepStrictEqual(tags(document(100_000), context), ["RequiresServer", "Resolved"])
  })

  it("cohorts that refer to each other in circles, or to two others each", () => {
    const circle = { 1: { type: "OR", values: [cohortFilter(2)] }, 2: { type: "AND", values: [cohortFilter(1)] } }
    assert.deepStrictEqual(tags({ flags: [flag("f", [cohortFilter(1)])], cohorts: circle }), ["RequiresServer"])
    const itself = {
      1: { type: "OR", values: [cohortFilter(1), { key: "distinct_id", operator: "exact", value: "a" }] }
    }
    assert.deepStrictEqual(tags({ flags: [flag("f", [cohortFilter(1)])], cohorts: itself }), ["Resolved"])
    const doubling: Record<number, unknown> = { 200: { type: "AND", values: [] } }
    for (let i = 0; i < 200; i++) {
      doubling[i] = { type: "AND", values: [cohortFilter(i + 1), cohortFilter(i + 1)] }
    }
    assert.deepStrictEqual(tags({ flags: [flag("f", [cohortFilter(0)])], cohorts: doubling }), ["Resolved"])
  })

  it("a web of flags, a circle of flags, and a long chain of them", () => {
    const keys = Array.from({ length: 40 }, (_, i) => `f${i}`)
    const web = keys.map((key, i) => flag(key, keys.slice(0, i).map((target) => dependsOn(target))))
    assert.deepStrictEqual(new Set(tags({ flags: web })), new Set(["Resolved"]))
    const all = keys.map((key) => flag(key, keys.map((target) => dependsOn(target))))
    // The circles are not decided, and take more work than an evaluation may do.
    assert.deepStrictEqual(new Set(tags({ flags: all })), new Set(["Inconclusive", "RequiresServer"]))
    assert.deepStrictEqual(tags({ flags: [flag("a", [dependsOn("a")]), flag("b", [])] }), ["Inconclusive", "Resolved"])
    const chain = Array.from({ length: 600 }, (_, i) => flag(`f${i}`, i === 0 ? [] : [dependsOn(`f${i - 1}`)]))
    const results = tags({ flags: chain })
    assert.deepStrictEqual(results.slice(0, 300), Array.from({ length: 300 }, () => "Resolved"))
    assert.strictEqual(results.at(-1), "Inconclusive")
  })

  it("a web of references in which everything refers to everything", () => {
    const ids = Array.from({ length: 25 }, (_, i) => i)
    const cohorts = Object.fromEntries(ids.map((id) => [id, { type: "AND", values: ids.map(cohortFilter) }]))
    assert.deepStrictEqual(tags({ flags: [flag("f", [cohortFilter(0)])], cohorts }), ["RequiresServer"])
  })

  it("enormous and catastrophic regular expressions", () => {
    const regex = (value: string) => ({ key: "k", type: "person", operator: "regex", value })
    const document = {
      flags: [flag("f", [regex("a".repeat(1_000_000))]), flag("g", [regex(`${"(".repeat(5000)}x`)]), flag("other", [])]
    }
    const context = { distinctId: "a", personProperties: { k: "a".repeat(2000) } }
    assert.deepStrictEqual(tags(document, context), ["RequiresServer", "RequiresServer", "Resolved"])
    for (
      const pattern of ["(a+)+$", "(?:a|a)*$", "a*a*a*a*b", "(a|aa)+$", "(?:a?){30}a{30}", "(.*)*x", "^(\\w+\\s?)*$"]
    ) {
      assert.deepStrictEqual(tags({ flags: [flag("f", [regex(pattern)])] }, context), ["RequiresServer"], pattern)
    }
  })

  it("values and cohorts that hold themselves", () => {
    const values: Array<unknown> = []
    values.push(values, values)
    const group: { readonly type: string; readonly values: Array<unknown> } = { type: "AND", values: [] }
    group.values.push(group, group)
    const document = {
      flags: [
        flag("f", [{ key: "k", type: "person", operator: "exact", value: values }]),
        flag("g", [cohortFilter(1)]),
        flag("h", [], { payloads: { true: values } })
      ],
      cohorts: { 1: group }
    }
    const context = { distinctId: "a", personProperties: { k: "x" } }
    assert.deepStrictEqual(tags(document, context), ["RequiresServer", "RequiresServer", "RequiresServer"])
  })

  it("texts that are not numbers, and dates out of reach", () => {
    const filters = [
      { key: "k", type: "person", operator: "is_date_before", value: "9999-12-31T23:59:59Z" },
      { key: "k", type: "person", operator: "gt", value: "9".repeat(400) },
      { key: "k", type: "person", operator: "semver_eq", value: "9".repeat(400) }
    ]
    for (const k of [1e308, -1e308, "9".repeat(400), "-9999y", "9999m", "1e400", Number.MAX_SAFE_INTEGER]) {
      tags({ flags: filters.map((filter, i) => flag(`f${i}`, [filter])) }, { distinctId: "a", personProperties: { k } })
    }
  })
})

describe("hostile contexts", () => {
  const names = ["k", "$feature_enrollment/e", "$device_id"]
  const document = {
    flags: [
      flag("exact", [{ key: "k", type: "person", operator: "exact", value: "x" }]),
      flag("set", [{ key: "k", type: "person", operator: "is_set" }]),
      flag("contains", [{ key: "k", type: "person", operator: "icontains", value: "x" }]),
      flag("number", [{ key: "k", type: "person", operator: "gt", value: 1 }]),
      flag("version", [{ key: "k", type: "person", operator: "semver_gt", value: "1.0.0" }]),
      flag("e", [], { feature_enrollment: true }),
      { ...flag("device", []), bucketing_identifier: "device_id", filters: { groups: [{ rollout_percentage: 50 }] } },
      { key: "half", active: true, filters: { groups: [{ rollout_percentage: 50 }] } },
      {
        key: "group",
        active: true,
        filters: { groups: [{ rollout_percentage: 50 }], aggregation_group_type_index: 0 }
      },
      { key: "off", active: false }
    ],
    group_type_mapping: { 0: "organization" }
  }
  const { definitions } = compile(document)

  const cyclic: Record<string, unknown> = {}
  cyclic["self"] = cyclic

  const values: ReadonlyArray<unknown> = [
    1n,
    Symbol("x"),
    () => "x",
    NaN,
    Infinity,
    cyclic,
    [cyclic],
    new Map(),
    new Proxy({}, { ownKeys: () => [] }),
    Object(1n),
    new Date(NaN),
    new String("x"),
    "\ud800",
    ["\ud800"],
    { toJSON: () => "x" },
    Object.create({ x: 1 })
  ]

  it("values that JSON does not carry leave their flags undecided, and the others alone", () => {
    for (const value of values) {
      const personProperties = Object.fromEntries(names.map((name) => [name, value]))
      const { results } = evaluateAll(definitions, { distinctId: "a", personProperties }, 0)
      assert.strictEqual(
        results.get("exact")?._tag === "Resolved" && results.get("exact"),
        results.get("exact")?._tag === "Resolved" && results.get("exact")
      )
      assert.strictEqual(results.get("half")?._tag, "Resolved")
      assert.strictEqual(results.get("off")?._tag, "Resolved")
      for (const key of definitions.keys) {
        renderExplanation(explain(definitions, key, { distinctId: "a", personProperties }, 0))
      }
    }
    for (const k of [1n, Symbol("x"), () => "x", cyclic, new Map(), "\ud800", NaN]) {
      const context = { distinctId: "a", personProperties: { k } }
      assert.strictEqual(evaluateFlag(definitions, "exact", context, 0)._tag, "Inconclusive")
      assert.strictEqual(evaluateFlag(definitions, "contains", context, 0)._tag, "Inconclusive")
    }
  })

  it("values that hold others over and over end all the same", () => {
    const doubled = (inner: unknown, twice: (value: unknown) => unknown) => {
      let value = inner
      for (let i = 0; i < 100; i++) {
        value = twice(value)
      }
      return value
    }
    const holdsItself: Array<unknown> = []
    holdsItself.push(holdsItself, holdsItself)
    const shared = [
      doubled("true", (value) => [value, value]),
      doubled("x", (value) => ({ a: value, b: value })),
      holdsItself
    ]
    for (const k of shared) {
      const context = { distinctId: "a", personProperties: { k, "$feature_enrollment/e": k } }
      assert.strictEqual(evaluateFlag(definitions, "exact", context, 0)._tag, "Inconclusive")
      assert.strictEqual(evaluateFlag(definitions, "e", context, 0)._tag, "Inconclusive")
      for (const value of [true, [], k]) {
        assert.include([true, false, "inconclusive"], matchProperty({ key: "k", value }, { k }, 0))
      }
      renderExplanation(explain(definitions, "set", context, 0))
    }
  })

  it("dates are their ISO text", () => {
    const filter = { key: "k", operator: "is_date_after", value: "2024-01-01" }
    assert.strictEqual(matchProperty(filter, { k: new Date("2024-02-01T00:00:00Z") }, 0), true)
    assert.strictEqual(
      matchProperty(
        { ...filter, operator: "icontains", value: "2024-02-01T" },
        { k: new Date("2024-02-01T00:00:00Z") },
        0
      ),
      true
    )
  })

  it("contexts of any shape never throw", () => {
    const throwing = (name: string) =>
      Object.defineProperty({ distinctId: "a" }, name, {
        get: () => {
          throw new Error("no")
        },
        enumerable: true
      })
    const proxy = new Proxy({}, {
      get: () => {
        throw new Error("no")
      },
      has: () => {
        throw new Error("no")
      }
    })
    const contexts: ReadonlyArray<any> = [
      undefined,
      null,
      1,
      "x",
      [],
      {},
      proxy,
      { distinctId: 17 },
      { distinctId: null },
      { distinctId: {} },
      {
        distinctId: Symbol("x")
      },
      ...["distinctId", "personProperties", "groups", "groupProperties", "deviceId"].map(throwing),
      { distinctId: "a", personProperties: proxy },
      { distinctId: "a", groups: proxy },
      {
        distinctId: "a",
        personProperties: 7
      },
      { distinctId: "a", groups: { organization: {} } },
      { distinctId: "a", groups: { organization: 1e300 } },
      { distinctId: "a", groups: { organization: "x" }, groupProperties: { organization: null } },
      {
        distinctId: "a",
        personProperties: {
          get k() {
            throw new Error("no")
          }
        }
      }
    ]
    for (const context of contexts) {
      const { results } = evaluateAll(definitions, context, 0)
      assert.strictEqual(results.size, definitions.size)
      for (const key of definitions.keys) {
        assert.strictEqual(evaluateFlag(definitions, key, context, 0), results.get(key))
        assert.strictEqual(explain(definitions, key, context, 0).result, results.get(key))
      }
    }
    const throwingProperty = {
      distinctId: "a",
      personProperties: {
        get k() {
          throw new Error("no")
        }
      }
    }
    const { results } = evaluateAll(definitions, throwingProperty as never, 0)
    assert.strictEqual(results.get("exact")?._tag, "Inconclusive")
    assert.strictEqual(results.get("half")?._tag, "Resolved")
  })

  it("explanations of values that cannot be read are rendered", () => {
    const value = {
      get member() {
        throw new Error("no")
      }
    }
    const explanation = explain(definitions, "set", { distinctId: "a", personProperties: { k: value } }, 0)
    assert.include(renderExplanation(explanation), "person property \"k\" is_set (seen (a value with no JSON form))")
  })

  it("filters and properties of any shape never throw", () => {
    for (
      const filter of [undefined, null, 1, {}, { key: "k", operator: 1 }, { key: Symbol("k") }] as ReadonlyArray<any>
    ) {
      for (const properties of [undefined, null, 1, {}, { k: 1 }] as ReadonlyArray<any>) {
        assert.include([true, false, "inconclusive"], matchProperty(filter, properties, 0))
      }
    }
  })
})
