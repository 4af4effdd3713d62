import * as Either from "effect/Either"
import { parse, printParseErrorCode } from "jsonc-parser"
import type { ParseError } from "jsonc-parser"

/** Where a text stops being JSON; lines and columns are counted from 1. */
export interface JsonProblem {
  readonly line: number
  readonly column: number
  /** Never quotes the text, which may hold anything. */
  readonly problem: string
}

const problems: Readonly<Record<string, string>> = {
  InvalidSymbol: "expected a value",
  InvalidNumberFormat: "expected a number",
  PropertyNameExpected: "expected a property name in double quotes",
  ValueExpected: "expected a value",
  ColonExpected: "expected \":\"",
  CommaExpected: "expected \",\"",
  CloseBraceExpected: "expected \"}\"",
  CloseBracketExpected: "expected \"]\"",
  EndOfFileExpected: "expected the end of the document",
  InvalidCommentToken: "comments are not JSON",
  UnexpectedEndOfComment: "comments are not JSON",
  UnexpectedEndOfString: "this string never ends",
  UnexpectedEndOfNumber: "this number is not complete",
  InvalidUnicode: "this is not an escape sequence of JSON",
  InvalidEscapeCharacter: "this is not an escape sequence of JSON",
  InvalidCharacter: "control characters in strings have to be escaped"
}

/** The offsets at which the lines of a text begin. */
export const lineStarts = (text: string): ReadonlyArray<number> => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return starts
}

/** The line and column of an offset. */
export const position = (
  starts: ReadonlyArray<number>,
  offset: number
): { readonly line: number; readonly column: number } => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
}

const find = (text: string): { readonly offset: number; readonly problem: string } => {
  const errors: Array<ParseError> = []
  try {
    parse(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false })
  } catch {
    return { offset: 0, problem: "the document is nested too deeply" }
  }
  const first = errors.sort((left, right) => left.offset - right.offset)[0]
  if (first === undefined) return { offset: 0, problem: "expected JSON" }
  return { offset: first.offset, problem: problems[printParseErrorCode(first.error)] ?? "expected JSON" }
}

/** Parses JSON, and says where the text stops being JSON. What engines say about that differs, and may quote the text. */
export const parseJson = (text: string): Either.Either<unknown, JsonProblem> => {
  try {
    return Either.right(JSON.parse(text))
  } catch {
    const { offset, problem } = find(text)
    return Either.left({ ...position(lineStarts(text), offset), problem })
  }
}
