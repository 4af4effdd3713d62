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
import { makeUtcFormatter } from "./internal/timestamp.ts"
import { makeCaptureV0 } from "./internal/transport/captureV0.ts"
import { makeCompressor } from "./internal/transport/compressBody.ts"
import { eventOptions } from "./internal/transport/eventOptions.ts"
import { eventRequest, makeSendEvents, refused } from "./internal/transport/sendEvents.ts"
import { PostHogConfig } from "./PostHogConfig.ts"
import type { PostHogConfigError } from "./PostHogConfigError.ts"

// Programs that chose the protocol load it: see decision 0016.
const v1Module = Effect.promise(() => import("./internal/transport/captureV1.ts"))

/** @internal */
export const makeTransport: Effect.Effect<
  typeof EventTransport.Service,
  PostHogConfigError,
  PostHogConfig | HttpClient.HttpClient
> = Effect.gen(function*() {
  const settings = yield* PostHogConfig
  const client = yield* HttpClient.HttpClient
  const compression = yield* Compression
  const { compression: codec, protocol } = settings.events
  const sendWith = (used: typeof codec) =>
    Effect.map(
      makeCompressor(used, compression),
      (compressor) => makeSendEvents({ client, compressor, settings })
    )
  // V0, which the AI endpoint always speaks, knows gzip and nothing else.
  const captureV0 = makeCaptureV0(
    settings,
    yield* sendWith(codec === "none" ? "none" : "gzip")
  )
  if (protocol === "v0") return { send: captureV0 }
  const { makeCaptureV1 } = yield* v1Module
  const captureV1 = makeCaptureV1(settings, {
    eventOptions,
    eventRequest,
    formatUtc: makeUtcFormatter(),
    refused,
    send: yield* sendWith(codec)
  })
  return { send: (batch) => batch.route === "ai" ? captureV0(batch) : captureV1(batch) }
})

/**
 * Sends one batch once. Retries, backoff and splitting are the queue's. Interruption aborts the request. A transport
 * that answers nothing has delivered everything, which is all a recording transport in a test needs.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Layer, Redacted } from "effect"
 * import { EventQueue, Events, EventTransport, PostHogConfig } from "effect-posthog"
 *
 * const sent: Array<string> = []
 * const recording = Layer.succeed(EventTransport, {
 *   send: ({ events }) => Effect.sync(() => void sent.push(...events.map(({ event }) => event)))
 * })
 *
 * const Queue = EventQueue.layer.pipe(
 *   Layer.provide(recording),
 *   Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test") }))
 * )
 *
 * const program = Effect.zipRight(Events.capture({ event: "paid", distinctId: "ada" }), Events.flush)
 *
 * Effect.runPromise(Effect.provide(program, Queue)).then(() => assert.deepStrictEqual(sent, ["paid"]))
 * ```
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
      makeTransport
    )

  /**
   * Sends nothing and reports everything as delivered.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerNoop: Layer.Layer<EventTransport> = Layer.succeed(EventTransport, { send: () => Effect.void })
}
