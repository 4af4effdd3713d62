import type { EvaluationContext } from "@effect-posthog/evaluator"
import { bucketingHash } from "@effect-posthog/evaluator"
import type { FilterDefinition } from "../definitions/document.ts"
import { asObject, cohortFilters, conditionsOf, flagDefinitions, own } from "../definitions/document.ts"

type Values = Map<string, Set<unknown>>

const isScalar = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"

/** Values on both sides of what a filter wants. */
const around = (wanted: unknown): ReadonlyArray<unknown> => {
  const number = typeof wanted === "number" || (typeof wanted === "string" && wanted.trim() !== "")
    ? Number(wanted)
    : NaN
  return Number.isFinite(number) ? [wanted, number - 1, number + 1] : [wanted]
}

const collect = (values: Values, name: string, wanted: unknown): void => {
  const known = values.get(name) ?? new Set<unknown>()
  values.set(name, known)
  for (const one of Array.isArray(wanted) ? wanted : [wanted]) {
    if (!isScalar(one) || known.size >= 50) continue
    for (const value of around(one)) known.add(value)
  }
}

interface Vocabulary {
  readonly person: Values
  readonly groups: ReadonlyMap<string, Values>
}

/** The properties that flags and cohorts look at, and the values that they look for. */
const vocabularyOf = (documents: ReadonlyArray<unknown>): Vocabulary => {
  const person: Values = new Map()
  const groups = new Map<string, Values>()
  for (const document of documents) {
    const mapping = asObject(own(asObject(document), "group_type_mapping"))
    const typeOf = (index: unknown): string | undefined => {
      const type = own(mapping, String(index))
      return typeof type === "string" ? type : undefined
    }
    for (const type of Object.values(mapping)) {
      if (typeof type === "string" && !groups.has(type)) groups.set(type, new Map())
    }
    const take = ({ filter }: FilterDefinition, inherited: string | undefined) => {
      const name = own(filter, "key")
      const type = own(filter, "type")
      if (typeof name !== "string" || type === "cohort" || type === "flag") return
      const index = own(filter, "group_type_index")
      const groupType = type === "group" || (type === undefined && inherited !== undefined)
        ? typeOf(index) ?? inherited
        : undefined
      const values = groupType === undefined ? person : groups.get(groupType)
      if (values !== undefined) collect(values, name, own(filter, "value"))
    }
    for (const flag of flagDefinitions(document)) {
      const inherited = typeOf(own(flag.filters, "aggregation_group_type_index"))
      for (const { filters } of conditionsOf(flag)) for (const filter of filters) take(filter, inherited)
    }
    for (const filter of cohortFilters(document)) take(filter, undefined)
  }
  return { person, groups }
}

/**
 * People for whom every property that the documents look at is known, with values that the documents look for and values
 * that they do not. The same documents give the same people.
 */
export const samplePeople = (documents: ReadonlyArray<unknown>, count: number): ReadonlyArray<EvaluationContext> => {
  const vocabulary = vocabularyOf(documents)
  const draw = (who: string, values: Values): Record<string, unknown> =>
    Object.fromEntries(
      [...values].map(([name, wanted]) => {
        const choices = [...wanted, "another value"]
        return [
          name,
          choices[Math.floor(bucketingHash("sample.", `${who}.${name}`, "") * choices.length)] ?? choices[0]
        ]
      })
    )
  return Array.from({ length: count }, (_, index) => {
    const distinctId = `person-${index}`
    return {
      distinctId,
      deviceId: `device-${index}`,
      personProperties: draw(distinctId, vocabulary.person),
      groups: Object.fromEntries([...vocabulary.groups.keys()].map((type) => [type, `${type}-${index % 100}`])),
      groupProperties: Object.fromEntries(
        [...vocabulary.groups].map(([type, values]) => [type, draw(`${type}-${index % 100}`, values)])
      )
    }
  })
}
