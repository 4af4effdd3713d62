import type { CompiledDefinitions, Problem, RegexEngine } from "@effect-posthog/evaluator"
import { compile, matchProperty, requirements } from "@effect-posthog/evaluator"
import type { Node } from "jsonc-parser"
import { findNodeAtLocation, parseTree } from "jsonc-parser"
import type { FilterDefinition, FlagDefinition, Path } from "../definitions/document.ts"
import { cohortFilters, conditionsOf, flagDefinitions, own } from "../definitions/document.ts"
import { lineStarts, position } from "../definitions/parseJson.ts"
import { printable, quoted } from "../terminal/printable.ts"
import { conditionFindings } from "./conditionRules.ts"
import { dependencyFindings } from "./dependencyRules.ts"
import type { Finding, Rule } from "./finding.ts"
import { finding } from "./finding.ts"

type RegexKind = "bounded" | "unbounded" | "notPortable" | "invalid"

/** An engine that decides every pattern, so that what is still left to the server is left to it for another reason. */
const linearEngine: RegexEngine = { compile: () => ({ _tag: "Compiled", test: () => false }) }

const regexKind = (pattern: string): RegexKind => {
  const match = (operator: "regex" | "not_regex", regexEngine?: RegexEngine) =>
    matchProperty({ key: "text", operator, value: pattern }, { text: "a" }, 0, { regexEngine })
  if (match("regex") === "inconclusive") {
    return match("regex", linearEngine) === "inconclusive" ? "notPortable" : "unbounded"
  }
  // What is not a regular expression matches nothing, turned around or not.
  return match("regex") === false && match("not_regex") === false ? "invalid" : "bounded"
}

const regexMessages: Readonly<Record<Exclude<RegexKind, "bounded">, readonly [rule: Rule, says: string]>> = {
  unbounded: ["unbounded-regex", "has no bound on its running time: it is left to the server"],
  notPortable: ["regex-not-portable", "may mean something else to the server: it is left to the server"],
  invalid: ["invalid-regex", "is not one: it matches nobody"]
}

/** Finds what is wrong with the regular expressions of filters, each looked at once. */
const regexRule = () => {
  const kinds = new Map<string, RegexKind>()
  return ({ filter, path }: FilterDefinition, flag: string | undefined): ReadonlyArray<Finding> => {
    const operator = own(filter, "operator")
    const pattern = own(filter, "value")
    if ((operator !== "regex" && operator !== "not_regex") || typeof pattern !== "string") return []
    const kind = kinds.get(pattern) ?? regexKind(pattern)
    kinds.set(pattern, kind)
    if (kind === "bounded") return []
    const [rule, says] = regexMessages[kind]
    const subject = flag === undefined ? "a cohort" : `flag ${quoted(flag)}`
    return [finding(rule, [...path, "value"], `${subject}: the regular expression ${quoted(pattern)} ${says}`, flag)]
  }
}

const keyFindings = (flags: ReadonlyArray<FlagDefinition>): ReadonlyArray<Finding> => {
  const seen = new Set<string>()
  return flags.flatMap(({ key, path }) => {
    const found: Array<Finding> = []
    if (seen.has(key)) {
      found.push(finding("duplicate-key", path, `two flags have the key ${quoted(key)}: the last one counts`, key))
    }
    seen.add(key)
    if (printable(key) !== key) {
      found.push(
        finding("hidden-characters", path, `the key ${quoted(key)} has characters in it that cannot be seen`, key)
      )
    }
    return found
  })
}

/** The segments of a readable path, such as `flags[3].filters`. */
const segments = (path: string): Path =>
  Array.from(
    path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g),
    ([, index, key, name]) => index !== undefined ? Number(index) : key ?? name ?? ""
  )

/** The nearest part of the document that is there. */
const nearest = (tree: Node, path: Path): Node => {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length))
    if (node !== undefined) return node
  }
  return tree
}

const located = (findings: ReadonlyArray<Finding>, text: string | undefined): ReadonlyArray<Finding> => {
  if (text === undefined || findings.length === 0) return findings
  let tree: Node | undefined
  try {
    tree = parseTree(text)
  } catch {
    // Nested too deeply for positions.
  }
  if (tree === undefined) return findings
  const root = tree
  const starts = lineStarts(text)
  return findings
    .map((found) => ({ ...found, ...position(starts, nearest(root, found.path).offset) }))
    .sort((left, right) => left.line - right.line || left.column - right.column)
}

/** The most flags that are looked at for what flags depend on: chains of thousands would take their square. */
const mostSteps = 200_000

const neverLocal = (
  definitions: CompiledDefinitions,
  flags: ReadonlyMap<string, FlagDefinition>
): ReadonlyArray<Finding> => {
  const found: Array<Finding> = []
  let steps = 0
  for (const [index, key] of definitions.keys.entries()) {
    if (steps > mostSteps) {
      const rest = definitions.keys.length - index
      found.push(finding("never-local", [], `${rest} flags were not looked at: the flags depend on too many others`))
      break
    }
    const needs = requirements(definitions, [key]).get(key)
    steps += 1 + (needs?.flags.length ?? 0)
    const [cause] = needs?.never ?? []
    if (cause === undefined) continue
    const more = (needs?.never.length ?? 0) > 1 ? ` (and ${(needs?.never.length ?? 0) - 1} more)` : ""
    const message = `flag ${quoted(key)} is left to the server: ${printable(cause)}${more}`
    found.push(finding("never-local", flags.get(key)?.path ?? [], message, key))
  }
  return found
}

/** What a problem without a flag's key is about. */
const subjects: Readonly<Partial<Record<Problem["code"], string>>> = {
  MalformedCohort: "a cohort",
  MalformedGroupTypes: "the list of group types"
}

/** Looks through definitions for what does not do what its author meant. `text` is what the document was parsed from. */
export const lint = (
  document: unknown,
  text: string | undefined,
  keys: ReadonlyArray<string> = []
): ReadonlyArray<Finding> => {
  const flags = flagDefinitions(document)
  const last = new Map(flags.map((flag) => [flag.key, flag]))
  const { definitions, problems } = compile(document)
  const regexFindings = regexRule()
  const malformed = new Set(problems.map(({ key }) => key))
  const found: Array<Finding> = [
    ...problems.map(({ code, key, message, path }) => {
      const subject = key === undefined ? subjects[code] ?? "a flag" : `flag ${quoted(key)}`
      return finding("malformed", segments(path), `${subject} cannot be read: ${printable(message)}`, key)
    }),
    ...keyFindings(flags)
  ]
  for (const flag of last.values()) {
    if (!malformed.has(flag.key)) found.push(...conditionFindings(flag))
    for (const { filters } of conditionsOf(flag)) {
      for (const filter of filters) found.push(...regexFindings(filter, flag.key))
    }
  }
  for (const filter of cohortFilters(document)) found.push(...regexFindings(filter, undefined))
  found.push(...dependencyFindings(document, flags))
  found.push(...neverLocal(definitions, last).filter(({ flag }) => !malformed.has(flag)))
  const wanted = keys.length === 0 ? found : found.filter(({ flag }) => flag !== undefined && keys.includes(flag))
  return located(wanted, text)
}
