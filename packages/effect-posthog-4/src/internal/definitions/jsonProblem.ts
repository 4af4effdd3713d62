// Generated from packages/effect-posthog/src/internal/definitions/jsonProblem.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Where a text stops being JSON.
 *
 * @internal
 */
export interface JsonProblem {
  readonly line: number
  readonly column: number
  /** Never quotes the text, which may hold anything. */
  readonly problem: string
}

/** @internal */
export const describe = (problem: JsonProblem): string =>
  `line ${problem.line}, column ${problem.column}: ${problem.problem}`

/**
 * The line and column of an offset in a text, both counted from 1.
 *
 * @internal
 */
export const locate = (text: string, offset: number, problem: string): JsonProblem => {
  let line = 1
  let start = 0
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++
    start = at + 1
  }
  return { line, column: offset - start + 1, problem }
}

/** Characters that are read in one step: about a millisecond of work. */
const stepSize = 64 * 1024

const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

const endOf = (pattern: RegExp, text: string, offset: number): number => {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : -1
}

const endOfSpace = (text: string, from: number): number => {
  let offset = from
  while (offset < text.length && " \t\n\r".includes(text.charAt(offset))) offset++
  return offset
}

// The offset after the string that starts at `from`; when it is not one, the complement of where it goes wrong.
const endOfString = (text: string, from: number): number => {
  let offset = from + 1
  while (offset < text.length) {
    const code = text.charCodeAt(offset)
    if (code === 0x22) return offset + 1
    if (code < 0x20) break
    if (code === 0x5c) {
      const end = endOf(escape, text, offset)
      if (end === -1) break
      offset = end
    } else {
      offset++
    }
  }
  return ~offset
}

const stringProblem = (text: string, offset: number): JsonProblem =>
  locate(
    text,
    offset,
    offset >= text.length
      ? "this string never ends"
      : text[offset] === "\\"
      ? "no escape sequence of JSON"
      : "control characters in strings have to be escaped"
  )

/**
 * Finds the first place where a text stops being JSON; `undefined` when it is JSON. What engines say about it differs
 * between runtimes and versions, and some quote the text. Works in steps, as such texts may be long.
 *
 * @internal
 */
export function* findJsonProblem(text: string): Generator<void, JsonProblem | undefined> {
  // What closes each open array or object.
  const open: Array<"]" | "}"> = []
  let expected: "value" | "value or end" | "name" | "name or end" | "comma or end" = "value"
  let offset = 0
  let stepEnd = stepSize

  while (true) {
    if (offset >= stepEnd) {
      stepEnd = offset + stepSize
      yield
    }
    offset = endOfSpace(text, offset)
    const character = text[offset]
    const closing = open.at(-1)

    if (expected === "comma or end") {
      if (closing === undefined) {
        return character === undefined ? undefined : locate(text, offset, "expected the end of the document")
      }
      if (character === ",") {
        expected = closing === "]" ? "value" : "name"
      } else if (character === closing) {
        open.pop()
      } else {
        return locate(text, offset, `expected "," or "${closing}"`)
      }
      offset++
      continue
    }

    if (character === closing && (expected === "value or end" || expected === "name or end")) {
      open.pop()
      expected = "comma or end"
      offset++
      continue
    }

    if (expected === "name" || expected === "name or end") {
      if (character !== "\"") return locate(text, offset, "expected a property name in double quotes")
      const end = endOfString(text, offset)
      if (end < 0) return stringProblem(text, ~end)
      offset = endOfSpace(text, end)
      if (text[offset] !== ":") return locate(text, offset, "expected \":\"")
      offset++
      expected = "value"
      continue
    }

    if (character === "[" || character === "{") {
      open.push(character === "[" ? "]" : "}")
      expected = character === "[" ? "value or end" : "name or end"
      offset++
      continue
    }

    if (character === "\"") {
      const end = endOfString(text, offset)
      if (end < 0) return stringProblem(text, ~end)
      offset = end
    } else {
      const end = endOf(scalar, text, offset)
      if (end === -1) return locate(text, offset, "expected a value")
      offset = end
    }
    expected = "comma or end"
  }
}
