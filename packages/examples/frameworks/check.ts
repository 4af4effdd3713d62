import { PostHogServer } from "@effect-posthog/testkit"
import { Effect, Redacted } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"

interface Running {
  readonly url: string
  readonly close: () => Promise<unknown>
}

/**
 * Starts a server whose route `/boom` throws, asks it, and looks at what reached PostHog: one exception, and the answer
 * that the framework gives anyway.
 */
export const check = async (start: (posthog: PostHogPromise.PromiseClient) => Promise<Running>): Promise<void> => {
  const program = Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    yield* Effect.promise(async () => {
      const posthog = PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host: server.url })
      const { close, url } = await start(posthog)
      const response = await fetch(`${url}/boom`, { headers: { "x-posthog-distinct-id": "ada" } })
      assert.equal(response.status, 500)
      assert.equal((await fetch(`${url}/missing`)).status, 404)
      await close()
      await posthog.close()
    })
    const events = yield* server.events
    assert.deepEqual(events.map(({ distinct_id, event }) => [event, distinct_id]), [["$exception", "ada"]])
    assert.equal(events[0]?.properties["$exception_message"], "boom")
    assert.equal(events[0]?.properties["route"], "/boom")
  })
  await Effect.runPromise(Effect.provide(program, PostHogServer.layer()))
}
