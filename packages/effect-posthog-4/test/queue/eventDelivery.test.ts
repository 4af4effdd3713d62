// Generated from packages/effect-posthog/test/queue/eventDelivery.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { assert, describe, it } from "../support/effectVitest.ts"
import { Duration, Effect, Layer } from "effect"
import { PostHogConfig } from "effect-posthog-4"
import type { PostHogEvent, SendOutcome } from "effect-posthog-4"
import * as EventDelivery from "effect-posthog-4/EventDelivery"
import { options, ScriptedTransport } from "../support/queue.ts"

const uuidOf = (index: number) => `01890000-0000-7000-8000-${String(index).padStart(12, "0")}`

const eventsOf = (...names: ReadonlyArray<string>): ReadonlyArray<PostHogEvent> =>
  names.map((event, index) => ({
    event,
    distinctId: "ada",
    properties: {},
    timestamp: "2026-01-01T00:00:00Z",
    uuid: uuidOf(index)
  }))

const sendOnce = (transport: ScriptedTransport, events: ReadonlyArray<PostHogEvent>) =>
  Effect.flatMap(EventDelivery.make, (send) => send("analytics", events)).pipe(
    Effect.provide(Layer.merge(transport.layer, Layer.orDie(PostHogConfig.layer(options({ maxRetries: 5 })))))
  )

const tags = ({ ends }: EventDelivery.Sent) => ends.map(({ _tag }) => _tag)

describe("EventDelivery", () => {
  it.effect("tries once, and says how long the server asks to be left alone", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.next({ _tag: "Retry", details: "api_error_503", retryAfter: Duration.seconds(90) })
      const sent = yield* sendOnce(transport, eventsOf("one", "two"))
      assert.deepStrictEqual(sent.ends, [
        { _tag: "Retry", details: "api_error_503" },
        { _tag: "Retry", details: "api_error_503" }
      ])
      assert.strictEqual(sent.retryAfter && Duration.toSeconds(sent.retryAfter), 90)
      assert.deepStrictEqual(transport.names, [["one", "two"]])
    }))

  it.effect("finds the event at fault, and delivers the others", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.always(({ events }) =>
        Effect.succeed<SendOutcome>(
          events.some(({ event }) => event === "bad")
            ? { _tag: "Rejected", details: "api_error_400", narrowable: true }
            : { _tag: "Delivered" }
        )
      )
      const sent = yield* sendOnce(transport, eventsOf("one", "two", "bad", "three", "four"))
      assert.deepStrictEqual(tags(sent), ["Delivered", "Delivered", "Refused", "Delivered", "Delivered"])
      assert.deepStrictEqual(sent.ends[2], { _tag: "Refused", reason: "Rejected", details: "api_error_400" })
    }))

  it.effect("does not blame events for a request that is refused as a whole", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.next({ _tag: "Rejected", details: "api_error_401" })
      assert.deepStrictEqual(tags(yield* sendOnce(transport, eventsOf("one"))), ["Retry"])
    }))

  it.effect("tells the ends of one answer apart, and takes a transport that breaks for a lost connection", () =>
    Effect.gen(function*() {
      const transport = new ScriptedTransport()
      transport.next({
        _tag: "Delivered",
        dropped: [{ id: uuidOf(0), details: "no" }],
        duplicates: [uuidOf(1)],
        retry: [uuidOf(2)]
      }, Effect.die("broken"))
      const events = eventsOf("refused", "equal", "later", "taken")
      assert.deepStrictEqual(tags(yield* sendOnce(transport, events)), ["Refused", "Duplicate", "Retry", "Delivered"])
      assert.deepStrictEqual(tags(yield* sendOnce(transport, eventsOf("one"))), ["Retry"])
    }))
})
