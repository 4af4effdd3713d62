import * as Effect from "effect/Effect"
import { isRecord } from "effect/Predicate"
import type * as Types from "effect/Types"
import type { BeforeSend, EventDraft, PostHogEvent, Timestamp } from "../../EventDraft.ts"
import type { EventIdSource } from "../../EventIds.ts"
import { isUuid } from "../../EventIds.ts"
import type { Settings } from "../../PostHogConfig.ts"
import { flagPropertyNames } from "../flagProperties.ts"
import { JsonCopy, wellFormed } from "../jsonCopy.ts"
import * as library from "../library.ts"
import { oneLine, quote } from "../quote.ts"
import { makeUtcFormatter, toUtc } from "../timestamp.ts"
import { minimalProperties } from "./minimalExposure.ts"
import { maxEventBytes, QueuedEvent, Rejection } from "./queuedEvent.ts"

/** @internal */
export type Verdict = QueuedEvent | Rejection

/** @internal */
export interface Preparation {
  /** An effect when a hook returned one. */
  readonly verdict: Verdict | Effect.Effect<Verdict>
  /** The event as the hooks see it. */
  readonly event: PostHogEvent
  /** What of the draft was unusable and what is sent instead, when something was. */
  readonly repaired: ReturnType<typeof repairOf>
}

const envelopeSize = 160

/** Before its hooks, an event may be so many times as large as one that is sent. */
const beforeHooks = 4

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const copyOf = (event: PostHogEvent, limit: number): PostHogEvent => {
  const properties: Record<string, unknown> = {}
  new JsonCopy(limit).into(properties, event.properties)
  return { ...event, properties }
}

// Callers without types pass what is not text. What counts is whether anything is left of it as text.
const idOf = (value: unknown): string | undefined => {
  if (value === undefined || value === null) return undefined
  try {
    const text = String(value)
    return text === "" ? undefined : text
  } catch {
    return undefined
  }
}

const groupsOf = ({ groups }: EventDraft, copy: JsonCopy): unknown => {
  try {
    return copy.value(groups)
  } catch {
    return undefined
  }
}

const hookFailed = (event: PostHogEvent, problem: string) =>
  new Rejection("HookFailed", `A beforeSend hook ${problem}; the event ${quote(event.event)} is not sent`)

const repairOf = (timestamp: boolean, uuid: boolean) =>
  timestamp
    ? uuid
      ? "unusable timestamp and uuid; the time of its capture and a new one are sent"
      : "unusable timestamp; the time of its capture is sent"
    : uuid
    ? "unusable uuid; a new one is sent"
    : undefined

/**
 * Turns drafts into events: merges and cleans the properties, adds the library's own, reduces minimal exposures, stamps
 * id and time, and runs the hooks. Reads no clock and never throws.
 *
 * @internal
 */
