import { fromClient, fromOptions, make } from "@effect-posthog/openfeature"
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it, vi } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Exit, Redacted, Scope } from "effect"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import * as Flags from "./support/flags.ts"
import { bind, bound, exposures, local, logs, remote, says } from "./support/openFeature.ts"

const ada = { targetingKey: "ada" }

const definitions = Flags.document(Flags.on("known"), Flags.serverOnly("server-only"))

const quick = { flags: { maxRetries: 0, requestTimeout: "1 second" } } as const

describe("an outage", () => {
  const outages: ReadonlyArray<readonly [name: string, fault: Fault.Fault, message: string, logged?: string]> = [
    ["a refused key", Fault.status(401), "status 401"],
    ["a project without a plan", Fault.status(402), "status 402"],
    ["too many requests", Fault.status(429), "status 429"],
    ["a broken server", Fault.status(503), "status 503"],
    ["a page of a proxy", Fault.body("<html>not PostHog</html>"), "could not be used", "is not what PostHog sends"],
    ["half an answer", Fault.malformedBody, "could not be used", "is not what PostHog sends"],
    ["a reset connection", Fault.reset, "could not be reached"],
    ["a server that hangs", Fault.hang, "in time"],
    ["a project over its quota", Fault.quotaLimited, "quota"],
    ["flags that cannot be computed", Fault.computationErrors("known"), "could not compute"]
  ]

  for (const [name, fault, message, logged = message] of outages) {
    it.live(`is not taken for a missing flag: ${name}`, () =>
      Effect.gen(function*() {
        const { always, url } = yield* PostHogServer.PostHogServer
        yield* always("flags", fault)
        const { client, provider } = yield* bound()
        const details = yield* Effect.promise(() => client.getBooleanDetails("known", true, ada))
        deepStrictEqual([details.errorCode, details.value, details.reason], ["GENERAL", true, "ERROR"])
        says(details.errorMessage, message)
        assert.notInclude(details.errorMessage ?? "", url)
        assert.notInclude(details.errorMessage ?? "", "phc_test")
        yield* Effect.promise(() => provider.onClose())
        deepStrictEqual(yield* exposures, [])
      }).pipe(Effect.scoped, Effect.provide(remote({ definitions }, quick)), logs(logged)))
  }

  it.live("leaves flags alone that are decided locally", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      yield* always("flags", Fault.status(500))
      const { client } = yield* bound()
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
      const details = yield* Effect.promise(() => client.getBooleanDetails("server-only", false, ada))
      strictEqual(details.errorCode, "GENERAL")
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions }, quick)),
      logs("1 of 2 flags cannot always be decided locally", "status 500")
    ))

  it.live("does not stop 10,000 resolutions at once", () =>
    Effect.gen(function*() {
      const { client } = yield* bound()
      const resolutions = Array.from(
        { length: 10_000 },
        (_, index) =>
          client.getBooleanDetails(index % 2 === 0 ? "known" : "absent", false, { targetingKey: `${index}` })
      )
      const details = yield* Effect.promise(() => Promise.all(resolutions))
      strictEqual(details.filter(({ value }) => value).length, 5_000)
      strictEqual(details.filter(({ errorCode }) => errorCode === "FLAG_NOT_FOUND").length, 5_000)
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions }, { flags: { onlyEvaluateLocally: true } })),
      logs("1 of 2 flags cannot always be decided locally")
    ), 60_000)
})

