// Generated from packages/effect-posthog/src/internal/exceptions/description.ts by packages/tools/editions.mjs: change that file, not this one.
import { cut, isError, isReference, keysOf, read, readText, unreadable } from "./reading.ts"

const longestType = 200
const longestValue = 10_000
const longestKeys = 40

/**
 * What an exception is called and what it says.
 *
 * @internal
 */
export interface Description {
  readonly type: string
  readonly value: string
  /** Whether the value that was thrown is not an error. */
  readonly synthetic: boolean
}

const shortText = (value: unknown): string => {
  try {
    return typeof value === "function" ? `[Function: ${value.name || "anonymous"}]` : String(value)
  } catch {
    return unreadable
  }
}

const constructorName = (value: object): string | undefined => {
  const name = readText(read(value, "constructor"), "name")
  return name === "Object" ? undefined : name
}

const typeOf = (value: object): string => cut(readText(value, "name") ?? constructorName(value) ?? "Error", longestType)

const messageOf = (error: object): string => {
  let message: unknown
  try {
    message = (error as { readonly message?: unknown }).message
  } catch {
    return unreadable
  }
  if (message === undefined || message === null) return ""
  return isReference(message) ? unreadable : shortText(message)
}

const listed = (keys: ReadonlyArray<string>): string => {
  const text = keys.join(", ")
  return text.length <= longestKeys ? text : `${text.slice(0, longestKeys)}…`
}

/**
 * Says of what was thrown what may leave the house: never the JSON of a value. `privateMessage` gives the text for errors
 * whose own message shows values.
 *
 * @internal
 */
export const describe = (
  value: unknown,
  privateMessage: (error: object) => string | undefined
): Description => {
  if (typeof value === "string") return { type: "Error", value: cut(value, longestValue), synthetic: true }
  if (!isReference(value) || typeof value === "function") {
    return { type: "Error", value: cut(shortText(value), longestValue), synthetic: true }
  }
  if (isError(value)) {
    return {
      type: typeOf(value),
      value: cut(privateMessage(value) ?? messageOf(value), longestValue),
      synthetic: false
    }
  }
  const tag = readText(value, "_tag")
  const message = read(value, "message")
  const keys = keysOf(value)?.filter((key) => tag === undefined || key !== "_tag")
  return {
    type: tag === undefined ? typeOf(value) : cut(tag, longestType),
    value: typeof message === "string"
      ? cut(message, longestValue)
      : keys === undefined
      ? unreadable
      : `keys: ${listed(keys)}`,
    synthetic: true
  }
}
