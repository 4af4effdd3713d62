import type { EvaluationContext } from "@effect-posthog/evaluator"
import { compile, evaluateAll, evaluateFlag } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

const person = (key: string, value: unknown) => ({ key, type: "person", operator: "exact", value })

const miss = { rollout_percentage: 0 }

const mismatch = { properties: [person("plan", "pro")] }

const everyone = {}

const flag = (groups: ReadonlyArray<object>, more: object = {}, outer: object = {}) => ({
  key: "f",
  active: true,
  filters: { groups, ...more },
  ...outer
})

const evaluate = (definition: object, context: Partial<EvaluationContext> = {}, others: ReadonlyArray<object> = []) => {
  const document = { flags: [definition, ...others], group_type_mapping: { 0: "organization" } }
  const { definitions, problems } = compile(document)
  assert.deepStrictEqual(problems, [])
  return evaluateFlag(definitions, "f", { distinctId: "user-17", personProperties: { plan: "free" }, ...context }, 0)
}

const variants = {
  multivariate: { variants: [{ key: "a", rollout_percentage: 50 }, { key: "b", rollout_percentage: 50 }] }
}

describe("reasons", () => {
  const reason = (...parameters: Parameters<typeof evaluate>) => {
    const result = evaluate(...parameters)
    return result._tag === "Resolved" ? [result.reason, result.conditionIndex] : result._tag
  }

  it("a flag that is off, and one without conditions, have no index", () => {
    assert.deepStrictEqual(reason(flag([everyone], {}, { active: false })), ["flag_disabled", undefined])
    assert.deepStrictEqual(reason(flag([])), ["no_condition_match", undefined])
  })

  it("a match has the index of its condition, whatever it pins", () => {
    assert.deepStrictEqual(reason(flag([mismatch, miss, everyone])), ["condition_match", 2])
    assert.deepStrictEqual(reason(flag([mismatch, { variant: "ghost" }], variants)), ["condition_match", 1])
  })

  it("a miss of the rollout outranks a miss of the filters, before or after it", () => {
    assert.deepStrictEqual(reason(flag([miss, mismatch])), ["out_of_rollout_bound", 0])
    assert.deepStrictEqual(reason(flag([mismatch, miss])), ["out_of_rollout_bound", 1])
    assert.deepStrictEqual(reason(flag([miss, mismatch, miss, mismatch])), ["out_of_rollout_bound", 2])
  })

  it("among equals the later condition is reported", () => {
    assert.deepStrictEqual(reason(flag([mismatch, mismatch])), ["no_condition_match", 1])
  })

  it("early exit reports the miss that ended the flag", () => {
    assert.deepStrictEqual(reason(flag([mismatch, miss, miss, everyone], { early_exit: true })), [
      "out_of_rollout_bound",
      1
    ])
  })

  it("a dependency with another value is a mismatch", () => {
    const depends = { key: "g", type: "flag", operator: "flag_evaluates_to", value: true, dependency_chain: ["g"] }
    assert.deepStrictEqual(reason(flag([{ properties: [depends] }]), {}, [{ key: "g" }]), ["no_condition_match", 0])
  })

  it("a group that is not passed", () => {
    const grouped = { aggregation_group_type_index: 0 }
    assert.deepStrictEqual(reason(flag([everyone], grouped)), ["no_group_type", 0])
    assert.deepStrictEqual(reason(flag([{ ...everyone, ...grouped }, mismatch])), ["no_condition_match", 1])
    assert.deepStrictEqual(reason(flag([mismatch, { ...everyone, ...grouped }])), ["no_condition_match", 0])
    assert.deepStrictEqual(reason(flag([{ ...everyone, ...grouped }, { ...everyone, ...grouped }])), [
      "no_group_type",
      1
    ])
  })

  it("a flag about a group that is not passed is decided as far as it goes without", () => {
    const grouped = { aggregation_group_type_index: 0 }
    const person = { aggregation_group_type_index: null }
    assert.deepStrictEqual(reason(flag([], grouped)), ["no_group_type", undefined])
    assert.deepStrictEqual(reason(flag([], grouped), { groups: { organization: "acme" } }), [
      "no_condition_match",
      undefined
    ])
    assert.deepStrictEqual(reason(flag([everyone, everyone], grouped)), ["no_group_type", 1])
    assert.deepStrictEqual(reason(flag([everyone, person], grouped)), ["condition_match", 1])
    assert.deepStrictEqual(reason(flag([everyone, { ...miss, ...person }], grouped)), ["out_of_rollout_bound", 1])
    assert.deepStrictEqual(reason(flag([{ ...mismatch, ...person }, everyone], grouped)), ["no_condition_match", 0])
    const other = {
      flags: [flag([everyone, { aggregation_group_type_index: 1 }], grouped)],
      group_type_mapping: { 0: "a", 1: "b" }
    }
    assert.deepInclude(evaluateFlag(compile(other).definitions, "f", { distinctId: "x", groups: { b: "k" } }, 0), {
      value: true,
      conditionIndex: 1
    })
  })

  it("a group that is not passed has the empty key for a holdout, and early access comes before both", () => {
    const grouped = { aggregation_group_type_index: 0 }
    const holdout = (exclusion_percentage: number) => ({ ...grouped, holdout: { id: 7, exclusion_percentage } })
    // The hash of the empty key is 0.92688...
    assert.deepInclude(evaluate(flag([everyone], holdout(93))), { value: "holdout-7", conditionIndex: undefined })
    assert.deepStrictEqual(reason(flag([everyone], holdout(92))), ["no_group_type", 0])
    assert.deepStrictEqual(reason(flag([everyone], holdout(0))), ["no_group_type", 0])
    assert.deepStrictEqual(reason(flag([everyone], holdout(100))), ["holdout_condition_value", undefined])
    const early = flag([everyone], { ...holdout(100), feature_enrollment: true })
    for (const enrolled of [true, false]) {
      const result = evaluate(early, { personProperties: { "$feature_enrollment/f": enrolled } })
      assert.deepInclude(result, { value: enrolled, reason: "super_condition_value", conditionIndex: 0 })
    }
    assert.strictEqual(evaluate(early)._tag, "Inconclusive")
  })

  it("early access is at index 0, and holdouts have no index", () => {
    const enrolled = { personProperties: { "$feature_enrollment/f": true } }
    assert.deepStrictEqual(reason(flag([miss], { feature_enrollment: true }), enrolled), [
      "super_condition_value",
      0
    ])
    const declined = { personProperties: { "$feature_enrollment/f": false } }
    assert.deepStrictEqual(reason(flag([everyone], { feature_enrollment: true }), declined), [
      "super_condition_value",
      0
    ])
    const holdout = { holdout: { id: 7, exclusion_percentage: 100 } }
    assert.deepStrictEqual(reason(flag([everyone], holdout)), ["holdout_condition_value", undefined])
  })
})

