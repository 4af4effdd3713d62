import * as Either from "effect/Either"
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

const parsed = (text: string): Either.Either<unknown, undefined> => {
  try {
    return Either.right(JSON.parse(text))
  } catch {
    return Either.left(undefined)
  }
}

// A name may be written with escapes.
const isFlags = (name: string): boolean =>
  name.includes("flags") || name.includes("\\") ? Either.getOrUndefined(parsed(name)) === "flags" : false

function* refuse(text: string): Generator<void, Either.Either<never, JsonProblem>> {
  const problem = yield* findJsonProblem(text)
  return Either.left(problem ?? locate(text, 0, "expected a definitions document"))
}

/**
 * Parses the JSON text of a definitions document as `JSON.parse` would, but in steps: the elements of the top-level
 * array `flags`, which is nearly all of a large document, are parsed in portions.
 *
 * @internal
 */
export function* parseDocument(text: string): Generator<void, Either.Either<unknown, JsonProblem>> {
  // The text without the elements of `flags` that were parsed on their own.
  const rest: Array<string> = []
  let restFrom = 0
  // Those elements. `undefined` until a `flags` is found that is worth it: of several, the last one counts.
  let elements: Array<unknown> | undefined
  let portionFrom = -1
  let inFlags = false

  let depth = 0
  let stringFrom = 0
  let namedFlags = false
  let stepEnd = stepSize

  // Whether the portion that ends here held at least one element and nothing else.
  const takePortion = (end: number): boolean => {
    const portion = parsed(`[${text.slice(portionFrom, end)}]`)
    if (Either.isLeft(portion) || !Array.isArray(portion.right) || portion.right.length === 0) return false
    elements ??= []
    for (const element of portion.right) elements.push(element)
    portionFrom = end + 1
    return true
  }

  for (let offset = 0; offset < text.length; offset++) {
    switch (text.charCodeAt(offset)) {
      case quote: {
        stringFrom = offset
        offset++
        for (; offset < text.length; offset++) {
          const code = text.charCodeAt(offset)
          if (code === quote) break
          if (code === backslash) offset++
        }
        break
      }
      case colon: {
        if (depth === 1) {
          namedFlags = isFlags(text.slice(stringFrom, offset))
          if (namedFlags) elements = undefined
        }
        break
      }
      case 0x5b: // [
      case 0x7b: { // {
        depth++
        if (depth > maxDepth) return Either.left(locate(text, offset, `nested more than ${maxDepth} levels deep`))
        if (depth === 2 && namedFlags && text.charCodeAt(offset) === 0x5b && text.length > stepSize) {
          inFlags = true
          portionFrom = offset + 1
          rest.push(text.slice(restFrom, portionFrom))
        }
        break
      }
      case 0x5d: // ]
      case 0x7d: { // }
        depth--
        if (inFlags && depth === 1) {
          inFlags = false
          // Taken in portions up to here: the remainder too, so that a comma before the bracket is noticed.
          if (elements === undefined) {
            restFrom = portionFrom
          } else {
            if (!takePortion(offset)) return yield* refuse(text)
            restFrom = offset
          }
        }
        break
      }
      case comma: {
        if (inFlags && depth === 2 && offset - portionFrom >= stepSize) {
          if (!takePortion(offset)) return yield* refuse(text)
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

  if (inFlags) return yield* refuse(text)
  rest.push(text.slice(restFrom))
  const document = parsed(rest.join(""))
  if (Either.isLeft(document)) return yield* refuse(text)
  return Either.right(elements === undefined ? document.right : { ...document.right as object, flags: elements })
}
