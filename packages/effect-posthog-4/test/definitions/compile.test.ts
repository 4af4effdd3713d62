// Generated from packages/effect-posthog/test/definitions/compile.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import * as Result from "effect/Result"
import { install } from "../../src/internal/definitions/compile.ts"
import type { Installed } from "../../src/internal/definitions/compile.ts"
import { fingerprint } from "../../src/internal/definitions/fingerprint.ts"

const run = <A>(steps: Generator<void, A>): { readonly count: number; readonly result: A } => {
  let count = 1
  let step = steps.next()
  while (step.done !== true) {
    count++
    step = steps.next()
  }
  return { count, result: step.value }
}

const flag = (key: string, properties: ReadonlyArray<object> = []) => ({
  key,
  active: true,
  filters: { groups: [{ properties, rollout_percentage: 100 }] }
})

const many = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

const inCohort = (id: number) => ({ key: "id", type: "cohort", operator: "in", value: id })

const anyOf = (values: ReadonlyArray<object>) => ({ type: "OR", values })

const member = { key: "plan", type: "person", operator: "exact", value: ["pro"] }

// Each cohort refers to the one before it.
const chained = (count: number) =>
  Object.fromEntries(many(count, (id) => [id, anyOf(id === 0 ? [member] : [member, inCohort(id - 1)])]))

describe("a step of fingerprinting is small", () => {
  it("however large the flags are", () => {
    const value = many(1000, (index) => `someone-${index}@example.com`)
    const { count } = run(fingerprint({ flags: many(100, (index) => flag(`flag-${index}`, [{ ...member, value }])) }))
    assert.isAbove(count, 10)
  })

  it("however many cohorts there are", () => {
    const { count } = run(fingerprint({ flags: [], cohorts: chained(10_000) }))
    assert.isAbove(count, 10)
  })

  it("however many cohorts the flags reach, and no cohort is walked for every flag", () => {
    const { count } = run(
      fingerprint({ flags: many(2000, (index) => flag(`flag-${index}`, [inCohort(499)])), cohorts: chained(500) })
    )
    assert.isBelow(count, 200)
  })
})

describe("a fingerprint of hostile definitions", () => {
  it("is made in steps within one flag, one text and what is not read", () => {
    const values = many(200_000, String)
    for (
      const document of [
        { flags: [flag("a", [{ ...member, value: values }])] },
        { flags: [flag("a", [{ ...member, value: "x".repeat(2_000_000) }])] },
        { flags: [], more: values }
      ]
    ) {
      assert.isAbove(run(fingerprint(document)).count, 20)
    }
  })

  it("ends, however deep they are, and when they hold themselves", () => {
    const circular: Record<string, unknown> = { ...flag("circular") }
    circular["self"] = circular
    let deep: unknown = 1
    for (let depth = 0; depth < 100_000; depth++) deep = [deep]
    const { result } = run(fingerprint({ flags: [flag("sound"), { ...flag("deep"), deep }] }))
    assert.deepStrictEqual([...result.flags.keys()], ["sound", "deep"])
    const { count } = run(fingerprint({ flags: [flag("sound"), { ...flag("circular"), self: circular["self"] }] }))
    assert.isAbove(count, 1)
  })

  it("does not walk a web of cohorts for every flag, and tells a cohort that changed", () => {
    const web = (value: string) =>
      Object.fromEntries(
        many(600, (id) => [id, anyOf([...many(600, inCohort), ...(id === 0 ? [{ ...member, value }] : [])])])
      )
    const flags = many(300, (index) => flag(`flag-${index}`, many(20, (id) => inCohort(index + id))))
    const before = run(fingerprint({ flags, cohorts: web("pro") }))
    const after = run(fingerprint({ flags, cohorts: web("free") }))
    assert.isBelow(before.count, 2000)
    for (const [key, print] of before.result.flags) assert.notStrictEqual(after.result.flags.get(key), print)
  })

  it("tells a change in the middle of a long text, and no change of the order of properties", () => {
    const long = (middle: string) => `${"x".repeat(100_000)}${middle}${"x".repeat(100_000)}`
    const print = (value: string) => run(fingerprint({ flags: [{ ...flag("a"), value }] })).result.flags.get("a")
    assert.notStrictEqual(print(long("a")), print(long("b")))
    const { active, filters, key } = flag("a")
    assert.deepStrictEqual(
      run(fingerprint({ flags: [{ filters, key, active }] })).result,
      run(fingerprint({ flags: [{ active, key, filters }] })).result
    )
  })
})

describe("a step of installing is small", () => {
  it("however many keys are new", () => {
    const flags = many(50_000, (index) => flag(`flag-${(index * 7919) % 50_000}`))
    const { count, result } = run(install({ flags }, undefined, {}))
    assert.isAbove(count, 100)
    assert.deepStrictEqual(
      Result.getOrThrow(result).change.added,
      flags.map(({ key }) => key).sort()
    )
  })

  it("however many flags a flag depends on", () => {
    const flags = many(2000, (index) =>
      flag(
        `flag-${index}`,
        index === 0 ? [] : [{
          key: `flag-${index - 1}`,
          type: "flag",
          operator: "flag_evaluates_to",
          value: true,
          dependency_chain: [`flag-${index - 1}`]
        }]
      ))
    const { count, result } = run(install({ flags }, undefined, {}))
    assert.isAbove(count, 400)
    assert.isTrue(Result.isSuccess(result))
  })
})

describe("a fingerprint", () => {
  const changed = (before: object, after: object) => {
    const first = Result.getOrThrow(run(install(before, undefined, {})).result)
    const second = Result.getOrThrow(run(install(after, first.installed as Installed, {})).result)
    return second.change.changed
  }
  const flags = [flag("direct", [inCohort(2)]), flag("both", [inCohort(1), inCohort(9)]), flag("none")]
  const cohorts = { ...chained(3), "9": anyOf([member]) }
  const other = anyOf([{ ...member, value: ["free"] }])

  it("changes with every cohort that a flag reaches, and no other", () => {
    assert.deepStrictEqual(changed({ flags, cohorts }, { flags, cohorts: { ...cohorts, "0": other } }), [
      "both",
      "direct"
    ])
    assert.deepStrictEqual(changed({ flags, cohorts }, { flags, cohorts: { ...cohorts, "9": other } }), ["both"])
    assert.deepStrictEqual(changed({ flags, cohorts }, { flags, cohorts: { ...cohorts, "7": other } }), [])
  })

  it("has an end where cohorts refer to each other", () => {
    const circle = { "0": anyOf([inCohort(2)]), "1": anyOf([inCohort(0)]), "2": anyOf([inCohort(1)]) }
    assert.deepStrictEqual(
      changed({ flags, cohorts: circle }, { flags, cohorts: { ...circle, "1": anyOf([inCohort(0), member]) } }),
      ["both", "direct"]
    )
  })
})
