import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { DecideResponse, RemoteFlag } from "../../Decision.ts"

const JsonObject = Schema.Record({ key: Schema.String, value: Schema.Unknown })
type JsonObject = typeof JsonObject.Type

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const Current = Schema.Struct({ flags: JsonObject })

const Legacy = Schema.Struct({
  featureFlags: Schema.optional(Schema.NullOr(JsonObject))
})

const isCurrent = Schema.is(Current)
const isLegacy = Schema.is(Legacy)

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
const integer = (value: unknown): number | undefined => (Number.isSafeInteger(value) ? value as number : undefined)

// What decides the value is checked; what only describes it is read field by field, so that a strange description never
// costs a value. A variant decides nothing when the flag is off.
const isReadable = (enabled: unknown, variant: unknown): boolean =>
  enabled === true
    ? variant === undefined || variant === null || typeof variant === "string"
    : enabled === undefined || enabled === false

// A flag that cannot be read is one the server did not answer for: no value, rather than a made-up `false`.
const currentFlag = (wire: unknown): RemoteFlag => {
  if (!isObject(wire)) return { enabled: false, failed: true }
  const { enabled, failed, metadata, reason, variant } = wire
  const about = isObject(metadata) ? metadata : undefined
  return {
    enabled: enabled === true,
    variant: text(variant),
    failed: failed === true || !isReadable(enabled, variant),
    reason: isObject(reason)
      ? {
        code: text(reason["code"]),
        description: text(reason["description"]),
        conditionIndex: integer(reason["condition_index"])
      }
      : undefined,
    id: integer(about?.["id"]),
    version: integer(about?.["version"]),
    payload: about?.["payload"],
    hasExperiment: typeof about?.["has_experiment"] === "boolean" ? about["has_experiment"] : undefined
  }
}

const legacyFlag = (value: unknown, payload: unknown): RemoteFlag => ({
  enabled: typeof value === "string" || value === true,
  variant: text(value),
  payload
})

// Own properties only: a flag may be called `__proto__`.
const mapRecord = <A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A, key: string) => B
): Readonly<Record<string, B>> => {
  const mapped: Record<string, B> = Object.create(null)
  for (const key of Object.keys(record)) mapped[key] = f(record[key] as A, key)
  return mapped
}

const flagsOf = (body: JsonObject): DecideResponse["flags"] | undefined => {
  const { featureFlagPayloads } = body
  if (isCurrent(body)) return mapRecord(body.flags, currentFlag)
  if (!isLegacy(body)) return undefined
  const payloads = isObject(featureFlagPayloads) ? featureFlagPayloads : {}
  return mapRecord(
    body.featureFlags ?? {},
    (value, key) => legacyFlag(value, Object.hasOwn(payloads, key) ? payloads[key] : undefined)
  )
}

const quotaLimited = (body: JsonObject): boolean =>
  [body["quotaLimited"], body["quota_limited"]].some((list) => Array.isArray(list) && list.includes("feature_flags"))

/**
 * Brings the body of a `/flags` response, of either shape, into one. `None`: it is neither.
 *
 * @internal
 */
export const decodeFlagsResponse = (body: unknown): Option.Option<DecideResponse> => {
  if (!isObject(body)) return Option.none()
  const limited = quotaLimited(body)
  const flags = limited ? {} : flagsOf(body)
  if (flags === undefined) return Option.none()
  return Option.some({
    flags,
    requestId: text(body["requestId"]) || undefined,
    evaluatedAt: integer(body["evaluatedAt"]),
    errorsWhileComputingFlags: body["errorsWhileComputingFlags"] === true,
    quotaLimited: limited,
    minimalFlagCalledEvents: body["minimalFlagCalledEvents"] === true
  })
}
