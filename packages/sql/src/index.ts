/**
 * PostHog on the application's SQL database: flag definitions fetched once for many instances.
 *
 * @since 1.0.0
 */

/**
 * Flag definitions that one instance fetches for all, in one table.
 *
 * @since 1.0.0
 */
export * as SqlDefinitions from "./SqlDefinitions.ts"
