/** A condition that everybody meets. */
export const everybody = { properties: [], rollout_percentage: 100, variant: null }

/** A flag as PostHog serves it, with one condition that everybody meets unless the filters say otherwise. */
export const flag = (key: string, filters: object = {}, more: object = {}) => ({
  id: 1,
  key,
  name: key,
  active: true,
  ensure_experience_continuity: false,
  filters: { groups: [everybody], multivariate: null, payloads: {}, ...filters },
  ...more
})

/** A filter on a property of a person. */
export const person = (key: string, value: unknown, operator = "exact") => ({ key, value, operator, type: "person" })

/** Conditions with these filters. */
export const when = (...properties: ReadonlyArray<object>) => ({ properties, rollout_percentage: 100 })

/** A multivariate flag's variants. */
export const variants = (...shares: ReadonlyArray<readonly [key: string, percentage: number]>) => ({
  variants: shares.map(([key, rollout_percentage]) => ({ key, rollout_percentage }))
})

/** A document of these flags. */
export const document = (flags: ReadonlyArray<unknown>, cohorts: object = {}) => ({
  flags,
  group_type_mapping: { "0": "company" },
  cohorts
})

/** One of everything that the commands look at. */
export const shop = document([
  flag("pricing-page", {
    groups: [everybody],
    multivariate: variants(["control", 50], ["annual", 50]),
    payloads: { annual: "{\"headline\":\"Two months free\",\"discount\":0.17}" }
  }, { name: "Pricing page" }),
  flag("gold-support", { groups: [when(person("tier", ["gold", "platinum"]))] }),
  flag("half", { groups: [{ properties: [], rollout_percentage: 50 }] }),
  flag("company-invoices", {
    aggregation_group_type_index: 0,
    groups: [when({ key: "plan", value: ["scale"], operator: "exact", type: "group", group_type_index: 0 })]
  }),
  flag("upsell", {
    groups: [
      when({
        key: "gold-support",
        value: true,
        operator: "flag_evaluates_to",
        type: "flag",
        dependency_chain: ["gold-support"]
      })
    ]
  }),
  flag("welcome-tour", {}, { ensure_experience_continuity: true }),
  flag("upload-limit", { payloads: { true: "{\"megabytes\":250}" } })
])
