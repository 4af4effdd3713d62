import * as FastCheck from "effect/FastCheck"

// What posthog-node 5.70 and the server agree on. Left out, by row of the divergence table: integers as text (D2), null
// filter values (D3), null, array and object properties (D4, D5), the multi, between and exact-date operators (D6), text
// compared by `gt` (D8), dates that are numbers or carry no zone (D9), versions with suffixes, zeros or other than three
// parts (D11, D12), misplaced operators (D13), exponents (D15), device bucketing without a device id (D22), dependency
// filters with another operator (D23), malformed and empty cohorts (D24), enrolment (D26), rules of version 2 (D27),
// long and empty identifiers (D29), payloads that are not text or falsy (D33).

const person = <V>(key: string, operators: ReadonlyArray<string>, wanted: FastCheck.Arbitrary<V>) =>
  FastCheck.record({
    key: FastCheck.constant(key),
    type: FastCheck.constant("person"),
    operator: FastCheck.constantFrom(...operators),
    value: wanted
  })

const plan = FastCheck.constantFrom("pro", "Pro", "free", "Été", "éTÉ", "straße")

const email = FastCheck.constantFrom("ann@example.com", "BOB@posthog.com", "c@d.io")

const seats = FastCheck.constantFrom(1, 5, 10.5, 250)

const version = FastCheck.constantFrom("1.2.3", "1.2.4", "1.10.0", "2.0.0", "0.2.3", "0.0.3")

const signedUp = FastCheck.constantFrom(
  "2024-01-01T00:00:00Z",
  "2024-02-29T12:00:00Z",
  "2023-12-31T23:59:59+02:00",
  "2020-06-01T10:00:00.500Z"
)

const opted = FastCheck.constantFrom<boolean | string>(true, false, "true", "FALSE", "maybe")

const propertyFilter = FastCheck.oneof(
  person("plan", ["exact", "is_not"], FastCheck.oneof(plan, FastCheck.array(plan, { minLength: 1, maxLength: 3 }))),
  person("opted", ["exact", "is_not"], FastCheck.oneof(opted, FastCheck.constantFrom([], ["true"], ["true", "false"]))),
  person("plan", ["is_set", "is_not_set"], FastCheck.constantFrom("is_set")),
  person(
    "email",
    ["icontains", "not_icontains", "starts_with", "not_starts_with", "ends_with", "not_ends_with"],
    FastCheck.constantFrom("example", "BOB", ".com", "@", "")
  ),
  person("email", ["regex", "not_regex"], FastCheck.constantFrom("@example\\.com$", "^[a-z]+@", "posthog|example", "")),
  person("seats", ["gt", "gte", "lt", "lte"], FastCheck.constantFrom<number | string>(5, "5", 10.5, "1e2", -1)),
  person(
    "signed_up",
    ["is_date_before", "is_date_after"],
    FastCheck.oneof(signedUp, FastCheck.constantFrom("-2m", "-1y", "-30d"))
  ),
  person("version", ["semver_eq", "semver_neq", "semver_gt", "semver_gte", "semver_lt", "semver_lte"], version),
  person("version", ["semver_tilde", "semver_caret"], version),
  person("version", ["semver_wildcard"], FastCheck.constantFrom("1.2.*", "1.*", "0.*"))
)

const cohortFilter = FastCheck.record({
  key: FastCheck.constant("id"),
  type: FastCheck.constant("cohort"),
  operator: FastCheck.constantFrom("in", "not_in"),
  value: FastCheck.constantFrom<number>(1, 2, 3, 9)
})

const dependency = FastCheck.record({
  target: FastCheck.constantFrom("base-0", "base-1", "base-2", "ghost"),
  value: FastCheck.constantFrom<boolean | string>(true, false, "x", "X")
}).map(({ target, value }) => ({
  key: target,
  type: "flag",
  operator: "flag_evaluates_to",
  value,
  dependency_chain: target === "ghost" ? [] : [target]
}))

const percentage = FastCheck.constantFrom(null, 100, 0, 10, 33.34, 50, 90)

