// Generated from packages/testkit/src/internal/project/evaluation.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Evaluator from "@effect-posthog/evaluator"
import type { JsonObject } from "../json.ts"
import * as CompleteKnowledge from "./completeKnowledge.ts"

/**
 * Whom to evaluate for, with all that is known of the person and the groups.
 *
 * @internal
 */
export interface Subject {
  readonly distinctId: string
  readonly deviceId: string | undefined
  readonly personProperties: JsonObject
  readonly groups: Readonly<Record<string, string | number>>
  readonly groupProperties: Readonly<Record<string, JsonObject>>
  readonly evaluationContexts: ReadonlyArray<string>
}

/**
 * Evaluates the flags of one definitions document as the server, which knows everything, would. `undefined` for a flag
 * that the request's evaluation contexts leave out.
 *
 * @internal
 */
export type Evaluation = (subject: Subject, now: number) => (key: string) => Evaluator.Result | undefined

// Programs ask with few different sets of properties; beyond this many, compile again.
const cacheCapacity = 64

/** @internal */
export const make = (document: unknown): Evaluation => {
  const mentioned = CompleteKnowledge.mentioned(document)
  const compiled = new Map<string, Evaluator.CompiledDefinitions>()

  const compile = (subject: Subject): Evaluator.CompiledDefinitions => {
    const absent = absentFor(mentioned, subject)
    const key = JSON.stringify([
      subject.evaluationContexts,
      [...absent.person],
      [...absent.groups].map(([type, keys]) => [type, [...keys]])
    ])
    const known = compiled.get(key)
    if (known !== undefined) return known
    const { definitions } = Evaluator.compile(CompleteKnowledge.complete(document, absent), {
      evaluationContexts: subject.evaluationContexts,
      // The time zone of a project is UTC until it is changed.
      timeZone: "UTC"
    })
    if (compiled.size >= cacheCapacity) compiled.clear()
    compiled.set(key, definitions)
    return definitions
  }

  return (subject, now) => {
    const definitions = compile(subject)
    return (key) =>
      definitions.isDroppedByContext(key) ? undefined : Evaluator.evaluateFlag(definitions, key, subject, now)
  }
}

const absentFor = (mentioned: CompleteKnowledge.Mentioned, subject: Subject): CompleteKnowledge.Absent => ({
  person: without(mentioned.person, subject.personProperties, "distinct_id"),
  groups: new Map(
    [...mentioned.groups].map(([type, keys]) => [
      type,
      without(keys, subject.groupProperties[type] ?? {}, subject.groups[type] === undefined ? undefined : "$group_key")
    ])
  )
})

// The evaluator itself supplies the implied property.
const without = (keys: ReadonlySet<string>, properties: JsonObject, implied: string | undefined): ReadonlySet<string> =>
  new Set([...keys].filter((key) => key !== implied && !Object.hasOwn(properties, key)))
