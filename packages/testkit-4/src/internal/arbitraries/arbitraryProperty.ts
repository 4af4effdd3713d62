// Generated from packages/testkit/src/internal/arbitraries/arbitraryProperty.ts by packages/tools/editions.mjs: change that file, not this one.
import * as FastCheck from "fast-check"

/**
 * Properties come from a few families, in filters and in contexts alike, so that generated filters do match generated
 * people now and then.
 */
interface Family {
  readonly names: ReadonlyArray<string>
  readonly values: FastCheck.Arbitrary<unknown>
  readonly conditions: ReadonlyArray<Condition>
}

interface Condition {
  readonly operators: ReadonlyArray<string>
  readonly value: FastCheck.Arbitrary<unknown>
}

const text = FastCheck.constantFrom("gold", "Gold", "silver", "NZ", "straße", "", "ada@example.com", "true")
const number = FastCheck.oneof(FastCheck.integer({ min: -5, max: 50 }), FastCheck.constantFrom(0.5, 1e3, 49.999))
const boolean = FastCheck.constantFrom<unknown>(true, false, "true", "FALSE")
const version = FastCheck.constantFrom("1.2.3", "v1.2.3", "1.2", "2.0.0-beta.1", "2.0.0", "0.3.9+7", "10.0.0")
const date = FastCheck.constantFrom(
  "2025-01-31",
  "2025-06-01T12:00:00Z",
  "2024-02-29 10:30",
  "2025-03-31T00:00:00+02:00"
)

const listOf = (values: FastCheck.Arbitrary<unknown>): FastCheck.Arbitrary<unknown> =>
  FastCheck.array(values, { minLength: 1, maxLength: 3 })

const orList = (values: FastCheck.Arbitrary<unknown>): FastCheck.Arbitrary<unknown> =>
  FastCheck.oneof(values, listOf(values))

const presence: Condition = { operators: ["is_set", "is_not_set"], value: FastCheck.constant("is_set") }

const families: ReadonlyArray<Family> = [
  {
    names: ["tier", "country", "email"],
    values: text,
    conditions: [
      { operators: ["exact", "is_not"], value: orList(text) },
      {
        operators: ["icontains", "not_icontains", "starts_with", "not_starts_with", "ends_with", "not_ends_with"],
        value: text
      },
      { operators: ["icontains_multi", "not_icontains_multi"], value: listOf(text) },
      {
        operators: ["regex", "not_regex"],
        value: FastCheck.constantFrom("^go", "old$", "[a-z]+@", "gold|silver", "a{2,3}", "(unclosed")
      },
      presence
    ]
  },
  {
    names: ["age", "seats"],
    values: FastCheck.oneof(number, number.map(String)),
    conditions: [
      {
        operators: ["gt", "gte", "lt", "lte", "exact", "is_not"],
        value: FastCheck.oneof(number, number.map(String))
      },
      { operators: ["between", "not_between"], value: FastCheck.tuple(number, number) },
      presence
    ]
  },
  {
    names: ["beta", "is_admin", "$feature_enrollment/flag-0", "$feature_enrollment/flag-1"],
    values: boolean,
    conditions: [{ operators: ["exact", "is_not"], value: orList(boolean) }, presence]
  },
  {
    names: ["app_version"],
    values: version,
    conditions: [
      {
        operators: [
          "semver_eq",
          "semver_neq",
          "semver_gt",
          "semver_gte",
          "semver_lt",
          "semver_lte",
          "semver_tilde",
          "semver_caret"
        ],
        value: version
      },
      { operators: ["semver_wildcard"], value: FastCheck.constantFrom("1.*", "1.2.*", "*", "2.x") },
      presence
    ]
  },
  {
    names: ["signed_up_at"],
    values: FastCheck.oneof(date, FastCheck.integer({ min: 1_700_000_000, max: 1_800_000_000 })),
    conditions: [
      {
        operators: ["is_date_before", "is_date_after", "is_date_exact"],
        value: FastCheck.oneof(date, FastCheck.constantFrom("-7d", "-1m", "2y", "0d"))
      },
      presence
    ]
  }
]

/** A value of no family: whatever a program may put into a property. */
const oddity = FastCheck.oneof(
  FastCheck.constant<unknown>(null),
  FastCheck.array(text, { maxLength: 2 }),
  FastCheck.dictionary(FastCheck.constantFrom("a", "b"), number, { noNullPrototype: true, maxKeys: 2 })
)

/** @internal */
export const properties: FastCheck.Arbitrary<Readonly<Record<string, unknown>>> = FastCheck.record(Object.fromEntries(
    families.flatMap(({ names, values }) =>
      names.map((name) => [name, FastCheck.oneof({ weight: 9, arbitrary: values }, { weight: 1, arbitrary: oddity })])
    )
  ), { noNullPrototype: true, requiredKeys: [] })

/**
 * One filter of a condition or a leaf of a cohort, of the given type.
 *
 * @internal
 */
export const filter = (type: "person" | "group"): FastCheck.Arbitrary<Readonly<Record<string, unknown>>> =>
  FastCheck.oneof(
    ...families.flatMap(({ conditions, names }) =>
      conditions.map(({ operators, value }) =>
        FastCheck.record({
          key: FastCheck.constantFrom(...names),
          operator: FastCheck.constantFrom(...operators),
          value,
          type: FastCheck.constant(type)
        }, { noNullPrototype: true })
      )
    )
  )
