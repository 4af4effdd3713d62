/**
 * Compilation of flags.
 *
 * @since 1.0.0
 */
import type { ReasonCode, Resolved } from "../../Result.ts"
import type { Bucketing } from "../evaluationState.ts"
import { packPrefix } from "../hash/bucketing.ts"
import type { CompiledFlag, Condition, Enrolment, FlagPlan, Holdout, PropertySource, Variant } from "../plan.ts"
import { isJsonValue, isTruthy } from "../values/textForm.ts"
import type { Unresolved } from "../verdict.ts"
import { inconclusive, requiresServer } from "../verdict.ts"
import type { FilterScope } from "./compileFilter.ts"
import { compileFilter, person } from "./compileFilter.ts"
import type { DocumentObject, DocumentReader, Path } from "./documentReader.ts"
import { none, step } from "./documentReader.ts"
import { frozenCopy } from "./frozenCopy.ts"

/** @internal */
export interface FlagScope extends FilterScope {
  readonly person: Bucketing
  readonly device: Bucketing
  /** The bucketing by a group type. */
  readonly group: (groupType: string) => Bucketing
}

/** @internal */
export const disabled: Resolved = Object.freeze({
  _tag: "Resolved",
  value: false,
  payload: undefined,
  reason: "flag_disabled",
  conditionIndex: undefined
})

/** What the parts of one flag are compiled with. */
interface Compiler {
  readonly flag: CompiledFlag
  readonly scope: FlagScope
  readonly reader: DocumentReader
  readonly payload: (key: string) => unknown
}

const resolved = (
  value: boolean | string,
  payload: unknown,
  reason: ReasonCode,
  conditionIndex: number | undefined
): Resolved => Object.freeze({ _tag: "Resolved", value, payload, reason, conditionIndex })

/** Results without a payload differ only in their condition: flags share those of the first conditions. */
const perCondition = (value: boolean, reason: ReasonCode): (index: number) => Resolved => {
  const first = Array.from({ length: 16 }, (_, index) => resolved(value, undefined, reason, index))
  return (index) => first[index] ?? resolved(value, undefined, reason, index)
}

const matchedAt = perCondition(true, "condition_match")

const missedAt = perCondition(false, "out_of_rollout_bound")

const unmatchedAt = perCondition(false, "no_condition_match")

const skippedAt = perCondition(false, "no_group_type")

const withoutCondition = resolved(false, undefined, "no_condition_match", undefined)

const withoutGroup = resolved(false, undefined, "no_group_type", undefined)

const declined = resolved(false, undefined, "super_condition_value", 0)

/** @internal */
export const noDeviceId = inconclusive("missing_context", "the device id is not supplied")

const noIdentifier = inconclusive("missing_context", "the identifier to place in the rollout cannot be used")

/**
 * Compiles what decides a flag: a constant result, or a plan. What the reader notes as a problem leaves the flag to the
 * server.
 *
 * @internal
 */
export const compileFlag = (
  definition: DocumentObject,
  path: Path,
  flag: CompiledFlag,
  scope: FlagScope,
  reader: DocumentReader
): FlagPlan | Resolved | Unresolved => {
  const active = reader.optionalBoolean(definition["active"], step(path, "active"))
  if ((!active && reader.problem === undefined) || definition["deleted"] === true) return disabled
  const continuity = "ensure_experience_continuity"
  if (reader.optionalBoolean(definition[continuity], step(path, continuity))) {
    return requiresServer(
      "experience_continuity",
      "the flag keeps the value that a person has seen, which only the server knows"
    )
  }
  const filtersPath = step(path, "filters")
  const filters = reader.optionalObject(definition["filters"], filtersPath) ?? {}
  if (filters["version"] !== undefined && filters["version"] !== 1) {
    return requiresServer("unsupported_definition", "the rules of the flag have a version that only the server knows")
  }
  const aggregation = "aggregation_group_type_index"
  const groupIndex = reader.optionalInteger(filters[aggregation], step(filtersPath, aggregation))
  const groupType = groupIndex === undefined ? undefined : scope.groupType(groupIndex)
  if (groupIndex !== undefined && groupType === undefined) {
    return inconclusive(
      "unsupported_definition",
      `the flag is about groups of type ${groupIndex}, which the definitions do not name`
    )
  }
  return compilePlan(definition, filters, filtersPath, groupType, {
    flag,
    scope,
    reader,
    payload: payloads(reader.optionalObject(filters["payloads"], step(filtersPath, "payloads")))
  })
}

