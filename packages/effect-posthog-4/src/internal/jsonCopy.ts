// Generated from packages/effect-posthog/src/internal/jsonCopy.ts by packages/tools/editions.mjs: change that file, not this one.
const deepest = 64

/**
 * Objects and properties in one copy at most; of list items ten times as many. Copying those takes 10 to 15 ms, and so
 * does as much of anything else: what takes longer than a plain property is charged for more.
 *
 * @internal
 */
export const mostEntries = 40_000
const entryCost = 10

/** Decimal digits of a bigint at most: making the text takes longer the more there are. */
const mostDigits = 1000
const largestInteger = 10n ** BigInt(mostDigits)
const digitsPerCharge = 3

/**
 * The decimal text of a bigint, or `undefined` when it has so many digits that making the text takes long.
 *
 * @internal
 */
export const decimalText = (value: bigint): string | undefined =>
  value < largestInteger && value > -largestInteger ? value.toString() : undefined

/** Reading a property that throws takes as long as so many plain ones: errors record where they are made. */
const throwingEntries = 20

/**
 * A name like "1000" is an index: the engine reserves room for those between the highest so far and this one, unless they
 * are more than 1024, and for 5000 in one object at most.
 */
const mostRoom = 1024
const highestWithRoom = 5000
const roomPerCharge = 2

const [zero, nine] = [0x30, 0x39]

const beginsAsIndex = (name: string): boolean => {
  const code = name.charCodeAt(0)
  return code >= zero && code <= nine
}

interface WellFormed {
  readonly isWellFormed?: (this: string) => boolean
  readonly toWellFormed?: (this: string) => string
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * Text without lone surrogates. JSON can carry them only as escapes that strict parsers refuse, and a refused event
 * takes its whole batch along.
 *
 * @internal
 */
export const wellFormed: (text: string) => string =
  (({ isWellFormed, toWellFormed }: WellFormed) =>
    isWellFormed === undefined || toWellFormed === undefined
      ? (text: string) => text.replace(loneSurrogate, "\ufffd")
      : (text: string) => (isWellFormed.call(text) ? text : toWellFormed.call(text)))(String.prototype as WellFormed)

/**
 * Copies values into what JSON can carry, never throws, and keeps an account of the size. Gives up where the JSON text
 * would be longer than the limit, or the copy too much work.
 *
 * - `undefined`, functions and symbols: left out, `null` in arrays, as in JSON
 * - numbers that are not finite: `null`; bigints: decimal text
 * - dates: ISO text; `Map`: object; `Set` and typed arrays: array; errors: name, message, cause and `errors`
 * - `toJSON` is called once, with the name of the property, as JSON does; other instances: their own enumerable properties
 * - cycles, what is nested too deep and what throws when read: a marker
 *
 * @internal
 */
export class JsonCopy {
  /** About the length of the JSON text. No character takes more than six bytes of it. */
  size = 0
  private readonly limit: number
  /** The JSON text is at least as long. */
  private least = 0
  private work = mostEntries * entryCost
  /** What is being copied, from the outside in. Most records are flat: the list is made when there is more than one. */
  private root: object | undefined
  private ancestors: Array<object> | undefined

  /** `limit`: bytes. */
  constructor(limit: number) {
    this.limit = limit
  }

  /** Adds what another copy came to, which goes into the same text. */
  add({ least, size }: JsonCopy): void {
    this.size += size
    this.least += least
  }

  /** Copies the own enumerable properties of a record over those of the target. `names`: which ones, when that is known. */
  into(target: Record<string, unknown>, source: object, names?: ReadonlyArray<string>): void {
    const { root } = this
    if (root === undefined) this.root = source
    else (this.ancestors ??= []).push(source)
    try {
      this.properties(target, source, names ?? Object.keys(source))
    } catch {
      // A proxy that refuses to list its keys has none.
    }
    if (root === undefined) this.root = undefined
    else this.ancestors?.pop()
  }

  private isInside(value: object): boolean {
    return value === this.root || (this.ancestors !== undefined && this.ancestors.includes(value))
  }

  /** Why the copy was given up, in the words of a message; `undefined` when it was not. */
  get excess(): string | undefined {
    if (this.least > this.limit) return `more than ${this.limit} bytes`
    return this.work < 0
      ? `more than ${mostEntries} objects and properties, or ${mostEntries * entryCost} list items, or as much work`
      : undefined
  }

  private get isOver(): boolean {
    return this.least > this.limit || this.work < 0
  }

  /** `key`: the name under which the value stands, for `toJSON`. */
  value(value: unknown, key: string | number = ""): unknown {
    switch (typeof value) {
      case "string":
        this.size += value.length + 3
        this.least += value.length + 2
        // Making it well-formed takes a while, and it will not be sent.
        return this.least > this.limit ? "" : wellFormed(value)
      case "number":
        this.size += 8
        this.least += 1
        return Number.isFinite(value) ? value : null
      case "boolean":
        this.size += 6
        this.least += 4
        return value
      case "bigint":
        return this.bigint(value)
      case "object":
        if (value === null) {
          this.size += 5
          this.least += 4
          return null
        }
        return this.object(value, key)
      default:
        return undefined
    }
  }

  private bigint(value: bigint): string {
    const text = decimalText(value) ?? `[More than ${mostDigits} digits]`
    this.work -= entryCost + Math.ceil(text.length / digitsPerCharge)
    return this.value(text) as string
  }

  /** Whether so many parts, none of which costs less and is shorter, may fit. If not, none of them need be read. */
  private mayHold(count: number, cost: number, bytes: number): boolean {
    if (this.least + count * bytes > this.limit) this.least = this.limit + 1
    else if (this.work < count * cost) this.work = -1
    else return true
    return false
  }

