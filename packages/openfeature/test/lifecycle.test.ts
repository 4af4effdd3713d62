import { fromClient, fromOptions, make } from "@effect-posthog/openfeature"
import type { PostHogProvider } from "@effect-posthog/openfeature"
import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk"
import type { Client } from "@openfeature/server-sdk"
import { Deferred, Effect, Layer, Logger, Redacted } from "effect"
import { LocalEvaluator } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import * as Flags from "./support/flags.ts"
import { bind, local, logs, nextDomain, remote, says } from "./support/openFeature.ts"

const ada = { targetingKey: "ada" }

const definitions = Flags.document(Flags.on("known"))

const localOnly = { flags: { onlyEvaluateLocally: true } } as const

const rejection = (promise: Promise<unknown>): Effect.Effect<Error & { readonly code?: unknown }> =>
  Effect.promise(() => promise.then(() => assert.fail("it resolved"), (error) => error))

/** What handlers of a client hear, in order. */
const listen = (client: Pick<Client, "addHandler"> | PostHogProvider["events"]) => {
  const heard: Array<readonly [event: string, details: Record<string, unknown>]> = []
  const waiting: Array<readonly [count: number, deferred: Deferred.Deferred<void>]> = []
  for (const event of Object.values(ProviderEvents)) {
    client.addHandler(event, (details) => {
      heard.push([event, { ...details }])
      for (const [count, deferred] of waiting) {
        if (heard.length >= count) Deferred.unsafeDone(deferred, Effect.void)
      }
    })
  }
  return {
    names: () => heard.map(([event]) => event),
    last: () => heard.at(-1)?.[1],
    /** Resolves when so many events were heard. */
    count: (count: number) =>
      Effect.gen(function*() {
        const deferred = yield* Deferred.make<void>()
        waiting.push([count, deferred])
        if (heard.length < count) yield* Deferred.await(deferred)
      })
  }
}

/** Other definitions, which are loaded. */
const change = Effect.gen(function*() {
  const { setDefinitions } = yield* PostHogServer.PostHogServer
  const { reload } = yield* LocalEvaluator
  yield* setDefinitions(Flags.document(Flags.on("known"), Flags.on("new")))
  yield* reload
})

/** Binds without waiting, with handlers from the start. */
const listenFrom = (provider: PostHogProvider) => {
  const domain = nextDomain()
  const client = OpenFeature.getClient(domain)
  const events = listen(client)
  const ready = OpenFeature.setProviderAndWait(domain, provider)
  return { client, domain, events, ready }
}

