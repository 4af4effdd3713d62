// Generated from packages/effect-posthog/src/EventDraft.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What the event queue is offered, and what the hooks before it see.
 *
 * @since 3.0.0
 */
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

/**
 * The uuid of an event: the same on the wire, on `EventQueue.deliveries` and in PostHog. Plain text is one too, for
 * queues that are written by hand.
 *
 * @since 3.0.0
 * @category models
 */
export type EventId = string & { readonly "~effect-posthog/EventId"?: never }

/**
 * When something happened. A string is RFC 3339 with any offset; it keeps its digits below the millisecond.
 *
 * @since 3.0.0
 * @category models
 */
export type Timestamp = string | Date | DateTime.DateTime

/**
 * An event on its way to the queue. The queue adds super properties, the library's own properties, uuid and timestamp,
 * and runs the hooks. Of the four property records the later one wins:
 * `flagProperties`, the super properties, `contextProperties`, `properties`.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventDraft {
  readonly event: string
  /** Absent: the event is personless and gets a random id. */
  readonly distinctId?: string | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  /** What the request context of the capturing fiber contributes, `$session_id` included. */
  readonly contextProperties?: Readonly<Record<string, unknown>> | undefined
  /** What a flag snapshot contributes: `$feature/<key>` and `$active_feature_flags`. */
  readonly flagProperties?: Readonly<Record<string, unknown>> | undefined
  /** Sent as `$groups` when not empty. */
  readonly groups?: Readonly<Record<string, string | number>> | undefined
  /** Absent or unusable: the time of the offer. */
  readonly timestamp?: Timestamp | undefined
  /** Absent or no uuid: a new one. */
  readonly uuid?: string | undefined
  /** Absent: the configured default. */
  readonly disableGeoip?: boolean | undefined
  /** Keep only the properties of the minimal exposure allowlist. */
  readonly minimal?: boolean | undefined
  /** Names that only `properties` may set: what the client, the context and the snapshot have by them is left out. */
  readonly reserved?: ReadonlySet<string> | undefined
  /** `"ai"` goes to the AI capture endpoint through a queue of its own. Default: `"analytics"`. */
  readonly route?: "analytics" | "ai" | undefined
}

/**
 * An event as it will be sent, as hooks see and return it.
 *
 * @since 3.0.0
 * @category models
 */
export interface PostHogEvent {
  readonly event: string
  readonly distinctId: string
  readonly properties: Readonly<Record<string, unknown>>
  /** RFC 3339 in UTC. */
  readonly timestamp: string
  readonly uuid: string
}

/**
 * A hook that sees each event before it is queued and may change it, or reject it with `null`. It gets a copy of its
 * own. A hook that throws or fails rejects the event too, with a warning: the original is never sent in its place.
 *
 * @since 3.0.0
 * @category models
 */
export type BeforeSend = (event: PostHogEvent) => PostHogEvent | null | Effect.Effect<PostHogEvent | null, unknown>
