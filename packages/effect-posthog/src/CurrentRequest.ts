/**
 * What a fiber knows about the request it serves.
 *
 * @since 0.1.0
 */

/**
 * What is known about the current request. Explicit arguments of a call always win over it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestContext {
  /** The identity of evaluations and events that name none. */
  readonly distinctId?: string | undefined
  /** The device of evaluations that name none. */
  readonly deviceId?: string | undefined
  /** Sent as `$session_id` with events and exposures. */
  readonly sessionId?: string | undefined
  /** Put on events and exposures, above the configured properties and below the event's own. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
}
