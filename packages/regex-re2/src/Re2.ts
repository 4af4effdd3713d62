/**
 * The `RegexEngine` on `re2js`.
 *
 * @since 1.0.0
 */
import type { RegexEngine, RegexProgram } from "@effect-posthog/evaluator"
import { RE2JS, RE2JSSyntaxException } from "re2js"
import { translate } from "./internal/translate.ts"

/** Programs of more instructions take long to prepare. */
const largestProgram = 1000

/** Programs of this size have an automaton small enough to be built while it runs, and then read a text in one go. */
const smallProgram = 16

const longestText = 100_000

/** Instructions times characters: what a larger program may spend on a text, some tens of milliseconds. */
const mostWork = 300_000

const invalid: RegexProgram = Object.freeze({ _tag: "Invalid" })

const unsupported: RegexProgram = Object.freeze({ _tag: "Unsupported" })

const compileProgram = (pattern: string): RE2JS | RegexProgram => {
  const translated = translate(pattern)
  if (translated === undefined) return unsupported
  try {
    return RE2JS.compile(translated)
  } catch (error) {
    // A pattern beyond the limits of RE2 may be correct.
    return error instanceof RE2JSSyntaxException && !/size|count|repeat|large|depth/.test(error.message)
      ? invalid
      : unsupported
  }
}

/**
 * A regular expression engine that searches in time linear in the text, whatever the pattern.
 *
 * **When to use**
 *
 * When definitions have patterns whose running time the evaluator cannot bound by itself, such as `(a+)+$`.
 *
 * **Details**
 *
 * Patterns that are larger than RE2 allows, or too large for the text, leave the flag to the server. So do word boundaries.
 *
 * **Example**
 *
 * ```ts
 * import { matchProperty } from "@effect-posthog/evaluator"
 * import { regexEngine } from "@effect-posthog/regex-re2"
 *
 * const filter = { key: "path", operator: "regex", value: "^(/[a-z]+)+$" }
 * const properties = { path: "/docs/flags" }
 *
 * assert.strictEqual(matchProperty(filter, properties, 0, { regexEngine }), true)
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const regexEngine: RegexEngine = {
  compile: (pattern) => {
    const compiled = compileProgram(pattern)
    if (!(compiled instanceof RE2JS)) return compiled
    const size = compiled.programSize()
    if (size > largestProgram) return unsupported
    const longest = size <= smallProgram ? longestText : Math.min(longestText, Math.floor(mostWork / size))
    return {
      _tag: "Compiled",
      stepsPerCharacter: size <= smallProgram ? 2 : size * 2,
      test: (text) => text.length > longest ? undefined : compiled.test(text)
    }
  }
}
