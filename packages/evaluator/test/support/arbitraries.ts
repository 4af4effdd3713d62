import * as FastCheck from "effect/FastCheck"

const words = [
  "pro",
  "Pro",
  "PRO",
  "free",
  "É",
  "é",
  "ß",
  "SS",
  "true",
  "TRUE",
  "false",
  "",
  "null",
  "a",
  "ab",
  "b",
  "xx"
]

const numbersAsText = [
  "25",
  "25.5",
  "1e2",
  ".5",
  "5.",
  "inf",
  "-inf",
  "nan",
  "-NaN",
  " 10",
  "10abc",
  "+3",
  "007",
  "150"
]

const days = ["2024-03-31", "2024-03-30T12:00:00Z", "2024-03-31 12:00", "2024-03-31T12:00:00.000+01:00", "2024-02-30"]

const relativeDays = ["-1d", "1d", "0d", "-2w", "-6h", "-1m", "2m", "-13m", "1y", "-4y", "-9999h", "10000d", "-3s"]

const versions = [
  "v1.2.3",
  "1.2.3",
  "1.2.3-alpha",
  "1.2.3-alpha.1",
  "1.2.3-01",
  "1.2.3+b",
  "1.2.3+b.2",
  "1.2",
  "1",
  "0"
]

const oddVersions = ["0.0", "0.2.3", "0.0.3", "1.9.0", "2.0.0", "1.2.4-rc", "01.2", "1..2", "1.2.3.4", "v", "-beta"]

const wildcards = ["1.*", "1.2.*", "1.x", "*", "*.*", "1.*.3", "1.2.3.*", "x", "1.*.*", "18446744073709551616.*"]

const patterns = [
  "x\r",
  "\\bx",
  "x\\B",
  "(x+)+$",
  "(?=x)y",
  "[a",
  "^a.?$",
  "x+$",
  "\\d+",
  "a|b",
  "\\.",
  "^(?:a|b){1,2}$"
]

const numbers = [0, -1, 1, 1.2, 3, 25, 25.5, 1e300, 1.5e-9, 10, 150, 1_711_886_400, 1_711_886_400.5]

const anyOf = (...values: ReadonlyArray<unknown>): FastCheck.Arbitrary<unknown> => FastCheck.constantFrom(...values)

const scalar = anyOf(
  ...words,
  ...numbersAsText,
  ...days,
  ...relativeDays,
  ...versions,
  ...oddVersions,
  ...wildcards,
  ...patterns,
  ...numbers,
  null,
  true,
  false
)

/** JSON values that mean something to some operator. */
export const value = FastCheck.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: FastCheck.array(scalar, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: anyOf(
      [],
      ["true"],
      [true, "TRUE"],
      ["true", "false"],
      [1, 25],
      ["1", "25.5"],
      [25, 1],
      [["true"], []],
      { b: [true], a: 1 },
      { é: null, "": { z: 1, a: "x" } }
    )
  }
)

const operators =
  "exact is_not is_set is_not_set icontains not_icontains starts_with not_starts_with ends_with not_ends_with " +
  "icontains_multi not_icontains_multi regex not_regex gt gte lt lte between not_between is_date_before is_date_after " +
  "is_date_exact semver_eq semver_neq semver_gt semver_gte semver_lt semver_lte semver_tilde semver_caret " +
  "semver_wildcard in not_in flag_evaluates_to future_operator"

const operator = FastCheck.constantFrom(...operators.split(" "), undefined, null)

/** Few names, some of which every object inherits. */
const propertyName = FastCheck.constantFrom(
  "plan",
  "age",
  "plan",
  "age",
  "distinct_id",
  "$group_key",
  "__proto__",
  "toString"
)

const flagKeys = ["a", "b", "c", "constructor", "__proto__"]

const flagKey = FastCheck.constantFrom(...flagKeys)

const cohortId = FastCheck.constantFrom("1", "2", "3", "__proto__")

const negation = FastCheck.constantFrom(undefined, undefined, undefined, true, false, null)

const groupTypeIndex = FastCheck.constantFrom(undefined, null, 0, 1, 2)

