import type { DecideRequest } from "../Decision.ts"

/** @internal */
export interface RequestDefaults {
  readonly token: string
  readonly disableGeoip: boolean
  readonly evaluationContexts: ReadonlyArray<string>
}

// The caller may override `$group_key`; properties of group types that are not part of this evaluation stay home.
const groupProperties = (request: DecideRequest): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(request.groups ?? {}).map(([type, key]) => [
      type,
      {
        $group_key: key,
        ...(Object.hasOwn(request.groupProperties ?? {}, type) ? request.groupProperties?.[type] : undefined)
      }
    ])
  )

const deviceId = (request: DecideRequest): Record<string, string> => {
  if (request.deviceId !== undefined && request.deviceId !== "") return { device_id: request.deviceId }
  const lifted = request.personProperties?.["$device_id"]
  return typeof lifted === "string" && lifted !== "" ? { $device_id: lifted } : {}
}

/**
 * The body of `POST /flags/?v=2`.
 *
 * @internal
 */
export const flagsRequestBody = (request: DecideRequest, defaults: RequestDefaults): Record<string, unknown> => ({
  token: defaults.token,
  distinct_id: request.distinctId,
  ...deviceId(request),
  groups: request.groups ?? {},
  person_properties: request.personProperties ?? {},
  group_properties: groupProperties(request),
  geoip_disable: request.disableGeoip ?? defaults.disableGeoip,
  ...(request.flagKeys === undefined ? {} : { flag_keys_to_evaluate: request.flagKeys }),
  ...(defaults.evaluationContexts.length === 0 ? {} : { evaluation_contexts: defaults.evaluationContexts })
})
