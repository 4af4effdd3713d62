/**
 * What a test expects of the events that were captured, and how it is told that they are others.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"

/**
 * An event as a test expects it. Only what is given counts: a property that is not named may have any value, and one
 * that is `undefined` must be absent. Values are compared deeply, as they are sent: a `Date` is its text.
 *
 * @since 3.0.0
 * @category models
 */
export interface ExpectedEvent {
  readonly event: string
  readonly distinctId?: string | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/**
 * An exposure as a test expects it. Only what is given counts.
 *
 * @since 3.0.0
 * @category models
 */
export interface ExpectedExposure {
  /** The key of the flag. */
  readonly flag: string
  /** The reported value; `null` for a flag without one. */
  readonly value?: boolean | string | null | undefined
  readonly distinctId?: string | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Something else happened than the test expected. The message says what was wanted, which event came nearest to it, and
 * in what the two differ.
 *
 * @since 3.0.0
 * @category errors
 */
export class ExpectationError extends Data.TaggedError("ExpectationError")<{ readonly message: string }> {}
