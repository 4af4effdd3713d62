/**
 * The layers that make up a PostHog client.
 *
 * @since 3.0.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Decider, makeDecider } from "./Decider.ts"
import { DedupCache, DedupStore, makeDedupCache, makeMemoryStore } from "./DedupCache.ts"
import { DefinitionsSource, makeHttpSource } from "./DefinitionsSource.ts"
import { EventQueue, makeQueue } from "./EventQueue.ts"
import { EventTransport, makeTransport } from "./EventTransport.ts"
import { LocalEvaluator, makeLocalEvaluator } from "./LocalEvaluator.ts"
import { PostHogConfig } from "./PostHogConfig.ts"
import type { DefinitionsOptions, EventsOptions, ExceptionsOptions, Options } from "./PostHogConfig.ts"
import type { PostHogConfigError } from "./PostHogConfigError.ts"

export type {
  /**
   * The options of {@link layer}.
   *
   * @since 3.0.0
   * @category configuration
   */
  Options
}

/**
 * What `evaluateFlags` needs. `Events` need the `EventQueue` alone.
 *
 * @since 3.0.0
 * @category models
 */
export type Services = Decider | LocalEvaluator | EventQueue | DedupCache

/**
 * The four services over parts that may be replaced one by one: how events are sent, where exposures are remembered,
 * where definitions come from.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerServices: Layer.Layer<
  Services,
  never,
  PostHogConfig | EventTransport | DedupStore | DefinitionsSource | HttpClient.HttpClient
> = Layer.scopedContext(
  // One effect in place of four layers: what layers do for each other takes a start eight milliseconds.
  Effect.gen(function*() {
    const decider = yield* makeDecider
    const dedup = yield* makeDedupCache
    const queue = yield* makeQueue
    const evaluator = yield* makeLocalEvaluator
    return Context.make(Decider, decider).pipe(
      Context.add(DedupCache, dedup),
      Context.add(EventQueue, queue),
      Context.add(LocalEvaluator, evaluator)
    )
  })
)

/**
 * Parts that take the place of the usual ones, each a layer for its tag.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Parts<E = never, R = never> {
  /** Where flag definitions come from. Default: `DefinitionsSource.layerHttp`. */
  readonly definitions?: Layer.Layer<DefinitionsSource, E, R> | undefined
  /** How events are sent. Default: `EventTransport.layer`. */
  readonly transport?: Layer.Layer<EventTransport, E, R> | undefined
  /** Where exposures are remembered. Default: `DedupStore.layerMemory`. */
  readonly dedup?: Layer.Layer<DedupStore, E, R> | undefined
}

// A part may use what every part may use; whatever else it needs is asked for.
type Needs<R> = Exclude<R, PostHogConfig | HttpClient.HttpClient> | HttpClient.HttpClient

const usualParts = Layer.scopedContext(
  Effect.gen(function*() {
    const transport = yield* makeTransport
    const dedup = yield* makeMemoryStore
    const definitions = yield* makeHttpSource
    return Context.make(EventTransport, transport).pipe(
      Context.add(DedupStore, dedup),
      Context.add(DefinitionsSource, definitions)
    )
  })
)

const partsOf = <E, R>({ dedup, definitions, transport }: Parts<E, R>) =>
  transport === undefined && dedup === undefined && definitions === undefined
    ? usualParts
    : Layer.mergeAll(
      transport ?? EventTransport.layer,
      dedup ?? DedupStore.layerMemory,
      definitions ?? DefinitionsSource.layerHttp
    )

/**
 * A PostHog client for one project.
 *
 * Fails to build with `PostHogConfigError` when an option cannot be used, and never waits for the network: definitions
 * are loaded in the background. When its scope closes, queued events are delivered for up to
 * `events.shutdownTimeout`. Two calls make two clients that share nothing; one layer used twice is one client.
 *
 * @example
 * ```ts
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Layer, Redacted } from "effect"
 * import { evaluateFlags, PostHog } from "effect-posthog"
 *
 * const PostHogLive = PostHog.layer({ apiKey: Redacted.make("phc_project"), host: "http://127.0.0.1:9" }).pipe(
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * const program = evaluateFlags({ distinctId: "user-17", onlyEvaluateLocally: true }).pipe(
 *   Effect.provide(PostHogLive)
 * )
 *
 * assert.deepStrictEqual((await Effect.runPromise(program)).keys, [])
 * ```
 *
 * @since 3.0.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Services | PostHogConfig, PostHogConfigError, HttpClient.HttpClient> => layerWith(options, {})

/**
 * {@link layer} with parts of your own.
 *
 * **When to use**
 *
 * To load definitions from a file or a shared cache, or to send events in another way, without restating the other
 * parts.
 *
 * **Example**
 *
 * ```ts
 * import { Redacted } from "effect"
 * import { DefinitionsSource, PostHog } from "effect-posthog"
 *
 * export const PostHogOffline = PostHog.layerWith(
 *   { apiKey: Redacted.make("phc_project"), flags: { onlyEvaluateLocally: true } },
 *   { definitions: DefinitionsSource.layerStatic({ flags: [] }) }
 * )
 * ```
 *
 * @since 3.0.0
 * @category layers
 */
