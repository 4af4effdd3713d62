import { compile, compileSteps, evaluateAll, evaluateFlag, isInvalidDocument } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"

const on = { groups: [{}] }

describe("compile", () => {
  it("reports a value that is not a definitions document, and gives empty definitions", () => {
    const throwing = {
      get flags(): never {
        throw new Error("no")
      }
    }
    for (
      const document of [undefined, null, 1, "x", [], {}, { flags: {} }, { flags: null }, throwing, Symbol("x"), 1n]
    ) {
      const compilation = compile(document)
      assert.isTrue(isInvalidDocument(compilation))
      assert.strictEqual(compilation.problems.length, 1)
      assert.strictEqual(compilation.definitions.size, 0)
      assert.isTrue(evaluateAll(compilation.definitions, { distinctId: "a" }, 0).needsRemote)
    }
    assert.isFalse(isInvalidDocument(compile({ flags: [] })))
  })

  it("spoils only the malformed flag, and says where", () => {
    const cases: ReadonlyArray<readonly [flag: Record<string, unknown>, path: string]> = [
      [{ active: "yes" }, "flags[1].active"],
      [{ filters: [] }, "flags[1].filters"],
      [{ filters: { groups: {} } }, "flags[1].filters.groups"],
      [{ filters: { groups: [null] } }, "flags[1].filters.groups[0]"],
      [{ filters: { groups: [{ rollout_percentage: "50" }] } }, "flags[1].filters.groups[0].rollout_percentage"],
      [{ filters: { groups: [{ properties: [{ key: 1 }] }] } }, "flags[1].filters.groups[0].properties[0].key"],
      [{ filters: { groups: [{}, { properties: [{}, 7] }] } }, "flags[1].filters.groups[1].properties[0].key"],
      [
        { filters: { multivariate: { variants: [{ key: "a" }] } } },
        "flags[1].filters.multivariate.variants[0].rollout_percentage"
      ],
      [{ filters: { aggregation_group_type_index: "0" } }, "flags[1].filters.aggregation_group_type_index"]
    ]
    for (const [flag, path] of cases) {
      const before = { key: "before", active: true, filters: on }
      const { definitions, problems } = compile({
        flags: [before, { key: "bad", active: true, ...flag }, { ...before, key: "after" }]
      })
      assert.deepStrictEqual(problems.map(({ code, key, path }) => ({ code, key, path })), [{
        code: "MalformedFlag",
        key: "bad",
        path
      }])
      const tags = definitions.keys.map((key) => evaluateFlag(definitions, key, { distinctId: "a" }, 0)._tag)
      assert.deepStrictEqual(tags, ["Resolved", "RequiresServer", "Resolved"])
    }
  })

  it("skips flags without a key", () => {
    const { definitions, problems } = compile({
      flags: [null, 1, {}, { key: 3 }, { key: "a", active: true, filters: on }]
    })
    assert.deepStrictEqual(definitions.keys, ["a"])
    assert.deepStrictEqual(problems.map(({ path }) => path), ["flags[0]", "flags[1]", "flags[2].key", "flags[3].key"])
  })

  it("reads the top level", () => {
    const read = (document: object) => compile({ flags: [], ...document }).definitions
    assert.isTrue(read({ minimal_flag_called_events: true }).minimalFlagCalledEvents)
    assert.isFalse(read({ minimal_flag_called_events: "true" }).minimalFlagCalledEvents)
    assert.strictEqual(read({ property_matching_version: 2 }).propertyMatchingVersion, 2)
    assert.strictEqual(read({ property_matching_version: "2" }).propertyMatchingVersion, 1)
    assert.strictEqual(read({}).propertyMatchingVersion, 1)
    assert.deepStrictEqual(
      Array.from(read({ group_type_mapping: { 0: "organization", 1: 7 } }).groupTypeMapping),
      [["0", "organization"]]
    )
  })

  it("keeps metadata, the same object every time", () => {
    const { definitions } = compile({
      flags: [
        { key: "a", id: 7, version: 3, has_experiment: true, active: true, evaluation_runtime: "server", filters: on },
        { key: "b", id: "7", version: null, active: false, evaluation_runtime: "elsewhere" },
        { key: "c", active: true, deleted: true }
      ]
    })
    assert.deepStrictEqual(definitions.metadata("a"), {
      key: "a",
      id: 7,
      version: 3,
      hasExperiment: true,
      active: true,
      runtime: "server"
    })
    assert.deepStrictEqual(definitions.metadata("b"), {
      key: "b",
      id: undefined,
      version: undefined,
      hasExperiment: undefined,
      active: false,
      runtime: "all"
    })
    assert.strictEqual(definitions.metadata("c")?.active, false)
    assert.isUndefined(definitions.metadata("d"))
    assert.strictEqual(definitions.metadata("a"), definitions.metadata("a"))
  })

  it("takes the last of several flags with one key", () => {
    const { definitions } = compile({ flags: [{ key: "a", active: true, filters: on }, { key: "a", active: false }] })
    assert.strictEqual(definitions.size, 1)
    assert.deepInclude(evaluateFlag(definitions, "a", { distinctId: "x" }, 0), {
      value: false,
      reason: "flag_disabled"
    })
  })

  it("drops flags by evaluation contexts, as false for those that depend on them", () => {
    const depends = {
      key: "tagged",
      type: "flag",
      operator: "flag_evaluates_to",
      value: false,
      dependency_chain: ["tagged"]
    }
    const document = {
      flags: [
        { key: "tagged", active: true, filters: on, evaluation_contexts: ["web"] },
        { key: "older", active: true, filters: on, evaluation_tags: ["web"] },
        { key: "empty", active: true, filters: on, evaluation_contexts: [] },
        { key: "depends", active: true, filters: { groups: [{ properties: [depends] }] } }
      ]
    }
    const { definitions } = compile(document, { evaluationContexts: ["api"] })
    assert.deepStrictEqual(definitions.keys, ["empty", "depends"])
    assert.isTrue(definitions.isDroppedByContext("tagged"))
    assert.isTrue(definitions.isDroppedByContext("older"))
    assert.isFalse(definitions.isDroppedByContext("empty"))
    assert.isFalse(definitions.isDroppedByContext("ghost"))
    assert.isUndefined(definitions.metadata("tagged"))
    assert.strictEqual(evaluateFlag(definitions, "tagged", { distinctId: "x" }, 0)._tag, "Unknown")
    assert.deepInclude(evaluateFlag(definitions, "depends", { distinctId: "x" }, 0), { value: true })
    const requested = evaluateAll(definitions, { distinctId: "x" }, 0, ["tagged", "empty"])
    assert.deepStrictEqual(Array.from(requested.results.keys()), ["empty"])
    assert.isFalse(requested.needsRemote)
    assert.strictEqual(compile(document, { evaluationContexts: ["web", "api"] }).definitions.size, 4)
    assert.strictEqual(compile(document, { evaluationContexts: [] }).definitions.size, 4)
    const allDropped = compile({ flags: document.flags.slice(0, 2) }, { evaluationContexts: ["api"] })
    assert.isFalse(evaluateAll(allDropped.definitions, { distinctId: "x" }, 0).needsRemote)
  })

  it("pauses between steps, and comes to the same", () => {
    const flags = Array.from({ length: 1000 }, (_, i) => ({ key: `flag-${i}`, active: true, filters: on }))
    const steps = compileSteps({ flags })
    let pauses = 0
    let step = steps.next()
    while (step.done !== true) {
      pauses++
      step = steps.next()
    }
    assert.isAbove(pauses, 20)
    assert.deepStrictEqual(step.value.definitions.keys, compile({ flags }).definitions.keys)
  })

  it("pauses while it follows references, also when each leads only to what is known", () => {
    const pauses = (properties: ReadonlyArray<object>) => {
      const flags = Array.from({ length: 2560 }, (_, i) => ({
        key: `flag-${i}`,
        active: true,
        filters: { groups: [{ properties, rollout_percentage: 100 }] }
      }))
      const cohorts = { "1": { type: "AND", values: [{ key: "plan", type: "person", value: "pro" }] } }
      return Array.from(compileSteps({ flags, cohorts })).length
    }
    assert.isAtLeast(pauses([{ key: "id", type: "cohort", value: 1 }]), pauses([]) + 10)
  })

  it("does not look at the document again, and shares nothing with it", () => {
    const payload = { nested: [1, { __proto__: null, deep: true }] }
    const filter = { key: "plan", type: "person", operator: "exact", value: ["pro"] }
    const document = {
      flags: [{ key: "a", active: true, filters: { groups: [{ properties: [filter] }], payloads: { true: payload } } }]
    }
    const { definitions } = compile(document)
    filter.value[0] = "free"
    payload.nested.length = 0
    const result = evaluateFlag(definitions, "a", { distinctId: "x", personProperties: { plan: "pro" } }, 0)
    assert.deepInclude(result, { value: true, payload: { nested: [1, { deep: true }] } })
    assert.isTrue(
      result._tag === "Resolved" && Object.isFrozen(result) && Object.isFrozen((result.payload as any).nested[1])
    )
  })
})
