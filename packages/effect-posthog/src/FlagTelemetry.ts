/**
 * What traces say about flags.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"

/**
 * Whether the span of an evaluation carries the distinct id, as `feature_flag.context.id`. Default: `false`, because
 * traces are read by others than events are.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { evaluateFlags, PostHog, TraceDistinctId } from "effect-posthog"
 *
 * const program = evaluateFlags({ distinctId: "user-17" }).pipe(
 *   Effect.provideService(TraceDistinctId, true),
 *   Effect.provide(PostHog.layerDisabled)
 * )
 *
 * assert.deepStrictEqual((await Effect.runPromise(program)).keys, [])
 * ```
 *
 * @since 3.0.0
 * @category configuration
 */
export class TraceDistinctId extends Context.Reference<TraceDistinctId>()("effect-posthog/TraceDistinctId", {
  defaultValue: () => false
}) {}
