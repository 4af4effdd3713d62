// Generated from packages/testkit/src/internal/project/completeKnowledge.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"
import { arrayOrEmpty, type JsonObject, objectOrEmpty } from "../json.ts"

/**
 * The evaluator answers "inconclusive" for a property it was not given, because the server may have it stored. Here we
 * are the server: a property that is not stored does not exist. So the filters that look at properties which do not
 * exist are decided in the document itself, before it is compiled.
 */

/**
 * What a document asks about: the properties of the person, and those of each type of group.
 *
 * @internal
 */
export interface Mentioned {
  readonly person: ReadonlySet<string>
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>
}

/** @internal */
export interface Absent {
  readonly person: ReadonlySet<string>
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>
}

const negative = new Set([
  "is_not",
  "not_icontains",
  "not_icontains_multi",
  "not_regex",
  "not_starts_with",
  "not_ends_with",
  "is_not_set"
])

// A missing property is not what a negative operator excludes; without a value to exclude, nothing matches.
const outcomeForAbsent = (filter: JsonObject): boolean => {
  const operator = filter["operator"] ?? "exact"
  if (operator === "is_not_set") return true
  if (filter["value"] === undefined || filter["value"] === null) return false
  return typeof operator === "string" && negative.has(operator)
}

// A dependency without the one operator it allows is a definite mismatch, whatever the caller supplies.
const neverMatches: JsonObject = { key: "", type: "flag", operator: "exact", value: null }

type Source = { readonly _tag: "Person" } | { readonly _tag: "Group"; readonly type: string } | undefined

interface Sources {
  readonly groupTypes: JsonObject
  readonly flagAggregation: unknown
}

const sourceOf = (filter: JsonObject, condition: JsonObject, { flagAggregation, groupTypes }: Sources): Source => {
  const aggregation = "aggregation_group_type_index" in condition
    ? condition["aggregation_group_type_index"]
    : flagAggregation
  const type = filter["type"] ?? (typeof aggregation === "number" ? "group" : "person")
  if (type === "person") return { _tag: "Person" }
  if (type !== "group") return undefined
  const name = groupTypes[String(filter["group_type_index"] ?? aggregation)]
  return typeof name === "string" ? { _tag: "Group", type: name } : undefined
}

const isNested = (child: JsonObject): boolean =>
  "values" in child || child["type"] === "AND" || child["type"] === "OR" || child["type"] === "property"

const isPersonLeaf = (child: JsonObject): boolean =>
  !isNested(child) && (child["type"] === undefined || child["type"] === null || child["type"] === "person")

const enrollmentProperty = (flagKey: unknown) => `$feature_enrollment/${String(flagKey)}`

/** @internal */
export const mentioned = (document: unknown): Mentioned => {
  const person = new Set<string>()
  const groups = new Map<string, Set<string>>()
  const content = objectOrEmpty(document)
  const groupTypes = objectOrEmpty(content["group_type_mapping"])

  const visitCohort = (node: unknown): void => {
    if (!isRecord(node)) return
    if (isPersonLeaf(node)) person.add(String(node["key"]))
    else arrayOrEmpty(node["values"]).forEach(visitCohort)
  }

  Object.values(objectOrEmpty(content["cohorts"])).forEach(visitCohort)
  for (const flag of arrayOrEmpty(content["flags"]).filter(isRecord)) {
    const filters = objectOrEmpty(flag["filters"])
    if (filters["feature_enrollment"] === true) person.add(enrollmentProperty(flag["key"]))
    const sources = { groupTypes, flagAggregation: filters["aggregation_group_type_index"] }
    for (const condition of arrayOrEmpty(filters["groups"]).filter(isRecord)) {
      for (const filter of arrayOrEmpty(condition["properties"]).filter(isRecord)) {
        const source = sourceOf(filter, condition, sources)
        if (source?._tag === "Person") person.add(String(filter["key"]))
        if (source?._tag === "Group") {
          groups.set(source.type, (groups.get(source.type) ?? new Set()).add(String(filter["key"])))
        }
      }
    }
  }
  return { person, groups }
}

/**
 * The document with every filter on an absent property replaced by its outcome.
 *
 * @internal
 */
export const complete = (document: unknown, absent: Absent): unknown => {
  if (!isRecord(document)) return document
  const groupTypes = objectOrEmpty(document["group_type_mapping"])

  const completeCohort = (node: unknown): unknown => {
    if (!isRecord(node)) return node
    if (!isPersonLeaf(node)) {
      return Array.isArray(node["values"]) ? { ...node, values: node["values"].map(completeCohort) } : node
    }
    if (!absent.person.has(String(node["key"]))) return node
    return { ...neverMatches, negation: outcomeForAbsent(node) !== (node["negation"] === true) }
  }

  const isAbsent = (filter: JsonObject, source: Source): boolean => {
    const key = String(filter["key"])
    if (source === undefined) return false
    return source._tag === "Person" ? absent.person.has(key) : absent.groups.get(source.type)?.has(key) === true
  }

  const completeCondition = (condition: unknown, sources: Sources): unknown => {
    if (!isRecord(condition) || !Array.isArray(condition["properties"])) return condition
    const properties = condition["properties"].flatMap((filter: unknown) => {
      if (!isRecord(filter) || !isAbsent(filter, sourceOf(filter, condition, sources))) return [filter]
      return outcomeForAbsent(filter) ? [] : [neverMatches]
    })
    return { ...condition, properties }
  }

  const completeFlag = (flag: unknown): unknown => {
    if (!isRecord(flag) || !isRecord(flag["filters"])) return flag
    const filters = flag["filters"]
    const sources = { groupTypes, flagAggregation: filters["aggregation_group_type_index"] }
    return {
      ...flag,
      filters: {
        ...filters,
        ...(absent.person.has(enrollmentProperty(flag["key"])) ? { feature_enrollment: false } : {}),
        groups: arrayOrEmpty(filters["groups"]).map((condition) => completeCondition(condition, sources))
      }
    }
  }

  return {
    ...document,
    flags: arrayOrEmpty(document["flags"]).map(completeFlag),
    cohorts: Object.fromEntries(
      Object.entries(objectOrEmpty(document["cohorts"])).map(([id, cohort]) => [id, completeCohort(cohort)])
    )
  }
}
