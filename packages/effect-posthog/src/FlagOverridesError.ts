/**
 * The failure of layers that override flags.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * Overrides that cannot be used. The message never holds what was written there, which may be any text.
 *
 * @since 0.1.0
 * @category errors
 */
export class FlagOverridesError extends Data.TaggedError("FlagOverridesError")<{
  /** Where they come from: `layerOverrides`, `POSTHOG_FLAG_OVERRIDES`, or the path of a file. */
  readonly origin: string
  /** The flag whose override is wrong; absent when the whole is. */
  readonly key?: string | undefined
  readonly problem: string
}> {
  override get message(): string {
    return this.key === undefined
      ? `${this.origin}: ${this.problem}`
      : `${this.origin}: the override of ${JSON.stringify(this.key)} ${this.problem}`
  }
}
