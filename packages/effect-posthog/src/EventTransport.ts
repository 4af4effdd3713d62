/**
 * One request that carries events.
 *
 * @since 3.0.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Compression } from "./Compression.ts"
import type { EventBatch, SendOutcome } from "./Delivery.ts"
import { loadedAtFirstUse } from "./internal/loadedAtFirstUse.ts"
import { makeCompressor } from "./internal/transport/compressBody.ts"
import { Warnings } from "./internal/warnings.ts"
import { PostHogConfig } from "./PostHogConfig.ts"
import type { PostHogConfigError } from "./PostHogConfigError.ts"

/**
 * Sends one batch once. Retries, backoff and splitting are the queue's. Interruption aborts the request. A transport
 * that answers nothing has delivered everything, which is all a recording transport in a test needs.
 *
 * @since 3.0.0
 * @category tags
 */
export class EventTransport extends Context.Tag("effect-posthog/EventTransport")<EventTransport, {
  readonly send: (batch: EventBatch) => Effect.Effect<SendOutcome | void>
}>() {
  /**
   * Posts to PostHog: to `/batch/`, or to `/i/v1/analytics/events` with `events.protocol: "v1"`, and to
   * `/i/v0/ai/batch/` what is for the AI endpoint. Each attempt is bounded by `events.requestTimeout`. Redirects are
   * not followed; requests have no client span. Fails with `PostHogConfigError` where the runtime does not have the
   * compression that was asked for.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layer: Layer.Layer<EventTransport, PostHogConfigError, PostHogConfig | HttpClient.HttpClient> = Layer
    .effect(
      EventTransport,
      Effect.gen(function*() {
        const settings = yield* PostHogConfig
        const client = yield* HttpClient.HttpClient
        const compression = yield* Compression
        const { compression: codec, protocol } = settings.events
        // V0, which the AI endpoint always speaks, knows gzip and nothing else.
        const gzip = yield* makeCompressor(codec === "none" ? "none" : "gzip", compression)
        const compressor = protocol === "v0" ? gzip : yield* makeCompressor(codec, compression)
        const send = loadedAtFirstUse({
          load: () => import("./internal/transport/capture.ts"),
          make: ({ makeCapture }) => makeCapture({ client, settings, gzip, compressor }),
          notLoaded: () => Effect.succeed<SendOutcome>({ _tag: "Retry", details: "not_loaded" }),
          warnings: new Warnings("EventTransport")
        })
        return { send }
      })
    )

  /**
   * Sends nothing and reports everything as delivered.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerNoop: Layer.Layer<EventTransport> = Layer.succeed(EventTransport, { send: () => Effect.void })
}
