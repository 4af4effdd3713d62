import type * as Fiber from "effect/Fiber"
import { isRecord } from "effect/Predicate"
import type { EventDraft } from "../EventDraft.ts"
import type {
  AliasMessage,
  CaptureMessage,
  EventOptions,
  GroupIdentifyMessage,
  IdentifyMessage,
  PersonChanges,
  PersonPropertiesMessage
} from "../Events.ts"
import { attachedFlags } from "./evaluation/requestFlags.ts"
import { idOf, isAbsent, longestId, readGroups, readId, readRecord, UnusableInput } from "./input.ts"
import { mostEntries } from "./jsonCopy.ts"
import { mergeProperties } from "./properties.ts"
import { oneLine } from "./quote.ts"
import { contextProperties, requestContextRef } from "./requestContext.ts"
import type { RequestContext } from "./requestContext.ts"

type Running = Fiber.RuntimeFiber<unknown, unknown>
type PropertyRecord = Readonly<Record<string, unknown>>

/**
 * Why a message cannot be captured: the field at fault and what is wrong with it.
 *
 * @internal
 */
export class InvalidMessage {
  readonly event: string | undefined
  readonly field: string
  readonly problem: string

  constructor(field: string, problem: string, event?: string) {
    this.event = event
    this.field = field
    this.problem = problem
  }
}

/**
 * A draft, and what of the message could not be used and is left out of it.
 *
 * @internal
 */
export interface ReadMessage {
  readonly draft: EventDraft
  /** Flags that the event carries. */
  readonly flagCount: number
  readonly unusable: ReadonlyArray<string>
}

/**
 * `undefined`: there is nothing to capture.
 *
 * @internal
 */
export type Reading = ReadMessage | InvalidMessage | undefined

const empty = (field: string, event: string): InvalidMessage => new InvalidMessage(field, "is empty", event)

