// Generated from packages/effect-posthog/src/DefinitionsSource.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Where flag definitions come from.
 *
 * @since 3.0.0
 */
import * as FileSystem from "effect/FileSystem"
import * as HttpClient from "effect/http/HttpClient"
import type { KeyValueStore } from "effect/persistence/KeyValueStore"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Stream from "effect/Stream"
import { DefinitionsError } from "./Definitions.ts"
import type { DefinitionsLoad } from "./Definitions.ts"
import type { DefinitionsCache } from "./DefinitionsCache.ts"
import { annotated } from "./internal/library.ts"
import { PostHogConfig } from "./PostHogConfig.ts"

const etag = "static"

/** @internal */
export const staticDefinitions = (document: unknown): DefinitionsSource["Service"] => ({
  name: "static",
  load: (held) => Effect.succeed(held === etag ? { _tag: "NotModified" } : { _tag: "Loaded", document, etag })
})

// Whether requests to a host leave this machine without encryption.
const isReadOnTheWay = (host: string): boolean => {
  const { hostname, protocol } = new URL(host)
  return protocol === "http:" && !/^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

const unencrypted = annotated("DefinitionsSource")(
  Effect.logWarning("The secret key is sent unencrypted, because the host's URL begins with http://; use https://")
)

// Programs load the sources that they use, and none without local evaluation.
const httpModule = Effect.promise(() => import("./internal/definitions/sources/http.ts"))
const fileModule = Effect.promise(() => import("./internal/definitions/sources/file.ts"))
const persistedModule = Effect.promise(() => import("./internal/definitions/sources/persisted.ts"))
const sharedModule = Effect.promise(() => import("./internal/definitions/sources/shared.ts"))

const none: DefinitionsSource["Service"] = {
  name: "none",
  load: () =>
    Effect.fail(new DefinitionsError({ reason: "UnknownError", problem: "there is no secret key to load them with" }))
}

/** @internal */
export const makeHttpSource: Effect.Effect<
  DefinitionsSource["Service"],
  never,
  PostHogConfig | HttpClient.HttpClient
> = Effect.gen(function*() {
  const settings = yield* PostHogConfig
  const client = yield* HttpClient.HttpClient
  if (settings.secretKey === undefined) return none
  if (isReadOnTheWay(settings.host)) yield* unencrypted
  return (yield* httpModule).httpDefinitions(settings, settings.secretKey, client)
})

/**
 * Where flag definitions come from. A source loads; when, how often and what becomes of the answer is decided by
 * `LocalEvaluator.layer`.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { DefinitionsSource, LocalEvaluator, PostHogConfig } from "effect-posthog"
 *
 * // Asked again with every poll.
 * const generated = Layer.succeed(DefinitionsSource, {
 *   name: "generated",
 *   load: () => Effect.succeed({ _tag: "Loaded", document: { flags: [{ key: "beta", active: true, filters: {} }] } })
 * })
 *
 * const Evaluator = LocalEvaluator.layer.pipe(
 *   Layer.provide(generated),
 *   Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test") }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   yield* LocalEvaluator.readyWithin("10 seconds")
 *   const { flags, source } = yield* Effect.flatMap(LocalEvaluator, ({ status }) => status)
 *   assert.deepStrictEqual({ flags, source }, { flags: 1, source: "generated" })
 * })
 *
 * Effect.runPromise(Effect.provide(program, Evaluator))
 * ```
 *
 * @since 3.0.0
 * @category tags
 */
export class DefinitionsSource extends Context.Service<
  DefinitionsSource,
  {
    /** What `DefinitionsStatus.source` shows. `"none"` switches local evaluation off. Default: `"custom"`. */
    readonly name?: string | undefined
    /** The host that is asked, for the log. */
    readonly origin?: string | undefined
    /**
     * Loads once. It gets the ETag of the installed definitions, if they have one, and must bound its own waiting: the
     * loader has one load under way at a time, and waits for it.
     */
    readonly load: (etag: string | undefined) => Effect.Effect<DefinitionsLoad, DefinitionsError>
    /**
     * Tells that a load may now find something new, so that the loader loads without waiting for the next poll. Run while
     * the layer is open. Default: definitions are only polled.
     */
    readonly changed?: Stream.Stream<void> | undefined
  }
>()("effect-posthog/DefinitionsSource") {
  /**
   * Asks `GET {host}/flags/definitions` with the secret key, and without one never asks: `LocalEvaluator.layer` over it
   * is then switched off. A load is bounded by `definitions.requestTimeout`, its body included, and its document by
   * `definitions.maxDocumentBytes`; it is not retried. Interruption aborts the request.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerHttp: Layer.Layer<DefinitionsSource, never, PostHogConfig | HttpClient.HttpClient> = Layer
    .effect(
      DefinitionsSource,
      makeHttpSource
    )

  /**
   * One document that never changes: for tests, and for definitions that are shipped with the application.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerStatic = (document: unknown): Layer.Layer<DefinitionsSource> =>
    Layer.succeed(DefinitionsSource, staticDefinitions(document))

  /**
   * A JSON file. An edit takes effect at once where the `FileSystem` can watch the file's folder, and in any case within
   * `definitions.pollInterval`, as the file is read with every poll. A file that cannot be used (missing, larger than
   * `definitions.maxDocumentBytes`, no JSON) leaves the last good definitions in place; `DefinitionsStatus.lastFailure`
   * says what is wrong, with line and column.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerFile = (
    path: string
  ): Layer.Layer<DefinitionsSource, never, PostHogConfig | FileSystem.FileSystem> =>
    Layer.effect(
      DefinitionsSource,
      Effect.gen(function*() {
        const { definitions } = yield* PostHogConfig
        const fileSystem = yield* FileSystem.FileSystem
        return (yield* fileModule).fileDefinitions(fileSystem, path, definitions)
      })
    )

  /**
   * Keeps the newest document of another source in a `KeyValueStore`, one entry per project, for a start while that
   * source cannot be reached: then the stored definitions are installed, marked `stale`, and replaced as soon as the
   * source answers. The load counts as failed meanwhile. A project that is over its quota has its entry removed.
   *
   * @since 3.0.0
   * @category layers
   * @example
   * ```ts
   * import { NodeFileSystem, NodePath } from "@effect/platform-node"
   * import * as KeyValueStore from "effect/persistence/KeyValueStore"
   * import { DefinitionsSource } from "effect-posthog"
   * import { Layer } from "effect"
   *
   * export const source = DefinitionsSource.layerPersisted(DefinitionsSource.layerHttp).pipe(
   *   Layer.provide(KeyValueStore.layerFileSystem("/var/cache/shop/flags")),
   *   Layer.provide([NodeFileSystem.layer, NodePath.layer])
   * )
   * ```
   */
  static readonly layerPersisted = <E, R>(
    source: Layer.Layer<DefinitionsSource, E, R>
  ): Layer.Layer<DefinitionsSource, E, R | PostHogConfig | KeyValueStore> =>
    Layer.effect(
      DefinitionsSource,
      Effect.gen(function*() {
        const { apiKey, host } = yield* PostHogConfig
        const original = yield* DefinitionsSource
        const { persistedDefinitions } = yield* persistedModule
        return yield* persistedDefinitions(original, { host, apiKey: Redacted.value(apiKey) })
      })
    ).pipe(Layer.provide(source))

  /**
   * Shares the definitions of another source with other instances, through a `DefinitionsCache`: one instance fetches,
   * the others take what it found. Over a source that has no secret key it only takes. `operationTimeout` bounds each
   * call of the cache (default: 3 seconds), `shutdownTimeout` the last one (default: 30 seconds).
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerShared = <E, R>(
    source: Layer.Layer<DefinitionsSource, E, R>,
    options: {
      readonly operationTimeout?: Duration.Input | undefined
      readonly shutdownTimeout?: Duration.Input | undefined
    } = {}
  ): Layer.Layer<DefinitionsSource, E, R | DefinitionsCache> =>
    Layer.effect(
      DefinitionsSource,
      Effect.gen(function*() {
        const { operationTimeout = "3 seconds", shutdownTimeout = "30 seconds" } = options
        const original = yield* DefinitionsSource
        const { sharedDefinitions } = yield* sharedModule
        return yield* sharedDefinitions(original, { operationTimeout, shutdownTimeout })
      })
    ).pipe(Layer.provide(source))
}
