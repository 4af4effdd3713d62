// Generated from packages/effect-posthog/src/internal/remote/flagsRequest.ts by packages/tools/editions.mjs: change that file, not this one.
import type { DecideRequest } from "../../Decision.ts"
import { JsonCopy, wellFormed } from "../jsonCopy.ts"
import { devicePropertyOf } from "../properties.ts"

/** @internal */
export interface RequestDefaults {
  readonly token: string
  readonly disableGeoip: boolean
  readonly evaluationContexts: ReadonlyArray<string>
}

type Properties = Readonly<Record<string, unknown>>

/** The largest body that is sent, in bytes. PostHog takes no more, and no caller means to send as much. */
const largestBody = 8 * 1024 * 1024

/**
 * A request that is too large to be made, and by what.
 *
 * @internal
 */
export class TooLarge {
  readonly excess: string

  constructor(excess: string) {
    this.excess = excess
  }
}

const encoder = new TextEncoder()

// A UTF-16 unit takes one to three bytes: most bodies need no counting.
const isTooLarge = (text: string): boolean =>
  text.length * 3 > largestBody && (text.length > largestBody || encoder.encode(text).byteLength > largestBody)

const separators = /[\u2028\u2029]/
const everySeparator = /[\u2028\u2029]/g

/** Text in quotes, or an integer that may be 2^63 or more. */
const textOrLongInteger = /"(?:[^"\\]|\\.)*"|-?\d{19,}(?![\d.eE])/g

/**
 * JSON that PostHog's reader of these bodies takes as well. It reads them as JSON5, in which U+2028 and U+2029 end a
 * line, inside text too, and refuses integers of 2^63 or more that have no exponent.
 *
 * @internal
 */
export const toPortableJson = (content: unknown): string => {
  const json = JSON.stringify(content)
  const text = separators.test(json)
    ? json.replace(everySeparator, (separator) => `\\u${separator.charCodeAt(0).toString(16)}`)
    : json
  return /\d{19}/.test(text)
    ? text.replace(textOrLongInteger, (token) => (token.startsWith("\"") ? token : `${token}e0`))
    : text
}

const noProperties: Properties = {}

const ownProperty = <A>(record: Readonly<Record<string, A>> | undefined, key: string): A | undefined =>
  record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined

// The caller may override `$group_key`; properties of group types that are not part of this evaluation stay home.
const groupProperties = (request: DecideRequest, copy: JsonCopy): Readonly<Record<string, Properties>> =>
  Object.fromEntries(
    Object.entries(request.groups ?? noProperties).map(([type, key]) => {
      const properties: Record<string, unknown> = {}
      const given = ownProperty(request.groupProperties, type)
      if (given !== undefined) copy.into(properties, given)
      if (properties["$group_key"] === undefined) copy.into(properties, { $group_key: key })
      return [wellFormed(type), properties]
    })
  )

const deviceId = (request: DecideRequest): Readonly<Record<string, string>> => {
  if (request.deviceId !== undefined && request.deviceId !== "") return { device_id: wellFormed(request.deviceId) }
  const named = devicePropertyOf(request.personProperties)
  return named === undefined ? {} : { $device_id: wellFormed(named) }
}

/**
 * The body of `POST /flags/?v=2`. What JSON cannot carry is replaced: one odd property must not cost the evaluation.
 *
 * @internal
 */
export const flagsRequestBody = (request: DecideRequest, defaults: RequestDefaults): string | TooLarge => {
  const copy = new JsonCopy(largestBody)
  const copied = (record: object | undefined): Properties => {
    const target: Record<string, unknown> = {}
    if (record !== undefined) copy.into(target, record)
    return target
  }
  const body = {
    token: defaults.token,
    distinct_id: wellFormed(request.distinctId),
    ...deviceId(request),
    groups: copied(request.groups),
    person_properties: copied(request.personProperties),
    group_properties: groupProperties(request, copy),
    geoip_disable: request.disableGeoip ?? defaults.disableGeoip,
    // Without this field PostHog guesses from headers, and leaves out the flags that are set to "server only".
    evaluation_runtime: "server",
    ...(request.flagKeys === undefined ? {} : { flag_keys_to_evaluate: request.flagKeys.map(wellFormed) }),
    ...(defaults.evaluationContexts.length === 0 ? {} : { evaluation_contexts: defaults.evaluationContexts })
  }
  if (copy.excess !== undefined) return new TooLarge(copy.excess)
  const text = toPortableJson(body)
  return isTooLarge(text) ? new TooLarge(`more than ${largestBody} bytes`) : text
}
