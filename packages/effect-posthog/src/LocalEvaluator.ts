/**
 * Local evaluation over the definitions that are loaded.
 *
 * @since 0.1.0
 */
import type { EvaluationContext, FlagMetadata, Result } from "@effect-posthog/evaluator"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { DefinitionsError, DefinitionsErrorReason } from "./DefinitionsSource.ts"

/**
 * What local evaluation found, all from one set of definitions.
 *
 * @since 0.1.0
 * @category models
 */
export interface LocalEvaluation {
  /** The evaluator's results, the unresolved ones included. Only `Resolved` ones are values. */
  readonly records: ReadonlyMap<string, Result>
  /** Whether the server has to be asked to complete the answer. */
  readonly needsRemote: boolean
  /** Epoch milliseconds at which the definitions were last fetched. Absent: none are loaded. */
  readonly loadedAt?: number | undefined
  /** The definitions' gate for minimal exposure events. Default: `false`. */
  readonly minimalFlagCalledEvents?: boolean | undefined
  /** Requested keys that are known not to exist, so that they need no request. */
  readonly absent?: ReadonlySet<string> | undefined
  /** The definitions are an old copy: the source could not be reached since the start. Default: `false`. */
  readonly stale?: boolean | undefined
  /** What the definitions say about a flag besides its value. */
  readonly metadata?: ((key: string) => FlagMetadata | undefined) | undefined
}

/**
 * The state of the definitions, for health endpoints and the engineer on call. Times are epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface DefinitionsStatus {
  /** Where definitions come from, like `"http"`; `"none"` when local evaluation is off. */
  readonly source: string
  readonly loadedAt?: number | undefined
  /** Milliseconds since `loadedAt`. */
  readonly age?: number | undefined
  readonly etag?: string | undefined
  readonly flags: number
  /** Flags that can never be decided locally. */
  readonly neverLocal: number
  readonly stale: boolean
  readonly lastFailure?: {
    readonly reason: DefinitionsErrorReason
    readonly status?: number | undefined
    readonly message: string
    readonly at: number
  } | undefined
  readonly nextAttemptAt?: number | undefined
}

/**
 * The flag keys that differ between two sets of definitions.
 *
 * @since 0.1.0
 * @category models
 */
export interface DefinitionsChange {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
}

/**
 * The compiled definitions and everything there is to know about them.
 *
 * @since 0.1.0
 * @category tags
 */
export class LocalEvaluator extends Context.Tag("effect-posthog/LocalEvaluator")<LocalEvaluator, {
  /** Evaluates all flags, or the given keys. Synchronous and total. */
  readonly evaluate: (context: EvaluationContext, keys?: ReadonlyArray<string> | undefined) => LocalEvaluation
  /** Remembers, until the next successful refresh, that the server does not know these keys. */
  readonly noteAbsent: (keys: ReadonlyArray<string>) => Effect.Effect<void>
  /** Resolves when definitions have been loaded once. */
  readonly ready: Effect.Effect<void>
  /** Loads the definitions now; joins a load that is under way. */
  readonly reload: Effect.Effect<void, DefinitionsError>
  readonly status: Effect.Effect<DefinitionsStatus>
  /** Every change of the definitions from the moment of subscription. */
  readonly changes: Stream.Stream<DefinitionsChange>
}>() {}
