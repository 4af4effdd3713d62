/**
 * PostHog on the application's SQL database: events stored in the transactions they tell of, and flag definitions fetched
 * once for many instances.
 *
 * @since 1.0.0
 */

export * from "./Outbox.ts"
/**
 * Flag definitions that one instance fetches for all, in one table.
 *
 * @since 1.0.0
 */
export * as SqlDefinitions from "./SqlDefinitions.ts"