const absentOr = <A>(arbitrary: FastCheck.Arbitrary<A>): FastCheck.Arbitrary<A | undefined> =>
  FastCheck.option(arbitrary, { nil: undefined, freq: 2 })

/** Leaves fields out that are `undefined`, as JSON does. */
const present = <A extends object>(record: A): A =>
  Object.fromEntries(Object.entries(record).filter(([, member]) => member !== undefined)) as A

/** The operators for which two values that have been drawn independently are likely to say something. */
export const propertyFilter = FastCheck.record({
  key: propertyName,
  type: FastCheck.constantFrom("person", "person", "person", "group", undefined, null, "person_metadata"),
  operator,
  value: FastCheck.oneof({ weight: 20, arbitrary: value }, { weight: 1, arbitrary: FastCheck.constant(undefined) }),
  group_type_index: groupTypeIndex,
  negation
}).map(present)

const cohortFilter = FastCheck.record({
  key: FastCheck.constant("id"),
  type: FastCheck.constant("cohort"),
  operator: FastCheck.constantFrom("in", "not_in", "exact", undefined, null, "is_not"),
  value: FastCheck.oneof(cohortId, FastCheck.constantFrom(1, 2, 9)),
  negation
}).map(present)

const flagFilter = FastCheck.record({
  key: FastCheck.oneof({ weight: 9, arbitrary: flagKey }, {
    weight: 1,
    arbitrary: FastCheck.constantFrom("ghost", "")
  }),
  type: FastCheck.constant("flag"),
  operator: FastCheck.constantFrom("flag_evaluates_to", "flag_evaluates_to", "flag_evaluates_to", "exact"),
  value: anyOf(true, true, false, "x", "y", null, 1),
  dependency_chain: FastCheck.oneof(
    { weight: 6, arbitrary: FastCheck.array(flagKey, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: anyOf(undefined, [], ["ghost"], "a") }
  ),
  negation
}).map(present)

const filter = FastCheck.oneof(
  { weight: 6, arbitrary: propertyFilter },
  { weight: 2, arbitrary: cohortFilter },
  { weight: 2, arbitrary: flagFilter }
)

const noGroup = anyOf({ type: "XOR", values: [] }, { type: "AND" }, { type: "OR", values: null })

const { group: cohortGroup } = FastCheck.letrec<{ group: unknown; child: unknown }>((tie) => ({
  group: FastCheck.record({
    type: FastCheck.constantFrom("AND", "OR", "AND", "OR", "property"),
    values: FastCheck.array(tie("child"), { maxLength: 3 })
  }),
  child: FastCheck.oneof(
    { weight: 18, arbitrary: filter },
    { weight: 6, arbitrary: tie("group") },
    { weight: 1, arbitrary: noGroup }
  )
}))

const cohort = FastCheck.oneof(
  { weight: 12, arbitrary: cohortGroup },
  { weight: 1, arbitrary: FastCheck.oneof(noGroup, FastCheck.constant({})) }
)

const percentage = FastCheck.oneof(
  { weight: 2, arbitrary: FastCheck.constantFrom(undefined, null, 100, 0) },
  { weight: 2, arbitrary: FastCheck.integer({ min: 1, max: 99 }) },
  { weight: 1, arbitrary: FastCheck.constantFrom(33.34, 150, -5, 0.01, 99.99) }
)

const condition = FastCheck.record({
  properties: FastCheck.oneof(
    { weight: 6, arbitrary: FastCheck.array(filter, { maxLength: 3 }) },
    { weight: 1, arbitrary: FastCheck.constantFrom(undefined, null) }
  ),
  rollout_percentage: percentage,
  variant: FastCheck.constantFrom(undefined, undefined, null, "x", "y", "ghost"),
  aggregation_group_type_index: FastCheck.constantFrom(undefined, undefined, undefined, null, 0, 1, 2)
}).map(present)

const multivariate = anyOf(
  undefined,
  null,
  {},
  { variants: [] },
  { variants: [{ key: "x", rollout_percentage: 50 }, { key: "y", rollout_percentage: 50 }] },
  { variants: [{ key: "x", rollout_percentage: 33.3 }, { key: "y", rollout_percentage: 33.3 }] },
  {
    variants: [{ key: "x", rollout_percentage: 80 }, { key: "y", rollout_percentage: 80 }, {
      key: "z",
      rollout_percentage: 5
    }]
  }
)

const holdouts = [0, 10, 50, 100, 250, -1, "10", null].map((exclusion_percentage) => ({ id: 7, exclusion_percentage }))

const filters = FastCheck.record({
  groups: FastCheck.oneof(
    { weight: 9, arbitrary: FastCheck.array(condition, { maxLength: 4 }) },
    { weight: 1, arbitrary: FastCheck.constantFrom(undefined, null) }
  ),
  multivariate,
  payloads: anyOf(
    undefined,
    null,
    { true: "{\"a\":[1]}", x: "0", y: "not json", "holdout-7": "\"h\"", false: "1" },
    { true: { a: 1 }, x: null, y: false, __proto__: "1" }
  ),
  aggregation_group_type_index: FastCheck.constantFrom(undefined, undefined, undefined, null, 0, 1, 2),
  early_exit: FastCheck.constantFrom(undefined, true, false, null),
  holdout: anyOf(undefined, undefined, undefined, undefined, null, {}, { id: 7 }, ...holdouts),
  feature_enrollment: FastCheck.constantFrom(undefined, undefined, undefined, undefined, null, false, true),
  version: FastCheck.constantFrom(undefined, undefined, undefined, undefined, undefined, undefined, 1, 2, null)
}).map(present)

const flag = FastCheck.record({
  key: flagKey,
  active: FastCheck.constantFrom(true, true, true, true, true, true, true, false, undefined),
  deleted: FastCheck.constantFrom(undefined, undefined, undefined, undefined, undefined, false, true),
  filters: FastCheck.oneof(
    { weight: 20, arbitrary: filters },
    { weight: 1, arbitrary: FastCheck.constantFrom(undefined, null) }
  ),
  ensure_experience_continuity: FastCheck.constantFrom(undefined, undefined, undefined, undefined, null, false, true),
  bucketing_identifier: FastCheck.constantFrom(undefined, undefined, null, "device_id", "distinct_id", "session"),
  evaluation_contexts: anyOf(undefined, undefined, null, [], ["web"], [
    "api",
    "web"
  ], ["api"]),
  evaluation_runtime: FastCheck.constantFrom(undefined, null, "all", "client", "server")
}).map(present)

const record = <A>(key: FastCheck.Arbitrary<string>, member: FastCheck.Arbitrary<A>) =>
  FastCheck.array(FastCheck.tuple(key, member), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))

