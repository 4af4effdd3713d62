import * as Duration from "effect/Duration"

/** A century: what is meant to last for ever has to be a number, too. */
const longest = Duration.toMillis("36500 days")

/**
 * A duration in whole milliseconds, as Redis takes them: zero would end a claim as it begins.
 *
 * @internal
 */
export const millisOf = (duration: Duration.DurationInput): number =>
  Math.min(longest, Math.max(1, Math.ceil(Duration.toMillis(duration))))
