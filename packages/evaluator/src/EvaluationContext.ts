/**
 * The person, device and groups that flags are evaluated for.
 *
 * @since 1.0.0
 */

/**
 * The caller to evaluate for: a person, and perhaps a device and groups.
 *
 * Property values are taken as JSON would carry them: a `Date` is its ISO text, `undefined` is the same as absent. What
 * JSON cannot carry (functions, symbols, big integers, instances of classes) leaves the filters that look at it
 * undecided, and so does a value of more than 2,000 characters or 1,000 members, except where a filter only asks if it is set.
 *
 * @since 1.0.0
 * @category models
 */
export interface EvaluationContext {
  /** The empty text is in every rollout, as on the server; callers that have no id should not evaluate at all. */
  readonly distinctId: string
  /** Used by flags that bucket by device; when absent or empty, the person property `$device_id` is. */
  readonly deviceId?: string | undefined
  /** Group type to group key. An empty key counts as not passed. */
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  /** The property `distinct_id` is added unless given. */
  readonly personProperties?: Readonly<Record<string, unknown>> | undefined
  /** Group type to properties. The property `$group_key` is added to every group that is passed, unless given. */
  readonly groupProperties?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
}
