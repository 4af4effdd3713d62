/**
 * Matching of a single property filter.
 *
 * @since 0.1.0
 */
import type { RegexEngine } from "./RegexEngine.ts"

/**
 * A filter on one property, as it stands in a definitions document.
 *
 * @since 0.1.0
 * @category models
 */
export interface PropertyFilter {
  readonly key: string
  readonly value?: unknown
  readonly operator?: string | null | undefined
  readonly type?: string | null | undefined
}

/**
 * How to match a property filter.
 *
 * @since 0.1.0
 * @category models
 */
export interface MatchPropertyOptions {
  /** Default 1: boolean-like filter values compare by truthiness. */
  readonly propertyMatchingVersion?: 1 | 2 | undefined
  readonly regexEngine?: RegexEngine | undefined
}

/**
 * Matches one property filter against properties. Never throws.
 *
 * @param now - epoch milliseconds; only relative dates look at it
 * @since 0.1.0
 * @category getters
 */
export const matchProperty = (
  filter: PropertyFilter,
  properties: Readonly<Record<string, unknown>>,
  now: number,
  options?: MatchPropertyOptions
): boolean | "inconclusive" => {
  void filter
  void properties
  void now
  void options
  return "inconclusive"
}
