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

/**
 * Why a flag has its value, in the words that OpenTelemetry and OpenFeature share.
 *
 * @since 3.0.0
 * @category models
 */
export type ResultReason = "targeting_match" | "split" | "default" | "disabled" | "static" | "stale" | "unknown"

const resultReasons: ReadonlyMap<string, ResultReason> = new Map<string, ResultReason>([
  ["super_condition_value", "targeting_match"],
  ["holdout_condition_value", "targeting_match"],
  ["condition_match", "targeting_match"],
  ["out_of_rollout_bound", "split"],
  ["no_condition_match", "default"],
  ["no_group_type", "default"],
  ["missing_dependency", "default"],
  ["flag_disabled", "disabled"],
  ["override", "static"]
])

/**
 * The reason of a flag, from PostHog's code for it.
 *
 * **When to use**
 *
 * In telemetry about flags, with `FlagSnapshot.detail`.
 *
 * **Details**
 *
 * `isStale` says that the snapshot's `errors` hold `definitions_stale`. It matters to flags that local evaluation
 * decided; overrides are never stale.
 *
 * @example
 * ```ts
 * import { FlagTelemetry } from "effect-posthog"
 *
 * assert.strictEqual(
 *   FlagTelemetry.resultReason({ source: "local", reasonCode: "condition_match" }, { isStale: false }),
 *   "targeting_match"
 * )
 * ```
 *
 * @since 3.0.0
 * @category getters
 */
export const resultReason = (
  detail: { readonly source: "local" | "remote"; readonly reasonCode?: string | undefined },
  options: { readonly isStale: boolean }
): ResultReason => {
  const { reasonCode, source } = detail
  if (options.isStale && source === "local" && reasonCode !== "override") return "stale"
  return (reasonCode === undefined ? undefined : resultReasons.get(reasonCode)) ?? "unknown"
}
