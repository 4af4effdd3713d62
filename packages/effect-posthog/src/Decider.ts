/**
 * Remote flag evaluation.
 *
 * @since 3.0.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { DecideRequest, DeciderError, DecideResponse } from "./Decision.ts"
import { makeDecide } from "./internal/remote/decide.ts"
import { PostHogConfig } from "./PostHogConfig.ts"

/** @internal */
export const makeDecider = Effect.gen(function*() {
  const settings = yield* PostHogConfig
  const client = yield* HttpClient.HttpClient
  return { enabled: settings.enabled && !settings.flags.onlyEvaluateLocally, decide: makeDecide(settings, client) }
})

/**
 * Remote flag evaluation. `Decider.layer` asks PostHog; tests replace it with `Layer.succeed`.
 *
 * **Example**
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Decider, DeciderError, evaluateFlags, PostHog } from "effect-posthog"
 *
 * const answering = Layer.succeed(Decider, {
 *   enabled: true,
 *   decide: ({ distinctId }) =>
 *     distinctId === "nobody"
 *       ? Effect.fail(new DeciderError({ reason: "Timeout" }))
 *       : Effect.succeed({ flags: { pricing: { enabled: true, variant: "annual" } } })
 * })
 *
 * const program = Effect.gen(function*() {
 *   const flags = yield* evaluateFlags({ distinctId: "ada" })
 *   assert.deepStrictEqual(flags.keys, ["pricing"])
 *   const error = yield* Effect.flip(evaluateFlags({ distinctId: "nobody" }))
 *   assert.strictEqual(error.reason, "Timeout")
 * })
 *
 * Effect.runPromise(Effect.provide(program, Layer.provideMerge(answering, PostHog.layerDisabled)))
 * ```
 *
 * @since 3.0.0
 * @category tags
 */
export class Decider extends Context.Tag("effect-posthog/Decider")<Decider, {
  /** `false`: the server is never asked, because the client is disabled or evaluates locally only. */
  readonly enabled: boolean
  /** One evaluation, retries included. Applies the configured defaults for location and evaluation contexts. */
  readonly decide: (request: DecideRequest) => Effect.Effect<DecideResponse, DeciderError>
}>() {
  /**
   * Asks `POST {host}/flags/?v=2`. Each attempt is bounded by `flags.requestTimeout`, body included. Failures of the
   * transport, timeouts, 502 and 504 are retried, `flags.maxRetries` times, 300 milliseconds after the first attempt
   * and twice as long after each further one; nothing else is. Interruption aborts the request.
   *
   * Answers are read up to `flags.maxResponseBytes`. A failure is a warning in the log, once a minute for each kind, and
   * the first answer after it a line; whatever the HTTP client does, it fails with `DeciderError`.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layer: Layer.Layer<Decider, never, PostHogConfig | HttpClient.HttpClient> = Layer.effect(
    Decider,
    makeDecider
  )

  /**
   * Never asked; answers no flags if it is asked all the same.
   *
   * @since 3.0.0
   * @category layers
   */
  static readonly layerNoop: Layer.Layer<Decider> = Layer.succeed(Decider, {
    enabled: false,
    decide: () => Effect.succeed({ flags: {} })
  })
}
