import type { Events, PostHog } from "effect-posthog"
import type { Effect } from "effect/Effect"

/**
 * The PostHog client beneath a provider. Its promises reject when the client is closed or cannot be built.
 *
 * @internal
 */
export interface Client {
  /** Rejects with the failure itself. */
  readonly run: <A, E>(effect: Effect<A, E, PostHog.Services>) => Promise<A>
  readonly capture: (message: Events.CaptureMessage) => Promise<unknown>
}

/**
 * Where a provider has its client from.
 *
 * @internal
 */
export interface ClientSource {
  /** The client that is there before `initialize` and after `onClose`. Absent: `open` makes one each time. */
  readonly lent: Client | undefined
  /** Throws for unusable options. */
  readonly open: () => Client
  readonly close: (client: Client) => Promise<void>
}
