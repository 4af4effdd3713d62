/**
 * Flag definitions in the form in which instances share them.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import { isRecord } from "./internal/fingerprint.ts"

/**
 * A definitions document as it lies in a shared cache: plain JSON, with the spelling that other PostHog libraries for
 * JavaScript use, so that they can share a cache with this one.
 *
 * @since 0.1.0
 * @category models
 */
export interface CachedDefinitions {
  readonly flags: ReadonlyArray<unknown>
  readonly groupTypeMapping: Readonly<Record<string, unknown>>
  readonly cohorts: Readonly<Record<string, unknown>>
  /** The gate for minimal exposure events. */
  readonly minimalFlagCalledEvents: boolean
  /** Absent when the document says nothing about it, which means version 1. */
  readonly propertyMatchingVersion?: number | undefined
}

const optionalRecord = (value: unknown): Option.Option<Readonly<Record<string, unknown>>> =>
  value === undefined || value === null ? Option.some({}) : Option.liftPredicate(isRecord)(value)

/**
 * Reads what lies in a cache. Properties may be missing, as older libraries leave them out, and may be spelled as in
 * the definitions document (`group_type_mapping`). `None`: these are no definitions.
 *
 * @since 0.1.0
 * @category constructors
 */
export const decode = (value: unknown): Option.Option<CachedDefinitions> => {
  if (!isRecord(value) || !Array.isArray(value.flags)) return Option.none()
  const flags: ReadonlyArray<unknown> = value.flags
  const version = value.propertyMatchingVersion ?? value.property_matching_version
  return Option.map(
    Option.all({
      cohorts: optionalRecord(value.cohorts),
      groupTypeMapping: optionalRecord(value.groupTypeMapping ?? value.group_type_mapping)
    }),
    ({ cohorts, groupTypeMapping }) => ({
      flags,
      groupTypeMapping,
      cohorts,
      minimalFlagCalledEvents: (value.minimalFlagCalledEvents ?? value.minimal_flag_called_events) === true,
      ...(typeof version === "number" ? { propertyMatchingVersion: version } : {})
    })
  )
}

/**
 * The definitions document that stands for the same definitions.
 *
 * @since 0.1.0
 * @category getters
 */
export const toDocument = (definitions: CachedDefinitions): unknown => ({
  flags: definitions.flags,
  group_type_mapping: definitions.groupTypeMapping,
  cohorts: definitions.cohorts,
  minimal_flag_called_events: definitions.minimalFlagCalledEvents,
  ...(definitions.propertyMatchingVersion === undefined
    ? {}
    : { property_matching_version: definitions.propertyMatchingVersion })
})
