// Generated from packages/effect-posthog/test/support/readJson5.ts by packages/tools/editions.mjs: change that file, not this one.
// The part of JSON5's grammar that a JSON text can meet, with the two rules of the json5 0.4 crate that JSON does not
// have: U+2028 and U+2029 stand in no text, and an integer without an exponent fits in 64 bits with its sign.

const largestInteger = 2n ** 63n - 1n

class Reader {
  private at = 0
  private readonly source: string

  constructor(source: string) {
    this.source = source
  }

  document(): unknown {
    const value = this.value()
    this.blanks()
    if (this.at < this.source.length) this.fail("text after the document")
    return value
  }

  private fail(problem: string): never {
    throw new SyntaxError(`${problem} at ${this.at}`)
  }

  private blanks(): void {
    while (/[\s\ufeff]/u.test(this.source[this.at] ?? "")) this.at++
  }

  private take(token: string): boolean {
    this.blanks()
    if (!this.source.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  private value(): unknown {
    if (this.take("null")) return null
    if (this.take("true")) return true
    if (this.take("false")) return false
    if (this.take("[")) return this.array()
    if (this.take("{")) return this.object()
    this.blanks()
    return this.source[this.at] === "\"" ? this.text() : this.number()
  }

  private array(): Array<unknown> {
    const members: Array<unknown> = []
    while (!this.take("]")) {
      members.push(this.value())
      if (!this.take(",")) {
        if (!this.take("]")) this.fail("no end of the array")
        break
      }
    }
    return members
  }

  private object(): Record<string, unknown> {
    const entries: Array<readonly [string, unknown]> = []
    while (!this.take("}")) {
      this.blanks()
      const key = this.text()
      if (!this.take(":")) this.fail("no value")
      entries.push([key, this.value()])
      if (!this.take(",")) {
        if (!this.take("}")) this.fail("no end of the object")
        break
      }
    }
    return Object.fromEntries(entries)
  }

  private text(): string {
    if (this.source[this.at] !== "\"") this.fail("no text")
    const start = this.at++
    for (;; this.at++) {
      const character = this.source[this.at]
      if (character === undefined || character === "\n" || character === "\r") this.fail("text without an end")
      if (character === "\u2028" || character === "\u2029") this.fail("a line separator in text")
      if (character === "\\") this.at++
      else if (character === "\"") break
    }
    this.at++
    return JSON.parse(this.source.slice(start, this.at)) as string
  }

  private number(): number {
    const token = /^-?(?:\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.source.slice(this.at))?.[0]
    if (token === undefined) return this.fail("no value")
    this.at += token.length
    if (/^-?\d+$/.test(token)) {
      const integer = BigInt(token)
      if (integer > largestInteger || integer < -largestInteger - 1n) this.fail("an integer beyond 64 bits")
    }
    return Number(token)
  }
}

/** Reads a text as PostHog reads the bodies of `/flags`, or throws. */
export const readJson5 = (source: string): unknown => new Reader(source).document()
