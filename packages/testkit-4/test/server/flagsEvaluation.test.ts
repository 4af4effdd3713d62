// Generated from packages/testkit/test/server/flagsEvaluation.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "../support/assertions.ts"
import { Effect } from "effect"
import * as Client from "../support/client.ts"

type Json = Readonly<Record<string, unknown>>

const everybody = { properties: [], rollout_percentage: 100 }

const flag = (key: string, filters: Json, more: Json = {}) => ({ id: 1, key, active: true, filters, ...more })

const when = (...properties: ReadonlyArray<Json>) => ({ groups: [{ properties, rollout_percentage: 100 }] })

const person = (key: string, operator: string, value: unknown): Json => ({ key, operator, value, type: "person" })

const definitions = (...flags: ReadonlyArray<Json>) => ({
  flags,
  group_type_mapping: { "0": "workspace" },
  cohorts: {
    "91": { type: "AND", values: [{ key: "country", operator: "exact", value: ["NZ"], type: "person" }] },
    "92": {
      type: "OR",
      values: [{ key: "country", operator: "exact", value: ["NZ"], type: "person", negation: true }]
    }
  }
})

/** The values the server decides: a variant, `true`, `false`, or nothing for a flag that is left out. */
const values = (body: Json = {}) =>
  Effect.map(Client.flags(body), ({ json }) =>
    Object.fromEntries(
      Object.values(json.flags as Record<string, { key: string; enabled: boolean; variant: string | null }>)
        .map(({ enabled, key, variant }) => [key, enabled ? variant ?? true : false])
    ))

const withFlags = (...flags: ReadonlyArray<Json>) =>
  Effect.provide(Client.serverAndClient({ definitions: definitions(...flags) }))

describe("POST /flags/: evaluation", () => {
  it.live("answers with reason, metadata and payload text", () =>
    Effect.gen(function*() {
      const { json } = yield* Client.flags()
      deepStrictEqual(json.flags.editor, {
        key: "editor",
        enabled: true,
        variant: null,
        reason: { code: "condition_match", description: "Matched condition set 2", condition_index: 1 },
        metadata: { id: 7, version: 5, payload: "{\"theme\":\"dark\"}", has_experiment: false }
      })
      strictEqual(json.minimalFlagCalledEvents, true)
    }).pipe(Effect.provide(Client.serverAndClient({
      definitions: {
        ...definitions({
          ...flag("editor", {
            groups: [...when(person("tier", "exact", "gold")).groups, everybody],
            payloads: { true: "{\"theme\":\"dark\"}" }
          }),
          id: 7,
          version: 5,
          has_experiment: false
        }),
        minimal_flag_called_events: true
      }
    }))))

  it.live("uses stored persons under the properties of the request", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      deepStrictEqual(yield* values(), { gold: false })
      yield* server.setPerson("ada", { tier: "gold" })
      deepStrictEqual(yield* values(), { gold: true })
      deepStrictEqual(yield* values({ person_properties: { tier: "silver" } }), { gold: false })
      deepStrictEqual(yield* values({ distinct_id: "grace" }), { gold: false })
    }).pipe(withFlags(flag("gold", when(person("tier", "exact", "gold"))))))

  it.live("uses stored groups under the properties of the request", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.setGroup("workspace", 7, { plan: "scale" })
      deepStrictEqual(yield* values(), { scale: false })
      deepStrictEqual(yield* values({ groups: { workspace: "7" } }), { scale: true })
      deepStrictEqual(yield* values({ groups: { workspace: "8" } }), { scale: false })
      deepStrictEqual(
        yield* values({ groups: { workspace: "8" }, group_properties: { workspace: { plan: "scale" } } }),
        { scale: true }
      )
    }).pipe(withFlags(
      flag("scale", {
        aggregation_group_type_index: 0,
        groups: [{
          properties: [{ key: "plan", operator: "exact", value: "scale", type: "group", group_type_index: 0 }],
          rollout_percentage: 100
        }]
      })
    )))

  it.live("knows that a property which is stored nowhere does not exist", () =>
    Effect.gen(function*() {
      const absent = {
        is: false,
        isNot: true,
        notSet: true,
        set: false,
        lacks: true,
        above: false,
        inCohort: false,
        notInCohort: true,
        enrolled: true,
        either: true
      }
      deepStrictEqual(yield* values(), absent)
      deepStrictEqual(
        yield* values({ person_properties: { country: "NZ", age: 40, "$feature_enrollment/enrolled": false } }),
        {
          is: true,
          isNot: false,
          notSet: false,
          set: true,
          lacks: false,
          above: true,
          inCohort: true,
          notInCohort: false,
          enrolled: false,
          either: true
        }
      )
    }).pipe(withFlags(
      flag("is", when(person("country", "exact", "NZ"))),
      flag("isNot", when(person("country", "is_not", "NZ"))),
      flag("notSet", when(person("country", "is_not_set", "is_not_set"))),
      flag("set", when(person("country", "is_set", "is_set"))),
      flag("lacks", when(person("country", "not_icontains", "nz"))),
      flag("above", when(person("age", "gt", 30))),
      flag("inCohort", when({ key: "id", type: "cohort", value: 91 })),
      flag("notInCohort", when({ key: "id", type: "cohort", value: 92 })),
      flag("enrolled", { groups: [everybody], feature_enrollment: true }),
      flag("either", { groups: [...when(person("country", "exact", "NZ")).groups, everybody] })
    )))

  it.live("leaves out inactive flags, and those of other evaluation contexts", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* values(), { plain: true, tagged: true })
      deepStrictEqual(yield* values({ evaluation_contexts: ["web"] }), { plain: true })
      deepStrictEqual(yield* values({ evaluation_contexts: ["backend", "web"] }), { plain: true, tagged: true })
    }).pipe(withFlags(
      flag("plain", { groups: [everybody] }),
      flag("tagged", { groups: [everybody] }, { evaluation_contexts: ["backend"] }),
      flag("off", { groups: [everybody] }, { active: false })
    )))

  it.live("evaluates dependencies, and scopes the answer to the requested keys", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* values({ flag_keys_to_evaluate: ["child"] }), { child: true })
    }).pipe(withFlags(
      flag("parent", { groups: [everybody] }),
      flag(
        "child",
        when({
          key: "parent",
          type: "flag",
          operator: "flag_evaluates_to",
          value: true,
          dependency_chain: ["parent"]
        })
      )
    )))

  it.live("answers false for what only PostHog's database knows, until told otherwise", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      deepStrictEqual(yield* values(), { sticky: false, segment: false })
      yield* server.setRemoteFlags({ sticky: true, segment: "b" })
      deepStrictEqual(yield* values(), { sticky: true, segment: "b" })
    }).pipe(withFlags(
      flag("sticky", { groups: [everybody] }, { ensure_experience_continuity: true }),
      flag("segment", when({ key: "id", type: "cohort", value: 404 }))
    )))

  it.live("gives the stored payload with a value set by hand", () =>
    Effect.gen(function*() {
      const server = yield* Client.server
      yield* server.setRemoteFlags({ pricing: "annual" })
      const { json } = yield* Client.flags()
      strictEqual(json.flags.pricing.metadata.payload, "[12]")
      assert.notProperty(json.flags.pricing.metadata, "has_experiment")
    }).pipe(withFlags(flag("pricing", { groups: [], payloads: { annual: "[12]" } }))))
})
