/**
 * The OpenFeature provider: PostHog feature flags behind the OpenFeature server SDK.
 *
 * @since 1.0.0
 */

/**
 * @since 1.0.0
 */
export * from "./OpenFeatureProvider.ts"

/**
 * @since 1.0.0
 */
export * from "./RequestContextPropagator.ts"
