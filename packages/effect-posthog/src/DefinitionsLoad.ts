/**
 * What a source of flag definitions answers.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { DefinitionsError } from "./DefinitionsError.ts"

/**
 * A definitions document. It replaces the installed one, unless it is not a definitions document.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loaded {
  readonly _tag: "Loaded"
  readonly document: unknown
  /** Validates this document; given to the next load. */
  readonly etag?: string | undefined
  /** Epoch milliseconds at which the document was current, when that is not now: an old copy from a disk. */
  readonly staleSince?: number | undefined
  /** Why the document is an old copy. The load counts as failed with it, though the document is installed. */
  readonly failure?: DefinitionsError | undefined
  /** Run once after the document was installed; not when it was refused. Not interrupted: it must bound itself. */
  readonly onInstalled?: Effect.Effect<void> | undefined
}

/**
 * The installed definitions, which the caller's ETag names, are still current.
 *
 * @since 0.1.0
 * @category models
 */
export interface NotModified {
  readonly _tag: "NotModified"
  readonly etag?: string | undefined
}

/**
 * Nothing new is known, and nothing is wrong with that: the installed definitions stay as they are, and their age goes
 * on growing. `failure` is shown in `DefinitionsStatus.lastFailure`; the load does not fail with it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kept {
  readonly _tag: "Kept"
  readonly failure?: DefinitionsError | undefined
}

/**
 * The answer of a source.
 *
 * @since 0.1.0
 * @category models
 */
export type DefinitionsLoad = Loaded | NotModified | Kept

/**
 * How definitions are loaded. `load` gets the ETag of the installed definitions, if they have one. It must bound its own
 * waiting: the loader has one load under way at a time, and waits for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface LoadDefinitions {
  /** What `DefinitionsStatus.source` shows. `"none"` switches local evaluation off. Default: `"custom"`. */
  readonly name?: string | undefined
  readonly load: (etag: string | undefined) => Effect.Effect<DefinitionsLoad, DefinitionsError>
  /**
   * Tells that a load may now find something new, so that the loader loads without waiting for the next poll. Run while
   * the layer is open. Default: definitions are only polled.
   */
  readonly changed?: Stream.Stream<void> | undefined
}