describe("a flag without a value", () => {
  it.live("is missing when the answer is complete, and is reported as missing", () =>
    Effect.gen(function*() {
      const { client, provider } = yield* bound()
      const details = yield* Effect.promise(() => client.getStringDetails("absent", "default", ada))
      deepStrictEqual([details.errorCode, details.value], ["FLAG_NOT_FOUND", "default"])
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual(yield* exposures, ["absent"])
    }).pipe(Effect.scoped, Effect.provide(remote({ definitions }))))

  it.live("is undecided when its definition is loaded and nobody else is asked", () =>
    Effect.gen(function*() {
      const { client } = yield* bound()
      const details = yield* Effect.promise(() => client.getBooleanDetails("server-only", false, ada))
      strictEqual(details.errorCode, "GENERAL")
      const absent = yield* Effect.promise(() => client.getBooleanDetails("absent", false, ada))
      strictEqual(absent.errorCode, "FLAG_NOT_FOUND")
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions }, { flags: { onlyEvaluateLocally: true } })),
      logs("1 of 2 flags cannot always be decided locally")
    ))

  it.live("is not missing before definitions are loaded", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      yield* always("definitions", Fault.hang)
      const provider = yield* make()
      const details = yield* Effect.promise(() => provider.resolveBooleanEvaluation("known", true, ada, console))
      deepStrictEqual([details.errorCode, details.value], ["PROVIDER_NOT_READY", true])
    }).pipe(Effect.scoped, Effect.provide(local({ definitions }, { flags: { onlyEvaluateLocally: true } }))))

  it.live("is not missing when the client does nothing", () =>
    Effect.gen(function*() {
      const { client } = yield* bound()
      const details = yield* Effect.promise(() => client.getBooleanDetails("known", true, ada))
      deepStrictEqual([details.errorCode, details.value], ["GENERAL", true])
    }).pipe(Effect.scoped, Effect.provide(remote({ definitions }, { enabled: false }))))
})

describe("a closed client", () => {
  const notReady = ["PROVIDER_NOT_READY", true, "ERROR"]

  it.live("gives defaults after its scope, and nothing is thrown", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { client, provider } = yield* Effect.provideService(bound(), Scope.Scope, scope)
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
      yield* Scope.close(scope, Exit.void)
      const details = yield* Effect.promise(() => client.getBooleanDetails("known", true, ada))
      deepStrictEqual([details.errorCode, details.value, details.reason], notReady)
      client.track("paid", ada, {})
      yield* Effect.promise(() => provider.onClose())
    }).pipe(Effect.provide(local({ definitions })), logs("1 of 2 flags cannot always be decided locally")))

  it.live("gives defaults when its owner closed it", () =>
    Effect.gen(function*() {
      const { url } = yield* PostHogServer.PostHogServer
      const warnings: Array<string> = []
      const logger = { warn: (message: string) => void warnings.push(message), error: () => {} }
      const posthog = PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host: url, logger })
      const { client, provider } = yield* bind(fromClient(posthog))
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
      yield* Effect.promise(() => posthog.close())
      const details = yield* Effect.promise(() => client.getBooleanDetails("known", true, ada))
      deepStrictEqual([details.errorCode, details.value, details.reason], notReady)
      says(details.errorMessage, "closed")
      client.track("paid", ada, {})
      yield* Effect.promise(() => provider.onClose())
      yield* Effect.promise(() => vi.waitUntil(() => warnings.length > 0, 30_000))
      assert.include(warnings.join(), "An event was not captured: The client is closed")
    }).pipe(Effect.provide(PostHogServer.layer({ definitions }))))

  it.live("gives defaults before and after the provider that owns it is used", () =>
    Effect.gen(function*() {
      const { url } = yield* PostHogServer.PostHogServer
      const provider = fromOptions({ apiKey: Redacted.make("phc_test"), host: url })
      const resolve = Effect.promise(() => provider.resolveBooleanEvaluation("known", true, ada, console))
      strictEqual((yield* resolve).errorCode, "PROVIDER_NOT_READY")
      yield* Effect.promise(() => provider.initialize())
      strictEqual((yield* resolve).errorCode, undefined)
      yield* Effect.promise(() => provider.onClose())
      strictEqual((yield* resolve).errorCode, "PROVIDER_NOT_READY")
      yield* Effect.promise(() => provider.initialize())
      strictEqual((yield* resolve).errorCode, undefined)
      yield* Effect.promise(() => provider.onClose())
    }).pipe(Effect.provide(PostHogServer.layer({ definitions }))))
})