// Reading runs getters and proxies of the caller's.
const reading = (event: string, read: () => Reading): Reading => {
  try {
    return read()
  } catch {
    return new InvalidMessage("message", "cannot be read", event)
  }
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null

const tooLong = (field: string, id: string | undefined, event: string): InvalidMessage | undefined =>
  id !== undefined && id.length > longestId
    ? new InvalidMessage(field, `is longer than ${longestId} characters`, event)
    : undefined

const requiredId = (field: string, value: unknown, event: string): string | InvalidMessage => {
  const id = idOf(value)
  return id === undefined ? empty(field, event) : tooLong(field, id, event) ?? id
}

type Changes = PersonChanges & { readonly unset?: ReadonlyArray<string> | undefined }

const readNames = (value: unknown, path: string, unusable: UnusableInput): ReadonlyArray<string> | undefined => {
  if (isAbsent(value)) return undefined
  if (!Array.isArray(value) && !(value instanceof Set)) return unusable.add(path)
  const names: Array<string> = []
  for (const name of value as Iterable<unknown>) {
    if (names.length === mostEntries) {
      unusable.add(`${oneLine(path)} beyond the first ${mostEntries}`)
      break
    }
    if (typeof name === "string") names.push(name)
  }
  return names
}

const readChanges = ({ set, setOnce, unset }: Changes, unusable: UnusableInput) => ({
  $set: readRecord(set, "set", unusable),
  $set_once: readRecord(setOnce, "setOnce", unusable),
  $unset: readNames(unset, "unset", unusable)
})

const isMany = (record: PropertyRecord): boolean => {
  try {
    return Object.keys(record).length > mostEntries
  } catch {
    return false
  }
}

// Merging many properties takes long, and the event that has them is refused: one record of them is enough for that.
const mergeUnlessMany = (earlier: PropertyRecord, later: PropertyRecord): PropertyRecord =>
  isMany(earlier) ? earlier : isMany(later) ? later : mergeProperties(earlier, later)

const merged = (properties: PropertyRecord | undefined, name: string, given: PropertyRecord): PropertyRecord => {
  try {
    const stored = properties?.[name]
    return isRecord(stored) ? mergeUnlessMany(stored, given) : given
  } catch {
    return given
  }
}

const withChanges = (
  properties: PropertyRecord | undefined,
  message: Changes,
  unusable: UnusableInput
): PropertyRecord | undefined => {
  if (isAbsent(message.set) && isAbsent(message.setOnce) && isAbsent(message.unset)) return properties
  const { $set, $set_once, $unset } = readChanges(message, unusable)
  const changes = {
    ...($set === undefined ? {} : { $set: merged(properties, "$set", $set) }),
    ...($set_once === undefined ? {} : { $set_once: merged(properties, "$set_once", $set_once) }),
    ...($unset === undefined ? {} : { $unset })
  }
  return properties === undefined ? changes : mergeUnlessMany(properties, changes)
}

const hasGroups = (groups: PropertyRecord | undefined): boolean => {
  for (const _ in groups) return true
  return false
}

const groupsOf = (
  message: CaptureMessage,
  properties: PropertyRecord | undefined,
  contextGroups: EventDraft["groups"],
  unusable: UnusableInput
): EventDraft["groups"] => {
  const groups = isAbsent(message.groups) ? undefined : readGroups(message.groups, "groups", unusable)
  return hasGroups(groups) || contextGroups === undefined || properties?.["$groups"] !== undefined
    ? groups
    : readGroups(contextGroups, "RequestContext.groups", unusable)
}

const readContext = (context: RequestContext, unusable: UnusableInput): EventDraft["contextProperties"] => {
  if (context.properties !== undefined) readRecord(context.properties, "RequestContext.properties", unusable)
  return contextProperties(context)
}

/**
 * Reads what a call of `capture` was given, over the context of the request.
 *
 * @internal
 */
export const readCapture = (fiber: Running, route: EventDraft["route"], message: CaptureMessage): Reading => {
  let event: string | undefined
  // Not through `reading`: this runs for every event, and a closure for each is felt in a burst.
  try {
    if (!isObject(message)) return new InvalidMessage("message", "is not an object")
    const name: unknown = message.event
    if (typeof name !== "string") return new InvalidMessage("event", isAbsent(name) ? "is empty" : "is not a text")
    if (name === "") return new InvalidMessage("event", "is empty")
    event = name
    const unusable = new UnusableInput()
    const context = fiber.getFiberRef(requestContextRef)
    const flags = isAbsent(message.flags) ? undefined : message.flags
    const distinctId = readId(message.distinctId, "distinctId", unusable) ?? idOf(context.distinctId) ??
      idOf(flags?.distinctId)
    if (route === "ai" && distinctId === undefined) return empty("distinctId", event)
    const properties = readRecord(message.properties, "properties", unusable)
    return tooLong("distinctId", distinctId, event) ?? {
      draft: {
        event,
        distinctId,
        properties: withChanges(properties, message, unusable),
        contextProperties: readContext(context, unusable),
        flagProperties: flags === undefined
          ? attachedFlags(fiber, distinctId)
          : readRecord(flags.eventProperties, "flags", unusable) ?? (unusable.add("flags")),
        groups: groupsOf(message, properties, context.groups, unusable),
        timestamp: isAbsent(message.timestamp) ? undefined : message.timestamp,
        uuid: isAbsent(message.uuid) ? undefined : message.uuid,
        disableGeoip: isAbsent(message.disableGeoip) ? undefined : message.disableGeoip,
        route
      },
      flagCount: Array.isArray(flags?.keys) ? flags.keys.length : 0,
      unusable: unusable.fields
    }
  } catch {
    return new InvalidMessage("message", "cannot be read", event)
  }
}

const named = (
  fiber: Running,
  event: string,
  distinctId: string,
  properties: PropertyRecord,
  { disableGeoip, timestamp, uuid }: EventOptions,
  { fields }: UnusableInput
): ReadMessage => ({
  draft: {
    event,
    distinctId,
    properties,
    contextProperties: contextProperties(fiber.getFiberRef(requestContextRef)),
    timestamp: isAbsent(timestamp) ? undefined : timestamp,
    uuid: isAbsent(uuid) ? undefined : uuid,
    disableGeoip: isAbsent(disableGeoip) ? undefined : disableGeoip
  },
  flagCount: 0,
  unusable: fields
})

// What the messages that are about a person or a group have in common.
const readNamed = <M>(event: string, message: M, read: (message: M) => Reading): Reading =>
  reading(event, () => isObject(message) ? read(message) : new InvalidMessage("message", "is not an object", event))

/** @internal */
export const readIdentify = (fiber: Running, given: IdentifyMessage): Reading =>
  readNamed("$identify", given, (message) => {
    const distinctId = requiredId("distinctId", message.distinctId, "$identify")
    if (distinctId instanceof InvalidMessage) return distinctId
    const unusable = new UnusableInput()
    return named(fiber, "$identify", distinctId, withChanges({}, message, unusable) ?? {}, message, unusable)
  })

/** @internal */
export const readAlias = (fiber: Running, given: AliasMessage): Reading =>
  readNamed("$create_alias", given, (message) => {
    const distinctId = requiredId("distinctId", message.distinctId, "$create_alias")
    if (distinctId instanceof InvalidMessage) return distinctId
    const alias = requiredId("alias", message.alias, "$create_alias")
    if (alias instanceof InvalidMessage) return alias
    return named(fiber, "$create_alias", distinctId, { distinct_id: distinctId, alias }, message, new UnusableInput())
  })

/** @internal */
export const readGroupIdentify = (fiber: Running, given: GroupIdentifyMessage): Reading =>
  readNamed("$groupidentify", given, (message) => {
    const groupType = requiredId("groupType", message.groupType, "$groupidentify")
    if (groupType instanceof InvalidMessage) return groupType
    const groupKey = requiredId("groupKey", message.groupKey, "$groupidentify")
    if (groupKey instanceof InvalidMessage) return groupKey
    const unusable = new UnusableInput()
    const distinctId = readId(message.distinctId, "distinctId", unusable)
    return tooLong("distinctId", distinctId, "$groupidentify") ?? named(
      fiber,
      "$groupidentify",
      distinctId ?? `$${groupType}_${groupKey}`,
      {
        $group_type: groupType,
        $group_key: typeof message.groupKey === "number" ? message.groupKey : groupKey,
        $group_set: readRecord(message.properties, "properties", unusable) ?? {}
      },
      message,
      unusable
    )
  })

const isEmpty = (changes: PropertyRecord): boolean =>
  Object.values(changes).every((change) => change === undefined || Object.keys(change as object).length === 0)

/**
 * Without a change there is nothing to capture.
 *
 * @internal
 */
export const readPersonProperties = (fiber: Running, given: PersonPropertiesMessage): Reading =>
  readNamed("$set", given, (message) => {
    const distinctId = requiredId("distinctId", message.distinctId, "$set")
    if (distinctId instanceof InvalidMessage) return distinctId
    const unusable = new UnusableInput()
    const changes = readChanges(message, unusable)
    if (isEmpty(changes) && unusable.fields.length === 0) return undefined
    return named(fiber, "$set", distinctId, withChanges({}, message, new UnusableInput()) ?? {}, message, unusable)
  })
