/**
 * Compilation of filters: on properties, on cohorts, on other flags.
 *
 * @since 1.0.0
 */
import type { Inconclusive } from "../../Result.ts"
import { cohortVerdict, flagResult } from "../evaluate.ts"
import type { EvaluationState } from "../evaluationState.ts"
import type { CompiledCohort, CompiledFilter, CompiledFlag, FilterShape, PropertySource, Reference } from "../plan.ts"
import { PropertyValue } from "../propertyValue.ts"
import { textForm } from "../values/textForm.ts"
import type { Unresolved, Verdict } from "../verdict.ts"
import { exhausted, inconclusive, requiresServer } from "../verdict.ts"
import type { DocumentObject, Path } from "./documentReader.ts"
import type { DocumentReader } from "./documentReader.ts"
import { omittedPart, step, tooLargeMessage } from "./documentReader.ts"
import { frozenCopy, tooLarge } from "./frozenCopy.ts"
import type { FoldedMembers, Matcher, OperatorSettings } from "./operators.ts"
import { asksForPresence, foldLongList, longestFilterText, prepareOperator } from "./operators.ts"
import { PropertyCauses } from "./propertyCauses.ts"
import type { Steps } from "./steps.ts"

/**
 * What filters are compiled against.
 *
 * @internal
 */
export interface FilterScope {
  readonly settings: OperatorSettings
  readonly flags: ReadonlyMap<string, CompiledFlag>
  readonly cohorts: ReadonlyMap<string, CompiledCohort>
  /** The properties that filters look at, by their names in causes. */
  readonly properties: Map<string, PropertyValue>
  readonly steps: Steps
  /** The name of a group type, by index. */
  readonly groupType: (index: number) => string | undefined
}

/**
 * What compiling a filter takes, besides going through its value.
 *
 * @internal
 */
export const workPerFilter = 3

/** @internal */
export const costs = { property: 0, expensiveProperty: 1, cohort: 2, flag: 3 } as const

/**
 * The person whom flags are evaluated for.
 *
 * @internal
 */
export const person: PropertySource = { _tag: "Person" }

/**
 * A filter with the same verdict for everyone.
 *
 * @internal
 */
export const constant = (shape: FilterShape, verdict: Verdict): CompiledFilter => ({
  _tag: "Filter",
  test: always(verdict),
  cost: costs.property,
  negated: false,
  shape,
  never: typeof verdict === "boolean" ? undefined : verdict,
  needsTimeZone: false
})

const always = (verdict: Verdict) => (): Verdict => verdict

const refer = (owner: Reference, target: Reference): void => {
  owner.edges.push(target)
  target.uses++
}

/**
 * Compiles a filter. `inherited` is the group type of the condition, for filters that do not say whose property they
 * look at; `undefined` when that is the person.
 *
 * @internal
 */
export function* compileFilter(
  filter: DocumentObject,
  path: Path,
  inherited: PropertySource,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader
): Generator<void, CompiledFilter, void> {
  const type = reader.optionalText(filter["type"], step(path, "type"))
  switch (type) {
    case undefined:
      return yield* compileProperty(filter, path, inherited, scope, reader)
    case "person":
      return yield* compileProperty(filter, path, person, scope, reader)
    case "group":
      return yield* compileProperty(filter, path, groupSource(filter, path, inherited, scope, reader), scope, reader)
    case "cohort":
      return compileCohortFilter(filter, path, owner, scope, reader)
    case "flag":
      return yield* compileFlagFilter(filter, path, owner, scope, reader)
    default: {
      const key = typeof filter["key"] === "string" ? filter["key"] : ""
      return constant(
        { _tag: "Unsupported", type, key },
        requiresServer("unsupported_definition", `only the server knows filters of type "${type}"`)
      )
    }
  }
}

const groupSource = (
  filter: DocumentObject,
  path: Path,
  inherited: PropertySource,
  scope: FilterScope,
  reader: DocumentReader
): PropertySource => {
  const index = reader.optionalInteger(filter["group_type_index"], step(path, "group_type_index"))
  if (index === undefined) return inherited._tag === "Person" ? { _tag: "UnknownGroup" } : inherited
  const groupType = scope.groupType(index)
  return groupType === undefined ? { _tag: "UnknownGroup" } : { _tag: "Group", groupType }
}

