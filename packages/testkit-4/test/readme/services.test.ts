// Generated from packages/testkit/test/readme/services.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { PostHogTest } from "@effect-posthog/testkit-4"
import { assert, describe, it } from "../support/effectVitest.ts"
import { Effect } from "effect"
import { evaluateFlags, Events, Flags } from "effect-posthog"

// The program under test.
const checkout = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada" }).pipe(Flags.orPartial)
  const isNew = yield* flags.isEnabled("new-checkout")
  yield* Events.capture({ event: "paid", distinctId: "ada", properties: { amount: 12 }, flags })
  return isNew ? "new" : "old"
})

describe("checkout", () => {
  it.effect("branches on the flag, and reports what it branched on", () =>
    Effect.gen(function*() {
      const posthog = yield* PostHogTest.PostHogTest
      assert.strictEqual(yield* checkout, "new")
      yield* posthog.expectExposure({ flag: "new-checkout", value: true, distinctId: "ada" })
      yield* posthog.expectEvent({ event: "paid", properties: { amount: 12, "$feature/new-checkout": true } })
    }).pipe(Effect.provide(PostHogTest.layer({ flags: { "new-checkout": true } }))))

  it.effect("is the old one when PostHog is unavailable", () =>
    Effect.gen(function*() {
      const posthog = yield* PostHogTest.PostHogTest
      yield* posthog.failRemote("Timeout")
      assert.strictEqual(yield* checkout, "old")
      yield* posthog.expectEvent({ event: "paid" })
    }).pipe(Effect.provide(PostHogTest.layer({ flags: { "new-checkout": true } }))))
})
