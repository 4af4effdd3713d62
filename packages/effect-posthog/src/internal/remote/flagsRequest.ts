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

/** Properties of persons and groups together, in bytes. A server takes no more, and nobody means to send as much. */
const largestProperties = 8 * 1024 * 1024

const noProperties: Properties = {}

const ownProperty = <A>(record: Readonly<Record<string, A>> | undefined, key: string): A | undefined =>
  record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined

// The caller may override `$group_key`; properties of group types that are not part of this evaluation stay home.
const groupProperties = (request: DecideRequest): Readonly<Record<string, Properties>> =>
  Object.fromEntries(
    Object.entries(request.groups ?? noProperties).map(([type, key]) => {
      const given = ownProperty(request.groupProperties, type)
      const ownKey = given?.["$group_key"]
      return [type, { ...given, $group_key: ownKey === undefined ? key : ownKey }]
    })
  )

const deviceId = (request: DecideRequest): Readonly<Record<string, string>> => {
  if (request.deviceId !== undefined && request.deviceId !== "") return { device_id: wellFormed(request.deviceId) }
  const named = devicePropertyOf(request.personProperties)
  return named === undefined ? {} : { $device_id: wellFormed(named) }
}

/**
 * The body of `POST /flags/?v=2`, or `undefined` when the properties are too large to be sent. What JSON cannot carry is
 * replaced: one odd property must not cost the evaluation.
 *
 * @internal
 */
export const flagsRequestBody = (request: DecideRequest, defaults: RequestDefaults): Properties | undefined => {
  const copy = new JsonCopy(largestProperties)
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
    group_properties: copied(groupProperties(request)),
    geoip_disable: request.disableGeoip ?? defaults.disableGeoip,
    // Without this field PostHog guesses from headers, and leaves out the flags that are set to "server only".
    evaluation_runtime: "server",
    ...(request.flagKeys === undefined ? {} : { flag_keys_to_evaluate: request.flagKeys.map(wellFormed) }),
    ...(defaults.evaluationContexts.length === 0 ? {} : { evaluation_contexts: defaults.evaluationContexts })
  }
  return copy.exceeded ? undefined : body
}
