import type { Comparison, MixedFlag } from "./mix.ts"

/** The flags as a definitions document of PostHog. */
export const definitionsDocument = (flags: ReadonlyArray<MixedFlag>) => ({
  flags: flags.map((flag, index) => ({
    id: index + 1,
    team_id: 1,
    name: flag.key,
    key: flag.key,
    active: true,
    deleted: false,
    version: 1,
    has_experiment: flag.kind === "variants",
    ensure_experience_continuity: false,
    filters: filters(flag)
  })),
  group_type_mapping: {},
  cohorts: {},
  property_matching_version: 2
})

/** What PostHog's server answers for the flags, all on, in its current format. */
export const flagsResponse = (flags: ReadonlyArray<MixedFlag>) => ({
  flags: Object.fromEntries(flags.map((flag, index) => [flag.key, {
    key: flag.key,
    enabled: true,
    variant: flag.kind === "variants" ? flag.variants[0]?.key ?? null : null,
    reason: { code: "condition_match", description: "Matched condition set 1", condition_index: 0 },
    metadata: {
      id: index + 1,
      version: 1,
      payload: flag.kind === "rules" ? JSON.stringify({ limit: index, label: flag.key }) : null,
      has_experiment: flag.kind === "variants"
    }
  }])),
  errorsWhileComputingFlags: false,
  quotaLimited: [],
  requestId: "0199a3c1-5b0e-7c3c-9f7e-2f6d5a1b8c40",
  evaluatedAt: 1_767_225_600_000
})

const filters = (flag: MixedFlag) => {
  switch (flag.kind) {
    case "percentage":
      return { groups: [{ properties: [], rollout_percentage: flag.percentage }], payloads: {} }
    case "variants":
      return {
        groups: [{ properties: [], rollout_percentage: 100 }],
        multivariate: {
          variants: flag.variants.map(({ key, percentage }) => ({ key, name: key, rollout_percentage: percentage }))
        },
        payloads: {}
      }
    case "rules":
      return {
        groups: [{ properties: flag.all.map(property), rollout_percentage: 100 }],
        payloads: { true: JSON.stringify({ label: flag.key }) }
      }
  }
}

const property = (comparison: Comparison) => ({
  key: comparison.attribute,
  type: "person",
  operator: operators[comparison.operator],
  value: "values" in comparison ? comparison.values : comparison.value
})

const operators = {
  in: "exact",
  notIn: "is_not",
  contains: "icontains",
  startsWith: "starts_with",
  endsWith: "ends_with",
  greaterThan: "gt",
  semverGreaterThan: "semver_gt"
} as const
