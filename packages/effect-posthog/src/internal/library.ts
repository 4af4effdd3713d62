/**
 * How the library names itself: `$lib`, `$lib_version`, `User-Agent` and `PostHog-Sdk-Info`.
 *
 * @internal
 */
export const name = "effect-posthog"

/** @internal */
export const version = "0.1.0"

/** @internal */
export const userAgent = `${name}/${version}`
