/**
 * What a message lacks that has to be there.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * A message that is no event: nothing was queued. `field` is the field of the message at fault, `problem` what is wrong
 * with it.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidEventError extends Data.TaggedError("InvalidEventError")<{
  readonly event?: string | undefined
  readonly field: string
  readonly problem: string
}> {
  override get message(): string {
    return `${this.event === undefined ? "" : `${this.event}: `}${this.field} ${this.problem}`
  }
}
