// Generated from packages/effect-posthog/test/transport/largeEvents.test.ts by packages/tools/editions.mjs: change that file, not this one.
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect, Redacted } from "effect"
import { EventQueue, EventTransport, PostHogConfig } from "effect-posthog-4"

describe("delivery", () => {
  it.live("writes, encodes and sends large events in turns of the event loop of their own", () => {
    const turnsOfRequests: Array<number> = []
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    const client = HttpClient.make((request) =>
      Effect.sync(() => {
        turnsOfRequests.push(turns)
        return HttpClientResponse.fromWeb(request, new Response("{\"status\":1}"))
      })
    )
    return Effect.gen(function*() {
      const queue = yield* EventQueue
      yield* Effect.yieldNow
      setImmediate(count)
      yield* queue.offer({ event: "small", distinctId: "ada" })
      yield* queue.flush
      const before = turns
      yield* queue.offer({ event: "large", distinctId: "ada", properties: { text: "x".repeat(800_000) } })
      yield* queue.flush
      isOver = true
      const [small = 0, large = 0] = turnsOfRequests
      // On Effect 4 a fiber that pauses waits for the next turn, too.
      assert.isAtMost(small, 1)
      assert.isAtLeast(large - before, 2)
      assert.strictEqual((yield* queue.counts).delivered, 2)
    }).pipe(
      Effect.provide(EventQueue.layer),
      Effect.provide(EventTransport.layer),
      Effect.provideService(HttpClient.HttpClient, client),
      Effect.provide(PostHogConfig.layer({
        apiKey: Redacted.make("phc_test"),
        host: "http://posthog.example",
        events: { compression: "none" }
      })),
      Effect.scoped
    )
  })
})
