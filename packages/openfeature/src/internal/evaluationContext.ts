import type { EvaluationContext } from "@openfeature/server-sdk"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { jsonReady } from "./jsonReady.ts"

type Properties = Readonly<Record<string, unknown>>

/**
 * What an evaluation context says, in the terms of PostHog.
 *
 * @internal
 */
export interface Subject {
  /** Absent: the context has no targeting key. */
  readonly distinctId?: string | undefined
  readonly deviceId?: string | undefined
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  readonly groupProperties?: Readonly<Record<string, Properties>> | undefined
  readonly personProperties?: Properties | undefined
}

const reserved: ReadonlySet<string> = new Set(["targetingKey", "deviceId", "groups", "groupProperties"])

/** A field that cannot be used, in a message that names it and holds no value. */
type Invalid = string

const invalid = (problem: string): Either.Either<never, Invalid> => Either.left(problem)

// Names of groups come from outside: a message holds them only when they are harmless to print.
const shown = (name: string): string => /^[\w$.-]{1,100}$/.test(name) ? name : JSON.stringify(name.slice(0, 100))

const absent: Either.Either<undefined> = Either.right(undefined)

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

const isFields = (value: unknown): value is Properties => Predicate.isRecord(value) && !(value instanceof Date)

const textField = (context: Properties, name: string): Either.Either<string | undefined, Invalid> => {
  const value = context[name]
  if (isAbsent(value) || value === "") return absent
  return typeof value === "string" ? Either.right(value) : invalid(`${name} must be a string`)
}

const isGroupKey = (value: unknown): value is string | number =>
  typeof value === "string" || (typeof value === "number" && Number.isFinite(value))

/** A field that holds a record, each of whose values has to be of one kind. */
const recordField = <A>(
  context: Properties,
  name: string,
  isWanted: (value: unknown) => value is A,
  wanted: string
): Either.Either<Readonly<Record<string, A>> | undefined, Invalid> => {
  const value = context[name]
  if (isAbsent(value)) return absent
  if (!isFields(value)) return invalid(`${name} must be a structure`)
  const entries: Array<[string, A]> = []
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (isAbsent(item)) continue
    if (!isWanted(item)) return invalid(`${name}.${shown(key)} must be ${wanted}`)
    entries.push([key, item])
  }
  return Either.right(Object.fromEntries(entries))
}

const none: ReadonlySet<string> = new Set()

const propertiesOf = (fields: Properties, leftOut: ReadonlySet<string>): Properties => {
  const properties: Record<string, unknown> = {}
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value === undefined || leftOut.has(name)) continue
    if (name === "__proto__") Object.defineProperty(properties, name, { value: jsonReady(value), enumerable: true })
    else properties[name] = jsonReady(value)
  }
  return properties
}

const read = (context: Properties): Either.Either<Subject, Invalid> => {
  const distinctId = textField(context, "targetingKey")
  if (Either.isLeft(distinctId)) return Either.left(distinctId.left)
  const deviceId = textField(context, "deviceId")
  if (Either.isLeft(deviceId)) return Either.left(deviceId.left)
  const groups = recordField(context, "groups", isGroupKey, "a string or a finite number")
  if (Either.isLeft(groups)) return Either.left(groups.left)
  const groupFields = recordField(context, "groupProperties", isFields, "a structure")
  if (Either.isLeft(groupFields)) return Either.left(groupFields.left)
  return Either.right({
    distinctId: distinctId.right,
    deviceId: deviceId.right,
    groups: groups.right,
    groupProperties: groupFields.right === undefined
      ? undefined
      : Object.fromEntries(
        Object.entries(groupFields.right).map(([type, fields]) => [type, propertiesOf(fields, none)])
      ),
    personProperties: propertiesOf(context, reserved)
  })
}

/**
 * Reads an evaluation context. The names that PostHog's own provider reserves are read in the same way here, and
 * `deviceId` besides them; everything else is a property of the person. Left: what is unusable.
 *
 * @internal
 */
export const readContext = (context: EvaluationContext | undefined): Either.Either<Subject, Invalid> => {
  try {
    return read(isAbsent(context) ? {} : context)
  } catch {
    return invalid("a field of the evaluation context could not be read")
  }
}

/**
 * The groups and other fields of a context that a tracking event can carry. A field that is unusable is left out.
 *
 * @internal
 */
export const readTrackingContext = (context: EvaluationContext | undefined): Subject => {
  const fields: Properties = isAbsent(context) ? {} : context
  const usable = <A>(attempt: () => Either.Either<A | undefined, Invalid>): A | undefined => {
    try {
      return Either.getOrUndefined(attempt())
    } catch {
      return undefined
    }
  }
  return {
    distinctId: usable(() => textField(fields, "targetingKey")),
    deviceId: usable(() => textField(fields, "deviceId")),
    groups: usable(() => recordField(fields, "groups", isGroupKey, "a string or a finite number")),
    personProperties: usable(() => Either.right(propertiesOf(fields, reserved)))
  }
}

/**
 * The own fields of what a caller passed as details of an event.
 *
 * @internal
 */
export const readDetails = (details: unknown): Properties => {
  try {
    return isFields(details) ? propertiesOf(details, none) : {}
  } catch {
    return {}
  }
}