const propertyOf = (source: PropertySource, key: string, { properties, settings }: FilterScope): PropertyValue => {
  const name = describe(source, key)
  const known = properties.get(name)
  if (known !== undefined) return known
  const made = new PropertyValue(new PropertyCauses(name), reading(source, key), settings.timeZone)
  properties.set(name, made)
  return made
}

const describe = (source: PropertySource, key: string): string => {
  switch (source._tag) {
    case "Person":
      return `person property "${key}"`
    case "Group":
      return `property "${key}" of group "${source.groupType}"`
    case "UnknownGroup":
      return `property "${key}" of a group of unknown type`
  }
}

interface Judgement {
  readonly test: CompiledFilter["test"]
  readonly isExpensive: boolean
  readonly never: Unresolved | undefined
  readonly needsTimeZone: boolean
}

/**
 * Judges the value of a property, or its absence.
 *
 * @internal
 */
export const compileJudgement = (
  operator: string,
  value: unknown,
  property: PropertyValue,
  settings: OperatorSettings,
  folded?: FoldedMembers
): Judgement | Unresolved => {
  const { causes } = property
  const prepared = prepareOperator(operator, value, causes, settings, folded)
  if (prepared === undefined) {
    return inconclusive("unsupported_definition", `the operator "${operator}" on ${causes.name} is not known`)
  }
  const verdict = typeof prepared.matches === "function" ? undefined : prepared.matches
  const matches: Matcher = typeof prepared.matches === "function" ? prepared.matches : always(prepared.matches)
  const takesAnySize = asksForPresence(operator)
  return {
    isExpensive: prepared.isExpensive,
    never: typeof verdict === "object" ? verdict : matches.never,
    needsTimeZone: matches.needsTimeZone === true,
    test: (state) => {
      property.read(state)
      if (property.problem !== undefined) return property.problem
      return takesAnySize ? matches(property, state) : property.obstacle ?? matches(property, state)
    }
  }
}

/**
 * Reads a property from where filters look for it.
 *
 * @internal
 */
export const reading = (source: PropertySource, key: string): (state: EvaluationState) => unknown => {
  switch (source._tag) {
    case "Person":
      return key === "distinct_id"
        ? (state) => {
          const given = state.person(key)
          return given === undefined ? state.distinctId : given
        }
        : (state) => state.person(key)
    case "Group": {
      const groupType = source.groupType
      return key === "$group_key"
        ? (state) => {
          const given = state.group(groupType, key)
          return given === undefined ? state.groupKey(groupType) : given
        }
        : (state) => state.group(groupType, key)
    }
    case "UnknownGroup":
      return () => undefined
  }
}

function* compileProperty(
  filter: DocumentObject,
  path: Path,
  source: PropertySource,
  scope: FilterScope,
  reader: DocumentReader
): Generator<void, CompiledFilter, void> {
  const key = reader.text(filter["key"], step(path, "key"))
  const operator = reader.optionalText(filter["operator"], step(path, "operator")) ?? "exact"
  const stored = filter["value"]
  const value = typeof stored === "object" && stored !== null
    ? yield* readValue(stored, path, scope, reader)
    : readScalar(stored, path, reader)
  const shape: FilterShape = { _tag: "Property", source, key, operator, value }
  if (source._tag === "UnknownGroup") {
    return constant(shape, inconclusive("unsupported_definition", `${describe(source, key)} cannot be looked up`))
  }
  const property = propertyOf(source, key, scope)
  const folded = Array.isArray(value) ? yield* foldLongList(operator, value, scope.steps) : undefined
  const judgement = compileJudgement(operator, value, property, scope.settings, folded)
  if ("_tag" in judgement) return constant(shape, judgement)
  const { isExpensive, needsTimeZone, never, test } = judgement
  return {
    _tag: "Filter",
    test,
    cost: isExpensive ? costs.expensiveProperty : costs.property,
    negated: false,
    shape,
    never,
    needsTimeZone
  }
}

/** A value that is kept after the document is gone. */
function* readValue(
  value: unknown,
  path: Path,
  { steps }: FilterScope,
  reader: DocumentReader
): Generator<void, unknown, void> {
  if (typeof value !== "object" || value === null) return readScalar(value, path, reader)
  const copy = yield* frozenCopy(value, steps)
  return copy === tooLarge ? reader.fail(step(path, "value"), tooLargeMessage) : copy
}

const readScalar = (value: unknown, path: Path, reader: DocumentReader): unknown =>
  typeof value === "string" && (value === omittedPart || value.length > longestFilterText)
    ? reader.fail(step(path, "value"), tooLargeMessage)
    : value

