/**
 * The layers that make up a PostHog client.
 *
 * @since 3.0.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Decider } from "./Decider.ts"
import { DedupCache, DedupStore } from "./DedupCache.ts"
import { DefinitionsSource } from "./DefinitionsSource.ts"
import { EventQueue } from "./EventQueue.ts"
import { EventTransport } from "./EventTransport.ts"
import { annotated } from "./internal/library.ts"
import { LocalEvaluator } from "./LocalEvaluator.ts"
import { PostHogConfig } from "./PostHogConfig.ts"
import type { CaptureProtocol, DefinitionsOptions, EventsOptions, ExceptionsOptions, Options } from "./PostHogConfig.ts"
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
> = Layer.mergeAll(Decider.layer, LocalEvaluator.layer, EventQueue.layer, DedupCache.layer)

const parts = Layer.mergeAll(EventTransport.layer, DedupStore.layerMemory, DefinitionsSource.layerHttp)

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
): Layer.Layer<Services | PostHogConfig, PostHogConfigError, HttpClient.HttpClient> => {
  const client = layerServices.pipe(Layer.provide(parts), Layer.provideMerge(PostHogConfig.layer(options)))
  // Layers are shared by reference, and the parts are constants: fresh separates the clients of two calls, and the
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
 * The options that cannot.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface FunctionOptions {
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
export const layerConfig = (
  options: Config.Config.Wrap<ConfigOptions>,
  functions: FunctionOptions = {}
): Layer.Layer<Services | PostHogConfig, PostHogConfigError | ConfigError, HttpClient.HttpClient> =>
  Layer.unwrapEffect(
    Effect.map(Config.unwrap(options), (config) =>
      layer({
        ...config,
        definitions: { ...config.definitions, regexEngine: functions.regexEngine },
        events: { ...config.events, beforeSend: functions.beforeSend },
        exceptions: { ...config.exceptions, inApp: functions.inApp }
      }))
  )

/**
 * No flags, no events, no requests: every snapshot is empty, and capturing answers `None`. Needs nothing.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerDisabled: Layer.Layer<Services | PostHogConfig> = Layer.mergeAll(
  Decider.layerNoop,
  LocalEvaluator.layerNoop,
  EventQueue.layerNoop,
  DedupCache.layerNoop,
  PostHogConfig.layerDisabled
)

const optional = <A>(config: Config.Config<A>) => Config.map(Config.option(config), Option.getOrUndefined)

const isBlank = (secret: Redacted.Redacted<string>): boolean => Redacted.value(secret).trim() === ""

const captureMode = Effect.flatMap(
  optional(Config.string("POSTHOG_CAPTURE_MODE")),
  (mode): Effect.Effect<CaptureProtocol | undefined> => {
    switch (mode?.trim().toLowerCase()) {
      case undefined:
      case "":
        return Effect.succeed(undefined)
      case "v0":
      case "legacy":
        return Effect.succeed("v0")
      case "v1":
      case "analytics_v1":
        return Effect.succeed("v1")
      default:
        return Effect.logWarning("POSTHOG_CAPTURE_MODE is neither v0 nor v1; events are sent with v0").pipe(
          annotated("PostHog"),
          Effect.as("v0")
        )
    }
  }
)

// Here as below, an empty variable is how environments say "not set".
const isDisabled = Effect.flatMap(
  Config.withDefault(Config.string("POSTHOG_DISABLED"), ""),
  (text) => text.trim() === "" ? Effect.succeed(false) : Config.boolean("POSTHOG_DISABLED")
)

const fromEnv = Effect.gen(function*() {
  if (yield* isDisabled) return layerDisabled
  const secretKey = yield* optional(Config.redacted("POSTHOG_SECRET_KEY"))
  return layer({
    apiKey: yield* Config.redacted("POSTHOG_API_KEY"),
    host: yield* optional(Config.string("POSTHOG_HOST")),
    secretKey: secretKey === undefined || isBlank(secretKey) ? undefined : secretKey,
    events: { protocol: yield* captureMode }
  })
})

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
> = Layer.unwrapEffect(fromEnv)
