/**
 * Definitions documents, compiled once so that flags are cheap to evaluate.
 *
 * @since 0.1.0
 */
import type { RegexEngine } from "./RegexEngine.ts"

/**
 * Where a flag may be evaluated.
 *
 * @since 0.1.0
 * @category models
 */
export type FlagRuntime = "all" | "client" | "server"

/**
 * What a definition says about a flag beside its rules.
 *
 * @since 0.1.0
 * @category models
 */
export interface FlagMetadata {
  readonly key: string
  readonly id: number | undefined
  readonly version: number | undefined
  readonly hasExperiment: boolean | undefined
  readonly active: boolean
  readonly runtime: FlagRuntime
}

/**
 * Something in a definitions document that could not be read, or that keeps a flag from being decided locally.
 *
 * `InvalidDocument`: the whole document is not one: keep the definitions you have.
 * `MalformedFlag`: the flag is left to the server; the others are not affected.
 * `MalformedCohort`: flags that refer to the cohort are left to the server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Problem {
  readonly code: "InvalidDocument" | "MalformedFlag" | "MalformedCohort"
  /** The flag concerned, when its key could be read. */
  readonly key: string | undefined
  /** A readable path, such as `flags[3].filters.groups[0].properties[1].value`. */
  readonly path: string
  readonly message: string
}

/**
 * A compiled definitions document. Immutable; it holds no reference to the document it was compiled from.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompiledDefinitions {
  /** The number of flags that can be evaluated: those of the document less those dropped by evaluation contexts. */
  readonly size: number
  /** The keys of those flags, in the order of the document. */
  readonly keys: ReadonlyArray<string>
  /** Exactly `true` in the document; anything else is `false`. */
  readonly minimalFlagCalledEvents: boolean
  readonly propertyMatchingVersion: 1 | 2
  /** Group type index, as decimal text, to group type name. */
  readonly groupTypeMapping: ReadonlyMap<string, string>
  /** What the document says about a flag; `undefined` for unknown and for dropped keys. Allocates nothing. */
  readonly metadata: (key: string) => FlagMetadata | undefined
  /** Whether the document has the flag but the evaluation contexts dropped it: it is known to be absent. */
  readonly isDroppedByContext: (key: string) => boolean
}

/**
 * How to compile.
 *
 * @since 0.1.0
 * @category models
 */
export interface CompileOptions {
  /** Decides the regular expressions that the built-in engine leaves to the server. */
  readonly regexEngine?: RegexEngine | undefined
  /** Drops flags whose own, non-empty list of contexts has none of these. Absent or empty: keeps every flag. */
  readonly evaluationContexts?: ReadonlyArray<string> | undefined
}

/**
 * What compiling a document gives.
 *
 * @since 0.1.0
 * @category models
 */
export interface Compilation {
  readonly definitions: CompiledDefinitions
  readonly problems: ReadonlyArray<Problem>
}

/**
 * Compiles a definitions document. Never throws: a flag that cannot be read is left to the server and reported among
 * the problems, and something that is no definitions document gives empty definitions and one `InvalidDocument`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const compile = (document: unknown, options?: CompileOptions): Compilation => {
  const steps = compileSteps(document, options)
  let step = steps.next()
  while (step.done !== true) {
    step = steps.next()
  }
  return step.value
}

/**
 * Compiles a definitions document step by step: a step takes a few milliseconds at most, and the caller may let other
 * work run between two of them. Returns what {@link compile} returns.
 *
 * @since 0.1.0
 * @category constructors
 */
export function* compileSteps(document: unknown, options?: CompileOptions): Generator<void, Compilation> {
  void options
  void document
  yield
  return {
    definitions: {
      size: 0,
      keys: [],
      minimalFlagCalledEvents: false,
      propertyMatchingVersion: 1,
      groupTypeMapping: new Map(),
      metadata: () => undefined,
      isDroppedByContext: () => false
    },
    problems: [{ code: "InvalidDocument", key: undefined, path: "", message: "not implemented" }]
  }
}

/**
 * Whether a compilation was given something that is no definitions document at all, so that earlier definitions should
 * be kept.
 *
 * @since 0.1.0
 * @category guards
 */
export const isInvalidDocument = (compilation: Compilation): boolean =>
  compilation.problems.some((problem) => problem.code === "InvalidDocument")
