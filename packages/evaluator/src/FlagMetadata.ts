/**
 * What definitions say about flags besides their rules.
 *
 * @since 1.0.0
 */

/**
 * Where a flag may be evaluated.
 *
 * @since 1.0.0
 * @category models
 */
export type FlagRuntime = "all" | "client" | "server"

/**
 * What a definition says about a flag besides its rules.
 *
 * @since 1.0.0
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
