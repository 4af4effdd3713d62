// Generated from packages/testkit/src/internal/memory/expectation.ts by packages/tools/editions.mjs: change that file, not this one.
import type { DecideRequest, PostHogEvent } from "effect-posthog"
import type { ExpectedEvent, ExpectedException, ExpectedExposure } from "../../Expectation.ts"
import { isSame, shown } from "../values.ts"
import { exceptionEvent, isException, toException } from "./exception.ts"
import { exposureEvent } from "./exposure.ts"

const replacer = (_key: string, value: unknown): unknown => {
  if (typeof value === "bigint") return String(value)
  if (value instanceof Map) return Object.fromEntries(value)
  return value instanceof Set ? [...value] : value
}

const asJson = (value: unknown): unknown => {
  try {
    const text: string | undefined = JSON.stringify(value, replacer)
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return value
  }
}

/**
 * The expectation with values as they would be sent, which is how events are recorded: the text of a date, for one.
 *
 * @internal
 */
export const asSent = ({ properties = {}, ...expected }: ExpectedEvent): ExpectedEvent => ({
  ...expected,
  properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, asJson(value)]))
})

/** @internal */
export type Kind = "event" | "exposure" | "exception"

/** One point at which an event can differ from what was wanted. */
interface Point {
  readonly path: string
  readonly wanted: unknown
  readonly seen: unknown
}

// These are compared where the properties have them in a list.
const handledPath = "$exception_handled"
const typePath = "$exception_type"
const valuePath = "$exception_value"

const seenProperty = (seen: PostHogEvent, key: string): unknown => {
  if (Object.hasOwn(seen.properties, key)) return seen.properties[key]
  if (!isException(seen)) return undefined
  const { handled, type, value } = toException(seen)
  return key === handledPath ? handled : key === typePath ? type : key === valuePath ? value : undefined
}

const pointsOf = (wanted: ExpectedEvent, seen: PostHogEvent): ReadonlyArray<Point> => [
  { path: "event", wanted: wanted.event, seen: seen.event },
  ...(wanted.distinctId === undefined
    ? []
    : [{ path: "distinctId", wanted: wanted.distinctId, seen: seen.distinctId }]),
  ...Object.entries(wanted.properties ?? {}).map(([key, value]) => ({
    path: `properties.${key}`,
    wanted: value,
    seen: seenProperty(seen, key)
  }))
]

const differences = (wanted: ExpectedEvent, seen: PostHogEvent): ReadonlyArray<Point> =>
  pointsOf(wanted, seen).filter((point) => !isSame(point.wanted, point.seen))

/** @internal */
export const matches = (wanted: ExpectedEvent, seen: PostHogEvent): boolean => differences(wanted, seen).length === 0

const describeWanted = ({ distinctId, event, properties }: ExpectedEvent): string =>
  [event, ...(distinctId === undefined ? [] : [`of ${shown(distinctId)}`]), ...described(properties ?? {})].join(" ")

const described = (properties: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  Object.keys(properties).length === 0 ? [] : [`with ${shown(properties)}`]

const exposureProperties = ["$feature_flag", "$feature_flag_response"]

// Of the properties of a captured event only those that were asked for are worth reading, and which flag was exposed.
const describeSeen = (wanted: ExpectedEvent, seen: PostHogEvent): string => {
  const named = new Set([
    ...seen.event === exposureEvent ? exposureProperties : isException(seen) ? [typePath, valuePath] : [],
    ...Object.keys(wanted.properties ?? {})
  ])
  const worthReading = [...named].filter((key) => seenProperty(seen, key) !== undefined)
  return describeWanted({
    event: seen.event,
    distinctId: seen.distinctId,
    properties: Object.fromEntries(worthReading.map((key) => [key, seenProperty(seen, key)]))
  })
}

// An event of another name, or an exposure of another flag, is near only when there is none of the same.
const weights: Readonly<Record<string, number>> = { event: 10_000, "properties.$feature_flag": 100 }

const distance = (wanted: ExpectedEvent, seen: PostHogEvent): number =>
  differences(wanted, seen).reduce((sum, { path }) => sum + (weights[path] ?? 1), 0)

const names = (events: ReadonlyArray<PostHogEvent>): string => {
  const counts = new Map<string, number>()
  for (const { event } of events) counts.set(event, (counts.get(event) ?? 0) + 1)
  return [...counts].map(([event, count]) => count === 1 ? event : `${event} (${count} times)`).join(", ")
}

/**
 * The message for an event that is missing.
 *
 * @internal
 */
export const describeMissing = (
  kind: Kind,
  wanted: ExpectedEvent,
  events: ReadonlyArray<PostHogEvent>
): string => {
  const lines = [`No ${kind} as expected`, `  wanted:     ${describeWanted(wanted)}`]
  const [first, ...others] = events
  if (first === undefined) return [...lines, "  captured:   nothing"].join("\n")
  const nearest = others.reduce(
    (best, event) => distance(wanted, event) < distance(wanted, best) ? event : best,
    first
  )
  return [
    ...lines,
    `  nearest:    ${describeSeen(wanted, nearest)}`,
    ...differences(wanted, nearest).map(({ path, seen, wanted }, index) =>
      `  ${index === 0 ? "difference:" : "           "} ${path}: wanted ${shown(wanted)}, got ${shown(seen)}`
    ),
    `  captured:   ${names(events)}`
  ].join("\n")
}

/**
 * The message for an event that should be absent.
 *
 * @internal
 */
export const describeUnwanted = (
  kind: Kind,
  unwanted: ExpectedEvent,
  seen: PostHogEvent
): string =>
  [
    `An ${kind} that was not expected`,
    `  unwanted:   ${describeWanted(unwanted)}`,
    `  captured:   ${describeSeen(unwanted, seen)}`
  ].join("\n")

/** @internal */
export const ofExposure = ({ distinctId, flag, properties, value }: ExpectedExposure): ExpectedEvent => ({
  event: exposureEvent,
  distinctId,
  properties: {
    $feature_flag: flag,
    ...(value === undefined ? {} : { $feature_flag_response: value }),
    ...properties
  }
})

/** @internal */
export const ofException = (
  { distinctId, handled, level, properties, source, type, value }: ExpectedException
): ExpectedEvent => ({
  event: exceptionEvent,
  distinctId,
  properties: {
    ...(type === undefined ? {} : { [typePath]: type }),
    ...(value === undefined ? {} : { [valuePath]: value }),
    ...(handled === undefined ? {} : { [handledPath]: handled }),
    ...(level === undefined ? {} : { $exception_level: level }),
    ...(source === undefined ? {} : { $exception_source: source }),
    ...properties
  }
})

/**
 * The message for requests that should not have been made.
 *
 * @internal
 */
export const describeRequests = (requests: ReadonlyArray<DecideRequest>): string =>
  [
    "A remote evaluation that was not expected",
    ...requests.map(({ distinctId, flagKeys }, index) =>
      `  request ${index + 1}: ${JSON.stringify(distinctId)}, ${
        flagKeys === undefined ? "every flag" : flagKeys.join(", ")
      }`
    )
  ].join("\n")
