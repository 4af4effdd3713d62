// Generated from packages/effect-posthog/src/internal/promise/settingsOrThrow.ts by packages/tools/editions.mjs: change that file, not this one.
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
