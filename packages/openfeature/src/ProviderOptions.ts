/**
 * The options of a provider.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"

/**
 * What a provider does where OpenFeature and PostHog leave a choice.
 *
 * @since 1.0.0
 * @category configuration
 */
export interface ProviderOptions {
  /**
   * The person of evaluations and tracking events whose context has no targeting key. Default: none, and an evaluation
   * without a targeting key is a `TARGETING_KEY_MISSING` error.
   */
  readonly defaultDistinctId?: string | undefined
  /** Whether resolutions report `$feature_flag_called`. Default: `true`. */
  readonly sendFeatureFlagEvents?: boolean | undefined
  /**
   * Where strings and numbers come from. `"variant"`: the key of the variant. `"payload"`: the payload of the variant, and
   * the key of the variant where the payload is of another kind. Default: `"variant"`.
   */
  readonly values?: "variant" | "payload" | undefined
  /** How long `initialize` waits for definitions when local evaluation is on. Default: 10 seconds. */
  readonly readyWithin?: Duration.DurationInput | undefined
  /** The age at which definitions that are not refreshed any more count as stale. Default: five poll intervals. */
  readonly staleAfter?: Duration.DurationInput | undefined
  /** Names the set of flags in `flagMetadata`, for telemetry; the name of the PostHog project, for example. */
  readonly flagSetId?: string | undefined
  /**
   * Whether tracking events carry the fields of the evaluation context. Default: `false`, because they are there for
   * targeting and may be private.
   */
  readonly trackContext?: false | "properties" | undefined
}
