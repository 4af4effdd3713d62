/**
 * Decides which engine, if any, searches for a pattern.
 *
 * @since 1.0.0
 */
import type { RegexEngine, RegexProgram } from "../../RegexEngine.ts"
import { expandedSize, searchSteps } from "./cost.ts"
import { parseRegex } from "./syntax.ts"

/**
 * A pattern, ready to search. `NotPortable`: the server may read the pattern differently. `TooExpensive`: no engine at
 * hand searches for it in bounded time.
 *
 * @internal
 */
export type PreparedRegex =
  | {
    readonly _tag: "Searching"
    readonly search: (text: string) => boolean | "notPortable" | "tooExpensive"
    /** What searching a text may take, in steps of an evaluation. */
    readonly work: (text: string) => number
  }
  | { readonly _tag: "Invalid" | "NotPortable" | "TooExpensive" }

const longestPattern = 4096

const largestExpansion = 4096

/** The longest text that the built-in engine searches. */
const longestText = 2000

/** What the built-in engine may spend on the longest text: milliseconds, a few tens of them at the very worst. */
const mostSteps = 25_000_000

const isPortable = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f || unit === 0x0d) return false
  }
  return true
}

/** What a linear-time engine may take for a character when it does not say so. */
const defaultStepsPerCharacter = 8

/** Asks an engine that is not ours, and does not trust it to keep its promise not to throw. */
const askEngine = (engine: RegexEngine, pattern: string): RegexProgram => {
  try {
    const program = engine.compile(pattern)
    if (program._tag !== "Compiled") return program
    return {
      _tag: "Compiled",
      stepsPerCharacter: program.stepsPerCharacter,
      test: (text) => {
        try {
          return program.test(text)
        } catch {
          return undefined
        }
      }
    }
  } catch {
    return { _tag: "Unsupported" }
  }
}

/** A search finds what follows `.*` without it, and what follows `.+` behind any one character. */
const withoutStart = (pattern: string): string => pattern.replace(/^(?:\.\*\??)+/, "").replace(/^\.\+\??/, ".")

/** Steps of the built-in engine in a step of an evaluation. */
const engineSteps = 32

interface BoundedSearch {
  readonly regExp: RegExp
  /** The power of the length of a text that bounds the steps of a search. */
  readonly power: number
}

/** A search in the built-in engine, for patterns that it searches for in bounded time. */
const boundedSearch = (pattern: string): BoundedSearch | undefined => {
  const parsed = parseRegex(pattern)
  if (typeof parsed === "string") return undefined
  const steps = searchSteps(parsed, longestText)
  if (steps > mostSteps) return undefined
  return { regExp: new RegExp(pattern), power: Math.max(1, Math.log(steps) / Math.log(longestText)) }
}

/** @internal */
export const prepareRegex = (pattern: string, engine: RegexEngine | undefined): PreparedRegex => {
  if (pattern === "") return { _tag: "Searching", search: () => true, work: () => 1 }
  if (pattern.length > longestPattern) return { _tag: "TooExpensive" }
  const parsed = parseRegex(pattern)
  if (parsed === "unsupported") return { _tag: "NotPortable" }
  if (parsed === "invalid") return { _tag: "Invalid" }
  if (expandedSize(parsed) > largestExpansion) return { _tag: "TooExpensive" }
  const program = engine === undefined ? undefined : askEngine(engine, pattern)
  if (program?._tag === "Invalid") return { _tag: "Invalid" }
  const searchLinear = program?._tag === "Compiled" ? program.test : undefined
  const engineWork = program?._tag === "Compiled" ? program.stepsPerCharacter ?? defaultStepsPerCharacter : 0
  const native = boundedSearch(withoutStart(pattern))
  if (native === undefined && searchLinear === undefined) return { _tag: "TooExpensive" }
  return {
    _tag: "Searching",
    work: ({ length }) =>
      native !== undefined && length <= longestText
        ? 1 + (native.power === 1 ? length : length ** native.power) / engineSteps
        : 1 + length * engineWork,
    search: (text) => {
      if (native !== undefined && text.length <= longestText) {
        return isPortable(text)
          ? native.regExp.test(text)
          : "notPortable"
      }
      if (searchLinear === undefined) return "tooExpensive"
      return isPortable(text) ? searchLinear(text) ?? "tooExpensive" : "notPortable"
    }
  }
}
