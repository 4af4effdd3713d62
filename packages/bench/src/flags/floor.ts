import type { Comparison, MixedFlag, User } from "./mix.ts"
import { hasher, pack } from "./sha1.ts"
import type { Packed } from "./sha1.ts"

/**
 * The least that the mix can cost: one hash where a hash decides, one prebuilt closure where a rule does, and nothing
 * around them. Says how many flags are on.
 */
export const floor = (flags: ReadonlyArray<MixedFlag>): (user: User) => number => {
  const hash = hasher()
  const decisions = flags.map((flag) => decision(flag, hash.finish))
  return (user) => {
    hash.begin(user.id)
    let on = 0
    for (const decide of decisions) {
      if (decide(user) !== false) on++
    }
    return on
  }
}

type Decision = (user: User) => boolean | string

const decision = (flag: MixedFlag, hash: (packed: Packed) => number): Decision => {
  switch (flag.kind) {
    case "percentage": {
      if (flag.percentage === 100) return () => true
      const packed = pack(`${flag.key}.`, "")
      const share = flag.percentage / 100
      return () => hash(packed) <= share
    }
    case "variants": {
      const packed = pack(`${flag.key}.`, "variant")
      const [first, second, third] = flag.variants
      const firstEnd = (first?.percentage ?? 0) / 100
      const secondEnd = firstEnd + (second?.percentage ?? 0) / 100
      const [firstKey, secondKey, thirdKey] = [first?.key ?? "", second?.key ?? "", third?.key ?? ""]
      return () => {
        const place = hash(packed)
        return place < firstEnd ? firstKey : place < secondEnd ? secondKey : thirdKey
      }
    }
    case "rules": {
      const all = flag.all.map(condition)
      return (user) => all.every((holds) => holds(user))
    }
  }
}

const condition = (comparison: Comparison): (user: User) => boolean => {
  switch (comparison.operator) {
    case "in": {
      const { attribute } = comparison
      const values = new Set(comparison.values)
      return ({ attributes }) => values.has(attributes[attribute])
    }
    case "notIn": {
      const { attribute } = comparison
      const values = new Set(comparison.values)
      return ({ attributes }) => !values.has(attributes[attribute])
    }
    case "contains": {
      const { attribute, value } = comparison
      return ({ attributes }) => attributes[attribute].includes(value)
    }
    case "startsWith": {
      const { attribute, value } = comparison
      return ({ attributes }) => attributes[attribute].startsWith(value)
    }
    case "endsWith": {
      const { attribute, value } = comparison
      return ({ attributes }) => attributes[attribute].endsWith(value)
    }
    case "greaterThan": {
      const { value } = comparison
      return ({ attributes }) => attributes.seats > value
    }
    case "semverGreaterThan": {
      const bound = parts(comparison.value)
      return ({ attributes }) => {
        const version = parts(attributes.app_version)
        for (let index = 0; index < 3; index++) {
          const difference = (version[index] ?? 0) - (bound[index] ?? 0)
          if (difference !== 0) return difference > 0
        }
        return false
      }
    }
  }
}

const parts = (version: string): ReadonlyArray<number> => version.split(".").map(Number)