const condition = (filter: FastCheck.Arbitrary<unknown>) =>
  FastCheck.record({
    properties: FastCheck.array(filter, { maxLength: 3 }),
    rollout_percentage: percentage,
    variant: FastCheck.constantFrom(null, null, null, "x", "y", "ghost")
  })

const flagOf = (filter: FastCheck.Arbitrary<unknown>) =>
  FastCheck.record({
    active: FastCheck.constantFrom(true, true, true, true, false),
    ensure_experience_continuity: FastCheck.constantFrom(false, false, false, false, true),
    bucketing_identifier: FastCheck.constantFrom(null, null, "device_id"),
    filters: FastCheck.record({
      groups: FastCheck.array(condition(filter), { maxLength: 3 }),
      multivariate: FastCheck.constantFrom(null, null, {
        variants: [{ key: "x", rollout_percentage: 40 }, { key: "y", rollout_percentage: 40 }]
      }),
      payloads: FastCheck.constantFrom({}, { true: "{\"a\":[1]}", x: "\"text\"", y: "not json" }),
      early_exit: FastCheck.constantFrom(false, false, true),
      holdout: FastCheck.constantFrom(null, null, null, { id: 7, exclusion_percentage: 20 })
    })
  })

const groupFilter = FastCheck.record({
  key: FastCheck.constantFrom("tier", "$group_key"),
  type: FastCheck.constant("group"),
  group_type_index: FastCheck.constant(0),
  operator: FastCheck.constantFrom("exact", "is_not"),
  value: FastCheck.constantFrom("gold", "org-9")
})

const groupFlag = flagOf(groupFilter).map((flag) => ({
  ...flag,
  filters: { ...flag.filters, aggregation_group_type_index: 0 }
}))

const cohort = FastCheck.record({
  type: FastCheck.constantFrom("AND", "OR"),
  values: FastCheck.array(
    FastCheck.record({
      type: FastCheck.constantFrom("AND", "OR"),
      values: FastCheck.array(
        FastCheck.tuple(propertyFilter, FastCheck.constantFrom(false, false, true)).map(([filter, negation]) => ({
          ...filter,
          negation
        })),
        { minLength: 1, maxLength: 2 }
      )
    }),
    { minLength: 1, maxLength: 2 }
  )
})

const named = <A extends object>(prefix: string, flags: ReadonlyArray<A>) =>
  flags.map((flag, i) => ({ id: i, key: `${prefix}-${i}`, ...flag }))

/** One document with many flags. */
export const agreedDocument = FastCheck.record({
  base: FastCheck.array(flagOf(propertyFilter), { minLength: 3, maxLength: 3 }),
  mixed: FastCheck.array(
    flagOf(FastCheck.oneof({ weight: 4, arbitrary: propertyFilter }, cohortFilter, dependency)),
    { minLength: 150, maxLength: 150 }
  ),
  group: FastCheck.array(groupFlag, { minLength: 20, maxLength: 20 }),
  cohorts: FastCheck.tuple(cohort, cohort, cohort),
  property_matching_version: FastCheck.constantFrom(1, 2)
}).map(({ base, cohorts, group, mixed, property_matching_version }) => ({
  flags: [...named("base", base), ...named("mixed", mixed), ...named("group", group)],
  group_type_mapping: { 0: "organization" },
  cohorts: { 1: cohorts[0], 2: cohorts[1], 3: cohorts[2] },
  property_matching_version
}))

const maybe = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.option(arbitrary, { nil: undefined, freq: 4 })

export const agreedContext = FastCheck.record({
  distinctId: FastCheck.nat(10_000).map((n) => `user-${n}`),
  personProperties: FastCheck.record({
    plan: maybe(plan),
    email: maybe(email),
    seats: maybe(seats),
    version: maybe(version),
    signed_up: maybe(signedUp),
    opted: maybe(opted),
    $device_id: FastCheck.nat(1000).map((n) => `device-${n}`)
  }).map((properties) => Object.fromEntries(Object.entries(properties).filter(([, member]) => member !== undefined))),
  groups: FastCheck.constantFrom<Record<string, string>>({}, { organization: "org-9" }, { organization: "org-1" }),
  groupProperties: FastCheck.constantFrom<Record<string, Record<string, string>>>({}, {
    organization: { tier: "gold" }
  })
})
