// Generated from packages/effect-posthog/src/internal/exceptions/reservedProperties.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The properties of an exception that only the library sets, and those that PostHog derives.
 *
 * @internal
 */
export const reservedNames: ReadonlySet<string> = new Set([
  "$exception_list",
  "$exception_level",
  "$exception_source",
  "$exception_type",
  "$exception_message",
  "$exception_fingerprint",
  "$debug_images",
  "$exception_handled",
  "$exception_types",
  "$exception_values",
  "$exception_sources",
  "$exception_functions",
  "$exception_fingerprint_version",
  "$exception_fingerprint_record",
  "$exception_issue_id",
  "$exception_release",
  "$cymbal_errors"
])

/** @internal */
export const isReserved = (name: string): boolean => reservedNames.has(name)
