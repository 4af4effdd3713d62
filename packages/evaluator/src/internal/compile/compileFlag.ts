/**
 * Compilation of flags.
 *
 * @since 1.0.0
 */
import type { ReasonCode, Resolved } from "../../Result.ts"
import type { Bucketing } from "../evaluationState.ts"
import { packPrefix } from "../hash/bucketing.ts"
import type {
  CompiledFilter,
  CompiledFlag,
  Condition,
  Enrolment,
  FlagPlan,
  Holdout,
  PropertySource,
  Variant
} from "../plan.ts"
import { PropertyValue } from "../propertyValue.ts"
import type { Unresolved } from "../verdict.ts"
import { inconclusive, requiresServer, resolved } from "../verdict.ts"
import type { FilterScope } from "./compileFilter.ts"
import { compileFilter, costs, person, workPerFilter } from "./compileFilter.ts"
import type { DocumentObject, DocumentReader, Path } from "./documentReader.ts"
import { none, omittedPart, step, tooLargeMessage } from "./documentReader.ts"
import { frozenCopy, tooLarge } from "./frozenCopy.ts"
import { PropertyCauses } from "./propertyCauses.ts"
import type { Steps } from "./steps.ts"

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

/** What it takes to compile a condition, besides its filters. */
const workPerCondition = 4

const workPerComparison = 1 / 16

