/**
 * Reading a definitions document as it was written, for what compiling leaves out: names, payloads, and what is wrong
 * with it. Nothing here trusts the document.
 */
import * as Predicate from "effect/Predicate"

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The path of a part of a document. */
export type Path = ReadonlyArray<string | number>

/** One flag of a document. */
export interface FlagDefinition {
  readonly key: string
  readonly path: Path
  readonly definition: JsonObject
  readonly filters: JsonObject
}

export const asObject = (
  value: unknown
): JsonObject => (Predicate.isRecord(value) && !Array.isArray(value) ? value : {})

export const asArray = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

export const textOr = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise)

/** A property of the object itself, never one of its prototype. */
export const own = (
  object: JsonObject,
  name: string
): unknown => (Object.hasOwn(object, name) ? object[name] : undefined)

/** The flags that have a key, in the order of the document. */
export const flagDefinitions = (document: unknown): ReadonlyArray<FlagDefinition> =>
  asArray(own(asObject(document), "flags")).flatMap((value, index) => {
    const definition = asObject(value)
    const key = own(definition, "key")
    return typeof key === "string"
      ? [{ key, path: ["flags", index], definition, filters: asObject(own(definition, "filters")) }]
      : []
  })

/** A condition of a flag. */
export interface ConditionDefinition {
  readonly path: Path
  readonly condition: JsonObject
  readonly filters: ReadonlyArray<FilterDefinition>
}

/** A filter of a condition or of a cohort. */
export interface FilterDefinition {
  readonly path: Path
  readonly filter: JsonObject
}

export const conditionsOf = ({ filters, path }: FlagDefinition): ReadonlyArray<ConditionDefinition> =>
  asArray(own(filters, "groups")).map((value, index) => {
    const condition = asObject(value)
    const conditionPath = [...path, "filters", "groups", index]
    return {
      path: conditionPath,
      condition,
      filters: asArray(own(condition, "properties")).map((filter, position) => ({
        path: [...conditionPath, "properties", position],
        filter: asObject(filter)
      }))
    }
  })

/** A variant of a flag. */
export interface VariantDefinition {
  readonly key: string
  readonly percentage: number
  readonly path: Path
}

export const variantsOf = ({ filters, path }: FlagDefinition): ReadonlyArray<VariantDefinition> =>
  asArray(own(asObject(own(filters, "multivariate")), "variants")).flatMap((value, index) => {
    const variant = asObject(value)
    const key = own(variant, "key")
    const percentage = own(variant, "rollout_percentage")
    return typeof key === "string"
      ? [{
        key,
        percentage: typeof percentage === "number" ? percentage : 0,
        path: [...path, "filters", "multivariate", "variants", index]
      }]
      : []
  })

/** A payload of a flag: of the value `true`, or of a variant. */
export interface PayloadDefinition {
  readonly value: string
  readonly payload: unknown
  readonly path: Path
  /** Text that is not JSON. */
  readonly isText: boolean
}

export const payloadsOf = ({ filters, path }: FlagDefinition): ReadonlyArray<PayloadDefinition> =>
  Object.entries(asObject(own(filters, "payloads"))).map(([value, stored]) => {
    const payloadPath = [...path, "filters", "payloads", value]
    if (typeof stored !== "string") return { value, payload: stored, path: payloadPath, isText: false }
    try {
      return { value, payload: JSON.parse(stored), path: payloadPath, isText: false }
    } catch {
      return { value, payload: stored, path: payloadPath, isText: true }
    }
  })

/** The filters of the cohorts, however deeply grouped. */
export const cohortFilters = (document: unknown): ReadonlyArray<FilterDefinition> => {
  const found: Array<FilterDefinition> = []
  const pending: Array<FilterDefinition> = Object.entries(asObject(own(asObject(document), "cohorts"))).map(
    ([id, group]) => ({ path: ["cohorts", id], filter: asObject(group) })
  )
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const values = own(next.filter, "values")
    if (Array.isArray(values)) {
      const { path } = next
      values.forEach((value, index) => pending.push({ path: [...path, "values", index], filter: asObject(value) }))
    } else if (typeof own(next.filter, "key") === "string") {
      found.push(next)
    }
  }
  return found
}
