/**
 * The portable subset of regular expressions: constructs that mean the same, on ASCII text without carriage returns, to
 * the server's engine, to JavaScript and to RE2.
 *
 * @since 1.0.0
 */

/**
 * A set of ASCII characters, one entry per code.
 *
 * @internal
 */
export type CharacterSet = Uint8Array

/** @internal */
export type RegexNode =
  | { readonly _tag: "Set"; readonly set: CharacterSet }
  | { readonly _tag: "Assertion"; readonly kind: "start" | "end" }
  | { readonly _tag: "Sequence"; readonly items: ReadonlyArray<RegexNode> }
  | { readonly _tag: "Alternation"; readonly options: ReadonlyArray<RegexNode> }
  | { readonly _tag: "Repeat"; readonly body: RegexNode; readonly minimum: number; readonly maximum: number }

/**
 * "invalid": no regular expression for any engine. "unsupported": outside the subset.
 *
 * @internal
 */
export type ParsedRegex = RegexNode | "invalid" | "unsupported"

const deepestGroup = 100

const counted = /\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y

const hexadecimal = /^[0-9a-fA-F]{2}$/

const setOf = (includes: (code: number) => boolean): CharacterSet => {
  const set = new Uint8Array(128)
  for (let code = 0; code < 128; code++) {
    set[code] = includes(code) ? 1 : 0
  }
  return set
}

const complement = (set: CharacterSet): CharacterSet => setOf((code) => set[code] === 0)

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f

const isBlank = (code: number): boolean => (code >= 0x09 && code <= 0x0d) || code === 0x20

const isPunctuation = (code: number): boolean => (code > 0x20 && code < 0x7f) && (!isWord(code) || code === 0x5f)

const controls: Readonly<Record<string, number>> = { f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09, v: 0x0b }

const classes: Readonly<Record<string, (code: number) => boolean>> = { d: isDigit, s: isBlank, w: isWord }

const empty: RegexNode = { _tag: "Sequence", items: [] }

/** Reads a pattern once, left to right. A pattern that is invalid is read to its end: it may be unsupported as well. */
class RegexReader {
  private readonly pattern: string
  private position = 0
  private invalid = false
  private unsupported = false

  constructor(pattern: string) {
    this.pattern = pattern
  }

  read(): ParsedRegex {
    const options: Array<RegexNode> = []
    while (true) {
      options.push(this.alternation(0))
      if (this.unsupported) return "unsupported"
      if (this.position >= this.pattern.length) break
      this.invalid = true // a closing parenthesis that closes nothing
      this.position++
    }
    return this.invalid ? "invalid" : options[0]!
  }

  private get done(): boolean {
    return this.unsupported || this.position >= this.pattern.length
  }

  private alternation(depth: number): RegexNode {
    const options = [this.sequence(depth)]
    while (!this.done && this.pattern[this.position] === "|") {
      this.position++
      options.push(this.sequence(depth))
    }
    return options.length === 1 ? options[0]! : { _tag: "Alternation", options }
  }

  private sequence(depth: number): RegexNode {
    const items: Array<RegexNode> = []
    while (!this.done) {
      const character = this.pattern[this.position]!
      if (character === "|" || character === ")") break
      if (character === "*" || character === "+" || character === "?") {
        this.invalid = true // nothing to repeat
        this.position++
        continue
      }
      const atom = this.atom(character, depth)
      items.push(this.repetition(atom))
    }
    return items.length === 1 ? items[0]! : { _tag: "Sequence", items }
  }

  private atom(character: string, depth: number): RegexNode {
    this.position++
    switch (character) {
      case "(":
        return this.group(depth)
      case "[":
        return this.characterClass()
      case "\\":
        return this.escape()
      case "{":
        return this.reject()
      case "^":
        return { _tag: "Assertion", kind: "start" }
      case "$":
        return { _tag: "Assertion", kind: "end" }
      case ".":
        return { _tag: "Set", set: setOf((code) => code !== 0x0a && code !== 0x0d) }
      default: {
        const code = character.charCodeAt(0)
        return code > 0x7f ? this.reject() : { _tag: "Set", set: setOf((other) => other === code) }
      }
    }
  }

  private reject(): RegexNode {
    this.unsupported = true
    return empty
  }

  private group(depth: number): RegexNode {
    if (this.pattern[this.position] === "?") {
      if (this.pattern[this.position + 1] !== ":") return this.reject()
      this.position += 2
    }
    if (depth >= deepestGroup) return this.reject()
    const body = this.alternation(depth + 1)
    if (this.position >= this.pattern.length) this.invalid = true
    this.position++
    return body
  }

  private escape(): RegexNode {
    // The server's engine gives up on word boundaries in long texts, and then finds no match, negated or not.
    if (this.pattern[this.position] === "b" || this.pattern[this.position] === "B") return this.reject()
    const escaped = this.escapedSet()
    return escaped === undefined ? empty : { _tag: "Set", set: escaped.set }
  }

