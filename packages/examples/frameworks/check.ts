import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { Effect } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { strict as assert } from "node:assert"

interface Running {
  readonly url: string
  readonly close: () => Promise<unknown>
}

interface Options {
  /** Whether `/boom` throws, and its exception is reported. Default: `true`. */
  readonly throws?: boolean
}

const visitors = Array.from({ length: 40 }, (_, index) => ({
  id: `user-${index}`,
  session: `session-${index}`,
  plan: index % 2 === 0 ? "scale" : "free",
  total: index % 2 === 0 ? 39 : 42
}))

// On for the plan "scale"; the server has the plan of each visitor.
const definitions = {
  flags: [{
    key: "new-checkout",
    active: true,
    filters: {
      groups: [{
        properties: [{ key: "plan", type: "person", operator: "exact", value: "scale" }],
        rollout_percentage: 100
      }]
    }
  }]
}

const persons = Object.fromEntries(visitors.map(({ id, plan }) => [id, { plan }]))

const headersOf = (visitor: { readonly id: string; readonly session: string }) => ({
  "x-posthog-distinct-id": visitor.id,
  "x-posthog-session-id": visitor.session
})

/**
 * Starts a server, sends it overlapping requests of forty visitors, and compares what each got with what PostHog got:
 * nothing of one visitor is on an answer, an exposure or an event of another. Then the route `/boom` throws: PostHog
 * gets one exception, and the visitor the answer that the framework gives anyway.
 */
export const checkAt = (
  start: (host: string) => Promise<Running>,
  { throws = true }: Options = {}
): Promise<void> => {
  const program = Effect.gen(function*() {
    const server = yield* PostHogServer.PostHogServer
    // No evaluation ends before all requests have begun theirs.
    yield* server.always("flags", Fault.delay("300 millis"))
    yield* Effect.promise(async () => {
      const { close, url } = await start(server.url)
      const totals = await Promise.all(visitors.map(async (visitor) => {
        const response = await fetch(`${url}/checkout`, { headers: headersOf(visitor) })
        assert.equal(response.status, 200)
        const { total, variant } = await response.json()
        if (variant !== undefined) assert.equal(variant, total === 39 ? "new" : "old")
        return total
      }))
      assert.deepEqual(totals, visitors.map(({ total }) => total))
      if (throws) {
        const response = await fetch(`${url}/boom`, { headers: { "x-posthog-distinct-id": "ada" } })
        assert.equal(response.status, 500)
        assert.equal((await fetch(`${url}/missing`)).status, 404)
      }
      await close()
    })
    const events = yield* server.awaitEvents(2 * visitors.length + (throws ? 1 : 0))
    for (const { id, session, total } of visitors) {
      const own = events.filter(({ distinct_id }) => distinct_id === id)
      assert.deepEqual(own.map(({ event }) => event).sort(), ["$feature_flag_called", "checkout viewed"])
      for (const { properties } of own) {
        assert.equal(properties["$session_id"], session)
        assert.equal(properties["$feature/new-checkout"], total === 39)
      }
      assert.equal(own.find(({ event }) => event === "checkout viewed")?.properties["total"], total)
    }
    const exceptions = events.filter(({ event }) => event === "$exception")
    assert.deepEqual(exceptions.map(({ distinct_id }) => distinct_id), throws ? ["ada"] : [])
    if (throws) {
      assert.equal(exceptions[0]?.properties["$exception_message"], "boom")
      assert.equal(exceptions[0]?.properties["route"], "/boom")
    }
  })
  return Effect.runPromise(Effect.provide(program, PostHogServer.layer({ definitions, persons })))
}

/** {@link checkAt} for a server in this process. */
export const check = (
  start: (posthog: PostHogPromise.PromiseClient) => Promise<Running>,
  options?: Options
): Promise<void> =>
  checkAt(async (host) => {
    const posthog = PostHogPromise.make({ apiKey: "phc_test", host })
    const { close, url } = await start(posthog)
    return {
      url,
      close: async () => {
        await close()
        await posthog.shutdown()
      }
    }
  }, options)
