// Generated from packages/effect-posthog/src/PostHogConfigError.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What a layer fails with when its options cannot be used.
 *
 * @since 3.0.0
 */
import * as Data from "effect/Data"

/**
 * An option that cannot be used. `option` is its path (`"events.flushAt"`), `problem` says what is wrong with it. The
 * message never contains a key.
 *
 * @since 3.0.0
 * @category errors
 */
export class PostHogConfigError extends Data.TaggedError("PostHogConfigError")<{
  readonly option: string
  readonly problem: string
  /** The environment variable that the option came from, if it did. */
  readonly variable?: string | undefined
}> {
  override get message(): string {
    const place = this.variable === undefined ? this.option : `${this.variable} (${this.option})`
    return `${place}: ${this.problem}`
  }
}
