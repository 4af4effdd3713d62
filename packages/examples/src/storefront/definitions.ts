/**
 * The feature flags of a small online shop, as PostHog serves them for local evaluation: one of everything that flags
 * can do.
 */

interface Filter {
  readonly key: string
  readonly value?: unknown
  readonly operator?: string
  readonly type: "person" | "group" | "cohort" | "flag"
  readonly group_type_index?: number
  readonly dependency_chain?: ReadonlyArray<string>
}

interface Condition {
  readonly properties?: ReadonlyArray<Filter>
  readonly rollout_percentage?: number
  readonly variant?: string
}

interface Extras {
  readonly active?: boolean
  readonly variants?: ReadonlyArray<readonly [key: string, percentage: number]>
  readonly payloads?: Readonly<Record<string, unknown>>
  readonly group?: number
  readonly continuity?: boolean
  readonly experiment?: boolean
}

const flag = (key: string, conditions: ReadonlyArray<Condition>, extras: Extras = {}) => (id: number) => ({
  id,
  key,
  name: key,
  active: extras.active ?? true,
  deleted: false,
  version: 1,
  ensure_experience_continuity: extras.continuity ?? false,
  has_experiment: extras.experiment ?? false,
  filters: {
    groups: conditions.map((condition) => ({ properties: [], rollout_percentage: 100, variant: null, ...condition })),
    multivariate: extras.variants === undefined
      ? null
      : { variants: extras.variants.map(([key, rollout_percentage]) => ({ key, rollout_percentage })) },
    payloads: Object.fromEntries(
      Object.entries(extras.payloads ?? {}).map(([key, value]) => [key, JSON.stringify(value)])
    ),
    ...(extras.group === undefined ? {} : { aggregation_group_type_index: extras.group })
  }
})

const person = (key: string, operator: string, value?: unknown): Filter => ({ key, operator, value, type: "person" })

const when = (...properties: ReadonlyArray<Filter>): Condition => ({ properties })

const flags = [
  // On, off, inactive.
  flag("new-checkout", [{}]),
  flag("maintenance-banner", [{ rollout_percentage: 0 }]),
  flag("retired-search", [{}], { active: false }),
  // A part of all people.
  flag("faster-images", [{ rollout_percentage: 50 }]),
  flag("dark-footer", [{ rollout_percentage: 10 }]),
  flag("beta-export", [{ rollout_percentage: 33.3 }]),
  // Variants, with payloads.
  flag("pricing-page", [{}], {
    variants: [["control", 50], ["annual-first", 50]],
    payloads: { "annual-first": { headline: "Two months free", discount: 0.17 } },
    experiment: true
  }),
  flag("button-color", [{}], {
    variants: [["red", 34], ["green", 33], ["blue", 33]],
    payloads: { red: "#c00", green: "#0a0", blue: "#00c" }
  }),
  flag(
    "vip-layout",
    [{ ...when(person("tier", "exact", ["gold"])), variant: "spacious" }, { rollout_percentage: 20 }],
    {
      variants: [["compact", 50], ["spacious", 50]]
    }
  ),
  flag("upload-limit", [{}], { payloads: { true: { megabytes: 250 } } }),
  // Conditions of every family.
  flag("gold-support", [when(person("tier", "exact", ["gold", "platinum"]))]),
  flag("not-free", [when(person("tier", "is_not", ["free"]))]),
  flag("staff-tools", [when(person("email", "ends_with", "@shop.example"))]),
  flag("partner-menu", [when(person("email", "icontains", "partner"))]),
  flag("plus-address", [when(person("email", "regex", "^[a-z]+\\+"))]),
  flag("bulk-orders", [when(person("seats", "gte", 10))]),
  flag("mid-size", [when(person("seats", "between", [5, 50]))]),
  flag("long-time-customer", [when(person("signed_up_at", "is_date_before", "-1y"))]),
  flag("new-in-2026", [when(person("signed_up_at", "is_date_after", "2026-01-01"))]),
  flag("app-version-3", [when(person("app_version", "semver_gte", "3.0.0"))]),
  flag("has-phone", [when(person("phone", "is_set"))]),
  // Cohorts, groups, other flags.
  flag("nordic-shipping", [when({ key: "id", value: 7, operator: "in", type: "cohort" })]),
  flag("company-invoices", [when({
    key: "plan",
    operator: "exact",
    value: ["scale"],
    type: "group",
    group_type_index: 0
  })], { group: 0 }),
  flag("company-rollout", [{ rollout_percentage: 60 }], { group: 0 }),
  flag("checkout-upsell", [when({
    key: "new-checkout",
    operator: "flag_evaluates_to",
    value: true,
    type: "flag",
    dependency_chain: ["new-checkout"]
  })]),
  // Only the server can decide this one: it remembers what a person saw before they signed in.
  flag("welcome-tour", [{ rollout_percentage: 50 }], { continuity: true })
]

export const definitions = {
  flags: flags.map((make, index) => make(8100 + index)),
  group_type_mapping: { "0": "company" },
  cohorts: {
    "7": {
      type: "OR",
      values: [{ type: "AND", values: [person("country", "exact", ["NO", "SE", "DK", "FI", "IS"])] }]
    }
  }
}

/** What the shop knows about one of its customers. */
export const customer = {
  distinctId: "customer-4",
  personProperties: {
    tier: "gold",
    email: "kim+news@partner.example",
    seats: 14,
    signed_up_at: "2024-05-01",
    app_version: "3.2.1",
    phone: "+47 555 01 17",
    country: "NO"
  },
  groups: { company: "acme" },
  groupProperties: { company: { plan: "scale" } }
} as const

/** The flags that need no server, for a customer about whom all this is known. */
export const localKeys = definitions.flags.map(({ key }) => key).filter((key) => key !== "welcome-tour")
