import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import { isRecord } from "effect/Predicate"
import type { Properties } from "../Properties.ts"
import { isAbsent, isUsableRecord } from "./input.ts"
import { mergeProperties } from "./properties.ts"

/**
 * Whom flags are evaluated for.
 *
 * @since 3.0.0
 * @category models
 */
export interface Subject {
  /** Who it is. */
  readonly distinctId?: string | undefined
  /** Decides flags that are rolled out by device. */
  readonly deviceId?: string | undefined
  /** Group type to group key, sent as given. */
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  /** What is known about the person, beside what PostHog has stored. */
  readonly personProperties?: Properties | undefined
  /** Group type to what is known about the group. */
  readonly groupProperties?: Readonly<Record<string, Properties>> | undefined
}

/**
 * What is known about the current request: whom its evaluations are for, and what its events say. Explicit arguments of
 * a call win over it, field by field.
 *
 * **Details**
 *
 * - `distinctId`, `groups`: the identity of evaluations and events that name none
 * - `deviceId`, `personProperties`, `groupProperties`: for evaluations alone; they are on no event
 * - `sessionId`: sent as `$session_id` with events and exposures
 * - `properties`: put on events and exposures, above the configured properties and below the event's own; they take no
 *   part in evaluations
 *
 * @since 3.0.0
 * @category models
 */
export interface RequestContext extends Subject {
  readonly sessionId?: string | undefined
  readonly properties?: Properties | undefined
}

/** @internal */
export const requestContextRef: FiberRef.FiberRef<RequestContext> = globalValue(
  "effect-posthog/RequestContext",
  // A fiber that ends leaves the context of the one that joins it alone: what a fork sets is its own.
  () => FiberRef.unsafeMake<RequestContext>({}, { join: (parent) => parent })
)

type PropertyRecord = Readonly<Record<string, unknown>>

// What is not a record replaces the outer one, and is found where the context is used.
const merged = (outer: Properties | undefined, inner: Properties | undefined): Properties | undefined => {
  if (isAbsent(inner)) return outer
  return isUsableRecord(outer) && isUsableRecord(inner) ? mergeProperties(outer, inner) : inner
}

const defined = <A extends object>(fields: A): A =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isAbsent(value))) as A

// What is known about one group says nothing about another.
const inheritedGroupProperties = (
  outer: Subject,
  groups: Subject["groups"]
): Readonly<Record<string, Properties>> | undefined => {
  const { groupProperties, groups: outerGroups } = outer
  if (!isUsableRecord(groupProperties) || groups === outerGroups) return groupProperties
  return Object.fromEntries(
    Object.entries(groupProperties).filter(([type]) =>
      outerGroups?.[type] === undefined || String(groups?.[type]) === String(outerGroups[type])
    )
  )
}

const mergedGroupProperties = (
  outer: Readonly<Record<string, Properties>> | undefined,
  inner: Readonly<Record<string, Properties>> | undefined
): Readonly<Record<string, Properties>> | undefined => {
  if (isAbsent(inner)) return outer
  if (!isUsableRecord(outer) || !isUsableRecord(inner)) return inner
  const both: Record<string, Properties> = { ...outer }
  for (const [type, properties] of Object.entries(inner)) {
    both[type] = merged(Object.hasOwn(outer, type) ? outer[type] : undefined, properties) ?? properties
  }
  return both
}

// An empty id is none: it is what is left of an id that is missing.
const given = (id: string | null | undefined): string | undefined => isAbsent(id) || id === "" ? undefined : id

/**
 * Lays what a call or an inner context says over an outer context. Nobody inherits another person's attributes: with
 * another distinct id, the outer person's properties and device stay behind, and so do the properties of another group.
 *
 * @internal
 */
export const mergeSubjects = (outer: Subject, inner: Subject): Subject => {
  const distinctId = given(inner.distinctId)
  const isSamePerson = isAbsent(outer.distinctId) || distinctId === undefined || distinctId === outer.distinctId
  const groups = inner.groups ?? outer.groups
  return defined({
    distinctId: distinctId ?? outer.distinctId,
    deviceId: given(inner.deviceId) ?? (isSamePerson ? outer.deviceId : undefined),
    groups,
    personProperties: isSamePerson ? merged(outer.personProperties, inner.personProperties) : inner.personProperties,
    groupProperties: mergedGroupProperties(inheritedGroupProperties(outer, groups), inner.groupProperties)
  })
}

