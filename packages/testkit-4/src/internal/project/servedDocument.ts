// Generated from packages/testkit/src/internal/project/servedDocument.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"
import { arrayOrEmpty, type JsonObject, objectOrEmpty } from "../json.ts"

const isAbsent = (value: unknown): boolean => value === undefined || value === null

const isPercentage = (value: unknown): boolean => isAbsent(value) || typeof value === "number"

const isListOf = (value: unknown, valid: (item: unknown) => boolean): boolean =>
  isAbsent(value) || (Array.isArray(value) && value.every(valid))

const isProperty = (value: unknown): boolean => isRecord(value) && !isAbsent(value["key"])

const isCondition = (value: unknown): boolean =>
  isRecord(value) && isListOf(value["properties"], isProperty) && isPercentage(value["rollout_percentage"])

const isVariant = (value: unknown): boolean =>
  isRecord(value) && typeof value["key"] === "string" && typeof value["rollout_percentage"] === "number"

const isWellFormed = (flag: unknown): flag is JsonObject => {
  if (!isRecord(flag) || typeof flag["key"] !== "string") return false
  const filters = flag["filters"]
  if (!isRecord(filters)) return isAbsent(filters)
  const { groups, multivariate, payloads, version } = filters
  return (version === undefined || version === 1) &&
    isListOf(groups, isCondition) &&
    (isAbsent(multivariate) || (isRecord(multivariate) && isListOf(multivariate["variants"], isVariant))) &&
    (isAbsent(payloads) || isRecord(payloads))
}

const isNode = (node: unknown): boolean => {
  if (!isRecord(node)) return false
  return "values" in node ? Array.isArray(node["values"]) && node["values"].every(isNode) : !isAbsent(node["key"])
}

const propertiesOf = (flag: JsonObject): ReadonlyArray<JsonObject> =>
  arrayOrEmpty(objectOrEmpty(flag["filters"])["groups"])
    .flatMap((condition) => arrayOrEmpty(objectOrEmpty(condition)["properties"]))
    .filter(isRecord)

const leavesOf = (node: unknown): ReadonlyArray<JsonObject> => {
  if (!isRecord(node)) return []
  return Array.isArray(node["values"]) ? node["values"].flatMap(leavesOf) : [node]
}

const textsOf = (value: unknown): ReadonlyArray<string> => (Array.isArray(value) ? value : [value]).map(String)

// Repeats until a pass leaves nothing more out.
const closure = <A>(items: ReadonlyArray<A>, add: (item: A) => boolean): void => {
  let remaining = items
  let before: number
  do {
    before = remaining.length
    remaining = remaining.filter((item) => !add(item))
  } while (remaining.length < before)
}

/**
 * The document without the flags that PostHog's definitions endpoint leaves out: those that are malformed or of another
 * version, those about malformed cohorts, and every flag that depends on one of these. The same document when there are
 * none.
 *
 * @internal
 */
export const servedDocument = (document: unknown): unknown => {
  if (!isRecord(document) || !Array.isArray(document["flags"])) return document
  const cohorts = Object.entries(objectOrEmpty(document["cohorts"]))
  const badCohorts = new Set(cohorts.filter(([, cohort]) => !isNode(cohort)).map(([id]) => id))
  const isAboutBadCohort = ({ type, value }: JsonObject): boolean =>
    type === "cohort" && textsOf(value).some((id) => badCohorts.has(id))
  closure(cohorts, ([id, cohort]) => {
    if (!leavesOf(cohort).some(isAboutBadCohort)) return false
    badCohorts.add(id)
    return true
  })

  const left = new Set<unknown>()
  const names = new Set<string>()
  const leaveOut = (flag: unknown) => {
    left.add(flag)
    if (isRecord(flag)) names.add(String(flag["key"])).add(String(flag["id"]))
  }
  const flags: ReadonlyArray<unknown> = document["flags"]
  for (const flag of flags) {
    if (!isWellFormed(flag) || propertiesOf(flag).some(isAboutBadCohort)) leaveOut(flag)
  }
  closure(flags.filter(isWellFormed), (flag) => {
    if (left.has(flag)) return true
    if (!propertiesOf(flag).some(({ key, type }) => type === "flag" && names.has(String(key)))) return false
    leaveOut(flag)
    return true
  })
  return left.size === 0 ? document : { ...document, flags: flags.filter((flag) => !left.has(flag)) }
}
