import { seeded } from "../measuring/random.ts"

/** A comparison that PostHog, flagd, GrowthBook, Unleash and LaunchDarkly all know, with the same meaning. */
export type Comparison =
  | { readonly attribute: TextAttribute; readonly operator: "in" | "notIn"; readonly values: ReadonlyArray<string> }
  | {
    readonly attribute: TextAttribute
    readonly operator: "contains" | "startsWith" | "endsWith"
    readonly value: string
  }
  | { readonly attribute: "seats"; readonly operator: "greaterThan"; readonly value: number }
  | { readonly attribute: "app_version"; readonly operator: "semverGreaterThan"; readonly value: string }

export type TextAttribute = "plan" | "country" | "email" | "sku"

export interface Variant {
  readonly key: string
  /** Percent of all people. */
  readonly percentage: number
}

/** A flag in no vendor's language. */
export type MixedFlag =
  | { readonly kind: "percentage"; readonly key: string; readonly percentage: number }
  | { readonly kind: "variants"; readonly key: string; readonly variants: ReadonlyArray<Variant> }
  | { readonly kind: "rules"; readonly key: string; readonly all: ReadonlyArray<Comparison> }

/** Whom flags are evaluated for. Every attribute is known. */
export interface User {
  readonly id: string
  readonly attributes: {
    readonly plan: string
    readonly country: string
    readonly email: string
    readonly sku: string
    readonly seats: number
    readonly app_version: string
  }
}

/**
 * The same flags for the same count, always: of 100, 70 percentages, 15 with three variants, 15 with rules. 38 of the
 * percentages are 100, as flags are that stay after their rollout; `underway` puts all of them below 100.
 */
export const mixedFlags = (
  count: number,
  options: { readonly underway?: boolean } = {}
): ReadonlyArray<MixedFlag> => {
  const random = seeded(count)
  return Array.from({ length: count }, (_, index) => {
    // 7 and 100 have no common divisor: any run of flags has the kinds in about the right shares.
    const place = (index * 7) % 100
    const key = `${topics[index % topics.length]}-${String(index).padStart(4, "0")}`
    if (place < 38 && options.underway !== true) return { kind: "percentage", key, percentage: 100 }
    if (place < 70) return { kind: "percentage", key, percentage: 1 + Math.floor(random() * 99) }
    if (place < 85) return { kind: "variants", key, variants: threeVariants(random) }
    return { kind: "rules", key, all: rules[Math.floor(random() * rules.length)]?.(random) ?? [] }
  })
}

/** The same people for the same count, always. */
export const users = (count: number): ReadonlyArray<User> => {
  const random = seeded(count + 1)
  return Array.from({ length: count }, (_, index) => ({
    id: `user-${String(index).padStart(6, "0")}-${Math.floor(random() * 36 ** 6).toString(36)}`,
    attributes: {
      plan: pick(plans, random),
      country: pick(countries, random),
      email: `person${index}@${pick(domains, random)}`,
      sku: `${pick(lines, random)}-${Math.floor(random() * 1000)}`,
      seats: Math.floor(random() * 200),
      app_version: `${1 + Math.floor(random() * 4)}.${Math.floor(random() * 10)}.${Math.floor(random() * 20)}`
    }
  }))
}

const topics = ["checkout", "search", "pricing", "onboarding", "editor", "billing", "export", "inbox"]
const plans = ["free", "starter", "pro", "enterprise"]
const countries = ["DE", "FR", "US", "GB", "JP", "BR"]
const domains = ["example.com", "example.org", "mail.example.net", "corp.example.com"]
const lines = ["b2b", "b2c", "edu"]

const pick = (values: ReadonlyArray<string>, random: () => number): string =>
  values[Math.floor(random() * values.length)] ?? ""

const threeVariants = (random: () => number): ReadonlyArray<Variant> => {
  const first = 10 + Math.floor(random() * 40)
  const second = 10 + Math.floor(random() * 40)
  return [
    { key: "control", percentage: first },
    { key: "compact", percentage: second },
    { key: "spacious", percentage: 100 - first - second }
  ]
}

const rules: ReadonlyArray<(random: () => number) => ReadonlyArray<Comparison>> = [
  (random) => [{ attribute: "plan", operator: "in", values: [pick(plans, random), pick(plans, random)] }],
  (random) => [{ attribute: "country", operator: "notIn", values: [pick(countries, random), pick(countries, random)] }],
  (random) => [{ attribute: "email", operator: "contains", value: `@${pick(domains, random)}` }],
  (random) => [{ attribute: "sku", operator: "startsWith", value: `${pick(lines, random)}-` }],
  (random) => [{ attribute: "email", operator: "endsWith", value: pick(domains, random) }],
  (random) => [{ attribute: "seats", operator: "greaterThan", value: Math.floor(random() * 150) }],
  (random) => [{
    attribute: "app_version",
    operator: "semverGreaterThan",
    value: `${1 + Math.floor(random() * 3)}.${Math.floor(random() * 10)}.0`
  }],
  (random) => [
    { attribute: "plan", operator: "in", values: ["pro", "enterprise"] },
    { attribute: "seats", operator: "greaterThan", value: Math.floor(random() * 50) }
  ]
]
