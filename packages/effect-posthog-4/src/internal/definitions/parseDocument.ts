// Generated from packages/effect-posthog/src/internal/definitions/parseDocument.ts by packages/tools/editions.mjs: change that file, not this one.
import * as Result from "effect/Result"
import { findJsonProblem, locate } from "./jsonProblem.ts"
import type { JsonProblem } from "./jsonProblem.ts"

/** Characters that are read in one step: about a millisecond of work. */
const stepSize = 64 * 1024

/** No definitions document comes near; code that walks a document may recurse this deep. */
const maxDepth = 256

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const backslash = 0x5c

const parsed = (text: string): Result.Result<unknown, undefined> => {
  try {
    return Result.succeed(JSON.parse(text))
  } catch {
    return Result.fail(undefined)
  }
}

// A name may be written with escapes.
const isFlags = (name: string): boolean =>
  name.includes("flags") || name.includes("\\") ? Result.getOrUndefined(parsed(name)) === "flags" : false

function* refuse(pieces: Iterable<string>): Generator<void, Result.Result<never, JsonProblem>> {
  const text = Array.from(pieces).join("")
  const problem = yield* findJsonProblem(text)
  return Result.fail(problem ?? locate(text, 0, "expected a definitions document"))
}

/**
 * Parses the JSON text of a definitions document, which is the pieces one after the other, as `JSON.parse` would, but in
 * steps: the elements of the top-level array `flags`, which is nearly all of a large document, are parsed in portions,
 * and the pieces are not joined into one long text, unless to say where it is broken.
 *
 * @internal
 */
export function* parseDocument(pieces: Iterable<string>): Generator<void, Result.Result<unknown, JsonProblem>> {
  // The text without the elements of `flags` that were parsed on their own.
  const rest: Array<string> = []
  // The beginning of the portion of `flags` that is being read, from earlier pieces.
  let portion: Array<string> = []
  let portionLength = 0
  // The elements parsed. `undefined` until a `flags` is found that is worth it: of several, the last one counts.
  let elements: Array<unknown> | undefined
  let inFlags = false

  let depth = 0
  let inString = false
  let isEscaped = false
  // The last string of the outermost object, as it is written.
  let name = ""
  let namedFlags = false

  // Whether the portion held at least one element and nothing else.
  const takePortion = (): boolean => {
    const parsedPortion = parsed(`[${portion.join("")}]`)
    portion = []
    portionLength = 0
    if (Result.isFailure(parsedPortion) || !Array.isArray(parsedPortion.success)) return false
    if (parsedPortion.success.length === 0) return false
    elements ??= []
    for (const element of parsedPortion.success) elements.push(element)
    return true
  }

  // Where the piece starts in the whole text.
  let textFrom = 0
  for (const text of pieces) {
    // Where the text starts that is in neither `rest` nor `portion` yet, and the text of `name`.
    let from = 0
    let nameFrom = 0
    let stepEnd = stepSize * 4

    for (let offset = 0; offset < text.length; offset++) {
      if (inString) {
        for (; offset < text.length; offset++) {
          const code = text.charCodeAt(offset)
          if (isEscaped) isEscaped = false
          else if (code === backslash) isEscaped = true
          else if (code === quote) break
        }
        if (offset === text.length) break
        inString = false
        if (depth === 1) name += text.slice(nameFrom, offset + 1)
        continue
      }
      switch (text.charCodeAt(offset)) {
        case quote: {
          inString = true
          name = ""
          nameFrom = offset
          break
        }
        case colon: {
          if (depth === 1) {
            namedFlags = isFlags(name)
            if (namedFlags) elements = undefined
          }
          break
        }
        case 0x5b: // [
        case 0x7b: { // {
          depth++
          if (depth > maxDepth) {
            return Result.fail(
              locate(Array.from(pieces).join(""), textFrom + offset, `nested more than ${maxDepth} levels deep`)
            )
          }
          if (depth === 2 && namedFlags && text.charCodeAt(offset) === 0x5b) {
            inFlags = true
            rest.push(text.slice(from, offset + 1))
            from = offset + 1
          }
          break
        }
        case 0x5d: // ]
        case 0x7d: { // }
          depth--
          if (inFlags && depth === 1) {
            inFlags = false
            portion.push(text.slice(from, offset))
            from = offset
            // Taken in portions up to here: the remainder too, so that a comma before the bracket is noticed.
            if (elements !== undefined) {
              if (!takePortion()) return yield* refuse(pieces)
            } else {
              rest.push(...portion)
              portion = []
              portionLength = 0
            }
          }
          break
        }
        case comma: {
          if (inFlags && depth === 2 && portionLength + offset - from >= stepSize) {
            portion.push(text.slice(from, offset))
            from = offset + 1
            if (!takePortion()) return yield* refuse(pieces)
            stepEnd = offset + stepSize
            yield
          }
          break
        }
      }
      if (offset >= stepEnd) {
        stepEnd = offset + stepSize * 4
        yield
      }
    }

    const remainder = text.slice(from)
    if (inFlags) {
      portion.push(remainder)
      portionLength += remainder.length
    } else {
      rest.push(remainder)
    }
    if (inString && depth === 1) name += text.slice(nameFrom)
    textFrom += text.length
    yield
  }

  if (inFlags) return yield* refuse(pieces)
  const document = parsed(rest.join(""))
  if (Result.isFailure(document)) return yield* refuse(pieces)
  return Result.succeed(elements === undefined ? document.success : { ...document.success as object, flags: elements })
}
