const deepest = 64

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
 * Copies values into what JSON can carry, never throws, and keeps an account of the size.
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
  /** Set when the copy was given up because it cannot but exceed the limit. */
  exceeded = false

  private readonly ceiling: number
  /** What is being copied, from the outside in. Most records are flat: the list is made when there is more than one. */
  private root: object | undefined
  private ancestors: Array<object> | undefined

  /** `limit`: bytes. */
  constructor(limit: number) {
    // The estimate of a value is at most four and a half times its text: nine for a number of one digit and its comma.
    this.ceiling = limit * 4.5
  }

  /** Copies the own enumerable properties of a record over those of the target. */
  into(target: Record<string, unknown>, source: object): void {
    const { root } = this
    if (root === undefined) this.root = source
    else (this.ancestors ??= []).push(source)
    try {
      this.properties(target, source)
    } catch {
      // A proxy that refuses to list its keys has none.
    }
    if (root === undefined) this.root = undefined
    else this.ancestors?.pop()
  }

  private isInside(value: object): boolean {
    return value === this.root || (this.ancestors !== undefined && this.ancestors.includes(value))
  }

  /** `key`: the name under which the value stands, for `toJSON`. */
  value(value: unknown, key = ""): unknown {
    switch (typeof value) {
      case "string":
        this.size += value.length + 3
        return wellFormed(value)
      case "number":
        this.size += 8
        return Number.isFinite(value) ? value : null
      case "boolean":
        this.size += 6
        return value
      case "bigint":
        return this.value(value.toString())
      case "object":
        if (value === null) {
          this.size += 5
          return null
        }
        return this.object(value, key)
      default:
        return undefined
    }
  }

  private properties(target: Record<string, unknown>, source: object): void {
    for (const key of Object.keys(source)) {
      const copied = this.property(source, key)
      if (copied === undefined) continue
      this.size += key.length + 4
      if (key === "__proto__") {
        Object.defineProperty(target, key, { value: copied, configurable: true, enumerable: true, writable: true })
      } else {
        target[wellFormed(key)] = copied
      }
      if (this.size > this.ceiling) {
        this.exceeded = true
        return
      }
    }
  }

  private property(source: object, key: string): unknown {
    try {
      return this.value((source as Record<string, unknown>)[key], key)
    } catch {
      return "[Unreadable]"
    }
  }

  /** `key`: `undefined` for what `toJSON` returned, whose own `toJSON` is not called. */
  private object(value: object, key: string | undefined): unknown {
    if (this.isInside(value)) return this.value("[Circular]")
    const ancestors = this.ancestors ??= []
    if (ancestors.length >= deepest - 1) return this.value("[Too deep]")
    const depth = ancestors.push(value)
    try {
      return this.contents(value, key)
    } finally {
      ancestors.length = depth - 1
    }
  }

  private contents(value: object, key: string | undefined): unknown {
    this.size += 3
    if (Array.isArray(value)) return this.array(value)
    const prototype = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      if (value instanceof Date) return this.value(Number.isNaN(value.getTime()) ? null : value.toISOString())
      if (value instanceof Map) return this.map(value)
      if (value instanceof Set) return this.array(value)
      if (value instanceof RegExp) return this.value(String(value))
      if (value instanceof String || value instanceof Number || value instanceof Boolean) {
        return this.value(value.valueOf())
      }
      if (ArrayBuffer.isView(value)) {
        return Symbol.iterator in value ? this.array(value as unknown as Iterable<unknown>) : {}
      }
    }
    const { toJSON } = value as { readonly toJSON?: unknown }
    if (typeof toJSON === "function" && key !== undefined) {
      const replaced: unknown = toJSON.call(value, key)
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
    this.properties(target, value)
    return target
  }

  private array(values: Iterable<unknown>): Array<unknown> {
    const target: Array<unknown> = []
    for (const value of values) {
      const copied = this.value(value, typeof value === "object" ? String(target.length) : "")
      if (copied === undefined) this.size += 5
      target.push(copied ?? null)
      if (this.size > this.ceiling) {
        this.exceeded = true
        break
      }
      this.size += 1
    }
    return target
  }

  private map(entries: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
    const source: Record<string, unknown> = Object.create(null)
    for (const [key, value] of entries) source[String(key)] = value
    const target: Record<string, unknown> = {}
    this.properties(target, source)
    return target
  }
}
