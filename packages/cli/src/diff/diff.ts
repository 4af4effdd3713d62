import type { CompiledDefinitions, EvaluationContext, Result } from "@effect-posthog/evaluator"
import { evaluateFlag } from "@effect-posthog/evaluator"
import { isDeepStrictEqual } from "node:util"
import type { FlagDefinition, JsonObject } from "../definitions/document.ts"
import { asObject, conditionsOf, flagDefinitions, own } from "../definitions/document.ts"
import { quoted, shortJson } from "../terminal/printable.ts"

/** The value of a flag for a person; `null` when it cannot be decided locally. */
export type DiffValue = boolean | string | null

/** People whose value changed from one value to another. */
export interface Transition {
  readonly from: DiffValue
  readonly to: DiffValue
  readonly people: number
  /** Up to three of their distinct ids. */
  readonly examples: ReadonlyArray<string>
}

/** How the values of one flag changed. */
export interface ValueChange {
  readonly key: string
  /** People whose value or payload changed. */
  readonly people: number
  readonly transitions: ReadonlyArray<Transition>
  /** People who keep their value and get another payload. */
  readonly payloads: number
}

/** What two documents differ in. */
export interface Difference {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly changed: ReadonlyArray<{ readonly key: string; readonly fields: ReadonlyArray<string> }>
  /** Ids of cohorts that were added, removed or changed. */
  readonly cohorts: ReadonlyArray<string>
  /** Other fields of the document that changed. */
  readonly settings: ReadonlyArray<string>
  readonly people: { readonly sampled: number; readonly flags: ReadonlyArray<ValueChange> }
}

/** A document and what it compiles to. */
export interface Side {
  readonly document: unknown
  readonly compiled: CompiledDefinitions
}

// Bookkeeping of PostHog, which changes with every edit or every use.
const ignored = new Set(["version", "updated_at", "last_called_at", "last_modified_by"])

const fieldsThatDiffer = (before: JsonObject, after: JsonObject, prefix = ""): ReadonlyArray<string> =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !ignored.has(name) && !isDeepStrictEqual(own(before, name), own(after, name)))
    .flatMap((name) =>
      name === "filters" && prefix === ""
        ? fieldsThatDiffer(asObject(own(before, name)), asObject(own(after, name)), "filters.")
        : [`${prefix}${name}`]
    )
    .sort()

const byKey = (document: unknown): ReadonlyMap<string, FlagDefinition> =>
  new Map(flagDefinitions(document).map((flag) => [flag.key, flag]))

const sorted = (keys: Iterable<string>): ReadonlyArray<string> => Array.from(keys).sort()

const valueOf = (result: Result): DiffValue => (result._tag === "Resolved" ? result.value : null)

const payloadOf = (result: Result): unknown => (result._tag === "Resolved" ? result.payload : undefined)

const valueChange = (
  key: string,
  before: CompiledDefinitions,
  after: CompiledDefinitions,
  people: ReadonlyArray<EvaluationContext>,
  now: number
): ValueChange | undefined => {
  const transitions = new Map<string, { from: DiffValue; to: DiffValue; people: number; examples: Array<string> }>()
  let payloads = 0
  let changed = 0
  for (const person of people) {
    const old = evaluateFlag(before, key, person, now)
    const result = evaluateFlag(after, key, person, now)
    const from = valueOf(old)
    const to = valueOf(result)
    if (from === to) {
      if (isDeepStrictEqual(payloadOf(old), payloadOf(result))) continue
      payloads++
      changed++
      continue
    }
    changed++
    const name = JSON.stringify([from, to])
    const transition = transitions.get(name) ?? { from, to, people: 0, examples: [] }
    transition.people++
    if (transition.examples.length < 3) transition.examples.push(person.distinctId)
    transitions.set(name, transition)
  }
  if (changed === 0) return undefined
  const ordered = [...transitions.values()].sort((left, right) => right.people - left.people)
  return { key, people: changed, transitions: ordered, payloads }
}