describe("evaluateFlag", () => {
  it("keeps falsy payloads, and none for false", () => {
    const payloads = (stored: Record<string, unknown>) => {
      const result = evaluate(flag([everyone], { payloads: stored }))
      return result._tag === "Resolved" ? result.payload : result._tag
    }
    for (
      const [stored, decoded] of [["0", 0], ["false", false], ["\"\"", ""], ["null", null], ["", ""], ["{", "{"], [
        0,
        0
      ], [false, false]]
    ) {
      assert.strictEqual(payloads({ true: stored }), decoded)
    }
    assert.isUndefined(payloads({}))
    const off = evaluate(flag([miss], { payloads: { false: "1", true: "2" } }))
    assert.deepInclude(off, { value: false, payload: undefined })
  })

  it("does not decide a match that an undecided condition could have overruled", () => {
    const unknown = { properties: [person("missing", "x")] }
    assert.deepInclude(evaluate(flag([unknown, everyone])), { value: true, conditionIndex: 1 })
    assert.strictEqual(
      evaluate(flag([{ ...unknown, rollout_percentage: 0 }, everyone], { early_exit: true }))._tag,
      "Inconclusive"
    )
    assert.deepInclude(evaluate(flag([{ ...unknown, rollout_percentage: 0 }, everyone])), { value: true })
    assert.strictEqual(evaluate(flag([{ ...unknown, variant: "a" }, { variant: "b" }], variants))._tag, "Inconclusive")
    assert.deepInclude(
      evaluate(flag([{ ...unknown, variant: "a", rollout_percentage: 0 }, { variant: "b" }], variants)),
      { value: "b" }
    )
    assert.deepInclude(evaluate(flag([unknown, everyone], variants)), { _tag: "Resolved", conditionIndex: 1 })
  })

  it("stops at a condition that requires the server, even after an undecided one", () => {
    const server = { properties: [{ key: "id", type: "cohort", value: 9 }] }
    const unknown = { properties: [person("missing", "x")] }
    assert.strictEqual(evaluate(flag([unknown, server, everyone]))._tag, "RequiresServer")
    assert.deepInclude(evaluate(flag([everyone, server])), { value: true })
    const both = { properties: [person("missing", "x"), ...server.properties] }
    assert.strictEqual(evaluate(flag([both, everyone]))._tag, "RequiresServer")
    const decided = { properties: [...both.properties, person("plan", "pro")] }
    assert.deepInclude(evaluate(flag([decided, everyone])), { value: true, conditionIndex: 1 })
  })

  it("leaves the part of a cohort that cannot be read to the server, and decides by the others where they do", () => {
    const member = { key: "id", type: "cohort", value: 1 }
    const within = (cohort: unknown) => {
      const document = { flags: [flag([{ properties: [member] }])], cohorts: { 1: cohort } }
      const { definitions, problems } = compile(document)
      const context = { distinctId: "user-17", personProperties: { plan: "free" } }
      const result = evaluateFlag(definitions, "f", context, 0)
      return [result._tag === "Resolved" ? result.value : result._tag, problems.map(({ path }) => path)]
    }
    const yes = person("plan", "free")
    const no = person("plan", "pro")
    const unreadable: ReadonlyArray<readonly [part: unknown, path: string]> = [
      [{ type: "XOR", values: [yes] }, "cohorts.1.values[0].type"],
      [{ type: "AND" }, "cohorts.1.values[0].values"],
      [{ type: "property", values: null }, "cohorts.1.values[0].values"],
      [null, "cohorts.1.values[0]"],
      [{ type: "person", operator: "exact", value: "x" }, "cohorts.1.values[0].key"]
    ]
    for (const [part, path] of unreadable) {
      assert.deepStrictEqual(within({ type: "OR", values: [part, yes] }), [true, [path]])
      assert.deepStrictEqual(within({ type: "AND", values: [part, no] }), [false, [path]])
      assert.deepStrictEqual(within({ type: "OR", values: [part, no] }), ["RequiresServer", [path]])
      assert.deepStrictEqual(within({ type: "AND", values: [part, yes] }), ["RequiresServer", [path]])
    }
    assert.deepStrictEqual(within({ type: "XOR", values: [yes] }), ["RequiresServer", ["cohorts.1.type"]])
    assert.deepStrictEqual(within({}), ["RequiresServer", ["cohorts.1.type"]])
  })

  it("leaves rules of another version to the server", () => {
    for (const version of [2, 2.0, 3, 0, "1", true, null, {}]) {
      const result = evaluate(flag([everyone], { version }))
      assert.deepInclude(result, { _tag: "RequiresServer", reason: "unsupported_definition" }, JSON.stringify(version))
    }
    for (const more of [{ version: 1 }, JSON.parse("{\"version\":1.0}"), {}, { version: undefined }]) {
      assert.deepInclude(evaluate(flag([everyone], more)), { value: true })
    }
  })

  it("names the strongest of several reasons", () => {
    const unknown = person("missing", "x")
    const operator = { ...person("plan", "x"), operator: "future" }
    const depends = { key: "g", type: "flag", operator: "flag_evaluates_to", value: true, dependency_chain: ["g"] }
    const cohort = { key: "id", type: "cohort", value: 9 }
    const other = { key: "g", active: true, filters: { groups: [{ properties: [unknown] }] } }
    const reasonOf = (properties: ReadonlyArray<object>, outer: object = {}) => {
      const result = evaluate(flag([{ properties }], {}, outer), {}, [other])
      return result._tag === "Inconclusive" || result._tag === "RequiresServer" ? result.reason : result._tag
    }
    assert.strictEqual(reasonOf([unknown]), "missing_context")
    assert.strictEqual(reasonOf([unknown, depends]), "unresolved_dependency")
    assert.strictEqual(reasonOf([unknown, depends, operator]), "unsupported_definition")
    assert.strictEqual(reasonOf([unknown, depends, cohort]), "unsupported_definition")
    assert.strictEqual(reasonOf([cohort], { ensure_experience_continuity: true }), "experience_continuity")
    assert.strictEqual(reasonOf([{ ...depends, key: "ghost", dependency_chain: ["ghost"] }]), "unsupported_definition")
  })

  it("names what is missing, and no values", () => {
    const result = evaluate(flag([{ properties: [person("email", "secret@example.com")] }]))
    assert.deepStrictEqual(result, {
      _tag: "Inconclusive",
      reason: "missing_context",
      cause: "person property \"email\" is not supplied"
    })
  })

  it("takes the device id from its parameter first, and needs it only for a hash", () => {
    const byDevice = (groups: ReadonlyArray<object>, more: object = {}) =>
      flag(groups, more, { bucketing_identifier: "device_id" })
    const half = byDevice([{ rollout_percentage: 50 }])
    const property = evaluate(half, { personProperties: { $device_id: "device-1" } })
    assert.strictEqual(
      evaluate(half, { deviceId: "device-1", personProperties: { $device_id: "other" } }),
      property === undefined ? undefined : evaluate(half, { deviceId: "device-1" })
    )
    assert.strictEqual(evaluate(half)._tag, "Inconclusive")
    assert.strictEqual(evaluate(half, { deviceId: "" })._tag, "Inconclusive")
    assert.strictEqual(evaluate(byDevice([everyone]))._tag, "Resolved")
    assert.strictEqual(evaluate(byDevice([everyone], variants))._tag, "Inconclusive")
    assert.strictEqual(evaluate(byDevice([{ variant: "a" }], variants))._tag, "Resolved")
    assert.strictEqual(evaluate(byDevice([{ rollout_percentage: 50 }, everyone]))._tag, "Resolved")
    const holdout = (exclusion_percentage: number) =>
      evaluate(byDevice([everyone], { holdout: { id: 1, exclusion_percentage } }))._tag
    assert.deepStrictEqual([0, 10, 100].map(holdout), ["Resolved", "Inconclusive", "Resolved"])
  })
})

