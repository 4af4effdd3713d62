// Generated from packages/effect-posthog/src/internal/exceptions/levels.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * The levels that PostHog knows.
 *
 * @internal
 */
export type Level = "fatal" | "error" | "warning" | "log" | "info" | "debug"

const levels: ReadonlyMap<string, Level> = new Map<string, Level>([
  ["fatal", "fatal"],
  ["critical", "fatal"],
  ["alert", "fatal"],
  ["emergency", "fatal"],
  ["error", "error"],
  ["warning", "warning"],
  ["warn", "warning"],
  ["log", "log"],
  ["info", "info"],
  ["notice", "info"],
  ["debug", "debug"],
  ["trace", "debug"]
])

/**
 * The level of a name that a logger, an error or a caller uses; `undefined` for any other value.
 *
 * @internal
 */
export const levelOf = (name: unknown): Level | undefined =>
  typeof name === "string" ? levels.get(name.toLowerCase()) : undefined
