// Generated from packages/testkit/src/index.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * @since 3.0.0
 */
export * as Arbitraries from "./Arbitraries.ts"

/**
 * @since 3.0.0
 */
export * as Contract from "./Contract.ts"

/**
 * @since 3.0.0
 */
export * as DedupStoreContract from "./DedupStoreContract.ts"

/**
 * @since 3.0.0
 */
export * as DefinitionsCacheContract from "./DefinitionsCacheContract.ts"

/**
 * @since 3.0.0
 */
export * as ErrorTracking from "./ErrorTracking.ts"

/**
 * @since 3.0.0
 */
export * as Expectation from "./Expectation.ts"

/**
 * @since 3.0.0
 */
export * as Fault from "./Fault.ts"

/**
 * @since 3.0.0
 */
export * as PostHogServer from "./PostHogServer.ts"

/**
 * @since 3.0.0
 */
export * as PostHogTest from "./PostHogTest.ts"

/**
 * @since 3.0.0
 */
export * as Recording from "./Recording.ts"

/**
 * @since 3.0.0
 */
export type * as RemoteFlag from "./RemoteFlag.ts"
