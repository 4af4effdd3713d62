import { make, requestContextPropagator } from "@effect-posthog/openfeature"
import { PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { OpenFeature } from "@openfeature/server-sdk"
import { Effect } from "effect"
import { RequestContext } from "effect-posthog"
import * as Flags from "./support/flags.ts"
import { bind, bound, local } from "./support/openFeature.ts"

OpenFeature.setTransactionContextPropagator(requestContextPropagator())

const server = local({
  definitions: Flags.document(Flags.on("on"), Flags.whose("pro", "plan", "pro"))
}, { flags: { onlyEvaluateLocally: true } })

const ada = RequestContext.with({ distinctId: "ada" })

describe("the request context of a fiber", () => {
  it.live("is the targeting key of calls that the fiber makes", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const { client, provider } = yield* bound()
      const read = Effect.promise(() => client.getBooleanValue("on", false))
      strictEqual(yield* ada(read), true)
      strictEqual(yield* read, false)
      yield* ada(Effect.sync(() => client.track("paid")))
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual((yield* events).map(({ distinct_id, event }) => [event, distinct_id]), [
        ["$feature_flag_called", "ada"],
        ["paid", "ada"]
      ])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("is gone after an await, and outside of fibers", () =>
    Effect.gen(function*() {
      const seen = yield* ada(Effect.promise(async () => {
        const before = OpenFeature.getTransactionContext()
        await Promise.resolve()
        return [before, OpenFeature.getTransactionContext()]
      }))
      deepStrictEqual(seen, [{ targetingKey: "ada" }, {}])
      deepStrictEqual(OpenFeature.getTransactionContext(), {})
    }))

  it.live("passes the device on, and nothing else", () =>
    Effect.gen(function*() {
      const context = yield* Effect.sync(() => OpenFeature.getTransactionContext()).pipe(
        RequestContext.with({ distinctId: "ada", deviceId: "device-1", sessionId: "s-1", properties: { a: 1 } })
      )
      deepStrictEqual(context, { targetingKey: "ada", deviceId: "device-1" })
    }))

  it.live("gives way to the SDK's own transaction context", () =>
    Effect.gen(function*() {
      const seen = yield* ada(Effect.promise(() =>
        new Promise<unknown>((resolve) => {
          OpenFeature.setTransactionContext({ targetingKey: "grace", plan: "pro" }, () => {
            void Promise.resolve().then(() => resolve(OpenFeature.getTransactionContext()))
          })
        })
      ))
      deepStrictEqual(seen, { targetingKey: "grace", plan: "pro" })
    }))

  it.live("is that of a resolution which the fiber asks for directly", () =>
    Effect.gen(function*() {
      const provider = yield* make()
      yield* Effect.promise(() => provider.initialize())
      const details = yield* ada(
        Effect.promise(() => provider.resolveBooleanEvaluation("on", false, {}, console))
      )
      strictEqual(details.value, true)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("does not leak from the fiber that made the provider", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const provider = yield* make().pipe(
        RequestContext.with({ distinctId: "operator", sessionId: "s-1", properties: { secret: "yes" } })
      )
      const { client } = yield* bind(provider)
      const details = yield* Effect.promise(() => client.getBooleanDetails("on", false))
      strictEqual(details.errorCode, "TARGETING_KEY_MISSING")
      yield* Effect.promise(() => client.getBooleanValue("on", false, { targetingKey: "grace" }))
      client.track("paid")
      yield* Effect.promise(() => provider.onClose())
      const received = yield* events
      assert.lengthOf(received, 2)
      for (const { distinct_id: distinctId, properties } of received) {
        assert.notStrictEqual(distinctId, "operator")
        assert(!("secret" in properties) && !("$session_id" in properties))
      }
    }).pipe(Effect.scoped, Effect.provide(server)))
})
