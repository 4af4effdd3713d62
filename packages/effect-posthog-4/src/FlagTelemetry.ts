// Generated from packages/effect-posthog/src/FlagTelemetry.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What traces and logs say about flags, after OpenTelemetry's conventions for feature flags.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import type * as Tracer from "effect/Tracer"

/**
 * Whether spans and events of flags carry the distinct id, as `feature_flag.context.id`. Default: `false`, because more
 * people read traces than events.
 *
 * **Example**
 *
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
export class TraceDistinctId extends Context.Reference<boolean>("effect-posthog/TraceDistinctId", {
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
 * **Example**
 *
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

/**
 * What `feature_flag.set.id` says on spans and events of flags: the name you give your PostHog project. Default: it is
 * left out. Never put a key here.
 *
 * @since 3.0.0
 * @category configuration
 */
export class FlagSetId extends Context.Reference<string | undefined>("effect-posthog/FlagSetId", {
  defaultValue: (): string | undefined => undefined
}) {}

/**
 * One flag was read. A snapshot reports the first read of each key, whether or not an exposure follows.
 *
 * @since 3.0.0
 * @category models
 */
export interface FlagRead {
  readonly name: "feature_flag.evaluation"
  /** `feature_flag.key`, `feature_flag.result.variant` or `.value`, `feature_flag.result.reason`, `error.type` … */
  readonly attributes: Readonly<Record<string, unknown>>
  /** Nanoseconds since the epoch, from `Clock`. */
  readonly time: bigint
}

/**
 * Takes the reads of flags. `span` is the reader's span, if there is one. It runs on the path of the read: hand the read
 * over and return. What it throws is logged.
 *
 * @since 3.0.0
 * @category models
 */
export type EmitFlagRead = (read: FlagRead, span: Tracer.AnySpan | undefined) => void

/** Events that one span takes, as OpenTelemetry limits them: a span may live as long as its process. */
const eventsPerSpan = 128

const eventCounts = new WeakMap<Tracer.Span, number>()

const spanEvent: EmitFlagRead = ({ attributes, name, time }, span) => {
  if (span === undefined || span._tag !== "Span" || !span.sampled) return
  const count = (eventCounts.get(span) ?? 0) + 1
  eventCounts.set(span, count)
  if (count <= eventsPerSpan) span.event(name, time, attributes as Record<string, unknown>)
  else span.attribute("posthog.flags.reads_not_recorded", count - eventsPerSpan)
}

/**
 * Where reads of flags are reported to.
 *
 * **When to use**
 *
 * To send reads to logs, where OpenTelemetry's conventions want them, or to look at them in a test. By default a read is
 * an event on the reader's span, if that is sampled, up to 128 for one span.
 *
 * **Example**
 *
 * ```ts
 * import { Effect } from "effect"
 * import { evaluateFlags, FlagTelemetry, PostHog } from "effect-posthog"
 *
 * const read: Array<unknown> = []
 *
 * const program = Effect.gen(function*() {
 *   const snapshot = yield* evaluateFlags({ distinctId: "user-17" })
 *   yield* snapshot.isEnabled("new-checkout")
 * }).pipe(
 *   Effect.provideService(FlagTelemetry, ({ attributes }) => read.push(attributes["feature_flag.key"])),
 *   Effect.provide(PostHog.layerDisabled)
 * )
 *
 * await Effect.runPromise(program)
 * assert.deepStrictEqual(read, ["new-checkout"])
 * ```
 *
 * @since 3.0.0
 * @category services
 */
export class FlagTelemetry extends Context.Reference<EmitFlagRead>("effect-posthog/FlagTelemetry", {
  defaultValue: (): EmitFlagRead => spanEvent
}) {
  /**
   * The default: an event on the reader's span. Call it from a function of your own to add to it.
   *
   * @since 3.0.0
   * @category constructors
   */
  static readonly spanEvent: EmitFlagRead = spanEvent

  /**
   * The reason of a flag in OpenTelemetry's words, from `FlagSnapshot.detail`; see {@link resultReason}.
   *
   * @since 3.0.0
   * @category getters
   */
  static readonly resultReason = resultReason
}
