// Generated from packages/effect-posthog/src/internal/definitions/parseDocument.ts by packages/tools/editions.mjs: change that file, not this one.
import { omittedPart } from "@effect-posthog/evaluator"
import * as Result from "effect/Result"
import { isObject as isRecord } from "effect/Predicate"
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

/** The members of a document that are nearly all of a large one: an array, and an object. */
type List = "flags" | "cohorts"

/** How deep the parts are that are left out of a flag or a cohort that is too long: those of a flag, a cohort as a whole. */
const depthOfParts: Readonly<Record<List, number>> = { flags: 4, cohorts: 3 }

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
 * steps: the members of `flags` and `cohorts`, which are nearly all of a large document, are parsed in portions, and the
 * pieces are not joined into one long text, unless to say where it is broken.
 *
 * In place of a part that is larger than any of PostHog's stands `omittedPart`, which leaves what needs it to the server.
 * Its text is read over: whether it is JSON is not checked.
 *
 * @internal
 */
export function* parseDocument(pieces: Iterable<string>): Generator<void, Result.Result<unknown, JsonProblem>> {
  // The text without the elements of `flags` that were parsed on their own.
  const rest: Array<string> = []
  // The list that is being read, and the beginning of the portion of it in hand, from earlier pieces.
  let inside: List | undefined
  let portion: Array<string> = []
  let portionLength = 0
  // What was parsed of them. `undefined` until one is found that is worth it: of several of one name, the last counts.
  let flags: Array<unknown> | undefined
  let cohorts: Record<string, unknown> | undefined

  let depth = 0
  let inString = false
  let isEscaped = false
  // The last string of the outermost object, as it is written.
  let name = ""
  let named: List | undefined

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

  // Leaves out the object or the array that is open at that depth.
  const leaveOut = (at: number, text: string, from: number): void => {
    // The cohorts as a whole.
    if (at === 2 && inside !== undefined) {
      inside = undefined
      cohorts = undefined
      portion = []
    }
    const kept = inside === undefined ? rest : portion
    const piece = startPiece[at] ?? 0
    const length = startOffset[at] ?? 0
    const before = kept.length === piece ? text.slice(from, from + length) : (kept[piece] ?? "").slice(0, length)
    kept.length = piece
    kept.push(before, omittedText)
  }

  // Whether the portion held at least one flag or cohort and nothing else.
  const takePortion = (): boolean => {
    const text = portion.join("")
    portion = []
    portionLength = 0
    const taken = Result.getOrUndefined(parsed(inside === "flags" ? `[${text}]` : `{${text}}`))
    if (Array.isArray(taken)) {
      flags ??= []
      for (const flag of taken) flags.push(flag)
      return taken.length > 0
    }
    const ids = isRecord(taken) ? Object.keys(taken) : []
    cohorts ??= {}
    for (const id of ids) {
      const value = (taken as Record<string, unknown>)[id]
      // Assigning to `__proto__` would set the prototype.
      Object.defineProperty(cohorts, id, { value, configurable: true, enumerable: true, writable: true })
    }
    return ids.length > 0
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
            named = member === "flags" || member === "cohorts" ? member : undefined
            if (named === "flags") flags = undefined
            if (named === "cohorts") cohorts = undefined
            partFrom = textFrom + offset
            partDepth = 2
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
          omitted = depth
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
          startPiece[depth] = (inside === undefined ? rest : portion).length
          startOffset[depth] = offset - from
          if (depth === partDepth && textFrom + offset - partFrom > longestPart) {
            leaveOut(depth, text, from)
            omitted = depth
          }
          if (depth === 2 && named !== undefined && (text.charCodeAt(offset) === 0x5b) === (named === "flags")) {
            inside = named
            partDepth = depthOfParts[named]
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
          if (inside !== undefined && depth === 1) {
            portion.push(text.slice(from, offset))
            from = offset
            // Taken in portions up to here: the remainder too, so that a comma before the bracket is noticed.
            if ((inside === "flags" ? flags : cohorts) !== undefined) {
              if (!takePortion()) return yield* refuse(pieces)
            } else {
              rest.push(...portion)
              portion = []
              portionLength = 0
            }
            inside = undefined
          }
          break
        }
        case comma: {
          if (depth === 2 && partDepth > 2) partFrom = textFrom + offset
          if (inside !== undefined && depth === 2 && portionLength + offset - from >= stepSize) {
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
        if (omitted === 0 && depth >= partDepth && textFrom + offset - partFrom > longestPart) {
          leaveOut(partDepth, text, from)
          omitted = partDepth
        }
        yield
      }
    }

    if (omitted === 0 && depth >= partDepth && textFrom + text.length - partFrom > longestPart) {
      leaveOut(partDepth, text, from)
      omitted = partDepth
    }
    const remainder = omitted > 0 ? "" : text.slice(from)
    if (inside !== undefined) {
      portion.push(remainder)
      portionLength += remainder.length
    } else {
      rest.push(remainder)
    }
    if (inString && depth === 1) name += text.slice(nameFrom)
    textFrom += text.length
    yield
  }

  if (inside !== undefined) return yield* refuse(pieces)
  const document = parsed(rest.join(""))
  if (Result.isFailure(document)) return yield* refuse(pieces)
  if (flags === undefined && cohorts === undefined) return Result.succeed(document.success)
  return Result.succeed({
    ...document.success as object,
    ...(flags === undefined ? {} : { flags }),
    ...(cohorts === undefined ? {} : { cohorts })
  })
}
