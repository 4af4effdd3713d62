import type { EvaluationContext } from "@effect-posthog/evaluator"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { parseJson } from "../definitions/parseJson.ts"
import type { CommandError } from "../terminal/output.ts"
import { unusable } from "../terminal/output.ts"

/** A person as the options describe them. */
export interface PersonOptions {
  readonly deviceId: Option.Option<string>
  readonly personProperties: Option.Option<string>
  readonly groups: Option.Option<string>
  readonly groupProperties: Option.Option<string>
}

type Properties = Readonly<Record<string, unknown>>

const objectOption = (
  name: string,
  text: Option.Option<string>
): Effect.Effect<Properties | undefined, CommandError> => {
  if (Option.isNone(text)) return Effect.succeed(undefined)
  const parsed = parseJson(text.value)
  if (Either.isLeft(parsed)) {
    const { column, line, problem } = parsed.left
    return Effect.fail(unusable(`${name} is not JSON, at line ${line}, column ${column}: ${problem}`))
  }
  return Predicate.isRecord(parsed.right) && !Array.isArray(parsed.right)
    ? Effect.succeed(parsed.right)
    : Effect.fail(unusable(`${name} is not a JSON object, such as '{"plan":"pro"}'`))
}

const isGroupKey = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number"

const groupKeys = (
  groups: Properties | undefined
): Effect.Effect<Readonly<Record<string, string | number>> | undefined, CommandError> => {
  if (groups === undefined) return Effect.succeed(undefined)
  const entries = Object.entries(groups)
  const valid = entries.filter((entry): entry is [string, string | number] => isGroupKey(entry[1]))
  return valid.length === entries.length
    ? Effect.succeed(Object.fromEntries(valid))
    : Effect.fail(
      unusable("--groups maps group types to group keys, which are text or numbers: '{\"company\":\"acme\"}'")
    )
}

const groupProperties = (
  properties: Properties | undefined
): Effect.Effect<Readonly<Record<string, Properties>> | undefined, CommandError> => {
  if (properties === undefined) return Effect.succeed(undefined)
  const entries = Object.entries(properties)
  const valid = entries.filter((entry): entry is [string, Properties] => Predicate.isRecord(entry[1]))
  return valid.length === entries.length
    ? Effect.succeed(Object.fromEntries(valid))
    : Effect.fail(unusable("--group-properties maps group types to properties: '{\"company\":{\"plan\":\"scale\"}}'"))
}

/** Reads what the options say about people in general; `distinctId` makes a person of it. */
export const readPerson = (
  options: PersonOptions,
  distinctIds: ReadonlyArray<string>
): Effect.Effect<(distinctId: string) => EvaluationContext, CommandError> =>
  Effect.gen(function*() {
    if (distinctIds.includes("")) {
      return yield* unusable("--distinct-id is empty: without an id nobody has flags")
    }
    const personProperties = yield* objectOption("--person-properties", options.personProperties)
    const groups = yield* Effect.flatMap(objectOption("--groups", options.groups), groupKeys)
    const properties = yield* Effect.flatMap(
      objectOption("--group-properties", options.groupProperties),
      groupProperties
    )
    const deviceId = Option.getOrUndefined(options.deviceId)
    return (distinctId) => ({ distinctId, deviceId, groups, personProperties, groupProperties: properties })
  })
