/**
 * Flags that the embedded server decides by itself, whatever the definitions say: the flags of experience continuity and
 * static cohorts, which depend on what only PostHog's own database knows, and any other value a test needs.
 *
 * @since 3.0.0
 */
import type { FlagsBody } from "./Recording.ts"

/**
 * One decision: a plain value, a full answer, or a function of the request that gives either.
 *
 * @since 3.0.0
 * @category models
 */
export type RemoteFlag = RemoteValue | ((request: FlagsBody) => RemoteValue)

/**
 * A decision that does not depend on the request. A string is the key of a variant.
 *
 * @since 3.0.0
 * @category models
 */
export type RemoteValue = boolean | string | RemoteAnswer

/**
 * A decision with all that a `/flags` answer can say about it. What is left out comes from the definition of the flag,
 * where there is one.
 *
 * @since 3.0.0
 * @category models
 */
export interface RemoteAnswer {
  readonly value: boolean | string
  /** Any JSON value; it travels as JSON text. */
  readonly payload?: unknown
  /** The server could not evaluate the flag. Default: false. */
  readonly failed?: boolean | undefined
  readonly id?: number | undefined
  readonly version?: number | undefined
  readonly hasExperiment?: boolean | undefined
  /** The kind of SDK that gets the flag. Default: the definition's, else all. */
  readonly runtime?: "all" | "client" | "server" | undefined
  /** Default: a match of the first condition set when the flag is on, no match when it is off. */
  readonly reason?:
    | { readonly code: string; readonly description: string; readonly conditionIndex?: number | undefined }
    | undefined
}