/** What the parts of one flag are compiled with. */
interface Compiler {
  readonly flag: CompiledFlag
  readonly scope: FlagScope
  readonly reader: DocumentReader
  readonly payloads: DocumentObject
  readonly payloadsPath: Path
}

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
export function* compileFlag(
  definition: DocumentObject,
  path: Path,
  flag: CompiledFlag,
  scope: FlagScope,
  reader: DocumentReader
): Generator<void, FlagPlan | Resolved | Unresolved, void> {
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
  const payloadsPath = step(filtersPath, "payloads")
  const payloads = reader.optionalObject(filters["payloads"], payloadsPath) ?? {}
  const compiler: Compiler = { flag, scope, reader, payloads, payloadsPath }
  return yield* compilePlan(definition, filters, filtersPath, groupType, compiler)
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

function* compilePlan(
  definition: DocumentObject,
  filters: DocumentObject,
  path: Path,
  groupType: string | undefined,
  compiler: Compiler
): Generator<void, FlagPlan, void> {
  const { flag, reader, scope } = compiler
  const individual = definition["bucketing_identifier"] === "device_id" ? scope.device : scope.person
  const bucketing = groupType === undefined ? individual : scope.group(groupType)
  const plainPayload = yield* readPayload("true", compiler)
  const variants = yield* compileVariants(filters["multivariate"], step(path, "multivariate"), compiler)
  const enrolment = filters["feature_enrollment"] === true ? compileEnrolment(flag, plainPayload) : undefined
  const holdout = yield* compileHoldout(filters["holdout"], step(path, "holdout"), compiler)
  const shared: Shared = {
    individual,
    bucketing,
    variants,
    variantByKey: yield* byKey(variants, scope.steps),
    plainPayload
  }
  const groupsPath = step(path, "groups")
  const groups = reader.optionalArray(filters["groups"], groupsPath)
  const conditions: Array<Condition> = []
  for (let i = 0; i < groups.length; i++) {
    conditions.push(yield* compileCondition(groups[i], i, step(groupsPath, i), shared, compiler))
    if (scope.steps.take(workPerCondition)) yield
  }
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

const compileEnrolment = (flag: CompiledFlag, payload: unknown): Enrolment => {
  const property = `$feature_enrollment/${flag.metadata.key}`
  const value = new PropertyValue(
    new PropertyCauses(`person property "${property}"`),
    (state) => state.person(property),
    undefined
  )
  return {
    property,
    enrolled: resolved(true, payload, "super_condition_value", 0),
    declined,
    isEnrolled: (state) => {
      value.read(state)
      return value.problem ?? value.obstacle ?? value.isTruthy
    }
  }
}

function* compileVariants(
  value: unknown,
  path: Path,
  compiler: Compiler
): Generator<void, ReadonlyArray<Variant>, void> {
  const { reader, scope } = compiler
  const multivariate = reader.optionalObject(value, path)
  const variantsPath = step(path, "variants")
  const members = reader.optionalArray(multivariate?.["variants"], variantsPath)
  if (members.length === 0) return none
  const variants: Array<Variant> = []
  let end = 0
  for (let i = 0; i < members.length; i++) {
    const variantPath = step(variantsPath, i)
    const variant = reader.object(members[i], variantPath)
    const key = reader.text(variant["key"], step(variantPath, "key"))
    end += reader.number(variant["rollout_percentage"], step(variantPath, "rollout_percentage")) / 100
    variants.push({ key, payload: yield* readPayload(key, compiler), end })
    if (scope.steps.take(workPerCondition)) yield
  }
  return variants
}

function* byKey(
  variants: ReadonlyArray<Variant>,
  steps: Steps
): Generator<void, ReadonlyMap<string, Variant>, void> {
  const variantByKey = new Map<string, Variant>()
  for (let i = 0; i < variants.length; i++) {
    variantByKey.set(variants[i]!.key, variants[i]!)
    if (steps.take(1)) yield
  }
  return variantByKey
}

function* compileHoldout(
  value: unknown,
  path: Path,
  compiler: Compiler
): Generator<void, Holdout | undefined, void> {
  const { reader } = compiler
  const holdout = reader.optionalObject(value, path)
  const id = reader.optionalInteger(holdout?.["id"], step(path, "id"))
  const exclusion = holdout?.["exclusion_percentage"]
  if (id === undefined || typeof exclusion !== "number") return undefined
  const percentage = Math.min(100, Math.max(0, exclusion))
  const name = `holdout-${id}`
  return {
    percentage,
    threshold: percentage / 100,
    member: resolved(name, yield* readPayload(name, compiler), "holdout_condition_value", undefined)
  }
}

/** What the conditions of a flag have in common. */
interface Shared {
  readonly individual: Bucketing
  readonly bucketing: Bucketing
  readonly variants: ReadonlyArray<Variant>
  readonly variantByKey: ReadonlyMap<string, Variant>
  readonly plainPayload: unknown
}

function* compileCondition(
  value: unknown,
  index: number,
  path: Path,
  shared: Shared,
  compiler: Compiler
): Generator<void, Condition, void> {
  const { flag, reader, scope } = compiler
  const condition = reader.object(value, path)
  const { bucketing, group } = conditionTarget(condition, path, shared, compiler)
  const source: PropertySource = group === "unmapped"
    ? { _tag: "UnknownGroup" }
    : bucketing.kind === "group"
    ? { _tag: "Group", groupType: bucketing.groupType }
    : person
  const filtersPath = step(path, "properties")
  const filters = reader.optionalArray(condition["properties"], filtersPath)
  const storedFilters: Array<CompiledFilter> = []
  for (let i = 0; i < filters.length; i++) {
    const filterPath = step(filtersPath, i)
    const filter = reader.object(filters[i], filterPath)
    storedFilters.push(yield* compileFilter(filter, filterPath, source, flag.reference, scope, reader))
    if (scope.steps.take(workPerFilter)) yield
  }
  const rollout = "rollout_percentage"
  const percentage = reader.optionalNumber(condition[rollout], step(path, rollout)) ?? 100
  const pin = reader.optionalText(condition["variant"], step(path, "variant"))
  const pinned = pin === undefined ? undefined : shared.variantByKey.get(pin)
  const { plainPayload } = shared
  return {
    index,
    filters: storedFilters.length < 2 ? storedFilters : yield* fromCheapToExpensive(storedFilters, scope.steps),
    storedFilters,
    percentage,
    threshold: percentage / 100,
    bucketing,
    group,
    pinned: pinned === undefined ? undefined : resolved(pinned.key, pinned.payload, "condition_match", index),
    plain: plainPayload === undefined ? matchedAt(index) : resolved(true, plainPayload, "condition_match", index),
    chosen: [],
    missed: missedAt(index),
    unmatched: unmatchedAt(index),
    skipped: skippedAt(index)
  }
}

/** In the order of their cost, and of the document where that is the same. */
function* fromCheapToExpensive(
  filters: ReadonlyArray<CompiledFilter>,
  steps: Steps
): Generator<void, ReadonlyArray<CompiledFilter>, void> {
  const ordered: Array<CompiledFilter> = []
  for (let cost = 0; cost <= costs.flag && ordered.length < filters.length; cost++) {
    for (const filter of filters) {
      if (filter.cost === cost) ordered.push(filter)
      if (steps.take(workPerComparison)) yield
    }
  }
  return ordered
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

/** Longer payloads would hold the event loop while they are decoded. */
const longestPayload = 1_000_000

const charactersPerWork = 500

/** The payload of a key: text is decoded, and kept as it is when it cannot be. */
function* readPayload(
  key: string,
  { payloads, payloadsPath, reader, scope }: Compiler
): Generator<void, unknown, void> {
  if (!Object.hasOwn(payloads, key)) return undefined
  const stored = payloads[key]
  if (typeof stored === "string") {
    if (stored === omittedPart || stored.length > longestPayload) {
      return reader.fail(step(payloadsPath, key), tooLargeMessage)
    }
    if (scope.steps.take(stored.length / charactersPerWork)) yield
  }
  const decoded = typeof stored === "string" ? decodePayload(stored) : stored
  if (typeof decoded !== "object" || decoded === null) return decoded
  const copy = yield* frozenCopy(decoded, scope.steps)
  return copy === tooLarge ? reader.fail(step(payloadsPath, key), tooLargeMessage) : copy
}

const decodePayload = (payload: string): unknown => {
  try {
    return JSON.parse(payload)
  } catch {
    return payload
  }
}
