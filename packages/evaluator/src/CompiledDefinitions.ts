/**
 * Definitions documents in the form in which they are evaluated.
 *
 * @since 1.0.0
 */
import type { FlagMetadata } from "./FlagMetadata.ts"
import type { DefinitionsPlan } from "./internal/plan.ts"

/**
 * A compiled definitions document. Immutable; it holds no reference to the document it was compiled from.
 *
 * @since 1.0.0
 * @category models
 */
export interface CompiledDefinitions {
  /** @internal */
  readonly plan: DefinitionsPlan
  /** The number of flags that can be evaluated: those of the document less those dropped by evaluation contexts. */
  readonly size: number
  /** The keys of those flags, in the order of the document. */
  readonly keys: ReadonlyArray<string>
  /** `true` only when the document says exactly that. */
  readonly minimalFlagCalledEvents: boolean
  /** How boolean-like filter values compare: 1 unless the document says 2. */
  readonly propertyMatchingVersion: 1 | 2
  /** Group type index, as decimal text, to group type name. */
  readonly groupTypeMapping: ReadonlyMap<string, string>
  /** What the document says about a flag; `undefined` for unknown and for dropped keys. Allocates nothing. */
  readonly metadata: (key: string) => FlagMetadata | undefined
  /** Whether the document has the flag but evaluation contexts dropped it: it is known to be absent. */
  readonly isDroppedByContext: (key: string) => boolean
}
