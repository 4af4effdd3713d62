import * as Effect from "effect/Effect"
import type { DecideRequest } from "../../Decision.ts"
import { runInSlices, yieldToEventLoop } from "../eventLoop.ts"
import { JsonCopy, wellFormed } from "../jsonCopy.ts"
import { devicePropertyOf } from "../properties.ts"
import { makePortable, toPortableJson } from "./portableJson.ts"

/** @internal */
export interface RequestDefaults {
  readonly token: string
  readonly disableGeoip: boolean
  readonly evaluationContexts: ReadonlyArray<string>
}

type Properties = Readonly<Record<string, unknown>>

/** The largest body that is sent, in bytes. PostHog takes no more, and no caller means to send as much. */
const largestBody = 8 * 1024 * 1024

/** A body of about so many characters is written and encoded in less than a millisecond: in the step that copies it. */
const longestAtOnce = 64 * 1024

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

/**
 * A body as text and as it is sent, encoded once for all attempts.
 *
 * @internal
 */
export interface RequestBody {
  readonly text: string
  readonly bytes: Uint8Array
}

const tooManyBytes = new TooLarge(`more than ${largestBody} bytes`)

const encoder = new TextEncoder()

const encoded = (text: string): RequestBody => ({ text, bytes: encoder.encode(text) })

// The event loop turns between copying, writing, encoding and sending: each takes a while for a large body.
const inTurns = (content: unknown): Effect.Effect<RequestBody | TooLarge> =>
  Effect.flatMap(yieldToEventLoop, () => {
    const json = JSON.stringify(content)
    return json.length > largestBody
      ? Effect.succeed(tooManyBytes)
      : runInSlices(function*() {
        const text = yield* makePortable(json, largestBody)
        if (text === undefined) return tooManyBytes
        yield
        const body = encoded(text)
        yield
        return body
      })
  })

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
 * The body of `POST /flags/?v=2`, at once unless it is large. What JSON cannot carry is replaced: one odd property must
 * not cost the evaluation.
 *
 * @internal
 */
export const flagsRequestBody = (
  request: DecideRequest,
  defaults: RequestDefaults
): RequestBody | TooLarge | Effect.Effect<RequestBody | TooLarge> => {
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
    ...(request.flagKeys === undefined ? {} : { flag_keys_to_evaluate: copy.value(request.flagKeys) }),
    ...(defaults.evaluationContexts.length === 0 ? {} : { evaluation_contexts: defaults.evaluationContexts })
  }
  if (copy.excess !== undefined) return new TooLarge(copy.excess)
  return copy.size > longestAtOnce ? inTurns(body) : encoded(toPortableJson(body))
}
