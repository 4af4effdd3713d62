// Generated from packages/effect-posthog/src/internal/definitions/parseDocument.ts by packages/tools/editions.mjs: change that file, not this one.
import { omittedPart } from "@effect-posthog/evaluator"
import * as Result from "effect/Result"
import { findJsonProblem, locate } from "./jsonProblem.ts"
import type { JsonProblem } from "./jsonProblem.ts"

/** Characters that are read in one step: about a millisecond of work. */
const stepSize = 64 * 1024

/** No definitions document comes near; code that walks a document may recurse this deep. */
const maxDepth = 256

/**
 * Members of one object at most. PostHog's own have a few dozen; engines list the names of an object in one go, which takes
 * a hundred milliseconds for half a million.
 */
const mostMembers = 20_000

/** Characters of one flag, of one cohort, and of any other member of the document at most. */
const longestPart = 2_000_000

const omittedText = JSON.stringify(omittedPart)

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
const decoded = (name: string): unknown => name.includes("\\") ? Result.getOrUndefined(parsed(name)) : name.slice(1, -1)

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
 * In place of a part that is larger than any of PostHog's stands `omittedPart`, which leaves what needs it to the server.
 * Its text is read over: whether it is JSON is not checked.
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

  // By depth: how many members the object there has so far, and where its text begins, or that of the array: in which of
  // the pieces that are kept, at which character.
  const members: Array<number> = []
  const startPiece: Array<number> = []
  const startOffset: Array<number> = []
  // Where the flag, the cohort or the other member in hand began, and at which depth its parts are left out when it is too
  // long.
  let partFrom = 0
  let partDepth = 2
  // The depth of what is being left out; 0: nothing is.
  let omitted = 0

  const isTooLong = (to: number): boolean => omitted === 0 && depth >= partDepth && to - partFrom > longestPart

  // Leaves out the object or the array that is open at that depth.
  const leaveOut = (at: number, text: string, from: number): void => {
    const kept = inFlags ? portion : rest
    const piece = startPiece[at] ?? 0
    const length = startOffset[at] ?? 0
    const before = kept.length === piece ? text.slice(from, from + length) : (kept[piece] ?? "").slice(0, length)
    kept.length = piece
    kept.push(before, omittedText)
    omitted = at
  }

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
        const end = Math.min(text.length, offset + stepSize * 4)
        for (; offset < end; offset++) {
          const code = text.charCodeAt(offset)
          if (isEscaped) isEscaped = false
          else if (code === backslash) isEscaped = true
          else if (code === quote) break
        }
        if (offset === text.length) break
        if (offset === end) {
          offset--
          yield
          continue
        }
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
            const member = decoded(name)
            namedFlags = member === "flags"
            if (namedFlags) elements = undefined
            partFrom = textFrom + offset
            partDepth = member === "cohorts" ? 3 : 2
          }
          if (omitted > 0 || depth < 1) break
          const count = (members[depth] ?? 0) + 1
          members[depth] = count
          if (count <= mostMembers) break
          if (depth === 1) {
            return Result.fail(
              locate(Array.from(pieces).join(""), textFrom + offset, `an object of more than ${mostMembers} members`)
            )
          }
          leaveOut(depth, text, from)
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
          if (omitted > 0) break
          members[depth] = 0
          startPiece[depth] = (inFlags ? portion : rest).length
          startOffset[depth] = offset - from
          if (isTooLong(textFrom + offset)) leaveOut(partDepth, text, from)
          if (depth === 2 && namedFlags && text.charCodeAt(offset) === 0x5b) {
            inFlags = true
            partDepth = 4
            rest.push(text.slice(from, offset + 1))
            from = offset + 1
          }
          break
        }
        case 0x5d: // ]
        case 0x7d: { // }
          if (omitted > 0 && depth === omitted) {
            omitted = 0
            from = offset + 1
          }
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
          if (depth === 2 && partDepth > 2) partFrom = textFrom + offset
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
        if (isTooLong(textFrom + offset)) leaveOut(partDepth, text, from)
        yield
      }
    }

    if (isTooLong(textFrom + text.length)) leaveOut(partDepth, text, from)
    const remainder = omitted > 0 ? "" : text.slice(from)
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
