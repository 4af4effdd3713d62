import type { Comparison, MixedFlag, User } from "./mix.ts"

/** What a flag of rules must be for a user: said in the plainest way, as the measure of every library. */
export const isMatched = (flag: Extract<MixedFlag, { readonly kind: "rules" }>, user: User): boolean =>
  flag.all.every((comparison) => holds(comparison, user))

const holds = (comparison: Comparison, { attributes }: User): boolean => {
  switch (comparison.operator) {
    case "in":
      return comparison.values.includes(attributes[comparison.attribute])
    case "notIn":
      return !comparison.values.includes(attributes[comparison.attribute])
    case "contains":
      return attributes[comparison.attribute].includes(comparison.value)
    case "startsWith":
      return attributes[comparison.attribute].startsWith(comparison.value)
    case "endsWith":
      return attributes[comparison.attribute].endsWith(comparison.value)
    case "greaterThan":
      return attributes.seats > comparison.value
    case "semverGreaterThan":
      return ordered(attributes.app_version) > ordered(comparison.value)
  }
}

// No part of a version in the mix reaches 1,000.
const ordered = (version: string): number =>
  version.split(".").reduce((number, part) => number * 1000 + Number(part), 0)
