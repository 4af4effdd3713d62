import { Effect } from "effect"
import { evaluateFlags, Flags } from "effect-posthog"

const request = { distinctId: "user-17" }

// Fail: nothing is shown to a user whose flags are not complete.
export const strict = evaluateFlags(request)

// Use what resolved locally; flags that needed the server are missing and take their defaults.
export const partial = evaluateFlags(request).pipe(Flags.orPartial)

// Decide by what went wrong.
export const byReason = evaluateFlags(request).pipe(
  Effect.catchTag("RemoteFlagsError", (error) =>
    error.reason === "Timeout"
      ? Effect.succeed(error.snapshot)
      : Effect.zipRight(Effect.logError("flags are incomplete", error), Effect.succeed(error.snapshot)))
)