  /** What stands behind a backslash; `code` when it is a single character. */
  private escapedSet(): { readonly set: CharacterSet; readonly code: number | undefined } | undefined {
    const character = this.pattern[this.position]
    if (character === undefined) {
      this.invalid = true // a backslash at the end
      return undefined
    }
    this.position++
    const members = Object.hasOwn(classes, character.toLowerCase()) ? classes[character.toLowerCase()]! : undefined
    if (members !== undefined) {
      const set = setOf(members)
      return { set: character === character.toLowerCase() ? set : complement(set), code: undefined }
    }
    let code = Object.hasOwn(controls, character) ? controls[character]! : character.charCodeAt(0)
    if (character === "x") {
      const hex = this.pattern.slice(this.position, this.position + 2)
      if (!hexadecimal.test(hex)) {
        this.unsupported = true
        return undefined
      }
      this.position += 2
      code = Number.parseInt(hex, 16)
    } else if (
      !Object.hasOwn(controls, character) && (!isPunctuation(code) || character === "<" || character === ">")
    ) {
      this.unsupported = true
      return undefined
    }
    return { set: setOf((other) => other === code), code }
  }

  private characterClass(): RegexNode {
    const set = new Uint8Array(128)
    const negated = this.pattern[this.position] === "^"
    if (negated) this.position++
    const start = this.position
    while (true) {
      const character = this.pattern[this.position]
      if (character === undefined) {
        this.invalid = true // not closed
        return empty
      }
      if (character === "]") {
        if (this.position === start) return this.reject()
        this.position++
        return { _tag: "Set", set: negated ? complement(set) : set }
      }
      const pair = this.pattern.slice(this.position, this.position + 2)
      if (character === "[" || pair === "&&" || pair === "--" || pair === "~~") return this.reject()
      const low = this.classMember()
      if (low === undefined) return empty
      const next = this.pattern[this.position + 1]
      if (this.pattern[this.position] !== "-" || next === "]" || next === undefined) {
        addAll(set, low.set)
        continue
      }
      this.position++
      const high = next === "[" || next === "-" ? undefined : this.classMember()
      // A range from or to a class, and a range that goes on, mean different things to different engines.
      if (high === undefined || low.code === undefined || high.code === undefined || this.rangeGoesOn()) {
        return this.invalid ? empty : this.reject()
      }
      if (low.code > high.code) this.invalid = true
      for (let code = low.code; code <= Math.min(high.code, 127); code++) {
        set[code] = 1
      }
    }
  }

  private rangeGoesOn(): boolean {
    const next = this.pattern[this.position + 1]
    return this.pattern[this.position] === "-" && next !== undefined && next !== "]"
  }

  private classMember(): { readonly set: CharacterSet; readonly code: number | undefined } | undefined {
    const character = this.pattern[this.position++]!
    if (character === "\\") {
      const next = this.pattern[this.position]
      if (next === "b" || next === "B") {
        this.unsupported = true
        return undefined
      }
      return this.escapedSet()
    }
    const code = character.charCodeAt(0)
    if (code > 0x7f) {
      this.unsupported = true
      return undefined
    }
    return { set: setOf((other) => other === code), code }
  }

  private repetition(atom: RegexNode): RegexNode {
    const bounds = this.bounds()
    if (bounds === undefined) return atom
    if (this.pattern[this.position] === "?") this.position++ // a lazy quantifier finds a match exactly where a greedy one does
    const next = this.pattern[this.position]
    const stacked = next === "*" || next === "+" || next === "?" || next === "{"
    if (stacked || atom._tag === "Assertion" || (atom._tag === "Sequence" && atom.items.length === 0)) {
      return this.reject()
    }
    const [minimum, maximum] = bounds
    if (minimum > maximum) this.invalid = true
    return { _tag: "Repeat", body: atom, minimum, maximum }
  }

  private bounds(): readonly [minimum: number, maximum: number] | undefined {
    switch (this.pattern[this.position]) {
      case "*":
        this.position++
        return [0, Infinity]
      case "+":
        this.position++
        return [1, Infinity]
      case "?":
        this.position++
        return [0, 1]
      case "{": {
        counted.lastIndex = this.position
        const match = counted.exec(this.pattern)
        if (match === null) {
          this.reject()
          return undefined
        }
        this.position += match[0].length
        const minimum = Number(match[1])
        return [minimum, match[2] === undefined ? minimum : match[3] === "" ? Infinity : Number(match[3])]
      }
      default:
        return undefined
    }
  }
}

const addAll = (set: CharacterSet, added: CharacterSet): void => {
  for (let code = 0; code < 128; code++) {
    set[code]! |= added[code]!
  }
}

/** @internal */
export const parseRegex = (pattern: string): ParsedRegex => new RegexReader(pattern).read()
