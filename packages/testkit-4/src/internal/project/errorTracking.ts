// Generated from packages/testkit/src/internal/project/errorTracking.ts by packages/tools/editions.mjs: change that file, not this one.
import { isObject as isRecord } from "effect/Predicate"
import { arrayOrEmpty, type JsonObject, objectOrEmpty } from "../json.ts"

type Properties = Readonly<Record<string, unknown>>

const isAbsent = (value: unknown): boolean => value === undefined || value === null

const isText = (value: unknown): boolean => typeof value === "string"

const isBoolean = (value: unknown): boolean => typeof value === "boolean"

const isUnsigned = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff

const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText)

interface Field {
  readonly name: string
  readonly valid: (value: unknown) => boolean
  readonly kind: string
  /** `default`: may be left out, but not null. */
  readonly presence: "required" | "optional" | "default"
}

const nodeFrame: ReadonlyArray<Field> = [
  { name: "filename", valid: isText, kind: "a string", presence: "required" },
  { name: "function", valid: isText, kind: "a string", presence: "required" },
  { name: "lineno", valid: isUnsigned, kind: "a whole number", presence: "optional" },
  { name: "colno", valid: isUnsigned, kind: "a whole number", presence: "optional" },
  { name: "module", valid: isText, kind: "a string", presence: "optional" },
  { name: "chunk_id", valid: isText, kind: "a string", presence: "optional" },
  { name: "context_line", valid: isText, kind: "a string", presence: "optional" },
  { name: "pre_context", valid: isTextList, kind: "a list of strings", presence: "default" },
  { name: "post_context", valid: isTextList, kind: "a list of strings", presence: "default" },
  { name: "in_app", valid: isBoolean, kind: "a boolean", presence: "default" },
  { name: "synthetic", valid: isBoolean, kind: "a boolean", presence: "default" }
]

const exceptionFields: ReadonlyArray<Field> = [
  { name: "type", valid: isText, kind: "a string", presence: "required" },
  { name: "value", valid: isText, kind: "a string", presence: "default" },
  { name: "module", valid: isText, kind: "a string", presence: "optional" },
  { name: "thread_id", valid: Number.isInteger, kind: "a whole number", presence: "optional" }
]

const mechanismFields: ReadonlyArray<Field> = [
  { name: "handled", valid: isBoolean, kind: "a boolean", presence: "optional" },
  { name: "type", valid: isText, kind: "a string", presence: "optional" },
  { name: "source", valid: isText, kind: "a string", presence: "optional" },
  { name: "synthetic", valid: isBoolean, kind: "a boolean", presence: "optional" }
]

const problemsOfFields = (fields: ReadonlyArray<Field>, value: JsonObject, path: string): ReadonlyArray<string> =>
  fields.flatMap(({ kind, name, presence, valid }) => {
    const field = value[name]
    if (presence === "optional" ? isAbsent(field) : presence === "default" && field === undefined) return []
    return valid(field) ? [] : [`${path}.${name} is not ${kind}`]
  })

const problemsOfFrame = (frame: unknown, path: string): ReadonlyArray<string> => {
  if (!isRecord(frame)) return [`${path} is not an object`]
  if (typeof frame["platform"] !== "string") return [`${path}.platform is not a string`]
  // The frames of other platforms have rules of their own.
  return frame["platform"] === "node:javascript" ? problemsOfFields(nodeFrame, frame, path) : []
}

const problemsOfStack = (stack: unknown, path: string): ReadonlyArray<string> => {
  if (isAbsent(stack)) return []
  if (!isRecord(stack)) return [`${path} is not an object`]
  if (stack["type"] !== "raw") return [`${path}.type is not "raw"`]
  return Array.isArray(stack["frames"])
    ? stack["frames"].flatMap((frame, index) => problemsOfFrame(frame, `${path}.frames[${index}]`))
    : [`${path}.frames is not a list`]
}

const problemsOfException = (exception: unknown, index: number): ReadonlyArray<string> => {
  const path = `$exception_list[${index}]`
  if (!isRecord(exception)) return [`${path} is not an object`]
  const { mechanism, stacktrace } = exception
  return [
    ...problemsOfFields(exceptionFields, exception, path),
    ...(isAbsent(mechanism)
      ? []
      : isRecord(mechanism)
      ? problemsOfFields(mechanismFields, mechanism, `${path}.mechanism`)
      : [`${path}.mechanism is not an object`]),
    ...problemsOfStack(stacktrace, `${path}.stacktrace`)
  ]
}

/**
 * Why PostHog cannot use an exception event.
 *
 * @internal
 */
export const problemsOf = (properties: Properties): ReadonlyArray<string> => {
  const list = properties["$exception_list"]
  if (!Array.isArray(list)) return ["$exception_list is not a list"]
  if (list.length === 0) return ["$exception_list is empty"]
  const fingerprint = properties["$exception_fingerprint"]
  return [
    ...list.flatMap(problemsOfException),
    ...(isAbsent(fingerprint) || isText(fingerprint) ? [] : ["$exception_fingerprint is not a string"])
  ]
}

const isDependency = (file: unknown): boolean =>
  typeof file === "string" && (file.includes("node_modules") || file.startsWith("node:"))

// PostHog takes a client's word that a frame is not part of the application, but not that it is.
const isInApp = ({ filename, in_app }: JsonObject): boolean => in_app !== false && !isDependency(filename)

const framesOf = (exception: JsonObject): ReadonlyArray<JsonObject> =>
  arrayOrEmpty(objectOrEmpty(exception["stacktrace"])["frames"]).filter(isRecord)

const partsOfException = (exception: JsonObject): ReadonlyArray<unknown> => {
  const frames = framesOf(exception)
  if (frames.length === 0) return [exception["type"], exception["value"] ?? ""]
  const inApp = frames.filter(isInApp)
  return [
    exception["type"],
    (inApp.length > 0 ? inApp : frames.slice(0, 1)).map((frame) => [
      frame["filename"],
      frame["module"] ?? null,
      frame["function"]
    ])
  ]
}

/**
 * What the fingerprint of a usable exception event is made of; text is the fingerprint itself.
 *
 * @internal
 */
export const fingerprintParts = (properties: Properties): string | ReadonlyArray<unknown> => {
  const own = properties["$exception_fingerprint"]
  return typeof own === "string" && own !== ""
    ? own
    : arrayOrEmpty(properties["$exception_list"]).map((exception) => partsOfException(objectOrEmpty(exception)))
}
