import type { ConditionDefinition, FlagDefinition } from "../definitions/document.ts"
import { asObject, conditionsOf, own, payloadsOf, variantsOf } from "../definitions/document.ts"
import { quoted } from "../terminal/printable.ts"
import type { Finding, Rule } from "./finding.ts"
import { finding } from "./finding.ts"

const percentageOf = ({ condition }: ConditionDefinition): number => {
  const percentage = own(condition, "rollout_percentage")
  return typeof percentage === "number" ? percentage : 100
}

const pinnedVariant = ({ condition }: ConditionDefinition): string | undefined => {
  const variant = own(condition, "variant")
  return typeof variant === "string" ? variant : undefined
}

const aggregationOf = ({ condition }: ConditionDefinition): unknown =>
  Object.hasOwn(condition, "aggregation_group_type_index") ? condition["aggregation_group_type_index"] : "inherited"

const isForEverybody = (condition: ConditionDefinition): boolean =>
  condition.filters.length === 0 && percentageOf(condition) >= 100

/** Whether the flag is decided by more than its conditions. */
const hasOtherRules = ({ definition, filters }: FlagDefinition): boolean =>
  own(filters, "feature_enrollment") === true ||
  typeof own(asObject(own(filters, "holdout")), "id") === "number" ||
  own(definition, "ensure_experience_continuity") === true ||
  (Object.hasOwn(filters, "version") && filters["version"] !== 1)

const isInactive = ({ definition }: FlagDefinition): boolean =>
  own(definition, "active") !== true || own(definition, "deleted") === true

/** What the conditions, variants and payloads of one flag have wrong with them. */
export const conditionFindings = (flag: FlagDefinition): ReadonlyArray<Finding> => {
  const { key, path } = flag
  const found: Array<Finding> = []
  const add = (rule: Rule, where: Finding["path"], message: string) =>
    void found.push(finding(rule, where, `flag ${quoted(key)} ${message}`, key))

  const conditions = conditionsOf(flag)
  const variants = variantsOf(flag)
  const names = new Set(variants.map((variant) => variant.key))

  for (const condition of conditions) {
    const pin = pinnedVariant(condition)
    if (pin !== undefined && !names.has(pin)) {
      add("unknown-variant", [...condition.path, "variant"], `pins the variant ${quoted(pin)}, which it does not have`)
    }
  }
  for (const payload of payloadsOf(flag)) {
    const isHeldOut = payload.value.startsWith("holdout-")
    if (payload.isText) {
      add("invalid-payload", payload.path, `has a payload for ${quoted(payload.value)} that is not JSON`)
    }
    if (payload.value !== "true" && !names.has(payload.value) && !isHeldOut) {
      add("unused-payload", payload.path, `has a payload for ${quoted(payload.value)}, a value that it never has`)
    }
  }
  if (isInactive(flag)) {
    add("inactive-flag", path, "is switched off for everybody")
    return found
  }
  found.push(...variantFindings(flag, conditions))
  if (hasOtherRules(flag)) return found

  const canMatch = conditions.filter((condition) => percentageOf(condition) > 0)
  if (canMatch.length === 0) {
    add(
      "never-on",
      path,
      conditions.length === 0 ? "has no conditions: nobody gets it" : "is rolled out to 0 % everywhere"
    )
  }
  const aggregation = own(flag.filters, "aggregation_group_type_index")
  const wide = conditions.findIndex((condition) =>
    isForEverybody(condition) && aggregationOf(condition) === "inherited"
  )
  if (wide === -1) return found
  for (const condition of conditions.slice(wide + 1)) {
    add("unreachable-condition", condition.path, `never reaches this condition: condition ${wide} is met by everybody`)
  }
  const first = conditions[0]
  const isSettled = wide === 0 && (aggregation === undefined || aggregation === null) && first !== undefined
  const pin = first === undefined ? undefined : pinnedVariant(first)
  if (isSettled && (variants.length === 0 || (pin !== undefined && names.has(pin)))) {
    add(
      "always-on",
      path,
      `is ${variants.length === 0 ? "true" : quoted(pin ?? "")} for everybody: the code can do without it`
    )
  }
  return found
}

const variantFindings = (
  flag: FlagDefinition,
  conditions: ReadonlyArray<ConditionDefinition>
): ReadonlyArray<Finding> => {
  const variants = variantsOf(flag)
  if (variants.length === 0) return []
  const { key, path } = flag
  const pins = new Set(conditions.filter((condition) => percentageOf(condition) > 0).map(pinnedVariant))
  const isHashed = conditions.some((condition) => {
    const pin = pinnedVariant(condition)
    return percentageOf(condition) > 0 && (pin === undefined || !variants.some((variant) => variant.key === pin))
  })
  const found: Array<Finding> = []
  const seen = new Set<string>()
  let before = 0
  for (const variant of variants) {
    const hasShare = isHashed && variant.percentage > 0 && before < 100 && !seen.has(variant.key)
    before += variant.percentage
    if (!hasShare && !(pins.has(variant.key) && !seen.has(variant.key))) {
      const why = seen.has(variant.key)
        ? "another one has its key"
        : variant.percentage <= 0
        ? "its share is 0 % and no condition pins it"
        : isHashed
        ? "the variants before it take 100 %"
        : "every condition pins another one"
      found.push(
        finding(
          "unreachable-variant",
          variant.path,
          `flag ${quoted(key)}: nobody gets the variant ${quoted(variant.key)}: ${why}`,
          key
        )
      )
    }
    seen.add(variant.key)
  }
  if (isHashed && Math.abs(before - 100) > 1e-6) {
    const shares = Math.round(before * 1e6) / 1e6
    found.push(
      finding(
        "variant-shares",
        [...path, "filters", "multivariate"],
        before < 100
          ? `flag ${quoted(key)}: the variants add up to ${shares} %: the others get true without a variant`
          : `flag ${quoted(key)}: the variants add up to ${shares} %`,
        key
      )
    )
  }
  return found
}