export const makePrepareEvent = (settings: Settings, ids: EventIdSource) => {
  const { disableGeoip, isServer } = settings
  const hooks = settings.events.beforeSend
  const formatUtc = makeUtcFormatter()

  const superCopy = new JsonCopy(maxEventBytes.ai)
  const superProperties: Record<string, unknown> = {}
  superCopy.into(superProperties, settings.properties)
  const superKeys = Object.keys(superProperties)

  const enrich = (draft: EventDraft, personless: boolean, copy: JsonCopy): Record<string, unknown> => {
    const properties: Record<string, unknown> = {}
    if (draft.flagProperties !== undefined) {
      copy.into(properties, draft.flagProperties, flagPropertyNames(draft.flagProperties))
    }
    for (const key of superKeys) properties[key] = superProperties[key]
    copy.add(superCopy)
    if (draft.contextProperties !== undefined) copy.into(properties, draft.contextProperties)
    if (draft.reserved !== undefined) { for (const name of draft.reserved) delete properties[name] }
    if (draft.properties !== undefined) copy.into(properties, draft.properties)
    const groups = groupsOf(draft, copy)
    if (isRecord(groups) && Object.keys(groups).length > 0) properties["$groups"] = groups
    if (personless && properties["$process_person_profile"] === undefined) {
      properties["$process_person_profile"] = false
    }
    properties["$lib"] = library.name
    properties["$lib_version"] = library.version
    if (isServer) properties["$is_server"] = true
    if (draft.disableGeoip ?? disableGeoip) properties["$geoip_disable"] = true
    else if (properties["$geoip_disable"] === false) delete properties["$geoip_disable"]
    return draft.minimal === true ? minimalProperties(properties) : properties
  }

  const sized = (event: PostHogEvent, copy: JsonCopy, limit: number, hasGivenId: boolean): Verdict => {
    const queued = new QueuedEvent(event, copy.size + event.event.length + event.distinctId.length + envelopeSize)
    queued.hasGivenId = hasGivenId
    // Measuring a name that is too long by itself would take a while.
    const excess = event.event.length > limit ? `more than ${limit} bytes` : copy.excess ?? queued.excess(limit)
    return excess === undefined
      ? queued
      : new Rejection("TooLarge", `The event ${quote(event.event)} is too large to be sent: ${oneLine(excess)}`)
  }

  // What comes out of the hooks is cleaned like what comes from the caller.
  const accept = (
    { distinctId, event, properties, timestamp, uuid }: PostHogEvent,
    stamped: PostHogEvent,
    limit: number
  ): Verdict => {
    const copy = new JsonCopy(limit)
    const copied: Record<string, unknown> = {}
    copy.into(copied, properties)
    return sized(
      {
        event: wellFormed(event),
        distinctId: wellFormed(distinctId),
        uuid: isUuid(uuid) ? uuid : stamped.uuid,
        timestamp: toUtc(timestamp) ?? stamped.timestamp,
        properties: copied
      },
      copy,
      limit,
      true
    )
  }

  // Reads what a hook returned, once: it may be anything, and reading it may throw.
  const checked = (result: unknown, stamped: PostHogEvent): PostHogEvent | Rejection => {
    if (result === null) return new Rejection("Hook")
    if (typeof result !== "object") return hookFailed(stamped, "returned neither an event nor null")
    if (typeof (result as { readonly then?: unknown }).then === "function") {
      // Otherwise its failure would be unhandled and end the process.
      Promise.resolve(result).catch(() => {})
      return hookFailed(stamped, "returned a promise")
    }
    const { distinctId, event, properties, timestamp, uuid } = result as PostHogEvent
    if (typeof event !== "string" || event === "") return hookFailed(stamped, "removed the event's name")
    if (typeof distinctId !== "string" || distinctId === "") return hookFailed(stamped, "removed the distinct id")
    if (!isObject(properties)) return hookFailed(stamped, "removed the properties")
    return { distinctId, event, properties, timestamp, uuid }
  }

  const callHook = (hook: BeforeSend, event: PostHogEvent, stamped: PostHogEvent, limit: number) => {
    try {
      const result = hook(copyOf(event, limit * beforeHooks))
      return Effect.isEffect(result)
        ? result.pipe(
          Effect.map((resolved) => checked(resolved, stamped)),
          Effect.catchAllCause(() => Effect.succeed(hookFailed(stamped, "failed")))
        )
        : checked(result, stamped)
    } catch {
      return hookFailed(stamped, "threw")
    }
  }

  const runHooks = (
    event: PostHogEvent,
    from: number,
    stamped: PostHogEvent,
    limit: number
  ): Verdict | Effect.Effect<Verdict> => {
    let current = event
    for (const [index, hook] of hooks.entries()) {
      if (index < from) continue
      const result = callHook(hook, current, stamped, limit)
      if (result instanceof Rejection) return result
      if (Effect.isEffect(result)) {
        return Effect.flatMap(result, (resolved) => {
          if (resolved instanceof Rejection) return Effect.succeed(resolved)
          const rest = runHooks(resolved, index + 1, stamped, limit)
          return Effect.isEffect(rest) ? rest : Effect.succeed(rest)
        })
      }
      current = result
    }
    return accept(current, stamped, limit)
  }

  const timestampOf = (given: Timestamp | undefined, now: number): string | undefined =>
    given === undefined ? formatUtc(now) : toUtc(given)

  return (draft: EventDraft, now: number): Preparation => {
    const limit = maxEventBytes[draft.route ?? "analytics"]
    // A hook may be there to make large events smaller, so what counts is the size after the hooks.
    const copy = new JsonCopy(hooks.length === 0 ? limit : limit * beforeHooks)
    const distinctId = idOf(draft.distinctId)
    const timestamp = timestampOf(draft.timestamp, now)
    const uuid = isUuid(draft.uuid) ? draft.uuid : ids.make(now)
    // No literal: see decision 0014.
    const event = {} as Types.Mutable<PostHogEvent>
    event.event = wellFormed(draft.event)
    event.distinctId = distinctId === undefined ? ids.make(now) : wellFormed(distinctId)
    event.properties = enrich(draft, distinctId === undefined, copy)
    event.timestamp = timestamp ?? formatUtc(now)
    event.uuid = uuid
    return {
      verdict: hooks.length === 0 || copy.excess !== undefined
        ? sized(event, copy, limit, uuid === draft.uuid)
        : runHooks(event, 0, event, limit),
      event,
      repaired: repairOf(timestamp === undefined, draft.uuid !== undefined && draft.uuid !== uuid)
    }
  }
}

/** @internal */
export type PrepareEvent = ReturnType<typeof makePrepareEvent>
