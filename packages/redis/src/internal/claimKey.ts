import type { PostHogEvent } from "effect-posthog"
import * as Predicate from "effect/Predicate"

/** What `captureOnce` notes on an event for the transport, which takes it off again. @internal */
export const onceKey = "$once_key"

/** @internal */
export const onceWithin = "$once_within"

const part = (value: unknown): string => {
  const text = typeof value === "string" ? `s${value}` : `${typeof value} ${String(value)}`
  return `${text.length}:${text}`
}

const groupsOf = (groups: unknown): string =>
  Predicate.isRecord(groups)
    ? Object.keys(groups).sort().map((type) => part(type) + part(String(groups[type]))).join("")
    : ""

/**
 * What makes two events the same, and for how many milliseconds: exposures as PostHog itself compares them, and what
 * `captureOnce` noted. `undefined`: the event is sent without a claim.
 *
 * @internal
 */
export const claimOf = (
  { distinctId, event, properties }: PostHogEvent,
  exposureMillis: number
): { readonly text: string; readonly millis: number } | undefined => {
  const key = properties[onceKey]
  const within = properties[onceWithin]
  if (typeof key === "string" && typeof within === "number") return { text: `once${part(key)}`, millis: within }
  if (event !== "$feature_flag_called") return undefined
  return {
    text: part(distinctId) + part(properties["$feature_flag"]) + part(properties["$feature_flag_response"]) +
      part(properties["$feature_flag_has_experiment"] === true) + groupsOf(properties["$groups"]),
    millis: exposureMillis
  }
}

/**
 * The event without what `captureOnce` noted.
 *
 * @internal
 */
export const withoutNotes = (event: PostHogEvent): PostHogEvent => {
  if (!(onceKey in event.properties) && !(onceWithin in event.properties)) return event
  const { [onceKey]: _key, [onceWithin]: _within, ...properties } = event.properties
  return { ...event, properties }
}

const digits = (word: number): string => (word >>> 0).toString(36).padStart(7, "0")

/**
 * 128 bits of a text, so that no id is a key of Redis.
 *
 * @internal
 */
export const fingerprint = (text: string): string => {
  let first = 0x43b0d7e5
  let second = 0x8f462907
  let third = 0x6b2f1d4d
  let fourth = 0xc2b2ae3d
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    first = second ^ Math.imul(first ^ code, 0x239b961b)
    second = third ^ Math.imul(second ^ code, 0xab0e9789)
    third = fourth ^ Math.imul(third ^ code, 0x38b34ae5)
    fourth = first ^ Math.imul(fourth ^ code, 0xa1e38b93)
  }
  first = Math.imul(third ^ (first >>> 18), 0x239b961b)
  second = Math.imul(fourth ^ (second >>> 22), 0xab0e9789)
  third = Math.imul(first ^ (third >>> 17), 0x38b34ae5)
  fourth = Math.imul(second ^ (fourth >>> 19), 0xa1e38b93)
  return digits(first ^ second ^ third ^ fourth) + digits(second ^ first) + digits(third ^ first) +
    digits(fourth ^ first)
}
