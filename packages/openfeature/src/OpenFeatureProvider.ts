/**
 * PostHog feature flags for the OpenFeature server SDK.
 *
 * Three ways to a provider, which differ in who owns the PostHog client beneath it: `make` in an Effect program,
 * `fromClient` over a promise client, `fromOptions` with a client of its own.
 *
 * Without local evaluation each resolution is a request to PostHog, because OpenFeature resolves one flag at a time.
 * Give the client a secret key.
 *
 * @since 1.0.0
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import type {
  EvaluationContext,
  OpenFeatureEventEmitter,
  Provider,
  TrackingEventDetails
} from "@openfeature/server-sdk"
import { Events, RequestContext } from "effect-posthog"
import type { PostHog } from "effect-posthog"
import * as PostHogPromise from "effect-posthog/PostHogPromise"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { Client } from "./internal/client.ts"
import { currentRequestContext } from "./internal/currentRequestContext.ts"
import { makeProvider } from "./internal/provider.ts"
import type { ProviderOptions } from "./ProviderOptions.ts"

export type {
  /**
   * What a provider does where OpenFeature and PostHog leave a choice.
   *
   * @since 1.0.0
   * @category configuration
   */
  ProviderOptions
} from "./ProviderOptions.ts"

/**
 * A provider of PostHog's feature flags. Its name is `effect-posthog`.
 *
 * @since 1.0.0
 * @category models
 */
export interface PostHogProvider extends Provider {
  readonly events: OpenFeatureEventEmitter
  readonly initialize: (context?: EvaluationContext, domain?: string) => Promise<void>
  readonly onClose: () => Promise<void>
  readonly track: (name: string, context: EvaluationContext, details: TrackingEventDetails) => void
}

const settled = <A, E>(exit: Exit.Exit<A, E>): A | Promise<never> =>
  Exit.isSuccess(exit) ? exit.value : Promise.reject(Cause.squash(exit.cause))

// Not with the request context of the fiber that made the provider, which may have served a request.
const servicesRuntime = RequestContext.fresh(Effect.runtime<PostHog.Services>(), {})

const clientOf = (runtime: Runtime.Runtime<PostHog.Services>, isClosed: () => boolean): Client => {
  const fork = Runtime.runFork(runtime)
  const runPromiseExit = Runtime.runPromiseExit(runtime)
  const run: Client["run"] = (effect) => {
    if (isClosed()) return Promise.reject(new Cause.RuntimeException("The client is closed"))
    const context = currentRequestContext()
    const fiber = fork(context === undefined ? effect : RequestContext.fresh(effect, context))
    const exit = fiber.unsafePoll()
    return exit === null ? runPromiseExit(fiber).then(settled) : Promise.resolve(settled(exit))
  }
  return { run, capture: (message) => run(Events.capture(message)) }
}

/**
 * Makes a provider over the PostHog services of the surrounding program.
 *
 * **When to use**
 *
 * In a program that has a `PostHog.layer` and also code, or libraries, that read flags through OpenFeature.
 *
 * **Details**
 *
 * The provider works until the scope closes; then resolutions give the caller's default with `PROVIDER_NOT_READY`. It
 * never closes the services. `onClose` flushes the event queue.
 *
 * @example
 * ```ts
 * import { make } from "@effect-posthog/openfeature"
 * import { OpenFeature } from "@openfeature/server-sdk"
 * import { Effect } from "effect"
 * import { PostHog } from "effect-posthog"
 *
 * const program = Effect.gen(function*() {
 *   const provider = yield* make({ defaultDistinctId: "anonymous" })
 *   yield* Effect.promise(() => OpenFeature.setProviderAndWait("checkout", provider))
 *   const client = OpenFeature.getClient("checkout")
 *   return yield* Effect.promise(() => client.getBooleanValue("new-checkout", false, { targetingKey: "user-17" }))
 * })
 *
 * const isNew = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(PostHog.layerDisabled)))
 * assert.strictEqual(isNew, false)
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const make = (
  options: ProviderOptions = {}
): Effect.Effect<PostHogProvider, never, PostHog.Services | Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* servicesRuntime
    let closed = false
    const client = clientOf(runtime, () => closed)
    const provider = makeProvider({ lent: client, open: () => client, close: () => Promise.resolve() }, options)
    // The owner of the services flushes them.
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => {
        closed = true
        return provider.onClose()
      })
    )
    return provider
  })

/**
 * Makes a provider over a promise client.
 *
 * **When to use**
 *
 * Outside Effect, in a program that also captures events or evaluates flags with the client.
 *
 * **Details**
 *
 * The client stays yours to close. `onClose` flushes it.
 *
 * @example
 * ```ts
 * import { fromClient } from "@effect-posthog/openfeature"
 * import { OpenFeature } from "@openfeature/server-sdk"
 * import { Redacted } from "effect"
 * import * as PostHogPromise from "effect-posthog/PostHogPromise"
 *
 * const posthog = PostHogPromise.make({ apiKey: Redacted.make(""), enabled: false })
 * await OpenFeature.setProviderAndWait("billing", fromClient(posthog))
 *
 * const client = OpenFeature.getClient("billing")
 * assert.strictEqual(await client.getStringValue("pricing", "control", { targetingKey: "user-17" }), "control")
 *
 * await posthog.close()
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromClient = (client: PostHogPromise.PromiseClient, options: ProviderOptions = {}): PostHogProvider => {
  const lent: Client = { run: client.runPromise, capture: client.capture }
  return makeProvider({ lent, open: () => lent, close: () => Promise.resolve() }, options)
}

/**
 * The options of a client and of the provider above it.
 *
 * @since 1.0.0
 * @category configuration
 */
export type ClientAndProviderOptions = Parameters<typeof PostHogPromise.make>[0] & ProviderOptions

/**
 * Makes a provider with a client of its own.
 *
 * **When to use**
 *
 * In a program that reaches PostHog through OpenFeature alone.
 *
 * **Details**
 *
 * The client is built by `initialize` and closed by `onClose`; another `initialize` builds another one. Options that
 * cannot be used make `initialize` reject with `PROVIDER_FATAL`.
 *
 * @example
 * ```ts
 * import { fromOptions } from "@effect-posthog/openfeature"
 * import { OpenFeature } from "@openfeature/server-sdk"
 * import { Redacted } from "effect"
 *
 * const provider = fromOptions({ apiKey: Redacted.make(""), enabled: false, defaultDistinctId: "anonymous" })
 * await OpenFeature.setProviderAndWait("search", provider)
 *
 * assert.strictEqual(await OpenFeature.getClient("search").getBooleanValue("ranking", true), true)
 *
 * await provider.onClose()
 * ```
 *
 * @since 1.0.0
 * @category constructors
 */
export const fromOptions = (
  options: ClientAndProviderOptions,
  httpClient?: Layer.Layer<HttpClient>
): PostHogProvider => {
  const opened = new WeakMap<Client, () => Promise<void>>()
  return makeProvider({
    lent: undefined,
    open: () => {
      const promises = PostHogPromise.make(options, httpClient)
      let closed = false
      let run: Client["run"] = promises.runPromise
      // From when the client is built on, a resolution that needs no request needs no promise of it either.
      promises.runPromise(servicesRuntime).then(
        (runtime) => {
          run = clientOf(runtime, () => closed).run
        },
        // Calls of the client tell why.
        () => {}
      )
      const client: Client = { run: (effect) => run(effect), capture: promises.capture }
      opened.set(client, () => {
        closed = true
        return promises.close()
      })
      return client
    },
    close: (client) => opened.get(client)?.() ?? Promise.resolve()
  }, options)
}