/**
 * The result of a flag that is on for everyone: its first condition asks for nothing.
 *
 * @internal
 */
export const settledResult = (plan: FlagPlan): Resolved | undefined => {
  const first = plan.conditions[0]
  if (
    first === undefined || plan.bucketing.kind === "group" || plan.enrolment !== undefined ||
    plan.holdout !== undefined ||
    first.group !== "none" || first.filters.length > 0 || first.percentage !== 100
  ) {
    return undefined
  }
  return first.pinned ?? (plan.variants.length === 0 ? first.plain : undefined)
}

const compilePlan = (
  definition: DocumentObject,
  filters: DocumentObject,
  path: Path,
  groupType: string | undefined,
  compiler: Compiler
): FlagPlan => {
  const { flag, reader, scope } = compiler
  const individual = definition["bucketing_identifier"] === "device_id" ? scope.device : scope.person
  const bucketing = groupType === undefined ? individual : scope.group(groupType)
  const variants = compileVariants(filters["multivariate"], step(path, "multivariate"), reader)
  const enrolment = filters["feature_enrollment"] === true ? compileEnrolment(compiler) : undefined
  const holdout = compileHoldout(filters["holdout"], step(path, "holdout"), compiler)
  const shared = { individual, bucketing, variants }
  const conditions = reader.members(
    filters["groups"],
    step(path, "groups"),
    (condition, conditionPath, index) => compileCondition(condition, index, conditionPath, shared, compiler)
  )
  const first = conditions[0]
  const onlyFirst = conditions.length === 1 && first?.group === "none" && enrolment === undefined &&
    holdout === undefined && bucketing.kind !== "group"
  return {
    _tag: "Plan",
    prefix: packPrefix(`${flag.metadata.key}.`),
    bucketing,
    enrolment,
    holdout,
    earlyExit: filters["early_exit"] === true,
    variants,
    conditions,
    only: onlyFirst ? first : undefined,
    withoutCondition,
    withoutGroup,
    unknownIdentifier: individual.kind === "device" ? noDeviceId : noIdentifier
  }
}

const compileEnrolment = ({ flag, payload }: Compiler): Enrolment => {
  const property = `$feature_enrollment/${flag.metadata.key}`
  const unknown = inconclusive("missing_context", `person property "${property}" is not supplied`)
  return {
    property,
    enrolled: resolved(true, payload("true"), "super_condition_value", 0),
    declined,
    isEnrolled: (state) => {
      const enrolled = state.person(property)
      return isJsonValue(enrolled) ? isTruthy(enrolled) : unknown
    }
  }
}

const compileVariants = (value: unknown, path: Path, reader: DocumentReader): ReadonlyArray<Variant> => {
  const multivariate = reader.optionalObject(value, path)
  let end = 0
  return reader.members(multivariate?.["variants"], step(path, "variants"), (member, variantPath) => {
    const variant = reader.object(member, variantPath)
    const key = reader.text(variant["key"], step(variantPath, "key"))
    const percentage = reader.number(variant["rollout_percentage"], step(variantPath, "rollout_percentage"))
    end += percentage / 100
    return { key, percentage, end }
  })
}

