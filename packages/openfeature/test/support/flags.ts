/** Definitions of flags, as PostHog serves them. */
export type Definition = Readonly<Record<string, unknown>> & { readonly key: string }

const everyone = { properties: [], rollout_percentage: 100 }

/** A boolean flag that is on for everyone. */
export const on = (key: string, payload?: string): Definition => ({
  id: 1,
  key,
  active: true,
  filters: { groups: [everyone], ...(payload === undefined ? {} : { payloads: { true: payload } }) }
})

/** A flag with one variant, which everyone has. */
export const variant = (key: string, variant: string, payload?: string): Definition => ({
  id: 2,
  key,
  active: true,
  filters: {
    groups: [everyone],
    multivariate: { variants: [{ key: variant, rollout_percentage: 100 }] },
    ...(payload === undefined ? {} : { payloads: { [variant]: payload } })
  }
})

/** A flag that nobody has. */
export const off = (key: string): Definition => ({
  id: 3,
  key,
  active: true,
  filters: { groups: [{ properties: [{ key: "staff", operator: "exact", value: ["yes"], type: "person" }] }] }
})

/** A flag that is switched off. */
export const inactive = (key: string): Definition => ({ id: 4, key, active: false, filters: { groups: [everyone] } })

/** A flag for the persons whose property has this value. */
export const whose = (key: string, property: string, value: unknown): Definition => ({
  id: 5,
  key,
  active: true,
  filters: {
    groups: [{
      properties: [{ key: property, operator: "exact", value: [value], type: "person" }],
      rollout_percentage: 100
    }]
  }
})

/** A flag that only the server can decide. */
export const serverOnly = (key: string): Definition => ({
  id: 6,
  key,
  active: true,
  ensure_experience_continuity: true,
  filters: { groups: [everyone] }
})

export const document = (...flags: ReadonlyArray<Definition>) => ({
  flags,
  group_type_mapping: { "0": "company" },
  cohorts: {}
})
