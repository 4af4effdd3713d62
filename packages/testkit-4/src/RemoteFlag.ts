// Generated from packages/testkit/src/RemoteFlag.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Flags that a test decides for the server, whatever the definitions say. Flags with experience continuity or static
 * cohorts need this, because they depend on PostHog's own database.
 *
 * @since 3.0.0
 */
import type { FlagsBody } from "./Recording.ts"

/**
 * A decision about one flag: a plain value, a whole answer, or a function from the request to either.
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
 * A decision with everything that a `/flags` answer can say about a flag. Fields that are left out come from the flag's
 * definition, if it has one.
 *
 * @since 3.0.0
 * @category models
 */
export interface RemoteAnswer {
  readonly value: boolean | string
  /** Any JSON value. The answer has it as JSON text. */
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