describe("initialize", () => {
  it.live("waits for the definitions, so that the first resolution is local", () =>
    Effect.gen(function*() {
      const { client } = yield* Effect.flatMap(make(), bind)
      const { flagMetadata } = yield* Effect.promise(() => client.getBooleanDetails("known", false, ada))
      strictEqual(flagMetadata["source"], "local")
    }).pipe(Effect.scoped, Effect.provide(local({ definitions }))))

  it.live("asks for nothing without local evaluation", () =>
    Effect.gen(function*() {
      const { requests } = yield* PostHogServer.PostHogServer
      yield* Effect.flatMap(make(), bind)
      deepStrictEqual(yield* requests, [])
    }).pipe(Effect.scoped, Effect.provide(remote({ definitions }))))

  it.live("lets a handler hear READY once, from the SDK", () =>
    Effect.gen(function*() {
      const provider = yield* make()
      const emitted = listen(provider.events)
      const { events, ready } = listenFrom(provider)
      yield* Effect.promise(() => ready)
      yield* change
      yield* Effect.all([events.count(2), emitted.count(1)])
      deepStrictEqual(events.names(), [ProviderEvents.Ready, ProviderEvents.ConfigurationChanged])
      deepStrictEqual(emitted.names(), [ProviderEvents.ConfigurationChanged])
    }).pipe(Effect.scoped, Effect.provide(local({ definitions }))))

  it.live("goes on without definitions when PostHog decides too, with a warning", () => {
    const warnings: Array<string> = []
    const logger = Logger.make(({ message }) => {
      warnings.push(String(message))
    })
    return Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      yield* always("definitions", Fault.hang)
      const { client } = yield* Effect.flatMap(make({ readyWithin: "50 millis" }), bind)
      strictEqual(client.providerStatus, "READY")
      assert(warnings.some((warning) => warning.includes("each resolution asks PostHog")))
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.merge(local({ definitions }), Logger.replace(Logger.defaultLogger, logger)))
    )
  })

  it.live("fails when nothing can be decided, and recovers when definitions come", () =>
    Effect.gen(function*() {
      const { clear, script } = yield* PostHogServer.PostHogServer
      const { reload } = yield* LocalEvaluator
      yield* script("definitions", ...Array.from({ length: 20 }, () => Fault.status(401)))
      const { client, events, ready } = listenFrom(yield* make({ readyWithin: "1 second" }))
      const error = yield* rejection(ready)
      strictEqual(error.code, "GENERAL")
      assert.include(error.message, "Unauthorized")
      strictEqual(client.providerStatus, "ERROR")
      const details = yield* Effect.promise(() => client.getBooleanDetails("known", false, ada))
      strictEqual(details.errorCode, "PROVIDER_NOT_READY")

      yield* clear("definitions")
      yield* reload
      // ERROR, and then READY and a change in either order.
      yield* events.count(3)
      deepStrictEqual(events.names()[0], ProviderEvents.Error)
      deepStrictEqual([...events.names()].sort(), [
        ProviderEvents.ConfigurationChanged,
        ProviderEvents.Error,
        ProviderEvents.Ready
      ])
      strictEqual(client.providerStatus, "READY")
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions }, localOnly)),
      logs("could not be loaded: Unauthorized (status 401)", "loaded again")
    ))

  it.live("is fatal for options that cannot be used", () =>
    Effect.gen(function*() {
      const unusable = [
        fromOptions({ apiKey: Redacted.make("") }),
        fromOptions({ apiKey: Redacted.make("phc_test"), host: "no url" }),
        fromOptions({ apiKey: Redacted.make(""), enabled: false, readyWithin: Number.POSITIVE_INFINITY }),
        // What untyped callers pass.
        fromOptions({ apiKey: Redacted.make(""), enabled: false, values: "best" as "variant" })
      ]
      for (const provider of unusable) {
        const { client, ready } = listenFrom(provider)
        strictEqual((yield* rejection(ready)).code, "PROVIDER_FATAL")
        const details = yield* Effect.promise(() => client.getBooleanDetails("known", true, ada))
        deepStrictEqual([details.errorCode, details.value], ["PROVIDER_FATAL", true])
        yield* Effect.promise(() => provider.onClose())
      }
    }))
})

describe("events", () => {
  it.live("tell which flags have changed", () =>
    Effect.gen(function*() {
      const { setDefinitions } = yield* PostHogServer.PostHogServer
      const { reload } = yield* LocalEvaluator
      const { events, ready } = listenFrom(yield* make())
      yield* Effect.promise(() => ready)
      yield* setDefinitions(Flags.document(Flags.on("added"), Flags.off("changed")))
      yield* reload
      yield* events.count(2)
      deepStrictEqual(events.names(), [ProviderEvents.Ready, ProviderEvents.ConfigurationChanged])
      deepStrictEqual(events.last()?.["flagsChanged"], ["added", "changed", "removed"])
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions: Flags.document(Flags.on("removed"), Flags.on("changed")) }))
    ))

  it.live("tell when definitions are stale, and when they are fresh again", () =>
    Effect.gen(function*() {
      const { always, clear } = yield* PostHogServer.PostHogServer
      const { client, events, ready } = listenFrom(yield* make({ staleAfter: "300 millis" }))
      yield* Effect.promise(() => ready)
      yield* always("definitions", Fault.status(500))
      yield* events.count(2)
      strictEqual(client.providerStatus, "STALE")
      strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
      yield* clear("definitions")
      yield* events.count(3)
      strictEqual(client.providerStatus, "READY")
      deepStrictEqual(events.names().slice(0, 3), [ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Ready])
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions }, { definitions: { pollInterval: "100 millis" } })),
      logs("could not be loaded: ApiError (status 500)", "loaded again")
    ))

  it.live("tell when nothing can be decided any more, and when it can again", () =>
    Effect.gen(function*() {
      const { always, clear } = yield* PostHogServer.PostHogServer
      const { reload } = yield* LocalEvaluator
      const { client, events, ready } = listenFrom(yield* make())
      yield* Effect.promise(() => ready)
      yield* always("definitions", Fault.quotaLimited)
      yield* Effect.ignore(reload)
      yield* events.count(3)
      strictEqual(client.providerStatus, "ERROR")
      assert(events.names().includes(ProviderEvents.ConfigurationChanged))
      const details = yield* Effect.promise(() => client.getBooleanDetails("known", true, ada))
      deepStrictEqual([details.errorCode, details.value], ["GENERAL", true])
      says(details.errorMessage, "quota")
      yield* clear("definitions")
      yield* reload
      yield* events.count(5)
      strictEqual(client.providerStatus, "READY")
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions }, localOnly)),
      logs("could not be loaded: QuotaLimited (status 402)", "loaded again")
    ))

  it.live("stop with onClose", () =>
    Effect.gen(function*() {
      const provider = yield* make()
      const closed = listenFrom(provider)
      const open = listenFrom(yield* make())
      yield* Effect.promise(() => Promise.all([closed.ready, open.ready]))
      yield* Effect.promise(() => provider.onClose())
      yield* change
      yield* open.events.count(2)
      deepStrictEqual(closed.events.names(), [ProviderEvents.Ready])
    }).pipe(Effect.scoped, Effect.provide(local({ definitions }))))
})

