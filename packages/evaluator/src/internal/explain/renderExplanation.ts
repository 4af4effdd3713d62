/** @since 1.0.0 */
import type {
  ConditionExplanation,
  Explanation,
  FilterExplanation,
  MissingInput,
  RolloutExplanation,
  VariantExplanation
} from "../../Explanation.ts"
import type { Result } from "../../Result.ts"
import { textForm } from "../values/textForm.ts"

const longestValue = 80

/** A value that the caller supplied may have getters that throw. */
const readableText = (value: unknown): string | undefined => {
  try {
    return textForm(value)
  } catch {
    return undefined
  }
}

const renderValue = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value) : value === undefined ? "nothing" : readableText(value)
  if (text === undefined) return "(a value with no JSON form)"
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text
}

const renderHash = (hash: number): string => hash.toFixed(6)

const renderPercentage = (percentage: number): string => `${percentage} %`

const renderResult = (result: Result): string => {
  switch (result._tag) {
    case "Resolved": {
      const where = result.conditionIndex === undefined ? "" : `, condition ${result.conditionIndex}`
      const payload = result.payload === undefined ? "" : `, payload ${renderValue(result.payload)}`
      return `${renderValue(result.value)} (${result.reason}${where}${payload})`
    }
    case "Inconclusive":
      return `inconclusive: ${result.cause}`
    case "RequiresServer":
      return `requires the server: ${result.cause}`
    case "Unknown":
      return "not among the definitions"
  }
}

const renderProperty = (name: string, groupType: string | undefined): string =>
  groupType === undefined ? `person property "${name}"` : `property "${name}" of group "${groupType}"`

const renderMissing = (input: MissingInput): string =>
  input._tag === "DeviceId"
    ? "a device id"
    : renderProperty(input.name, input._tag === "GroupProperty" ? input.groupType : undefined)

/** @internal */
export const renderLines = (explanation: Explanation, indent: string): ReadonlyArray<string> => {
  const { conditions, enrolment, holdout, key, missing, result } = explanation
  const inner = `${indent}  `
  return [
    `${indent}flag "${key}": ${renderResult(result)}`,
    ...(enrolment === undefined ? [] : [`${inner}early access: ${renderSeen(enrolment.name, undefined, enrolment)}`]),
    ...(holdout === undefined ? [] : [`${inner}holdout ${renderPlace(holdout)}`]),
    ...conditions.flatMap((condition) => renderCondition(condition, inner)),
    ...(missing.length === 0 ? [] : [`${inner}would settle it: ${missing.map(renderMissing).join(", ")}`])
  ]
}

const verdicts: Readonly<Record<ConditionExplanation["verdict"], string>> = {
  match: "match",
  outOfRollout: "out of rollout",
  mismatch: "no match",
  skipped: "skipped, its group is not passed",
  inconclusive: "inconclusive",
  requiresServer: "requires the server",
  notReached: "not reached"
}

const renderCondition = (condition: ConditionExplanation, indent: string): ReadonlyArray<string> => {
  const { filters, index, rollout, variant, verdict } = condition
  const inner = `${indent}  `
  return [
    `${indent}condition ${index}: ${verdicts[verdict]}`,
    ...filters.flatMap((filter) => renderFilter(filter, inner)),
    ...(rollout === undefined ? [] : [`${inner}rollout ${renderPlace(rollout)}`]),
    ...(variant === undefined || verdict !== "match" ? [] : [`${inner}variant ${renderVariant(variant)}`])
  ]
}

const renderPlace = ({ bucketedBy, hash, included, percentage }: RolloutExplanation): string => {
  const share = renderPercentage(percentage)
  if (included === undefined) return `${share}: unknown, the ${bucketedBy} is not supplied`
  const side = included ? "in" : "out"
  return hash === undefined
    ? `${share}: ${side}, without a hash`
    : `${share}: ${side}, ${bucketedBy} hashes to ${renderHash(hash)} ${included ? "<=" : ">"} ${percentage / 100}`
}

const renderVariant = ({ chosen, hash, pinned, ranges }: VariantExplanation): string => {
  const shares = ranges.map(({ from, key, to }) => `"${key}" ${renderHash(from)} to ${renderHash(to)}`).join(", ")
  if (pinned) return `${renderValue(chosen)}: pinned by the condition`
  return `${renderValue(chosen)}: hash ${hash === undefined ? "unknown" : renderHash(hash)} (${shares})`
}

const renderSeen = (
  property: string,
  operator: string | undefined,
  { seen, supplied, wanted }: { readonly seen: unknown; readonly supplied: boolean; readonly wanted: unknown }
): string => {
  const comparison = operator === undefined
    ? ""
    : operator === "is_set" || operator === "is_not_set"
    ? ` ${operator}`
    : ` ${operator} ${renderValue(wanted)}`
  return `${property}${comparison} (${supplied ? `seen ${renderValue(seen)}` : "not supplied"})`
}

const renderFilter = (filter: FilterExplanation, indent: string): ReadonlyArray<string> => {
  const inner = `${indent}  `
  const verdict = `${indent}${verdicts[filter.verdict]}: ${"negated" in filter && filter.negated ? "not " : ""}`
  switch (filter._tag) {
    case "Property": {
      const { groupType, name, operator } = filter
      return [`${verdict}${renderSeen(renderProperty(name, groupType), operator, filter)}`]
    }
    case "Cohort":
      return [
        `${verdict}${filter.operator === "not_in" ? "not in" : "in"} cohort ${filter.id}${
          renderCause(filter.members === undefined ? filter.cause : undefined)
        }`,
        ...(filter.members === undefined ? [] : renderFilter(filter.members, inner))
      ]
    case "Group":
      return [
        `${verdict}${filter.combine === "AND" ? "all of" : "any of"}`,
        ...filter.children.flatMap((child) => renderFilter(child, inner))
      ]
    case "Flag":
      return [
        `${verdict}flag "${filter.key}" evaluates to ${renderValue(filter.wanted)}${
          renderCause(filter.chain.length === 0 ? filter.cause : undefined)
        }`,
        ...filter.chain.flatMap(({ explanation, key, result }) =>
          explanation === undefined
            ? [`${inner}flag "${key}": ${renderResult(result)}`]
            : renderLines(explanation, inner)
        )
      ]
    case "Unsupported":
      return [`${verdict}filter of type "${filter.type}" on "${filter.key}"${renderCause(filter.cause)}`]
  }
}

const renderCause = (cause: string | undefined): string => cause === undefined ? "" : ` (${cause})`
