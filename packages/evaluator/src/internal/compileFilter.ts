/**
 * Compilation of filters: on properties, on cohorts, on other flags.
 *
 * @since 0.1.0
 */
import type { DocumentObject, Path } from "./documentReader.ts"
import type { DocumentReader } from "./documentReader.ts"
import { step } from "./documentReader.ts"
import { cohortVerdict, flagResult } from "./evaluate.ts"
import { frozenCopy } from "./frozenCopy.ts"
import type { Matcher, OperatorSettings } from "./operators.ts"
import { prepareOperator } from "./operators.ts"
import type { Pass } from "./pass.ts"
import { ownProperty } from "./pass.ts"
import type { CompiledCohort, CompiledFilter, CompiledFlag, FilterShape, PropertySource, Reference } from "./plan.ts"
import { Subject } from "./subject.ts"
import { asJsonValue, isJsonValue, textForm } from "./textForm.ts"
import type { Unresolved, Verdict } from "./verdict.ts"
import { inconclusive, requiresServer } from "./verdict.ts"

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
  readonly subjects: Map<string, Subject>
  /** The name of a group type, by index. */
  readonly groupType: (index: number) => string | undefined
}

/**
 * @internal
 */
export const costs = { property: 0, dearProperty: 1, cohort: 2, flag: 3 } as const

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
  never: typeof verdict === "boolean" ? undefined : verdict
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
export const compileFilter = (
  filter: DocumentObject,
  path: Path,
  inherited: PropertySource,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader
): CompiledFilter => {
  const type = reader.optionalText(filter["type"], step(path, "type"))
  switch (type) {
    case undefined:
      return compileProperty(filter, path, inherited, scope, reader)
    case "person":
      return compileProperty(filter, path, person, scope, reader)
    case "group":
      return compileProperty(filter, path, groupSource(filter, path, inherited, scope, reader), scope, reader)
    case "cohort":
      return compileCohortFilter(filter, path, owner, scope, reader)
    case "flag":
      return compileFlagFilter(filter, path, owner, scope, reader)
    default: {
      const key = typeof filter["key"] === "string" ? filter["key"] : ""
      return constant(
        { _tag: "Unsupported", type, key },
        requiresServer(`only the server knows filters of type "${type}"`)
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
  if (index === undefined) {
    return inherited._tag === "Person" ? { _tag: "UnknownGroup" } : inherited
  }
  const groupType = scope.groupType(index)
  return groupType === undefined ? { _tag: "UnknownGroup" } : { _tag: "Group", groupType }
}

const subjectOf = (name: string, { subjects }: FilterScope): Subject => {
  const subject = subjects.get(name) ?? new Subject(name)
  subjects.set(name, subject)
  return subject
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
  readonly judge: (property: unknown, now: number) => Verdict
  readonly isDear: boolean
  readonly never: Unresolved | undefined
}

/**
 * Judges the value of a property, or its absence.
 *
 * @internal
 */
export const compileJudgement = (
  operator: string,
  value: unknown,
  subject: Subject,
  settings: OperatorSettings
): Judgement | Unresolved => {
  const prepared = prepareOperator(operator, value, subject, settings)
  if (prepared === undefined) {
    return inconclusive(`the operator "${operator}" on ${subject.name} is not known`)
  }
  const { isDear } = prepared
  const verdict = typeof prepared.matches === "function" ? undefined : prepared.matches
  const matches: Matcher = typeof prepared.matches === "function" ? prepared.matches : always(prepared.matches)
  return {
    isDear,
    never: typeof verdict === "object" ? verdict : matches.never,
    judge: (property, now) => {
      if (typeof property === "string") {
        return matches(property, now)
      }
      if (property === undefined) {
        return subject.missing
      }
      const carried = asJsonValue(property)
      return isJsonValue(carried) ? matches(carried, now) : subject.notJson
    }
  }
}

/**
 * Reads a property from where filters look for it.
 *
 * @internal
 */
export const reading = (source: PropertySource, key: string): (pass: Pass) => unknown => {
  switch (source._tag) {
    case "Person":
      return key === "distinct_id"
        ? (pass) => {
          const given = pass.person(key)
          return given === undefined ? pass.distinctId : given
        }
        : (pass) => pass.person(key)
    case "Group": {
      const groupType = source.groupType
      return key === "$group_key"
        ? (pass) => {
          const given = pass.group(groupType, key)
          return given === undefined ? pass.groupKey(groupType) : given
        }
        : (pass) => pass.group(groupType, key)
    }
    case "UnknownGroup":
      return () => undefined
  }
}

const compileProperty = (
  filter: DocumentObject,
  path: Path,
  source: PropertySource,
  scope: FilterScope,
  reader: DocumentReader
): CompiledFilter => {
  const key = reader.text(filter["key"], step(path, "key"))
  const operator = reader.optionalText(filter["operator"], step(path, "operator")) ?? "exact"
  const value = filter["value"]
  const shape: FilterShape = { _tag: "Property", source, key, operator, value: frozenCopy(value) }
  if (source._tag === "UnknownGroup") {
    return constant(shape, inconclusive(`${describe(source, key)} cannot be looked up`))
  }
  const judgement = compileJudgement(operator, value, subjectOf(describe(source, key), scope), scope.settings)
  if ("_tag" in judgement) {
    return constant(shape, judgement)
  }
  const { isDear, judge, never } = judgement
  const read = reading(source, key)
  return {
    _tag: "Filter",
    test: source._tag === "Person" && key !== "distinct_id"
      ? (pass) => judge(ownProperty(pass.personProperties, key), pass.now)
      : (pass) => judge(read(pass), pass.now),
    cost: isDear ? costs.dearProperty : costs.property,
    negated: false,
    shape,
    never
  }
}

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
    return constant(shape, inconclusive(`the operator "${operator}" on cohort ${id} is not known`))
  }
  if (cohort === undefined) {
    return constant(shape, requiresServer(`cohort ${id} is not among the definitions`))
  }
  refer(owner, cohort.reference)
  const member = operator !== "not_in"
  return {
    _tag: "Filter",
    test: (pass) => {
      const verdict = cohortVerdict(cohort, pass)
      return typeof verdict === "boolean" ? verdict === member : verdict
    },
    cost: costs.cohort,
    negated: false,
    shape,
    never: undefined
  }
}

const compileFlagFilter = (
  filter: DocumentObject,
  path: Path,
  owner: Reference,
  scope: FilterScope,
  reader: DocumentReader
): CompiledFilter => {
  const operator = reader.optionalText(filter["operator"], step(path, "operator")) ?? ""
  const key = textForm(filter["key"] ?? "") ?? ""
  const expected = frozenCopy(filter["value"])
  const chain = filter["dependency_chain"]
  const keys: ReadonlyArray<unknown> = Array.isArray(chain) ? chain : []
  const shape = (flags: ReadonlyArray<CompiledFlag>): FilterShape => ({
    _tag: "Flag",
    key,
    operator,
    expected,
    chain: keys.map((member) => String(textForm(member))),
    flags
  })
  if (operator !== "flag_evaluates_to" || key === "" || expected === undefined || expected === null) {
    return constant(shape([]), false)
  }
  const target = scope.flags.get(key)
  if (keys.length === 0 || target === undefined) {
    const problem = target === undefined ? "is not among the definitions" : "is part of a cycle, or refers to one"
    return constant(shape([]), inconclusive(`flag "${key}", which the flag depends on, ${problem}`))
  }
  const members: Array<CompiledFlag> = []
  for (const name of new Set([...keys, key])) {
    const member = typeof name === "string" ? scope.flags.get(name) : undefined
    if (member === undefined) {
      return constant(
        shape([]),
        inconclusive(`flag ${textForm(name)}, which the flag depends on, is not among the definitions`)
      )
    }
    members.push(member)
  }
  for (const member of members) {
    refer(owner, member.reference)
  }
  const unresolved = members.map((member) =>
    inconclusive(`flag "${member.metadata.key}", which the flag depends on, is not decided`)
  )
  return {
    _tag: "Filter",
    test: (pass) => {
      let value: boolean | string = false
      for (let i = 0; i < members.length; i++) {
        const result = flagResult(members[i]!, pass)
        if (result._tag !== "Resolved") {
          return unresolved[i]!
        }
        if (members[i] === target) {
          value = result.value
        }
      }
      return evaluatesTo(value, expected)
    },
    cost: costs.flag,
    negated: false,
    shape: shape(members),
    never: undefined
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
    test: (pass) => {
      const verdict = test(pass)
      return typeof verdict === "boolean" ? !verdict : verdict
    }
  }
}
