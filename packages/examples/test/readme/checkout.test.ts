import { PostHogTest } from "@effect-posthog/testkit"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkout } from "./checkout.ts"

it.effect("charges the new price, and says so on the event", () =>
  Effect.gen(function*() {
    const posthog = yield* PostHogTest.PostHogTest
    assert.strictEqual(yield* checkout, 39)
    yield* posthog.expectExposure({ flag: "new-checkout", value: true })
    yield* posthog.expectEvent({ event: "checkout finished", properties: { total: 39, "$feature/new-checkout": true } })
  }).pipe(Effect.provide(PostHogTest.layer({ flags: { "new-checkout": true } }))))

it.effect("charges the old price while PostHog is down", () =>
  Effect.gen(function*() {
    const posthog = yield* PostHogTest.PostHogTest
    yield* posthog.failRemote("Timeout")
    assert.strictEqual(yield* checkout, 42)
  }).pipe(Effect.provide(PostHogTest.layer({ flags: { "new-checkout": true } }))))
