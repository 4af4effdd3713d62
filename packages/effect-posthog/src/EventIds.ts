/**
 * Where the ids of events come from.
 *
 * @since 0.1.0
 */

/**
 * A source of ids. Replace it in tests to make them predictable.
 *
 * @since 0.1.0
 * @category services
 */
export interface EventIdSource {
  /** A new version 7 uuid for the given epoch milliseconds. */
  readonly make: (epochMillis: number) => string
}
