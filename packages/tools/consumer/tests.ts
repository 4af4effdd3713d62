// What an application's tests do with the test kit.
import { Arbitraries, Fault, PostHogServer, PostHogTest } from "@effect-posthog/testkit"
import type { ExpectationError } from "@effect-posthog/testkit/Expectation"
import { Effect, FastCheck } from "effect"
import { evaluateFlags, RemoteFlagsError } from "effect-posthog"

const inMemory = Effect.gen(function*() {
  const test = yield* PostHogTest.PostHogTest
  yield* test.failRemote("Timeout")
  const error = yield* Effect.flip(evaluateFlags({ distinctId: "ada" }))
  const flags = yield* evaluateFlags({ distinctId: "ada" })
  yield* flags.isEnabled("beta")
  const exposure = yield* test.expectExposure({ flag: "beta", value: true })
  const missed: ExpectationError = yield* Effect.flip(test.expectEvent({ event: "paid" }))
  return [error instanceof RemoteFlagsError, exposure.flag, missed._tag]
}).pipe(Effect.provide(PostHogTest.layer({ flags: { beta: true } })))

const overHttp = Effect.gen(function*() {
  const server = yield* PostHogServer.PostHogServer
  yield* server.script("flags", Fault.status(503))
  return server.url.startsWith("http://127.0.0.1:")
}).pipe(Effect.provide(PostHogServer.layer({ definitions: { flags: [] } })))

const generated = FastCheck.sample(Arbitraries.definitions(), 3).length

/** Runs them and says what came out, as JSON. */
export const consume = (): Promise<string> =>
  Effect.runPromise(
    Effect.map(Effect.all([inMemory, overHttp]), (results) => JSON.stringify([...results.flat(), generated]))
  )
