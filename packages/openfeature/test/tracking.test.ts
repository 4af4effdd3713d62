import { fromClient } from "@effect-posthog/openfeature"
import type { ProviderOptions } from "@effect-posthog/openfeature"
import { PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { Client, EvaluationContext, TrackingEventDetails } from "@openfeature/server-sdk"
import { Effect, Redacted } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import { bind, bound, remote } from "./support/openFeature.ts"

const tracked = (options: ProviderOptions, track: (client: Client) => void) =>
  Effect.gen(function*() {
    const { events } = yield* PostHogServer.PostHogServer
    const { client, provider } = yield* bound(options)
    track(client)
    yield* Effect.promise(() => provider.onClose())
    return yield* events
  })

// Properties that every event has.
const own = (properties: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(properties).filter(([name]) => !name.startsWith("$")))

const server = remote({})

const context: EvaluationContext = {
  targetingKey: "ada",
  email: "ada@example.com",
  plan: "pro",
  groups: { company: "acme" }
}

describe("track", () => {
  it.live("captures an event of the person and the groups, with its details alone", () =>
    Effect.gen(function*() {
      const [event] = yield* tracked({}, (client) =>
        client.track("checkout", context, { value: 99.5, currency: "EUR", at: new Date(0) }))
      strictEqual(event?.event, "checkout")
      strictEqual(event?.distinct_id, "ada")
      deepStrictEqual(event?.properties["$groups"], { company: "acme" })
      deepStrictEqual(own(event?.properties ?? {}), { value: 99.5, currency: "EUR", at: "1970-01-01T00:00:00.000Z" })
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("adds the fields of the context where that is wanted, below the details", () =>
    Effect.gen(function*() {
      const [event] = yield* tracked({ trackContext: "properties" }, (client) =>
        client.track("checkout", context, { plan: "annual" }))
      deepStrictEqual(own(event?.properties ?? {}), { email: "ada@example.com", plan: "annual" })
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("is of the default person, else of nobody, when there is no targeting key", () =>
    Effect.gen(function*() {
      const [byDefault] = yield* tracked({ defaultDistinctId: "anybody" }, (client) => client.track("checkout"))
      strictEqual(byDefault?.distinct_id, "anybody")
      const [, nobody] = yield* tracked({}, (client) => client.track("checkout"))
      strictEqual(nobody?.properties["$process_person_profile"], false)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("never throws, and loses nothing that can be sent", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const { provider } = yield* bound()
      const trap = {
        get value(): number {
          throw new Error("broken")
        }
      }
      // What untyped callers pass.
      const untyped = <A>(value: unknown) => value as A
      provider.track("", context, {})
      provider.track(untyped(undefined), context, {})
      provider.track("no context", untyped(null), untyped(undefined))
      provider.track("no person", untyped({ targetingKey: 5, groups: { company: [] } }), untyped("text"))
      provider.track("broken details", context, untyped<TrackingEventDetails>(trap))
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual((yield* events).map(({ event }) => event), ["no context", "no person", "broken details"])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("goes through a promise client too, which flushes it", () =>
    Effect.gen(function*() {
      const { events, url } = yield* PostHogServer.PostHogServer
      const posthog = PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host: url })
      const { client } = yield* bind(fromClient(posthog))
      client.track("checkout", context, { value: 1 })
      yield* Effect.promise(() => posthog.flush())
      const received = yield* events
      strictEqual(received[0]?.properties["value"], 1)
      assert.lengthOf(received, 1)
      yield* Effect.promise(() => posthog.close())
    }).pipe(Effect.provide(PostHogServer.layer({}))))
})
