/**
 * The text form of JSON values, by which the server compares most of them.
 *
 * @since 1.0.0
 */

/** The server refuses JSON that is nested deeper. */
const deepestJson = 128

/** Members that are looked at. A value that holds another over and over can have more than can be counted. */
const mostMembers = 500_000

interface Room {
  left: number
}

/**
 * How much of an array or an object to read: what is left of members and of characters, negative when the value has more.
 *
 * @internal
 */
export interface Limits {
  members: number
  characters: number
}

/** For values of filters: what is larger cannot be the text form of a property that is compared. */
const filterLimits = (): Limits => ({ members: 10_000, characters: 100_000 })

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

const isPlainObject = (value: object): value is Readonly<Record<string, unknown>> => {
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
 * infinities, lone surrogates, values that JSON does not carry, and those beyond the limits.
 *
 * @internal
 */
export const textForm = (value: unknown, limits?: Limits): string | undefined => {
  switch (typeof value) {
    case "string":
      return isWellFormed(value) ? value : undefined
    case "number":
      return numberForm(value)
    case "boolean":
      return value ? "true" : "false"
    case "object":
      return value === null ? "null" : new JsonWriter(limits ?? filterLimits()).write(value)
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

/** Writes the text form of an array or an object. One that has none is read to its end or its limits all the same. */
class JsonWriter {
  private readonly limits: Limits
  private isReproducible = true

  constructor(limits: Limits) {
    this.limits = limits
  }

  write(value: unknown): string | undefined {
    const { limits } = this
    const allowed = limits.characters
    const text = this.form(value, deepestJson)
    if (text.length > allowed) limits.characters = -1
    return this.isReproducible && !this.isFull() ? text : undefined
  }

  private isFull(): boolean {
    return this.limits.members < 0 || this.limits.characters < 0
  }

  private fail(): string {
    this.isReproducible = false
    return ""
  }

  private form(value: unknown, depth: number): string {
    const plain = asJsonValue(value)
    if (typeof plain === "string") {
      this.limits.characters -= plain.length
      return this.isFull() || !isWellFormed(plain) ? this.fail() : JSON.stringify(plain)
    }
    if (typeof plain !== "object" || plain === null) return textForm(plain) ?? this.fail()
    if (depth === 0) return this.fail()
    if (Array.isArray(plain)) return this.array(plain, depth)
    return isPlainObject(plain) ? this.object(plain, depth) : this.fail()
  }

  private array(array: ReadonlyArray<unknown>, depth: number): string {
    this.limits.members -= array.length
    const members: Array<string> = []
    for (let i = 0; i < array.length && !this.isFull(); i++) {
      const member = array[i]
      members.push(this.form(member === undefined ? null : member, depth - 1))
    }
    return `[${members.join(",")}]`
  }

  private object(object: Readonly<Record<string, unknown>>, depth: number): string {
    const keys = Object.keys(object)
    this.limits.members -= keys.length
    if (this.isFull()) return this.fail()
    const entries: Array<string> = []
    for (const key of keys.sort(byCodePoint)) {
      const member = object[key]
      if (member === undefined) continue
      this.limits.characters -= key.length
      if (this.isFull() || !isWellFormed(key)) return this.fail()
      entries.push(`${JSON.stringify(key)}:${this.form(member, depth - 1)}`)
    }
    return `{${entries.join(",")}}`
  }
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
 * A text with its ASCII letters in lower case, and no others.
 *
 * @internal
 */
export const asciiLower = (text: string): string => {
  let hasUpper = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    hasUpper = hasUpper || (unit >= 0x41 && unit <= 0x5a)
  }
  return hasUpper ? text.toLowerCase() : text
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