export const layerWith = <E = never, R = never>(
  options: Options,
  parts: Parts<E, R>
): Layer.Layer<Services | PostHogConfig, PostHogConfigError | E, Needs<R>> => {
  // The compiler cannot compute what is left of R; `Needs` says it.
  // @effect-diagnostics-next-line unsafeEffectTypeAssertion:off
  const client = layerServices.pipe(
    Layer.provide(partsOf(parts)),
    Layer.provideMerge(PostHogConfig.layer(options))
  ) as Layer.Layer<Services | PostHogConfig, PostHogConfigError | E, Needs<R>>
  // Layers are shared by reference, and the parts may be constants: fresh separates the clients of two calls, and the
  // layer around it is what makes one client of two uses.
  return Layer.suspend(() => Layer.fresh(client))
}

/**
 * The options that can come from a `Config`: all but functions.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface ConfigOptions extends Omit<Options, "definitions" | "events" | "exceptions"> {
  readonly definitions?: Omit<DefinitionsOptions, "regexEngine"> | undefined
  readonly events?: Omit<EventsOptions, "beforeSend"> | undefined
  readonly exceptions?: Omit<ExceptionsOptions, "inApp"> | undefined
}

/**
 * The options that cannot, and parts of your own.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface FunctionOptions<E = never, R = never> extends Parts<E, R> {
  readonly beforeSend?: EventsOptions["beforeSend"]
  readonly regexEngine?: DefinitionsOptions["regexEngine"]
  readonly inApp?: ExceptionsOptions["inApp"]
}

/**
 * {@link layer} with options from `Config`s.
 *
 * @example
 * ```ts
 * import { Config } from "effect"
 * import { PostHog } from "effect-posthog"
 *
 * export const PostHogLive = PostHog.layerConfig({
 *   apiKey: Config.redacted("POSTHOG_API_KEY"),
 *   events: { flushAt: Config.integer("POSTHOG_FLUSH_AT").pipe(Config.withDefault(20)) }
 * })
 * ```
 *
 * @since 3.0.0
 * @category layers
 */
export const layerConfig = <E = never, R = never>(
  options: Config.Config.Wrap<ConfigOptions>,
  { beforeSend, inApp, regexEngine, ...parts }: FunctionOptions<E, R> = {}
): Layer.Layer<Services | PostHogConfig, PostHogConfigError | ConfigError | E, Needs<R>> =>
  Layer.unwrapEffect(
    Effect.map(Config.unwrap(options), (config) =>
      layerWith({
        ...config,
        definitions: { ...config.definitions, regexEngine },
        events: { ...config.events, beforeSend },
        exceptions: { ...config.exceptions, inApp }
      }, parts))
  )

/**
 * No flags, no events, no requests: every snapshot is empty, and capturing answers `None`. Needs nothing.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerDisabled: Layer.Layer<Services | PostHogConfig> = Layer.suspend(() =>
  Layer.merge(layerNothing, PostHogConfig.layerDisabled)
)

const layerNothing: Layer.Layer<Services> = Layer.mergeAll(
  Decider.layerNoop,
  LocalEvaluator.layerNoop,
  EventQueue.layerNoop,
  DedupCache.layerNoop
)

const layerFromConfig: Layer.Layer<Services, PostHogConfigError, PostHogConfig | HttpClient.HttpClient> = Layer
  .unwrapEffect(
    Effect.map(
      PostHogConfig,
      ({ enabled }) => enabled ? Layer.fresh(Layer.provide(layerServices, partsOf({}))) : layerNothing
    )
  )

/**
 * {@link layer} with options from the environment, or from whatever the `ConfigProvider` reads. An empty variable counts
 * as one that is not set; `POSTHOG_API_KEY` must not be empty.
 *
 * | variable | meaning | default |
 * | --- | --- | --- |
 * | `POSTHOG_API_KEY` | the project API key | required |
 * | `POSTHOG_HOST` | where PostHog is | `https://us.i.posthog.com` |
 * | `POSTHOG_SECRET_KEY` | switches local evaluation on | none |
 * | `POSTHOG_CAPTURE_MODE` | `v0` or `v1` | `v0` |
 * | `POSTHOG_DISABLED` | `true`: {@link layerDisabled}, and no key is needed | `false` |
 *
 * @since 3.0.0
 * @category layers
 */
export const layerFromEnv: Layer.Layer<
  Services | PostHogConfig,
  PostHogConfigError | ConfigError,
  HttpClient.HttpClient
> = Layer.provideMerge(layerFromConfig, PostHogConfig.layerFromEnv)
