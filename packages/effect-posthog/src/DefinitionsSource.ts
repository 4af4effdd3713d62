/**
 * Where flag definitions come from.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DefinitionsError } from "./DefinitionsError.ts"
import type { LoadDefinitions } from "./DefinitionsLoad.ts"
import { httpDefinitions } from "./internal/httpDefinitions.ts"
import { PostHogConfig } from "./PostHogConfig.ts"

const none: LoadDefinitions = {
  name: "none",
  load: () =>
    Effect.fail(new DefinitionsError({ reason: "UnknownError", problem: "there is no secret key to load them with" }))
}

/**
 * Where flag definitions come from. A source loads; when, how often and what becomes of the answer is decided by
 * `LocalEvaluator.layer`.
 *
 * @since 0.1.0
 * @category tags
 */
export class DefinitionsSource extends Context.Tag("effect-posthog/DefinitionsSource")<
  DefinitionsSource,
  LoadDefinitions
>() {
  /**
   * Asks `GET {host}/flags/definitions` with the secret key, and without one never asks: `LocalEvaluator.layer` over it
   * is then switched off. A load is bounded by `definitions.requestTimeout`, its body included, and its document by
   * `definitions.maxDocumentBytes`; it is not retried. Interruption aborts the request.
   *
   * @since 0.1.0
   * @category layers
   */
  static readonly layerHttp: Layer.Layer<DefinitionsSource, never, PostHogConfig | HttpClient.HttpClient> = Layer
    .effect(
      DefinitionsSource,
      Effect.gen(function*() {
        const settings = yield* PostHogConfig
        const client = yield* HttpClient.HttpClient
        return settings.secretKey === undefined ? none : httpDefinitions(settings, settings.secretKey, client)
      })
    )

  /**
   * One document that never changes: for tests, and for definitions that are shipped with the application.
   *
   * @since 0.1.0
   * @category layers
   */
  static readonly layerStatic = (document: unknown): Layer.Layer<DefinitionsSource> =>
    Layer.succeed(DefinitionsSource, {
      name: "static",
      load: (etag) =>
        Effect.succeed(etag === "static" ? { _tag: "NotModified" } : { _tag: "Loaded", document, etag: "static" })
    })
}
