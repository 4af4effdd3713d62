/**
 * A regular expression engine for `@effect-posthog/evaluator` whose running time is linear in the text.
 *
 * @since 1.0.0
 */
export * from "./Re2.ts"
