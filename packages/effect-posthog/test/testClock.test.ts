import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted, TestClock } from "effect"
import { evaluateFlags, Events, PostHog } from "effect-posthog"
import { logged } from "./support/logged.ts"

// Programs test themselves with a client that answers at once and Effect's test clock, which waits for fibers and for
// nothing else: from a call to its request there may be no step that only the event loop takes, such as an import.
describe("under the test clock, with the program's own HTTP client", () => {
  const start = (respond: () => Effect.Effect<Response>) => {
    const urls: Array<string> = []
    const client = HttpClient.make((request) => {
      urls.push(request.url)
      return Effect.map(respond(), (response) => HttpClientResponse.fromWeb(request, response))
    })
    const layer = PostHog.layer({ apiKey: Redacted.make("phc_test") }).pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
    )
    return { layer, urls }
  }

  it.effect("the first events are sent when the clock says so", () => {
    const { layer, urls } = start(() => Effect.succeed(new Response("{}")))
    return Effect.gen(function*() {
      yield* Events.capture({ event: "paid", distinctId: "ada" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(urls, ["https://us.i.posthog.com/batch/"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("the first evaluation fails when the clock says so", () => {
    const { layer, urls } = start(() => Effect.never)
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(logged(Effect.flip(evaluateFlags({ distinctId: "ada" }))))
      yield* TestClock.adjust("3 seconds")
      yield* TestClock.adjust("300 millis")
      yield* TestClock.adjust("3 seconds")
      const { lines, result } = yield* Fiber.join(fiber)
      assert.strictEqual(result.reason, "Timeout")
      assert.strictEqual(urls.length, 2)
      assert.include(lines.join(), "flags.requestTimeout is 3s")
    }).pipe(Effect.provide(layer))
  })
})
