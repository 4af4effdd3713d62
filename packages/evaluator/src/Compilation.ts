/**
 * Compilation of definitions documents.
 *
 * @since 1.0.0
 */
import type { CompiledDefinitions } from "./CompiledDefinitions.ts"
import { compileDocument } from "./internal/compile/compileDocument.ts"
import { omittedPart as standIn } from "./internal/compile/documentReader.ts"
import { runToEnd } from "./internal/compile/steps.ts"
import type { Problem } from "./Problem.ts"
import type { RegexEngine } from "./RegexEngine.ts"

/**
 * How to compile.
 *
 * @since 1.0.0
 * @category models
 */
export interface CompileOptions {
  /** Decides the regular expressions that the built-in engine leaves to the server. Default: none. */
  readonly regexEngine?: RegexEngine | undefined
  /** Drops flags whose own, non-empty list of contexts has none of these. Absent or empty: keeps every flag. */
  readonly evaluationContexts?: ReadonlyArray<string> | undefined
  /**
   * The time zone of the project, as an IANA name such as `Europe/Berlin`. The server reads dates without an offset and
   * steps back days, weeks, months and years in it. Without it, a date about which the time zones of the world disagree
   * leaves its filter undecided; a name that the platform does not know is a problem and counts as none.
   */
  readonly timeZone?: string | undefined
}

/**
 * What compiling a document gives.
 *
 * @since 1.0.0
 * @category models
 */
export interface Compilation {
  readonly definitions: CompiledDefinitions
  readonly problems: ReadonlyArray<Problem>
}

/**
 * Compiles a definitions document, the decoded JSON of `/flags/definitions`, for evaluation.
 *
 * **When to use**
 *
 * Once for each document, before evaluating. `compileSteps` does the same with pauses.
 *
 * **Details**
 *
 * Never throws. A flag that cannot be read is left to the server and reported as a problem; the other flags are not
 * affected. A value that is not a definitions document gives empty definitions and one problem with the code
 * `InvalidDocument`.
 *
 * **Example**
 *
 * ```ts
 * import { compile, evaluateFlag } from "@effect-posthog/evaluator"
 *
 * const { definitions, problems } = compile({
 *   flags: [{ key: "new-search", active: true, filters: { groups: [{ rollout_percentage: 100 }] } }]
 * })
 *
 * assert.deepStrictEqual(problems, [])
 * const result = evaluateFlag(definitions, "new-search", { distinctId: "user-17" }, 0)
 * assert.strictEqual(result._tag === "Resolved" && result.value, true)
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const compile = (document: unknown, options?: CompileOptions): Compilation =>
  runToEnd(compileSteps(document, options))

/**
 * Compiles a definitions document in steps, so that other work can run between them.
 *
 * **When to use**
 *
 * For documents of any size in a process that serves requests.
 *
 * **Details**
 *
 * A step takes a fraction of a millisecond, also within one large flag, cohort, value or payload. The generator returns what
 * `compile` returns.
 *
 * @since 1.0.0
 * @category constructors
 */
export const compileSteps = (document: unknown, options?: CompileOptions): Generator<void, Compilation, void> =>
  compileDocument(document, options)

/**
 * What stands in a definitions document for a part that is too large.
 *
 * **When to use**
 *
 * To read a document from a text that may be hostile: put it in place of a part that is larger than any of PostHog's,
 * rather than refuse the document. Flags and cohorts that need the part are left to the server, and each is reported as a
 * problem; the others are not affected.
 *
 * **Example**
 *
 * ```ts
 * import { compile, omittedPart } from "@effect-posthog/evaluator"
 *
 * const { problems } = compile({ flags: [{ key: "huge", active: true, filters: omittedPart }] })
 *
 * assert.deepStrictEqual(problems.map(({ code, path }) => [code, path]), [["MalformedFlag", "flags[0].filters"]])
 * ```
 *
 * @since 1.0.0
 * @category models
 */
export const omittedPart: string = standIn

/**
 * Whether the compiled value was not a definitions document, so that earlier definitions should be kept.
 *
 * @since 1.0.0
 * @category guards
 */
export const isInvalidDocument = (compilation: Compilation): boolean =>
  compilation.problems.some((problem) => problem.code === "InvalidDocument")
