// Generated from packages/effect-posthog/src/LocalEvaluation.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What local evaluation found.
 *
 * @since 3.0.0
 */
import type { FlagMetadata, Result } from "@effect-posthog/evaluator"

/**
 * What local evaluation found, all from one set of definitions.
 *
 * @since 3.0.0
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
  /** The flags that do not have their own value but one that they are forced to: see `FlagOverrides.layer`. */
  readonly overridden?: { readonly has: (key: string) => boolean } | undefined
  /** What the definitions say about a flag besides its value. */
  readonly metadata?: ((key: string) => FlagMetadata | undefined) | undefined
  /** The work that it took, in steps of about 50 ns. Default: four for each record. */
  readonly steps?: number | undefined
}

const nothingLoaded: LocalEvaluation = Object.freeze({ records: new Map(), needsRemote: true })

const nothingAsked: LocalEvaluation = Object.freeze({ records: new Map(), needsRemote: false })

/**
 * What evaluation gives without definitions.
 *
 * @internal
 */
export const emptyEvaluation = (keys: ReadonlyArray<string> | undefined): LocalEvaluation =>
  keys !== undefined && keys.length === 0 ? nothingAsked : nothingLoaded