  private properties(target: Record<string, unknown>, source: object, names: ReadonlyArray<string>): void {
    // A property that is left out costs as much, and takes no bytes.
    if (!this.mayHold(names.length, entryCost, 0)) return
    // Indices come before all other names.
    const indexed = names.length > 0 && beginsAsIndex(names[0] as string)
    let highest = 0
    for (const key of names) {
      if (this.isOver) return
      this.set(target, key, this.property(source, key))
      if (indexed) highest = this.chargeRoom(key, highest)
    }
  }

  /** `highest`: the highest index among the names before this one. */
  private chargeRoom(name: string, highest: number): number {
    const index = Number(name)
    if (!(index > highest && index <= highestWithRoom)) return highest
    if (index - highest <= mostRoom) this.work -= Math.floor((index - highest) / roomPerCharge)
    return index
  }

  private set(target: Record<string, unknown>, key: string, copied: unknown): void {
    this.work -= entryCost
    if (copied === undefined) return
    this.size += key.length + 4
    this.least += key.length + 4
    if (key === "__proto__") {
      Object.defineProperty(target, key, { value: copied, configurable: true, enumerable: true, writable: true })
    } else {
      target[wellFormed(key)] = copied
    }
  }

  private property(source: object, key: string): unknown {
    try {
      return this.value((source as Record<string, unknown>)[key], key)
    } catch {
      return this.unreadable()
    }
  }

  private unreadable(): unknown {
    this.work -= throwingEntries * entryCost
    return this.value("[Unreadable]")
  }

  /** `key`: `undefined` for what `toJSON` returned, whose own `toJSON` is not called. */
  private object(value: object, key: string | number | undefined): unknown {
    if (this.isInside(value)) return this.value("[Circular]")
    const { ancestors } = this
    // Most records hold nothing deeper than this: a list of one takes a tenth of the memory of one that is pushed to.
    if (ancestors === undefined) this.ancestors = [value]
    else if (ancestors.length >= deepest - 1) return this.value("[Too deep]")
    else ancestors.push(value)
    try {
      return this.contents(value, key)
    } finally {
      if (ancestors === undefined) this.ancestors = undefined
      else ancestors.pop()
    }
  }

  private contents(value: object, key: string | number | undefined): unknown {
    this.size += 3
    this.least += 1
    this.work -= entryCost
    if (Array.isArray(value)) return this.list(value)
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      if (value instanceof Date) return this.date(value)
      if (value instanceof Map) return this.map(value)
      if (value instanceof Set) return this.setOf(value)
      if (value instanceof RegExp) return this.regExp(value)
      if (value instanceof String || value instanceof Number || value instanceof Boolean) {
        return this.value(value.valueOf())
      }
      if (ArrayBuffer.isView(value)) {
        return Symbol.iterator in value ? this.list(value as unknown as ArrayLike<unknown>) : {}
      }
    }
    const { toJSON } = value as { readonly toJSON?: unknown }
    if (typeof toJSON === "function" && key !== undefined) {
      const replaced: unknown = toJSON.call(value, String(key))
      if (typeof replaced !== "object" || replaced === null) return this.value(replaced)
      if (replaced !== value) return this.object(replaced, undefined)
    }
    const target: Record<string, unknown> = {}
    if (value instanceof Error) {
      const { errors } = value as { readonly errors?: unknown }
      this.into(target, {
        name: value.name,
        message: value.message,
        cause: value.cause,
        errors: Array.isArray(errors) ? errors : undefined
      })
    }
    this.properties(target, value, Object.keys(value))
    return target
  }

  private date(value: Date): unknown {
    this.work -= entryCost
    return this.value(Number.isNaN(value.getTime()) ? null : value.toISOString())
  }

  private regExp(value: RegExp): unknown {
    this.work -= entryCost
    return this.value(String(value))
  }

  private setOf(values: ReadonlySet<unknown>): Array<unknown> {
    const target: Array<unknown> = []
    if (!this.mayHold(values.size, 1, 2)) return target
    for (const value of values) {
      if (this.isOver) break
      this.work -= 1
      target.push(this.item(value, target.length))
    }
    return target
  }

  // As long as it will be from the start: a list that grows is copied again and again, and keeps room for more.
  private list(values: ArrayLike<unknown>): Array<unknown> {
    const { length } = values
    if (!(length >= 0) || !this.mayHold(length, 1, 2)) return []
    this.work -= length
    const target = new Array<unknown>(length)
    for (let index = 0; index < length && !this.isOver; index++) target[index] = this.item(values[index], index)
    return target
  }

  private item(value: unknown, index: number): unknown {
    if (typeof value === "number" && Number.isFinite(value)) {
      this.size += 9
      this.least += 2
      return value
    }
    const copied = this.value(value, index)
    if (copied === undefined) {
      this.size += 5
      this.least += 4
    }
    this.size += 1
    this.least += 1
    return copied ?? null
  }

  private map(entries: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
    const target: Record<string, unknown> = {}
    if (!this.mayHold(entries.size, entryCost, 0)) return target
    let highest = 0
    for (const [key, value] of entries) {
      if (this.isOver) break
      const name = typeof key === "string" ? key : this.nameOf(key)
      this.set(target, name, this.value(value, name))
      if (beginsAsIndex(name)) highest = this.chargeRoom(name, highest)
    }
    return target
  }

  // The text of a list or of a bigint may take long to make.
  private nameOf(key: unknown): string {
    if (Array.isArray(key)) this.work -= 2 * key.length
    return String(typeof key === "bigint" || Array.isArray(key) ? this.value(key) : key)
  }
}