describe("onClose", () => {
  it.live("flushes, as often as it is called, and the provider can be initialized again", () =>
    Effect.gen(function*() {
      const { events } = yield* PostHogServer.PostHogServer
      const provider = yield* make()
      const domains = [nextDomain(), nextDomain(), nextDomain()]
      for (const domain of domains) yield* Effect.promise(() => OpenFeature.setProviderAndWait(domain, provider))
      const clients = domains.map((domain) => OpenFeature.getClient(domain))
      clients[0]!.track("first", ada, {})
      yield* Effect.promise(() => provider.onClose())
      strictEqual((yield* events).length, 1)
      // The client beneath is somebody else's and still runs.
      for (const client of clients) {
        strictEqual(yield* Effect.promise(() => client.getBooleanValue("known", false, ada)), true)
      }
      yield* Effect.promise(() => Promise.all([provider.onClose(), provider.onClose(), provider.onClose()]))
      yield* Effect.promise(() => provider.initialize())
      clients[1]!.track("second", ada, {})
      yield* Effect.promise(() => provider.onClose())
      deepStrictEqual(
        (yield* events).map(({ event }) => event).filter((event) => event !== "$feature_flag_called"),
        ["first", "second"]
      )
    }).pipe(Effect.scoped, Effect.provide(local({ definitions }))))

  it.live("ends an initialize that waits, which then rejects", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      yield* always("definitions", Fault.hang)
      const provider = yield* make({ readyWithin: "1 hour" })
      const { ready } = listenFrom(provider)
      yield* Effect.promise(() => provider.onClose())
      assert.include((yield* rejection(ready)).message, "closed")
    }).pipe(Effect.scoped, Effect.provide(local({ definitions }))))

  it.live("waits for delivery no longer than a client does when it closes", () =>
    Effect.gen(function*() {
      const { always } = yield* PostHogServer.PostHogServer
      yield* always("batch", Fault.hang)
      const provider = yield* make()
      const { client } = yield* bind(provider)
      client.track("paid", ada, {})
      yield* Effect.promise(() => provider.onClose())
    }).pipe(
      Effect.scoped,
      Effect.provide(local({ definitions }, { events: { shutdownTimeout: "100 millis" } })),
      logs("closed with 1 undelivered event")
    ))

  it.live("closes the client of a provider that owns one, and delivers what it has", () =>
    Effect.gen(function*() {
      const { awaitConnections, events, url } = yield* PostHogServer.PostHogServer
      const provider = fromOptions({
        apiKey: Redacted.make("phc_test"),
        secretKey: Redacted.make("phs_test"),
        host: url
      })
      const { client } = yield* bind(provider)
      client.track("paid", ada, {})
      yield* Effect.promise(() => Promise.all([provider.onClose(), provider.onClose()]))
      strictEqual((yield* events).length, 1)
      yield* awaitConnections(10)
    }).pipe(Effect.provide(PostHogServer.layer({ definitions }))))

  it.live("leaves a lent client running", () =>
    Effect.gen(function*() {
      const { events, url } = yield* PostHogServer.PostHogServer
      const posthog = PostHogPromise.make({ apiKey: Redacted.make("phc_test"), host: url })
      const provider = fromClient(posthog)
      const { client } = yield* bind(provider)
      client.track("paid", ada, {})
      yield* Effect.promise(() => provider.onClose())
      strictEqual((yield* events).length, 1)
      yield* Effect.promise(() => posthog.capture({ event: "later", distinctId: "ada" }))
      yield* Effect.promise(() => posthog.close())
      strictEqual((yield* events).length, 2)
    }).pipe(Effect.provide(PostHogServer.layer({ definitions }))))
})
