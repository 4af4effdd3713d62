/**
 * @since 0.1.0
 */
export * as Arbitraries from "./Arbitraries.ts"

/**
 * @since 0.1.0
 */
export * as Expectation from "./Expectation.ts"

/**
 * @since 0.1.0
 */
export * as Fault from "./Fault.ts"

/**
 * @since 0.1.0
 */
export * as PostHogServer from "./PostHogServer.ts"

/**
 * @since 0.1.0
 */
export * as PostHogTest from "./PostHogTest.ts"

/**
 * @since 0.1.0
 */
export * as Recording from "./Recording.ts"

/**
 * @since 0.1.0
 */
export type * as RemoteFlag from "./RemoteFlag.ts"
