// Generated from packages/effect-posthog/src/internal/exceptions/eventProperties.ts by packages/tools/editions.mjs: change that file, not this one.
import { mergeProperties } from "../properties.ts"
import type { Boundary } from "./boundaries.ts"
import { type Leaf, spanNames, spanOf } from "./causes.ts"
import type { ExceptionEntry } from "./exceptionList.ts"
import { type Level, levelOf } from "./levels.ts"
import type { Origin } from "./origin.ts"
import { isReference, keysOf, read, readText } from "./reading.ts"
import { isReserved } from "./reservedProperties.ts"

type Properties = Readonly<Record<string, unknown>>

/** @internal */
export const ignore = "~effect/ErrorReporter/ignore"

/** @internal */
export const severity = "~effect/ErrorReporter/severity"

/** @internal */
export const attributes = "~effect/ErrorReporter/attributes"

/** @internal */
export const fingerprint = "~effect-posthog/Exceptions/fingerprint"

/**
 * Which failure of a cause an event is about.
 *
 * @internal
 */
export interface CausePosition {
  readonly id: string
  readonly index: number
  readonly size: number
  readonly interrupted: boolean
}

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

const recordOf = (value: unknown): Properties | undefined =>
  isReference(value) && !Array.isArray(value) ? value as Properties : undefined

const traceIdForm = /^(?!0+$)[0-9a-f]{32}$/
const spanIdForm = /^(?!0+$)[0-9a-f]{16}$/

const has = (properties: Properties, name: string): boolean => Object.hasOwn(properties, name)

const traceProperties = ({ span }: Origin, failed: Leaf): Properties => {
  const { spanId, traceId } = span ?? spanOf(failed.value) ?? {}
  return typeof traceId === "string" && typeof spanId === "string" && traceIdForm.test(traceId) &&
      spanIdForm.test(spanId)
    ? { $trace_id: traceId, $span_id: spanId }
    : {}
}

const annotationProperties = (origin: Origin, allowed: ReadonlyArray<string> | undefined): Properties => {
  const properties: Record<string, unknown> = {}
  for (const name of allowed ?? []) {
    if (Object.hasOwn(origin.annotations, name)) properties[name] = origin.annotations[name]
  }
  return properties
}

/**
 * What a caller, an error and the fiber add: later ones win.
 *
 * @internal
 */
export const ownProperties = (
  failed: Leaf,
  original: unknown,
  origin: Origin,
  allowed: ReadonlyArray<string> | undefined,
  more: Properties,
  given: Properties | undefined
): Properties => {
  const properties = mergeProperties(
    mergeProperties(annotationProperties(origin, allowed), recordOf(read(original, attributes))),
    mergeProperties(more, recordOf(given))
  )
  return has(properties, "$trace_id") || has(properties, "$span_id")
    ? properties
    : mergeProperties(traceProperties(origin, failed), properties)
}

/** @internal */
export const reservedNamesIn = (properties: Properties | undefined): ReadonlyArray<string> =>
  properties === undefined ? [] : (keysOf(properties) ?? []).filter(isReserved)

/**
 * The level: what the caller says, else what the error says, else what the boundary means.
 *
 * @internal
 */
export const levelFor = (given: unknown, original: unknown, boundary: Level): Level =>
  levelOf(given) ?? levelOf(read(original, severity)) ?? boundary

/**
 * What the library says about an exception: callers cannot set these.
 *
 * @internal
 */
export const exceptionProperties = (
  list: ReadonlyArray<ExceptionEntry>,
  failed: Leaf,
  original: unknown,
  boundary: Boundary,
  given: { readonly level?: unknown; readonly fingerprint?: unknown },
  origin: Origin,
  position: CausePosition | undefined
): Properties => {
  const spans = spanNames(spanOf(failed.value) ?? origin.span)
  const grouping = text(given.fingerprint) ?? readText(original, fingerprint)
  const release = readText(globalThis, "_posthogReleaseId")
  return {
    $exception_list: list,
    $exception_level: levelFor(given.level, original, boundary.level),
    $exception_type: list[0]?.type,
    $exception_message: list[0]?.value,
    ...(boundary.source === undefined ? {} : { $exception_source: boundary.source }),
    ...(grouping === undefined ? {} : { $exception_fingerprint: grouping }),
    ...(release === undefined ? {} : { $release_id: release }),
    ...(position === undefined ? {} : {
      effect_cause_id: position.id,
      effect_cause_index: position.index,
      effect_cause_size: position.size,
      effect_cause_kind: failed.kind,
      ...(position.interrupted ? { effect_interrupted: true } : {})
    }),
    ...(spans.length === 0 ? {} : { effect_spans: spans }),
    effect_fiber: `#${origin.fiberId}`
  }
}

/** @internal */
export const isIgnored = (original: unknown, predicate: unknown): boolean => {
  if (read(original, ignore) === true) return true
  try {
    return typeof predicate === "function" && predicate(original) === true
  } catch {
    return false
  }
}
