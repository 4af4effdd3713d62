import type { FilterDefinition, FlagDefinition } from "../definitions/document.ts"
import { asObject, cohortFilters, conditionsOf, own, textOr, variantsOf } from "../definitions/document.ts"
import { suggestions } from "../definitions/suggestions.ts"
import { quoted } from "../terminal/printable.ts"
import type { Finding } from "./finding.ts"
import { finding } from "./finding.ts"

interface Dependency extends FilterDefinition {
  readonly on: string
}

const typeOf = ({ filter }: FilterDefinition): string => textOr(own(filter, "type"), "person")

const dependenciesOf = (flag: FlagDefinition): ReadonlyArray<Dependency> =>
  conditionsOf(flag)
    .flatMap((condition) => condition.filters)
    .filter((filter) => typeOf(filter) === "flag")
    .map((filter) => ({ ...filter, on: textOr(own(filter.filter, "key"), "") }))

/** Dependencies on flags that are missing, that are off, or that never have the wanted value. */
const targetFindings = (
  flag: FlagDefinition,
  dependency: Dependency,
  flags: ReadonlyMap<string, FlagDefinition>
): ReadonlyArray<Finding> => {
  const target = flags.get(dependency.on)
  const subject = `flag ${quoted(flag.key)} depends on ${quoted(dependency.on)}`
  if (target === undefined) {
    const near = suggestions(dependency.on, flags.keys())
    const hint = near.length === 0 ? "" : ` (nearest: ${near.map(quoted).join(", ")})`
    return [
      finding("unknown-dependency", dependency.path, `${subject}, which is not among the definitions${hint}`, flag.key)
    ]
  }
  const wanted = own(dependency.filter, "value")
  const isOff = own(target.definition, "active") !== true
  const impossible = (why: string) => [
    finding("impossible-dependency", dependency.path, `${subject}, ${why}`, flag.key)
  ]
  if (isOff && wanted !== false && wanted !== "false") return impossible("which is switched off")
  if (typeof wanted === "string" && wanted !== "true" && wanted !== "false") {
    const variants = variantsOf(target)
    if (!variants.some((variant) => variant.key === wanted)) {
      return impossible(`which has no variant ${quoted(wanted)}`)
    }
  }
  return []
}

/** The flags of each circle, found once, without recursion: documents may chain flags for thousands of steps. */
const circles = (edges: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> => {
  const found: Array<ReadonlyArray<string>> = []
  const state = new Map<string, "open" | "done">()
  for (const start of edges.keys()) {
    if (state.has(start)) continue
    const path: Array<{ readonly key: string; next: number }> = [{ key: start, next: 0 }]
    const place = new Map([[start, 0]])
    state.set(start, "open")
    while (path.length > 0) {
      const top = path.at(-1)
      if (top === undefined) break
      const target = edges.get(top.key)?.[top.next++]
      if (target === undefined) {
        state.set(top.key, "done")
        place.delete(top.key)
        path.pop()
      } else if (state.get(target) === "open") {
        found.push(path.slice(place.get(target)).map(({ key }) => key))
      } else if (!state.has(target)) {
        state.set(target, "open")
        place.set(target, path.length)
        path.push({ key: target, next: 0 })
      }
    }
  }
  return found
}

/** What is wrong with how flags refer to each other and to cohorts. */
export const dependencyFindings = (
  document: unknown,
  definitions: ReadonlyArray<FlagDefinition>
): ReadonlyArray<Finding> => {
  const flags = new Map(definitions.map((flag) => [flag.key, flag]))
  const cohorts = asObject(own(asObject(document), "cohorts"))
  const found: Array<Finding> = []
  const edges = new Map<string, ReadonlyArray<string>>()
  const cohortFinding = (filter: FilterDefinition, flag?: FlagDefinition) => {
    const id = own(filter.filter, "value")
    const text = typeof id === "string" || typeof id === "number" ? String(id) : ""
    if (Object.hasOwn(cohorts, text)) return
    const subject = flag === undefined ? "a cohort" : `flag ${quoted(flag.key)}`
    found.push(
      finding(
        "unknown-cohort",
        filter.path,
        `${subject} refers to the cohort ${quoted(text)}, which is not among the definitions`,
        flag?.key
      )
    )
  }
  for (const flag of flags.values()) {
    const dependencies = dependenciesOf(flag)
    edges.set(flag.key, dependencies.map(({ on }) => on).filter((key) => flags.has(key)))
    for (const dependency of dependencies) found.push(...targetFindings(flag, dependency, flags))
    for (const { filters } of conditionsOf(flag)) {
      for (const filter of filters) if (typeOf(filter) === "cohort") cohortFinding(filter, flag)
    }
  }
  for (const filter of cohortFilters(document)) if (typeOf(filter) === "cohort") cohortFinding(filter)
  for (const circle of circles(edges)) {
    const [first = ""] = circle
    const shown = circle.length > 6 ? [...circle.slice(0, 6).map(quoted), "…"] : circle.map(quoted)
    const path = flags.get(first)?.path ?? []
    found.push(
      finding(
        "dependency-cycle",
        path,
        `flags depend on each other in a circle: ${[...shown, quoted(first)].join(" -> ")}`,
        first
      )
    )
  }
  return found
}