/** @internal */
export const mergeContexts = (outer: RequestContext, inner: RequestContext): RequestContext =>
  typeof inner === "object" && inner !== null
    ? {
      ...mergeSubjects(outer, inner),
      ...defined({
        sessionId: given(inner.sessionId) ?? outer.sessionId,
        properties: merged(outer.properties, inner.properties)
      })
    }
    : outer

/**
 * What a request context contributes to the properties of an event.
 *
 * @internal
 */
export const contextProperties = (context: RequestContext): PropertyRecord | undefined => {
  const properties = isUsableRecord(context.properties) ? context.properties : undefined
  if (context.sessionId === undefined || context.sessionId === "") return properties
  return mergeProperties({ $session_id: context.sessionId }, properties)
}

const longest = 1000

// C0, DEL and C1 control characters.
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f]/g

/**
 * An id from outside: without control characters and blanks around it, at most 1,000 characters, and not empty.
 *
 * @internal
 */
const cleanId = (value: unknown): string | undefined => {
  if (typeof value !== "string") return undefined
  const text = [...value.replace(controls, "").trim()].slice(0, longest).join("")
  return text === "" ? undefined : text
}

// Servers join a header that was sent twice by a comma. Which of the two is right cannot be told, so neither is used.
const headerId = (value: unknown): string | undefined => {
  const text = cleanId(value)
  return text === undefined || text.includes(", ") ? undefined : text
}

const firstUsable = (value: unknown): string | undefined => {
  if (!Array.isArray(value)) return headerId(value)
  for (const candidate of value) {
    const text = headerId(candidate)
    if (text !== undefined) return text
  }
  return undefined
}

interface WebHeaders {
  readonly get: (name: string) => string | null
}

const isWebHeaders = (headers: object): headers is WebHeaders => "get" in headers && typeof headers.get === "function"

/** @internal */
export const distinctIdHeader = "x-posthog-distinct-id"

/** @internal */
export const sessionIdHeader = "x-posthog-session-id"

/**
 * The identity and session that a client announced. The names of headers are matched in any case.
 *
 * @internal
 */
export const readTracingHeaders = (
  headers: object
): { readonly distinctId?: string | undefined; readonly sessionId?: string | undefined } => {
  if (typeof headers !== "object" || headers === null) return {}
  if (isWebHeaders(headers)) {
    return {
      distinctId: headerId(headers.get(distinctIdHeader) ?? undefined),
      sessionId: headerId(headers.get(sessionIdHeader) ?? undefined)
    }
  }
  let distinctId: string | undefined
  let sessionId: string | undefined
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase()
    if (lower === distinctIdHeader) distinctId ??= firstUsable(value)
    else if (lower === sessionIdHeader) sessionId ??= firstUsable(value)
  }
  return { distinctId, sessionId }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    try {
      return JSON.parse(decodeURIComponent(text))
    } catch {
      return undefined
    }
  }
}

/** A cookie larger than this was not written by posthog-js; browsers keep none of more than 4 KiB. */
const longestCookie = 8192

/**
 * The identity in posthog-js's cookie: distinct id, device and session.
 *
 * @internal
 */
export const readPostHogCookie = (
  cookies: Readonly<Record<string, unknown>>,
  projectKey: string
): Pick<RequestContext, "distinctId" | "deviceId" | "sessionId"> => {
  const name = `ph_${projectKey}_posthog`
  // A framework without a parser of cookies has none.
  const text = isRecord(cookies) && Object.hasOwn(cookies, name) ? cookies[name] : undefined
  if (typeof text !== "string" || text.length > longestCookie) return {}
  const stored = parsed(text)
  if (!isRecord(stored)) return {}
  const session = stored["$sesid"]
  return {
    distinctId: cleanId(stored["distinct_id"]),
    deviceId: cleanId(stored["$device_id"]),
    sessionId: Array.isArray(session) ? cleanId(session[1]) : undefined
  }
}