/** These flags, and those that depend on one of them, however indirectly. */
const withDependents = (
  keys: ReadonlySet<string>,
  flags: ReadonlyMap<string, FlagDefinition>
): ReadonlySet<string> => {
  const dependents = new Map<string, Array<string>>()
  for (const flag of flags.values()) {
    for (const { filter } of conditionsOf(flag).flatMap(({ filters }) => filters)) {
      const on = own(filter, "type") === "flag" ? own(filter, "key") : undefined
      if (typeof on !== "string") continue
      const known = dependents.get(on) ?? []
      dependents.set(on, known)
      known.push(flag.key)
    }
  }
  const found = new Set(keys)
  // A set is walked in the order of its elements, those included that are added on the way.
  for (const key of found) for (const dependent of dependents.get(key) ?? []) found.add(dependent)
  return found
}

/** Compares two documents, and what they decide for people. */
export const diff = (
  before: Side,
  after: Side,
  people: ReadonlyArray<EvaluationContext>,
  now: number,
  only: ReadonlyArray<string> = []
): Difference => {
  const isWanted = (key: string) => only.length === 0 || only.includes(key)
  const old = byKey(before.document)
  const current = byKey(after.document)
  const added = sorted(current.keys()).filter((key) => !old.has(key) && isWanted(key))
  const removed = sorted(old.keys()).filter((key) => !current.has(key) && isWanted(key))
  const both = sorted(old.keys()).filter((key) => current.has(key))
  const differing = both.flatMap((key) => {
    const fields = fieldsThatDiffer(old.get(key)?.definition ?? {}, current.get(key)?.definition ?? {})
    return fields.length === 0 ? [] : [{ key, fields }]
  })

  const root = asObject(before.document)
  const currentRoot = asObject(after.document)
  const cohorts = fieldsThatDiffer(asObject(own(root, "cohorts")), asObject(own(currentRoot, "cohorts")), "cohort ")
    .map((name) => name.slice("cohort ".length))
  const settings = ["group_type_mapping", "property_matching_version"].filter(
    (name) => !isDeepStrictEqual(own(root, name) ?? undefined, own(currentRoot, name) ?? undefined)
  )

  // A flag can change with what it refers to. Which cohorts it refers to is not asked: when one changed, any may.
  const moved = new Set([...differing.map(({ key }) => key), ...added, ...removed])
  const isEverything = cohorts.length > 0 || settings.length > 0
  const affected = withDependents(moved, current)
  const candidates = both.filter(
    (key) => isWanted(key) && (isEverything || affected.has(key))
  )
  const flags = candidates.flatMap((key) => {
    const change = valueChange(key, before.compiled, after.compiled, people, now)
    return change === undefined ? [] : [change]
  })
  return {
    added,
    removed,
    changed: differing.filter(({ key }) => isWanted(key)),
    cohorts,
    settings,
    people: { sampled: people.length, flags }
  }
}

/** Whether the documents differ in anything that decides flags. */
export const isDifferent = ({ added, changed, cohorts, people, removed, settings }: Difference): boolean =>
  [added, removed, changed, cohorts, settings, people.flags].some((list) => list.length > 0)

const shown = (value: DiffValue): string => (value === null ? "undecided" : shortJson(value))

/** The difference for people to read: `+`, `-` and `~` before flags, then what it does to the people sampled. */
export const renderDifference = (difference: Difference): string => {
  if (!isDifferent(difference)) return "No differences.\n"
  const { added, changed, cohorts, people, removed, settings } = difference
  const lines = [
    ...added.map((key) => `+ ${quoted(key)}`),
    ...removed.map((key) => `- ${quoted(key)}`),
    ...changed.map(({ fields, key }) =>
      `~ ${quoted(key)}: ${fields.map((field) => quoted(field).slice(1, -1)).join(", ")}`
    ),
    ...cohorts.map((id) => `~ cohort ${quoted(id)}`),
    ...settings.map((name) => `~ ${name}`),
    "",
    people.flags.length === 0
      ? `No value changes for ${people.sampled} people.`
      : `For ${people.sampled} people:`
  ]
  for (const { key, payloads, people: count, transitions } of people.flags) {
    lines.push(`  ${quoted(key)}: ${count} change`)
    for (const { examples, from, people: moved, to } of transitions) {
      lines.push(`    ${shown(from)} -> ${shown(to)}: ${moved} (${examples.map(quoted).join(", ")})`)
    }
    if (payloads > 0) lines.push(`    the same value with another payload: ${payloads}`)
  }
  return `${lines.join("\n")}\n`
}
