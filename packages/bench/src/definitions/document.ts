/**
 * A definitions document like those of large projects: mostly percentages, some variants, some rules, a few cohorts.
 * Each revision differs from the one before in a tenth of the flags.
 */
export const definitionsDocument = (count: number, revision: number) => ({
  flags: Array.from({ length: count }, (_, index) => {
    const changed = index % 10 === revision % 10
    const percentage = changed ? 10 + (revision % 80) : 37
    const base = {
      id: index,
      team_id: 1,
      key: `service-${index % 40}-feature-${index}`,
      name: `Feature ${index} of a service that has had many of them over the years`,
      active: true,
      deleted: false,
      ensure_experience_continuity: index % 200 === 0,
      evaluation_runtime: "all",
      has_experiment: index % 7 === 0,
      version: changed ? revision : 1
    }
    if (index % 20 < 14) {
      return { ...base, filters: { groups: [{ properties: [], rollout_percentage: percentage, variant: null }] } }
    }
    if (index % 20 < 17) {
      return {
        ...base,
        filters: {
          groups: [{ properties: [], rollout_percentage: percentage, variant: null }],
          multivariate: {
            variants: [
              { key: "control", name: "Control", rollout_percentage: 34 },
              { key: "short", name: "Short form", rollout_percentage: 33 },
              { key: "long", name: "Long form", rollout_percentage: 33 }
            ]
          },
          payloads: { short: "{\"fields\":[\"name\",\"mail\"]}", long: "{\"fields\":[\"name\",\"mail\",\"phone\"]}" }
        }
      }
    }
    return {
      ...base,
      filters: {
        groups: [
          {
            properties: [
              { key: "country", operator: "exact", value: ["NZ", "AU", "DE", "FR"], type: "person" },
              { key: "app_version", operator: "semver_gte", value: `2.${index % 50}.0`, type: "person" },
              { key: "email", operator: "icontains", value: "@example.com", type: "person" }
            ],
            rollout_percentage: percentage,
            variant: null
          },
          {
            properties: [{ key: "id", operator: "in", value: index % 30, type: "cohort" }],
            rollout_percentage: 100,
            variant: null
          }
        ]
      }
    }
  }),
  group_type_mapping: { "0": "workspace" },
  cohorts: Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      String(index),
      { type: "AND", values: [{ key: "plan", operator: "exact", value: ["pro", `plan-${index}`], type: "person" }] }
    ])
  ),
  minimal_flag_called_events: true,
  property_matching_version: 2
})
