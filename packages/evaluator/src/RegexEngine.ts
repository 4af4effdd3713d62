/**
 * The seam through which an application supplies a regular expression engine.
 *
 * @since 1.0.0
 */

/**
 * What an engine makes of a pattern.
 *
 * - `Compiled`: `test` searches the text, unanchored. It must not throw, and must answer in time linear in the text;
 *   `undefined` says that this text is more than the engine will look at, which leaves the flag to the server.
 * - `Invalid`: the pattern is not a regular expression; a filter with it matches nothing, negated or not.
 * - `Unsupported`: the engine cannot decide this pattern; the flag is left to the server.
 *
 * @since 1.0.0
 * @category models
 */
export type RegexProgram =
  | {
    readonly _tag: "Compiled"
    readonly test: (text: string) => boolean | undefined
    /** The time that a search may take for each character of a text, in units of about 50 ns. Default: 8. */
    readonly stepsPerCharacter?: number | undefined
  }
  | { readonly _tag: "Invalid" }
  | { readonly _tag: "Unsupported" }

/**
 * A regular expression engine whose running time is linear in the text, such as `@effect-posthog/regex-re2`.
 *
 * It is asked only about patterns of the portable subset (constructs that mean the same to PostHog's server, to
 * JavaScript and to RE2) whose running time the built-in engine cannot bound. Texts are ASCII without carriage returns, and
 * at most 2,000 characters long. `compile` is called once per pattern, while definitions are
 * compiled; an exception counts as `Unsupported`.
 *
 * @since 1.0.0
 * @category models
 */
export interface RegexEngine {
  readonly compile: (pattern: string) => RegexProgram
}