const compileCohortFilter = (
  filter: DocumentObject,
  path: Path,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader
): CompiledFilter => {
  const operator = reader.optionalText(filter["operator"], step(path, "operator")) ?? "in"
  const id = textForm(filter["value"] ?? null) ?? ""
  const cohort = scope.cohorts.get(id)
  const shape: FilterShape = { _tag: "Cohort", id, operator, cohort }
  if (operator !== "in" && operator !== "exact" && operator !== "not_in") {
    return constant(
      shape,
      inconclusive("unsupported_definition", `the operator "${operator}" on cohort ${id} is not known`)
    )
  }
  if (cohort === undefined) {
    return constant(shape, requiresServer("unsupported_definition", `cohort ${id} is not among the definitions`))
  }
  refer(owner, cohort.reference)
  const member = operator !== "not_in"
  return {
    _tag: "Filter",
    test: (state) => {
      const verdict = cohortVerdict(cohort, state)
      return typeof verdict === "boolean" ? verdict === member : verdict
    },
    cost: costs.cohort,
    negated: false,
    shape,
    never: undefined,
    needsTimeZone: false
  }
}

function* compileFlagFilter(
  filter: DocumentObject,
  path: Path,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader
): Generator<void, CompiledFilter, void> {
  const operator = reader.optionalText(filter["operator"], step(path, "operator")) ?? ""
  const key = textForm(filter["key"] ?? "") ?? ""
  const expected = yield* readValue(filter["value"], path, scope, reader)
  const chain = filter["dependency_chain"]
  const keys: ReadonlyArray<unknown> = Array.isArray(chain) ? chain : []
  if (chain === omittedPart) reader.fail(step(path, "dependency_chain"), tooLargeMessage)
  const shape = (flags: ReadonlyArray<CompiledFlag>): FilterShape => ({ _tag: "Flag", key, operator, expected, flags })
  if (operator !== "flag_evaluates_to" || key === "" || expected === undefined || expected === null) {
    return constant(shape([]), false)
  }
  const target = scope.flags.get(key)
  if (keys.length === 0 || target === undefined) {
    const problem = target === undefined ? "is not among the definitions" : "is part of a cycle, or refers to one"
    return constant(
      shape([]),
      inconclusive("unsupported_definition", `flag "${key}", which the flag depends on, ${problem}`)
    )
  }
  const members = new Set<CompiledFlag>()
  for (let i = 0; i <= keys.length; i++) {
    const name = i === keys.length ? key : keys[i]
    const member = typeof name === "string" ? scope.flags.get(name) : undefined
    if (member === undefined) {
      const missing = `flag ${textForm(name)}, which the flag depends on, is not among the definitions`
      return constant(shape([]), inconclusive("unsupported_definition", missing))
    }
    members.add(member)
    if (scope.steps.take(1)) yield
  }
  const flags: Array<CompiledFlag> = []
  const unresolved: Array<Inconclusive> = []
  for (const member of members) {
    flags.push(member)
    unresolved.push(
      inconclusive(
        "unresolved_dependency",
        `flag "${member.metadata.key}", which the flag depends on, is not decided`
      )
    )
    refer(owner, member.reference)
    if (scope.steps.take(1)) yield
  }
  return {
    _tag: "Filter",
    test: (state) => {
      let value: boolean | string = false
      for (let i = 0; i < flags.length; i++) {
        if (state.isExhausted) return exhausted
        const result = flagResult(flags[i]!, state)
        if (result._tag !== "Resolved") return result === exhausted ? exhausted : unresolved[i]!
        if (flags[i] === target) value = result.value
      }
      return evaluatesTo(value, expected)
    },
    cost: costs.flag,
    negated: false,
    shape: shape(flags),
    never: undefined,
    needsTimeZone: false
  }
}

const evaluatesTo = (value: boolean | string, expected: unknown): boolean =>
  typeof expected === "boolean" ? (value !== false) === expected : value === expected && typeof expected === "string"

/**
 * Turns a definite verdict around.
 *
 * @internal
 */
export const negate = (filter: CompiledFilter): CompiledFilter => {
  const test = filter.test
  return {
    ...filter,
    negated: true,
    test: (state) => {
      const verdict = test(state)
      return typeof verdict === "boolean" ? !verdict : verdict
    }
  }
}
