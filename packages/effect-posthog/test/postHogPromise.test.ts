import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Redacted, Schema } from "effect"
import { evaluateFlags, Flag, LocalEvaluator, PostHogConfigError, RemoteFlagsError } from "effect-posthog"
import type { DefinitionsChange } from "effect-posthog"
import type { Options } from "effect-posthog/PostHogConfig"
import * as PostHogPromise from "effect-posthog/PostHogPromise"

const rejection = (promise: Promise<unknown>): Effect.Effect<unknown> =>
  Effect.promise(() => promise.then(() => assert.fail("it resolved"), (error) => error))

const client = (options: Partial<Options> = {}) =>
  Effect.acquireRelease(
    Effect.map(PostHogServer.PostHogServer, ({ url }) =>
      PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host: url, ...options })),
    (client) =>
      Effect.promise(() => client.close())
  )

const pricing = Flag.variants("pricing", ["control", "annual"]).pipe(
  Flag.withPayload(Schema.Struct({ headline: Schema.String }))
)

const server = PostHogServer.layer({
  definitions: { flags: [] },
  remoteFlags: { beta: true, pricing: { value: "annual", payload: { headline: "Two months free" } } }
})

describe("PostHogPromise", () => {
  it.live("reads flags at once, reports them, and captures what the code branched on", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      const flags = yield* Effect.promise(() => posthog.evaluateFlags({ distinctId: "ada" }))
      deepStrictEqual(flags.keys, ["beta", "pricing"])
      strictEqual(flags.isEnabled("beta"), true)
      strictEqual(flags.isEnabled("absent", { defaultValue: true }), true)
      strictEqual(flags.getFlag("beta"), true)
      strictEqual(yield* Effect.promise(() => flags.get(pricing)), "annual")
      deepStrictEqual(yield* Effect.promise(() => flags.payload(pricing)), { headline: "Two months free" })
      const accessed = yield* Effect.promise(() => flags.onlyAccessed())
      const id = yield* Effect.promise(() =>
        posthog.capture({ event: "paid", distinctId: "ada", flags: accessed, properties: { total: 3 } })
      )
      yield* Effect.promise(() => posthog.flush())

      const received = yield* events
      deepStrictEqual(
        received.filter(({ event }) => event === "$feature_flag_called").map(({ properties }) =>
          properties["$feature_flag"]
        ).sort(),
        ["absent", "beta", "pricing"]
      )
      const paid = received.find(({ event }) => event === "paid")
      strictEqual(paid?.uuid, id)
      strictEqual(paid?.properties["$feature/pricing"], "annual")
      strictEqual(paid?.properties["total"], 3)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("rejects with the failure itself, whose snapshot can be read", () =>
    Effect.gen(function*() {
      const { script } = yield* PostHogServer.PostHogServer
      yield* script("flags", Fault.status(500), Fault.status(500))
      const posthog = yield* client({ flags: { maxRetries: 0 } })
      const error = yield* rejection(posthog.evaluateFlags({ distinctId: "ada" }))
      assert(error instanceof RemoteFlagsError)
      strictEqual(error.httpStatus, 500)
      strictEqual(posthog.snapshot(error.snapshot).isEnabled("beta"), false)
      const partial = yield* Effect.promise(() => posthog.evaluateFlagsOrPartial({ distinctId: "ada" }))
      deepStrictEqual(partial.keys, [])
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("identifies, links and describes groups; closing delivers what is queued", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      yield* Effect.promise(() => posthog.identify({ distinctId: "ada", set: { plan: "pro" } }))
      yield* Effect.promise(() => posthog.alias({ distinctId: "ada", alias: "visitor-1" }))
      yield* Effect.promise(() => posthog.groupIdentify({ groupType: "company", groupKey: 7 }))
      yield* Effect.promise(() => posthog[Symbol.asyncDispose]())
      deepStrictEqual((yield* events).map(({ event }) => event), ["$identify", "$create_alias", "$groupidentify"])
      for (const late of [() => posthog.evaluateFlags({ distinctId: "ada" }), posthog.flush, posthog.ready]) {
        const error = yield* rejection(late())
        assert(error instanceof Error)
        assert.include(error.message, "closed")
      }
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("captures in the order of the calls, also before it is ready", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client()
      const names = Array.from({ length: 100 }, (_, index) => `event ${index}`)
      const captureAll = async () => {
        for (const event of names) {
          void posthog.capture({ event, distinctId: "ada" })
          // Before, at and after the moment at which the client is ready.
          await Promise.resolve()
        }
      }
      yield* Effect.promise(captureAll)
      yield* Effect.promise(() => posthog.flush())
      deepStrictEqual((yield* events).map(({ event }) => event), names)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("flushes what was captured before, hooks that take their time included", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client({
        events: { beforeSend: (event) => Effect.delay(Effect.succeed(event), "20 millis") }
      })
      void posthog.capture({ event: "paid", distinctId: "ada" })
      yield* Effect.promise(() => posthog.flush())
      strictEqual((yield* events).length, 1)
      void posthog.capture({ event: "left", distinctId: "ada" })
      yield* Effect.promise(() => posthog.close())
      strictEqual((yield* events).length, 2)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("flushes and closes with nothing lost under backpressure", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const posthog = yield* client({ events: { whenFull: "backpressure", queueSize: 5 } })
      const capture = (index: number) => posthog.capture({ event: `event ${index}`, distinctId: "ada" })
      for (let index = 0; index < 50; index++) void capture(index)
      yield* Effect.promise(() => posthog.flush())
      strictEqual((yield* events).length, 50)
      for (let index = 50; index < 100; index++) void capture(index)
      yield* Effect.promise(() => posthog.close())
      strictEqual((yield* events).length, 100)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("tells the state of the definitions, and listeners what changes, until they leave", () =>
    Effect.gen(function*() {
      const { setDefinitions } = yield* PostHogServer.PostHogServer
      const posthog = yield* client({ secretKey: Redacted.make("phs_test"), definitions: { pollInterval: "1 hour" } })
      const everyone = { groups: [{ properties: [], rollout_percentage: 100 }] }
      const reload = Effect.flatMap(LocalEvaluator, (evaluator) => evaluator.reload)
      yield* Effect.promise(() => posthog.ready())
      strictEqual((yield* Effect.promise(() => posthog.status())).flags, 0)

      const changes: Array<DefinitionsChange> = []
      const added = yield* Deferred.make<void>()
      posthog.onChange(() => {
        throw new Error("broken")
      })
      const leave = posthog.onChange((change) => {
        changes.push(change)
        Deferred.unsafeDone(added, Effect.void)
      })
      yield* setDefinitions({ flags: [{ key: "beta", active: true, filters: everyone }] })
      yield* Effect.promise(() => posthog.runPromise(reload))
      yield* Deferred.await(added)
      deepStrictEqual(changes, [{ added: ["beta"], removed: [], changed: [] }])
      strictEqual((yield* Effect.promise(() => posthog.status())).flags, 1)

      leave()
      yield* setDefinitions({ flags: [] })
      const removed = yield* Deferred.make<void>()
      posthog.onChange(() => Deferred.unsafeDone(removed, Effect.void))
      yield* Effect.promise(() => posthog.runPromise(reload))
      yield* Deferred.await(removed)
      strictEqual(changes.length, 1)
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("runs effects with its services, and rejects with their failure", () =>
    Effect.gen(function*() {
      const posthog = yield* client()
      const flags = yield* Effect.promise(() => posthog.runPromise(evaluateFlags({ distinctId: "ada" })))
      deepStrictEqual(flags.keys, ["beta", "pricing"])
      strictEqual(yield* rejection(posthog.runPromise(Effect.fail("no luck"))), "no luck")
    }).pipe(Effect.scoped, Effect.provide(server)))

  it.live("rejects for unusable options and unusable messages", () =>
    Effect.gen(function*() {
      const unusable = PostHogPromise.make({ apiKey: Redacted.make("") })
      const error = yield* rejection(unusable.evaluateFlags({ distinctId: "ada" }))
      assert(error instanceof PostHogConfigError)
      strictEqual(error.option, "apiKey")
      yield* Effect.promise(() => unusable.close())
      const posthog = PostHogPromise.make({ apiKey: Redacted.make(""), enabled: false })
      const invalid = yield* rejection(posthog.identify({ distinctId: "" }))
      assert.include(String(invalid), "distinctId")
      yield* Effect.promise(() => posthog.close())
    }))
})
