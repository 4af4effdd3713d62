// Generated from packages/testkit/src/internal/arbitraries/arbitraryDefinitions.ts by packages/tools/editions.mjs: change that file, not this one.
import * as FastCheck from "fast-check"
import { filter } from "./arbitraryProperty.ts"

type Json = Readonly<Record<string, unknown>>

/** @internal */
export const groupTypes = ["workspace", "region"] as const

const percentage = FastCheck.oneof(
  FastCheck.constantFrom(0, 100, null),
  FastCheck.integer({ min: 1, max: 99 }),
  FastCheck.constantFrom(0.5, 33.33)
)

/** The last is in no document: a static cohort. */
const cohortIds = ["91", "92", "93", "404"]

const cohortFilter: FastCheck.Arbitrary<Json> = FastCheck.record({
  key: FastCheck.constant("id"),
  type: FastCheck.constant("cohort"),
  value: FastCheck.constantFrom(...cohortIds.map(Number)),
  operator: FastCheck.constantFrom("in", "not_in")
}, { noNullPrototype: true })

const cohort: FastCheck.Arbitrary<Json> = FastCheck.letrec<{ group: Json; child: Json }>((tie) => ({
  group: FastCheck.record({
    type: FastCheck.constantFrom("AND", "OR"),
    values: FastCheck.array(tie("child"), { minLength: 1, maxLength: 3 })
  }, { noNullPrototype: true }),
  child: FastCheck.oneof(
    { maxDepth: 2, withCrossShrink: true },
    FastCheck.record({
      leaf: FastCheck.oneof({ weight: 5, arbitrary: filter("person") }, { weight: 1, arbitrary: cohortFilter }),
      negation: FastCheck.boolean()
    }, { noNullPrototype: true }).map(({ leaf, negation }) => ({ ...leaf, negation })),
    tie("group")
  )
})).group

const dependencyFilter = (parents: ReadonlyArray<string>): FastCheck.Arbitrary<Json> =>
  FastCheck.record({
    parent: FastCheck.constantFrom(...parents),
    value: FastCheck.constantFrom<unknown>(true, false, "control")
  }, { noNullPrototype: true }).map(({ parent, value }) => ({
    key: parent,
    type: "flag",
    operator: "flag_evaluates_to",
    value,
    dependency_chain: [parent]
  }))

const variants = FastCheck.uniqueArray(FastCheck.constantFrom("control", "annual", "b", "c"), {
  minLength: 1,
  maxLength: 4
})
  .map((keys) => keys.map((key) => ({ key, rollout_percentage: Math.round(10_000 / keys.length) / 100 })))

const payload = FastCheck.constantFrom("{\"theme\":\"dark\"}", "0", "false", "\"text\"", "null", "no JSON")

const rarely = (arbitrary: FastCheck.Arbitrary<Json>): FastCheck.Arbitrary<Json> =>
  FastCheck.oneof({ weight: 9, arbitrary: FastCheck.constant<Json>({}) }, { weight: 1, arbitrary })

// A condition inherits the flag's aggregation when it has none, and an explicit null is the person.
const ownAggregation = rarely(
  FastCheck.record({ aggregation_group_type_index: FastCheck.constantFrom(null, 0, 1) }, { noNullPrototype: true })
)

const exceptions = FastCheck.tuple(
  rarely(FastCheck.constant({ feature_enrollment: true })),
  rarely(
    FastCheck.record({
      holdout: FastCheck.record({
        id: FastCheck.integer({ min: 1, max: 3 }),
        exclusion_percentage: FastCheck.constantFrom(0, 10, 100)
      }, { noNullPrototype: true })
    }, { noNullPrototype: true })
  )
).map(([enrollment, holdout]) => ({ ...enrollment, ...holdout }))

const flagFilters = (parents: ReadonlyArray<string>): FastCheck.Arbitrary<Json> =>
  FastCheck.record({
    group: FastCheck.option(FastCheck.constantFrom(0, 1), { freq: 4 }),
    variants: FastCheck.option(variants),
    payloads: FastCheck.dictionary(FastCheck.constantFrom("true", "control", "annual"), payload, { noNullPrototype: true, maxKeys: 2 }),
    exceptions,
    early: FastCheck.boolean()
  }, { noNullPrototype: true }).chain(({ early, exceptions, group, payloads, variants }) => {
    const own = filter(group === null ? "person" : "group")
    const filters = FastCheck.oneof(
      { weight: 6, arbitrary: own },
      { weight: 2, arbitrary: cohortFilter },
      ...(parents.length === 0 ? [] : [{ weight: 2, arbitrary: dependencyFilter(parents) }])
    )
    return FastCheck.array(
      FastCheck.record({
        properties: FastCheck.array(
          group === null ? filters : filters.map((one) => ({ ...one, group_type_index: group })),
          { maxLength: 3 }
        ),
        rollout_percentage: percentage,
        variant: variants === null
          ? FastCheck.constant(null)
          : FastCheck.option(FastCheck.constantFrom(...variants.map(({ key }) => key)), { freq: 3 }),
        aggregation: ownAggregation
      }, { noNullPrototype: true }).map(({ aggregation, ...condition }) => ({ ...condition, ...aggregation })),
      { maxLength: 4 }
    ).map((groups) => ({
      ...exceptions,
      groups,
      payloads,
      early_exit: early,
      aggregation_group_type_index: group,
      multivariate: variants === null ? null : { variants }
    }))
  })

const flag = (key: string, id: number, parents: ReadonlyArray<string>): FastCheck.Arbitrary<Json> =>
  FastCheck.record({
    id: FastCheck.constant(id),
    key: FastCheck.constant(key),
    active: FastCheck.oneof({ weight: 9, arbitrary: FastCheck.constant(true) }, {
      weight: 1,
      arbitrary: FastCheck.constant(false)
    }),
    version: FastCheck.integer({ min: 1, max: 9 }),
    has_experiment: FastCheck.boolean(),
    ensure_experience_continuity: FastCheck.oneof({ weight: 9, arbitrary: FastCheck.constant(false) }, {
      weight: 1,
      arbitrary: FastCheck.constant(true)
    }),
    bucketing_identifier: FastCheck.constantFrom(null, "distinct_id", "device_id"),
    filters: flagFilters(parents)
  }, { noNullPrototype: true })

/** @internal */
export const definitions = (minFlags: number, maxFlags: number) =>
  FastCheck.record({
    count: FastCheck.integer({ min: minFlags, max: maxFlags }),
    cohorts: FastCheck.dictionary(FastCheck.constantFrom(...cohortIds.slice(0, 3)), cohort, { noNullPrototype: true, maxKeys: 3 }),
    minimal: FastCheck.boolean(),
    matching: FastCheck.constantFrom(1, 2)
  }, { noNullPrototype: true }).chain(({ cohorts, count, matching, minimal }) => {
    const keys = Array.from({ length: count }, (_, index) => `flag-${index}`)
    // Parents depend on no other flag, so that chains have one link and no cycle.
    const parents = keys.slice(0, Math.floor(count / 2))
    return FastCheck.tuple(
      ...keys.map((key, index) => flag(key, index + 1, parents.includes(key) ? [] : parents))
    ).map((flags) => ({
      flags,
      group_type_mapping: Object.fromEntries(groupTypes.map((type, index) => [String(index), type])),
      cohorts,
      minimal_flag_called_events: minimal,
      property_matching_version: matching
    }))
  })
