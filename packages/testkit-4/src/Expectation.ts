// Generated from packages/testkit/src/Expectation.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What a test expects of the captured events, and the error of an expectation that does not hold.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"

/**
 * An event as a test expects it.
 *
 * **Details**
 *
 * Only the given fields count: a property that is left out may have any value, and one that is `undefined` must be
 * absent. Values are compared deeply and as they are sent, so a `Date` equals its text.
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
 * An exposure as a test expects it. Only the given fields count.
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
 * An exception as a test expects it. Only the given fields count.
 *
 * @since 3.0.0
 * @category models
 */
export interface ExpectedException {
  /** The type of the outermost exception, such as the tag of an error. */
  readonly type?: string | undefined
  /** The message of the outermost exception. */
  readonly value?: string | undefined
  readonly level?: "fatal" | "error" | "warning" | "log" | "info" | "debug" | undefined
  readonly handled?: boolean | undefined
  readonly source?: string | undefined
  readonly distinctId?: string | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The error of an expectation that does not hold.
 *
 * **Details**
 *
 * The message says what the test wanted, which event came nearest, and how the two differ. The stack leads to the line
 * of the test that stated the expectation.
 *
 * @since 3.0.0
 * @category errors
 */
export class ExpectationError extends Data.TaggedError("ExpectationError")<{ readonly message: string }> {}
