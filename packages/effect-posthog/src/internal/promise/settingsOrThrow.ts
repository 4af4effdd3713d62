import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { PostHogConfigError } from "../../PostHogConfigError.ts"

/** @internal */
export const settingsOrThrow = <A>(checked: Effect.Effect<A, PostHogConfigError>): A => {
  const exit = Effect.runSyncExit(checked)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}
