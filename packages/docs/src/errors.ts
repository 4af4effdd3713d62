import { PostHogTest } from "@effect-posthog/testkit"
import { Effect } from "effect"
import type { RemoteFlagsError } from "effect-posthog"
import { evaluateFlags, Flags } from "effect-posthog"
import { strict as assert } from "node:assert"

const request = { distinctId: "user-17" }

// #region fail
const strict = evaluateFlags(request)
// #endregion

// #region partial
const partial = evaluateFlags(request).pipe(Flags.orPartial)
// #endregion

// #region defaults
const maintenance = Effect.gen(function*() {
  const flags = yield* evaluateFlags(request).pipe(Flags.orPartial)
  // Missing: on, because a banner too many does less harm than one too few. A value that is `false` stays `false`.
  return yield* flags.isEnabled("maintenance-banner", { defaultValue: true })
})
// #endregion

// #region required
const requiring = (...keys: ReadonlyArray<string>) => (error: RemoteFlagsError) =>
  keys.every((key) => error.snapshot.keys.includes(key)) ? Effect.succeed(error.snapshot) : Effect.fail(error)

const checkout = evaluateFlags(request).pipe(
  Effect.catchTag("RemoteFlagsError", requiring("new-checkout"))
)
// #endregion

// #region complete
const isComplete = Effect.map(partial, ({ errors }) => errors.length === 0)
// #endregion

// "new-checkout" is decided in the process; "welcome-tour" is a flag that only the server can decide.
const definitions = {
  flags: [
    { key: "new-checkout", active: true, filters: { groups: [{ rollout_percentage: 100 }] } },
    { key: "welcome-tour", active: true, ensure_experience_continuity: true, filters: { groups: [{}] } }
  ]
}

const program = Effect.gen(function*() {
  const posthog = yield* PostHogTest.PostHogTest
  assert.deepStrictEqual((yield* strict).keys, ["new-checkout", "welcome-tour"])
  assert.equal(yield* isComplete, true)

  yield* posthog.failRemote("ApiError", { status: 503, times: 10 })
  const error = yield* Effect.flip(strict)
  assert.equal(
    error.message,
    "Remote flag evaluation failed: PostHog answered with status 503. 1 flag was decided locally."
  )
  assert.deepStrictEqual((yield* partial).keys, ["new-checkout"])
  assert.deepStrictEqual((yield* partial).errors, ["api_error_503"])
  assert.equal(yield* isComplete, false)
  assert.equal(yield* maintenance, true)
  assert.deepStrictEqual((yield* checkout).keys, ["new-checkout"])
  const refused = evaluateFlags(request).pipe(Effect.catchTag("RemoteFlagsError", requiring("welcome-tour")))
  assert.equal((yield* Effect.flip(refused)).reason, "ApiError")
})

await Effect.runPromise(
  Effect.provide(program, PostHogTest.layer({ definitions, flags: { "welcome-tour": true } }))
)
