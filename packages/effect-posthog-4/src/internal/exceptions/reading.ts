// Generated from packages/effect-posthog/src/internal/exceptions/reading.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Stands for what cannot be read: a getter that throws, a proxy that was revoked.
 *
 * @internal
 */
export const unreadable = "[Unreadable]"

/** @internal */
export const isReference = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function"

/**
 * A property of a value that anybody may have thrown; `undefined` when reading it throws.
 *
 * @internal
 */
export const read = (value: unknown, key: PropertyKey): unknown => {
  if (!isReference(value)) return undefined
  try {
    return (value as Readonly<Record<PropertyKey, unknown>>)[key]
  } catch {
    return undefined
  }
}

/**
 * The same for text that is not empty.
 *
 * @internal
 */
export const readText = (value: unknown, key: PropertyKey): string | undefined => {
  const text = read(value, key)
  return typeof text === "string" && text !== "" ? text : undefined
}

/**
 * The names of a value's own properties; `undefined` for a proxy that refuses to list them.
 *
 * @internal
 */
export const keysOf = (value: object): ReadonlyArray<string> | undefined => {
  try {
    return Object.keys(value)
  } catch {
    return undefined
  }
}

const errorTags = new Set(["[object Error]", "[object DOMException]"])

/**
 * Also errors of other realms.
 *
 * @internal
 */
export const isError = (value: unknown): value is object => {
  if (!isReference(value)) return false
  try {
    return value instanceof Error || errorTags.has(Object.prototype.toString.call(value))
  } catch {
    return false
  }
}

const mostPrototypes = 100

/**
 * Whether a class of this name is among those that the value is an instance of. Errors of another realm or of a polyfill
 * count, a field with a telling name does not.
 *
 * @internal
 */
export const isInstanceOfNamed = (value: object, name: string): boolean => {
  try {
    let prototype: unknown = Object.getPrototypeOf(value)
    for (let depth = 0; isReference(prototype) && depth < mostPrototypes; depth++) {
      const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value
      if (typeof constructor === "function" && constructor.name === name) return true
      prototype = Object.getPrototypeOf(prototype)
    }
  } catch {
    // A proxy that refuses to name its prototype is an instance of nothing.
  }
  return false
}

/**
 * Text of at most so many characters.
 *
 * @internal
 */
export const cut = (text: string, length: number): string => text.length <= length ? text : text.slice(0, length)