const compileHoldout = (value: unknown, path: Path, { payload, reader }: Compiler): Holdout | undefined => {
  const holdout = reader.optionalObject(value, path)
  const id = reader.optionalInteger(holdout?.["id"], step(path, "id"))
  const exclusion = holdout?.["exclusion_percentage"]
  if (id === undefined || typeof exclusion !== "number") return undefined
  const percentage = Math.min(100, Math.max(0, exclusion))
  const name = `holdout-${id}`
  return {
    percentage,
    threshold: percentage / 100,
    member: resolved(name, payload(name), "holdout_condition_value", undefined)
  }
}

const compileCondition = (
  value: unknown,
  index: number,
  path: Path,
  shared: {
    readonly individual: Bucketing
    readonly bucketing: Bucketing
    readonly variants: ReadonlyArray<Variant>
  },
  compiler: Compiler
): Condition => {
  const { flag, payload, reader, scope } = compiler
  const condition = reader.object(value, path)
  const target = conditionTarget(condition, path, shared, compiler)
  const { bucketing, group } = target
  const source: PropertySource = group === "unmapped"
    ? { _tag: "UnknownGroup" }
    : bucketing.kind === "group"
    ? { _tag: "Group", groupType: bucketing.groupType }
    : person
  const storedFilters = reader.members(
    condition["properties"],
    step(path, "properties"),
    (filter, filterPath) =>
      compileFilter(reader.object(filter, filterPath), filterPath, source, flag.reference, scope, reader)
  )
  const rollout = "rollout_percentage"
  const percentage = reader.optionalNumber(condition[rollout], step(path, rollout)) ?? 100
  const pin = reader.optionalText(condition["variant"], step(path, "variant"))
  const plainPayload = payload("true")
  const matched = (key: string) => resolved(key, payload(key), "condition_match", index)
  const pinned = pin !== undefined && shared.variants.some((variant) => variant.key === pin) ? matched(pin) : undefined
  return {
    index,
    filters: storedFilters.length < 2
      ? storedFilters
      : [...storedFilters].sort((left, right) => left.cost - right.cost),
    storedFilters,
    percentage,
    threshold: percentage / 100,
    bucketing,
    group,
    pinned,
    plain: plainPayload === undefined ? matchedAt(index) : resolved(true, plainPayload, "condition_match", index),
    chosen: pinned === undefined ? shared.variants.map((variant) => matched(variant.key)) : none,
    missed: missedAt(index),
    unmatched: unmatchedAt(index),
    skipped: skippedAt(index)
  }
}

/** Absent, a condition targets what the flag targets; null, the person; a number, that group type. */
const conditionTarget = (
  condition: DocumentObject,
  path: Path,
  shared: { readonly individual: Bucketing; readonly bucketing: Bucketing },
  { reader, scope }: Compiler
): Pick<Condition, "bucketing" | "group"> => {
  const name = "aggregation_group_type_index"
  const own = condition[name]
  if (own === undefined) return { bucketing: shared.bucketing, group: "none" }
  const index = reader.optionalInteger(own, step(path, name))
  if (index === undefined) return { bucketing: shared.individual, group: "none" }
  const groupType = scope.groupType(index)
  return groupType === undefined
    ? { bucketing: shared.individual, group: "unmapped" }
    : { bucketing: scope.group(groupType), group: "optional" }
}

/** Payloads by key: text is decoded, and kept as it is when it cannot be. */
const payloads = (stored: DocumentObject | undefined): (key: string) => unknown => {
  if (stored === undefined) return () => undefined
  const decoded = new Map<string, unknown>()
  return (key) => {
    if (!Object.hasOwn(stored, key)) return undefined
    if (!decoded.has(key)) decoded.set(key, decodePayload(stored[key]))
    return decoded.get(key)
  }
}

const decodePayload = (payload: unknown): unknown => {
  if (typeof payload !== "string") return frozenCopy(payload)
  try {
    return frozenCopy(JSON.parse(payload))
  } catch {
    return payload
  }
}