describe("evaluateAll", () => {
  const unresolved = (runtime: string) => ({
    key: runtime,
    active: true,
    evaluation_runtime: runtime,
    filters: { groups: [{ properties: [person("missing", "x")] }] }
  })
  const document = (...flags: ReadonlyArray<object>) => compile({ flags }).definitions
  const context = { distinctId: "user-17" }

  it("needs the server for flags that the server evaluates", () => {
    assert.isTrue(evaluateAll(document(unresolved("all")), context, 0).needsRemote)
    assert.isTrue(evaluateAll(document(unresolved("server")), context, 0).needsRemote)
    assert.isFalse(evaluateAll(document(unresolved("client")), context, 0).needsRemote)
    assert.isFalse(evaluateAll(document(unresolved("client")), context, 0, ["client"]).needsRemote)
    assert.isFalse(evaluateAll(document(flag([])), context, 0).needsRemote)
  })

  it("evaluates only the requested keys", () => {
    const definitions = document(flag([everyone]), unresolved("all"))
    const one = evaluateAll(definitions, context, 0, ["f"])
    assert.deepStrictEqual([Array.from(one.results.keys()), one.needsRemote], [["f"], false])
    const ghost = evaluateAll(definitions, context, 0, ["f", "ghost", "f"])
    assert.deepStrictEqual(Array.from(ghost.results, ([key, { _tag }]) => [key, _tag]), [["f", "Resolved"], [
      "ghost",
      "Unknown"
    ]])
    assert.isTrue(ghost.needsRemote)
    const none = evaluateAll(definitions, context, 0, [])
    assert.deepStrictEqual([none.results.size, none.needsRemote], [0, false])
  })

  it("knows nothing of a group that is not passed, whatever properties are supplied for it", () => {
    const filter = (key: string) => ({ key, type: "group", group_type_index: 0, operator: "exact", value: "x" })
    const groupProperties = { organization: { plan: "x", $group_key: "x" } }
    for (const key of ["plan", "$group_key"]) {
      const definition = flag([{ properties: [filter(key)] }])
      assert.strictEqual(evaluate(definition, { groupProperties })._tag, "Inconclusive")
      const passed = evaluate(definition, { groupProperties, groups: { organization: "acme" } })
      assert.strictEqual(passed._tag === "Resolved" && passed.value, true)
    }
  })

  it("needs the server without definitions, unless nothing is requested", () => {
    assert.isTrue(evaluateAll(document(), context, 0).needsRemote)
    assert.isTrue(evaluateAll(document(), context, 0, ["f"]).needsRemote)
    assert.isFalse(evaluateAll(document(), context, 0, []).needsRemote)
  })

  it("gives a map in every respect", () => {
    const { results } = evaluateAll(document(flag([everyone]), unresolved("all")), context, 0)
    const copy = new Map(results)
    assert.strictEqual(results.size, 2)
    assert.deepStrictEqual([...results], [...copy])
    assert.deepStrictEqual([...results.entries()], [...copy.entries()])
    assert.deepStrictEqual([...results.keys()], [...copy.keys()])
    assert.deepStrictEqual([...results.values()], [...copy.values()])
    assert.isTrue(results.has("f"))
    assert.isFalse(results.has("ghost"))
    assert.isUndefined(results.get("ghost"))
    const visited: Array<unknown> = []
    results.forEach((result, key, map) => visited.push([key, result], map === results))
    assert.deepStrictEqual(visited, [...copy].flatMap((entry) => [entry, true]))
  })
})
