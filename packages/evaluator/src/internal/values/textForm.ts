/**
 * The text form of JSON values, by which the server compares most of them.
 *
 * @since 1.0.0
 */

/** The server refuses JSON that is nested deeper. */
const deepestJson = 128

/** Larger values are not read. One that holds another over and over can be larger than anything. */
const mostMembers = 500_000

interface Room {
  left: number
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/**
 * The value as JSON would carry it: a date becomes its ISO text.
 *
 * @internal
 */
export const asJsonValue = (value: unknown): unknown => {
  if (typeof value !== "object" || !(value instanceof Date)) return value
  return Number.isNaN(value.getTime()) ? null : value.toISOString()
}

/** @internal */
export const isPlainObject = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const numberForm = (value: number): string | undefined => {
  if (!Number.isFinite(value)) return undefined
  // What a 64-bit integer cannot hold, and what is smaller than this, the server writes with an exponent.
  const magnitude = Math.abs(value)
  if (magnitude >= 0x10000000000000000 || (magnitude < 1e-5 && magnitude > 0) || value < -0x8000000000000000) {
    return undefined
  }
  return String(value)
}

/**
 * The text form of a value, or `undefined` when the server's cannot be reproduced: numbers written with an exponent,
 * infinities, lone surrogates, values that JSON does not carry, and those that are enormous.
 *
 * @internal
 */
export const textForm = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return isWellFormed(value) ? value : undefined
    case "number":
      return numberForm(value)
    case "boolean":
      return value ? "true" : "false"
    case "object":
      return value === null ? "null" : jsonForm(value, deepestJson, { left: mostMembers })
    default:
      return undefined
  }
}

const isWellFormed = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdfff) return !loneSurrogate.test(text)
  }
  return true
}

const jsonForm = (value: unknown, depth: number, room: Room): string | undefined => {
  if (room.left-- <= 0) return undefined
  const plain = asJsonValue(value)
  if (typeof plain === "string") return isWellFormed(plain) ? JSON.stringify(plain) : undefined
  if (typeof plain !== "object" || plain === null) return textForm(plain)
  if (depth === 0) return undefined
  if (Array.isArray(plain)) {
    const members: Array<string> = []
    for (const member of plain) {
      const text = jsonForm(member === undefined ? null : member, depth - 1, room)
      if (text === undefined) return undefined
      members.push(text)
    }
    return `[${members.join(",")}]`
  }
  if (!isPlainObject(plain)) return undefined
  const entries: Array<string> = []
  for (const key of Object.keys(plain).sort(byCodePoint)) {
    const member = plain[key]
    if (member === undefined) continue
    const text = jsonForm(member, depth - 1, room)
    if (text === undefined || !isWellFormed(key)) return undefined
    entries.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${entries.join(",")}}`
}

const byCodePoint = (left: string, right: string): number => {
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i)
    const b = right.charCodeAt(i)
    if (a !== b) {
      const aSurrogate = a >= 0xd800 && a <= 0xdfff
      const bSurrogate = b >= 0xd800 && b <= 0xdfff
      return aSurrogate === bSurrogate ? a - b : aSurrogate ? 1 : -1
    }
  }
  return left.length - right.length
}

/**
 * Whether a value counts as true for the server: `true`, the text "true" in any case, an array of only such.
 *
 * @internal
 */
export const isTruthy = (value: unknown): boolean =>
  Array.isArray(value) ? isFilledWith(isTrue, value, deepestJson, { left: mostMembers }) : isTrue(value)

const isTrue = (value: unknown): boolean =>
  value === true || (typeof value === "string" && value.length === 4 && value.toLowerCase() === "true")

/**
 * Whether a value is a boolean, or the text of one in any case, or an array of only such.
 *
 * @internal
 */
export const isBooleanLike = (value: unknown): boolean =>
  Array.isArray(value) ? isFilledWith(isBoolean, value, deepestJson, { left: mostMembers }) : isBoolean(value)

const isBoolean = (value: unknown): boolean => {
  if (typeof value === "string") {
    const lower = value.toLowerCase()
    return lower === "true" || lower === "false"
  }
  return typeof value === "boolean"
}

const isFilledWith = (
  holds: (member: unknown) => boolean,
  array: ReadonlyArray<unknown>,
  depth: number,
  room: Room
): boolean => {
  if (depth === 0) return false
  for (const member of array) {
    if (room.left-- <= 0 || !(Array.isArray(member) ? isFilledWith(holds, member, depth - 1, room) : holds(member))) {
      return false
    }
  }
  return true
}

/**
 * The text form of a value, with its ASCII letters folded and no others. A text of ASCII alone is looked at once.
 *
 * @internal
 */
export const asciiLowerForm = (value: unknown): string | undefined => {
  const text = typeof value === "string" ? value : textForm(value)
  if (text === undefined) return undefined
  let hasUpper = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return isWellFormed(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : undefined
    hasUpper = hasUpper || (unit >= 0x41 && unit <= 0x5a)
  }
  return hasUpper ? text.toLowerCase() : text
}

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return false
  }
  return true
}

/** Whether a text of ASCII is `lower` in lower case. It is not copied. */
const foldsTo = (text: string, lower: string): boolean => {
  if (text.length !== lower.length) return false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if ((unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit) !== lower.charCodeAt(i)) return false
  }
  return true
}

/**
 * Whether the text form of a value, in lower case, is one of a few; `undefined` when it has no text form.
 *
 * @internal
 */
export const isOneOf = (value: unknown, lowered: ReadonlyArray<string>): boolean | undefined => {
  if (typeof value === "string" && isAscii(value)) {
    for (let i = 0; i < lowered.length; i++) {
      if (foldsTo(value, lowered[i]!)) return true
    }
    return false
  }
  const text = textForm(value)
  return text === undefined ? undefined : lowered.includes(text.toLowerCase())
}

/**
 * Whether JSON carries a value as it is. What it does not carry cannot be compared as the server would.
 *
 * @internal
 */
export const isJsonValue = (value: unknown): boolean => {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return true
    case "object":
      return value === null || Array.isArray(value) || isPlainObject(value)
    default:
      return false
  }
}
