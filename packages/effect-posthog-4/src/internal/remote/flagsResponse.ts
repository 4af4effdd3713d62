// Generated from packages/effect-posthog/src/internal/remote/flagsResponse.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Effect from "effect/Effect"
import { isObject as isRecord } from "effect/Predicate"
import { DeciderError } from "../../Decision.ts"
import type { DecideResponse, RemoteFlag } from "../../Decision.ts"
import { runInSlices } from "../eventLoop.ts"

type JsonObject = Readonly<Record<string, unknown>>

/** More than a project has: an answer with more flags is refused. */
const mostFlags = 20_000

/** Text that is shorter cannot hold enough flags to take long. */
const longestUncounted = 256 * 1024

/** Characters looked at, and flags decoded, in one step. */
const charactersPerStep = 50_000
const flagsPerStep = 500

/** Longer texts of the server are cut, and flags with a longer key or variant are left out: PostHog allows 400. */
const longestKey = 1000
const longestWords = 1000
const longestCode = 200

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)
const cut = (value: unknown, longest: number): string | undefined => text(value)?.slice(0, longest)
const integer = (value: unknown): number | undefined => (Number.isSafeInteger(value) ? value as number : undefined)

// What decides the value is checked; what only describes it is read field by field, so that a strange description never
// costs a value. A variant decides nothing when the flag is off.
const isReadable = (enabled: unknown, variant: unknown): boolean =>
  enabled === true
    ? variant === undefined || variant === null || (typeof variant === "string" && variant.length <= longestKey)
    : enabled === undefined || enabled === false

// A flag that cannot be read is one the server did not answer for: no value, rather than a made-up `false`.
const currentFlag = (wire: unknown): RemoteFlag => {
  if (!isRecord(wire)) return { enabled: false, failed: true }
  const { enabled, failed, metadata, reason, variant } = wire
  const about = isRecord(metadata) ? metadata : undefined
  return {
    enabled: enabled === true,
    variant: cut(variant, longestKey),
    failed: failed === true || !isReadable(enabled, variant),
    reason: isRecord(reason)
      ? {
        code: cut(reason["code"], longestCode),
        description: cut(reason["description"], longestWords),
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
  variant: cut(value, longestKey),
  failed: typeof value === "string" && value.length > longestKey,
  payload
})

/** The flags of an answer of either shape, undecoded. */
interface WireFlags {
  readonly values: JsonObject
  readonly decode: (value: unknown, key: string) => RemoteFlag
}

const wireFlags = (body: JsonObject): WireFlags | undefined => {
  const { featureFlagPayloads, featureFlags, flags } = body
  if (isRecord(flags)) return { values: flags, decode: currentFlag }
  if (featureFlags !== undefined && featureFlags !== null && !isRecord(featureFlags)) return undefined
  const payloads = isRecord(featureFlagPayloads) ? featureFlagPayloads : {}
  return {
    values: featureFlags ?? {},
    decode: (value, key) => legacyFlag(value, Object.hasOwn(payloads, key) ? payloads[key] : undefined)
  }
}

const isQuotaLimited = (body: JsonObject): boolean =>
  [body["quotaLimited"], body["quota_limited"]].some((list) => Array.isArray(list) && list.includes("feature_flags"))

const answer = (body: JsonObject, flags: DecideResponse["flags"], quotaLimited: boolean): DecideResponse => ({
  flags,
  requestId: cut(body["requestId"], longestCode) || undefined,
  evaluatedAt: integer(body["evaluatedAt"]),
  errorsWhileComputingFlags: body["errorsWhileComputingFlags"] === true,
  quotaLimited,
  minimalFlagCalledEvents: body["minimalFlagCalledEvents"] === true
})

const invalid: Effect.Effect<never, DeciderError> = Effect.suspend(() =>
  Effect.fail(new DeciderError({ reason: "InvalidResponse" }))
)
const tooMany: Effect.Effect<never, DeciderError> = Effect.suspend(() =>
  Effect.fail(new DeciderError({ reason: "TooLarge" }))
)

// Own properties only: a flag may be called `__proto__`.
const decodeInto = (
  target: Record<string, RemoteFlag>,
  { decode, values }: WireFlags,
  keys: ReadonlyArray<string>,
  from: number,
  to: number
): void => {
  for (let index = from; index < to; index++) {
    const key = keys[index] as string
    if (key.length <= longestKey) target[key] = decode(values[key], key)
  }
}

const decodeBody = (body: unknown): Effect.Effect<DecideResponse, DeciderError> => {
  if (!isRecord(body)) return invalid
  if (isQuotaLimited(body)) return Effect.succeed(answer(body, {}, true))
  const wire = wireFlags(body)
  if (wire === undefined) return invalid
  const keys = Object.keys(wire.values)
  if (keys.length > mostFlags) return tooMany
  const flags: Record<string, RemoteFlag> = Object.create(null)
  if (keys.length <= flagsPerStep) {
    decodeInto(flags, wire, keys, 0, keys.length)
    return Effect.succeed(answer(body, flags, false))
  }
  return runInSlices(function*() {
    for (let from = 0; from < keys.length; from += flagsPerStep) {
      decodeInto(flags, wire, keys, from, Math.min(keys.length, from + flagsPerStep))
      yield
    }
    return answer(body, flags, false)
  })
}

const decodeText = (json: string): Effect.Effect<DecideResponse, DeciderError> =>
  Effect.suspend(() => {
    let body: unknown
    try {
      body = JSON.parse(json)
    } catch {
      return invalid
    }
    return decodeBody(body)
  })

const [quotationMark, backslash, colon] = [0x22, 0x5c, 0x3a]

const isOpening = (code: number): boolean => code === 0x7b || code === 0x5b
const isClosing = (code: number): boolean => code === 0x7d || code === 0x5d

/**
 * Counts the members of objects that are themselves members of the body, in steps. A million keys take a second to parse
 * and to list, during which nothing else runs: so many are noticed before.
 */
const hasTooManyFlags = (json: string): Effect.Effect<boolean> =>
  runInSlices(function*() {
    let depth = 0
    let members = 0
    let isText = false
    let endOfStep = charactersPerStep
    for (let index = 0; index < json.length; index++) {
      if (index >= endOfStep) {
        endOfStep += charactersPerStep
        yield
      }
      const code = json.charCodeAt(index)
      if (isText) {
        if (code === backslash) index += 1
        else if (code === quotationMark) isText = false
      } else if (code === quotationMark) isText = true
      else if (isOpening(code)) depth += 1
      else if (isClosing(code)) depth -= 1
      else if (code === colon && depth === 2) members += 1
    }
    // Payloads of the older shape stand beside its flags.
    return members > 2 * mostFlags
  })

/**
 * Brings the body of an answer of `/flags`, of either shape, into one.
 *
 * @internal
 */
export const decodeFlagsResponse = (json: string): Effect.Effect<DecideResponse, DeciderError> =>
  json.length <= longestUncounted
    ? decodeText(json)
    : Effect.flatMap(hasTooManyFlags(json), (isRefused) => (isRefused ? tooMany : decodeText(json)))
