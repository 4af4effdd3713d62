// Every way in which the server can fail, tried over real HTTP: what the caller of `evaluateFlags` sees, how often the
// server was asked, and what stands in `$feature_flag_error` when a flag that is missing is read.
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { Console, Effect, Layer, Redacted } from "effect"
import { evaluateFlags, Events, PostHog } from "effect-posthog"
import { strict as assert } from "node:assert"

const PostHogLive = Layer.unwrapEffect(
  Effect.map(PostHogServer.PostHogServer, ({ url }) =>
    PostHog.layer({
      apiKey: Redacted.make("phc_test"),
      host: url,
      flags: { requestTimeout: "1500 millis", maxRetries: 1 }
    }))
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provideMerge(PostHogServer.layer())
)

const isTooLarge = " ".repeat(9 * 1024 * 1024)
const hasTooMuch = { biography: "a".repeat(65 * 1024 * 1024) }

const rows = [
  { fault: Fault.drip("100 millis"), outcome: "Timeout", attempts: 2, error: "timeout,flag_missing" },
  { fault: Fault.status(502), outcome: "ApiError 502", attempts: 2, error: "api_error_502,flag_missing" },
  { fault: Fault.status(503), outcome: "ApiError 503", attempts: 1, error: "api_error_503,flag_missing" },
  { fault: Fault.status(401), outcome: "ApiError 401", attempts: 1, error: "api_error_401,flag_missing" },
  { fault: Fault.body("<html>"), outcome: "InvalidResponse", attempts: 1, error: "unknown_error,flag_missing" },
  { fault: Fault.body(isTooLarge), outcome: "TooLarge", attempts: 1, error: "unknown_error,flag_missing" },
  { fault: Fault.pass, outcome: "UnknownError", attempts: 0, error: "unknown_error,flag_missing", send: hasTooMuch },
  { fault: Fault.quotaLimited, outcome: "quota_limited", attempts: 1, error: "quota_limited,flag_missing" },
  {
    fault: Fault.computationErrors(),
    outcome: "errors_while_computing_flags",
    attempts: 1,
    error: "errors_while_computing_flags,flag_missing"
  }
]

const program = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  for (const [index, row] of rows.entries()) {
    yield* server.reset
    yield* server.always("flags", row.fault)
    const distinctId = `user-${index}`
    const { outcome, snapshot } = yield* evaluateFlags({ distinctId, personProperties: row.send }).pipe(
      Effect.map((snapshot) => ({ outcome: snapshot.errors.join(), snapshot })),
      Effect.catchTag(
        "RemoteFlagsError",
        ({ httpStatus, reason, snapshot }) =>
          Effect.succeed({ outcome: httpStatus === undefined ? reason : `${reason} ${httpStatus}`, snapshot })
      )
    )
    yield* snapshot.isEnabled("new-checkout")
    yield* Events.flush
    const attempts = (yield* server.requestsTo("flags")).length
    const error = (yield* server.events)[0]?.properties["$feature_flag_error"]
    yield* Console.log(`${row.fault._tag.padEnd(18)} ${outcome}, asked ${attempts} times, ${error}`)
    assert.deepStrictEqual({ outcome, attempts, error }, {
      outcome: row.outcome,
      attempts: row.attempts,
      error: row.error
    })
  }
})

await Effect.runPromise(Effect.provide(program, PostHogLive))

const Unreachable = PostHog.layer({ apiKey: Redacted.make("phc_test"), host: "http://127.0.0.1:9" })
const refused = Effect.flip(evaluateFlags({ distinctId: "user-17" }))
const { reason, snapshot } = await Effect.runPromise(
  Effect.provide(refused, Layer.provide(Unreachable, FetchHttpClient.layer))
)
assert.deepStrictEqual([reason, snapshot.errors], ["ConnectionError", ["connection_error"]])