/** Whole definitions documents, as the server could send them and a little beyond. */
export const definitions = FastCheck.record({
  flags: FastCheck.array(flag, { minLength: 1, maxLength: 5 }),
  group_type_mapping: anyOf(
    { 0: "organization", 1: "project" },
    { 0: "organization" },
    { 0: "organization", 1: "__proto__" },
    null,
    undefined
  ),
  cohorts: record(cohortId, cohort),
  property_matching_version: FastCheck.constantFrom(undefined, 1, 2, 3)
}).map(present)

const properties = record(
  FastCheck.oneof(
    propertyName,
    propertyName,
    flagKey.map((key) => `$feature_enrollment/${key}`),
    FastCheck.constant("$device_id")
  ),
  value
)

const groupType = FastCheck.constantFrom("organization", "project", "__proto__")

/** What callers pass, odd identifiers included. */
export const context = FastCheck.record({
  distinctId: FastCheck.oneof(
    { weight: 8, arbitrary: FastCheck.nat(500).map((n) => `user-${n}`) },
    { weight: 1, arbitrary: FastCheck.constantFrom("", "x".repeat(250), "😀".repeat(201), "é".repeat(60), "\u0000") }
  ),
  deviceId: FastCheck.constantFrom(undefined, undefined, "", "device-1", "device-2"),
  groups: absentOr(
    record(groupType, FastCheck.constantFrom<string | number>("org-9", "org-1", 42, 1.5, ""))
  ),
  personProperties: absentOr(properties),
  groupProperties: absentOr(record(groupType, properties))
})

export const evaluationContexts = FastCheck.constantFrom<ReadonlyArray<string> | undefined>(
  undefined,
  undefined,
  [],
  ["web"],
  ["other"]
)
