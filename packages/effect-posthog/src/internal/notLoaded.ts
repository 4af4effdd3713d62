import type { LocalEvaluation } from "../LocalEvaluation.ts"

const nothingLoaded: LocalEvaluation = Object.freeze({ records: new Map(), needsRemote: true })

const nothingAsked: LocalEvaluation = Object.freeze({ records: new Map(), needsRemote: false })

/**
 * What evaluation gives without definitions.
 *
 * @internal
 */
export const notLoaded = (keys: ReadonlyArray<string> | undefined): LocalEvaluation =>
  keys !== undefined && keys.length === 0 ? nothingAsked : nothingLoaded
