import { compile, explain, renderExplanation, requirements } from "@effect-posthog/evaluator"
import { PostHogTest } from "@effect-posthog/testkit"
import { Effect, Option } from "effect"
import { evaluateFlags, LocalEvaluator } from "effect-posthog"
import { strict as assert } from "node:assert"

// What `GET /flags/definitions` answers: three flags, the last of which keeps the value a person has seen.
const document = {
  flags: [
    {
      key: "pricing",
      active: true,
      filters: {
        groups: [
          { properties: [{ key: "plan", type: "person", operator: "exact", value: "scale" }], rollout_percentage: 100 },
          { properties: [], rollout_percentage: 20 }
        ]
      }
    },
    { key: "company-invoices", active: true, filters: { aggregation_group_type_index: 0, groups: [{}] } },
    { key: "welcome-tour", active: true, ensure_experience_continuity: true, filters: { groups: [{}] } }
  ],
  group_type_mapping: { "0": "company" }
}

// #region requirements
const { definitions } = compile(document)

const needed = requirements(definitions)

assert.deepStrictEqual(needed.get("pricing")?.personProperties, ["plan"])
assert.deepStrictEqual(needed.get("company-invoices")?.groups, ["company"])
assert.deepStrictEqual(needed.get("welcome-tour")?.never, [
  "the flag keeps the value that a person has seen, which only the server knows"
])
// #endregion

// #region explain
const explanation = explain(definitions, "pricing", { distinctId: "user-17" }, Date.now())

assert.equal(
  renderExplanation(explanation),
  `
flag "pricing": inconclusive: person property "plan" is not supplied
  condition 0: inconclusive
    inconclusive: person property "plan" exact "scale" (not supplied)
    rollout 100 %: in, without a hash
  condition 1: out of rollout
    rollout 20 %: out, distinct id hashes to 0.948529 > 0.2
  would settle it: person property "plan"
`.trim()
)
// #endregion

const program = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest

  // #region detail
  const flags = yield* evaluateFlags({
    distinctId: "user-17",
    personProperties: { plan: "scale" },
    groups: { company: "acme" }
  })
  const { conditionIndex, reasonCode, source } = Option.getOrThrow(flags.detail("pricing"))

  assert.deepStrictEqual({ source, reasonCode, conditionIndex }, {
    source: "local",
    reasonCode: "condition_match",
    conditionIndex: 0
  })
  assert.equal(Option.getOrThrow(flags.detail("welcome-tour")).source, "remote")
  // #endregion

  // #region records
  const { records, needsRemote } = (yield* LocalEvaluator).evaluate({ distinctId: "user-17" })

  assert.equal(needsRemote, true)
  assert.deepStrictEqual(records.get("pricing"), {
    _tag: "Inconclusive",
    reason: "missing_context",
    cause: `person property "plan" is not supplied`
  })
  // A group flag without its group is off, which is a decision and needs no server.
  assert.deepStrictEqual(records.get("company-invoices"), {
    _tag: "Resolved",
    value: false,
    payload: undefined,
    reason: "no_group_type",
    conditionIndex: 0
  })
  // #endregion

  // One request, for "welcome-tour". Asking for the other flags by name needs none.
  assert.equal((yield* posthog.remoteRequests).length, 1)
  // #region local-only
  const subset = yield* evaluateFlags({ distinctId: "user-17", flagKeys: ["company-invoices"] })
  const localOnly = yield* evaluateFlags({ distinctId: "user-17", onlyEvaluateLocally: true })

  assert.deepStrictEqual(subset.keys, ["company-invoices"])
  assert.deepStrictEqual(localOnly.keys, ["company-invoices"])
  // #endregion
  assert.equal((yield* posthog.remoteRequests).length, 1)

  // #region status
  const status = yield* Effect.flatMap(LocalEvaluator, ({ status }) => status)
  assert.deepStrictEqual([status.flags, status.neverLocal], [3, 1])
  // #endregion
})

await Effect.runPromise(
  Effect.provide(program, PostHogTest.layer({ definitions: document, flags: { "welcome-tour": true } }))
)
