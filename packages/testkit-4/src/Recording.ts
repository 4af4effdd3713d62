// Generated from packages/testkit/src/Recording.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * What tests can look at afterwards: the requests and events that the embedded server received, and the offers and
 * exposures that the services in memory saw.
 *
 * @since 3.0.0
 */
import type { EventDraft, OfferResult, PostHogEvent } from "effect-posthog"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ProcessedException } from "./ErrorTracking.ts"

/**
 * The endpoints of PostHog that the server has.
 *
 * - `flags`: `POST /flags/?v=2`
 * - `definitions`: `GET /flags/definitions`
 * - `batch`: `POST /batch/`
 * - `ai`: `POST /i/v0/ai/batch/`
 * - `events`: `POST /i/v1/analytics/events`
 * - `remoteConfig`: `GET /api/projects/@current/feature_flags/{key}/remote_config`
 * - `logs`, `metrics`, `traces`: `POST /i/v1/logs` and so on, OpenTelemetry's protocol as JSON
 *
 * @since 3.0.0
 * @category models
 */
export type Endpoint = "flags" | "definitions" | "remoteConfig" | CaptureRoute | TelemetryEndpoint

/**
 * The endpoints that receive events.
 *
 * @since 3.0.0
 * @category models
 */
export type CaptureRoute = "batch" | "ai" | "events"

/**
 * The endpoints that take OpenTelemetry's signals.
 *
 * @since 3.0.0
 * @category models
 */
export type TelemetryEndpoint = "logs" | "metrics" | "traces"

/**
 * One request, recorded when its last byte had arrived and before it was answered.
 *
 * @since 3.0.0
 * @category models
 */
export interface RecordedRequest<Body = unknown> {
  /** `"other"`: the server has no such endpoint and answered with a 404. */
  readonly endpoint: Endpoint | "other"
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Decoded; a parameter without a value, such as `send_cohorts`, is the empty string. */
  readonly query: Readonly<Record<string, string>>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Decompressed and parsed; text when it is not JSON, `undefined` when it is empty, too large or not decompressible. */
  readonly body: Body
  /** Size of the body on the wire, in bytes. */
  readonly bodyBytes: number
  /** Epoch milliseconds on the server's clock. */
  readonly arrivedAt: number
  /** The status of the answer; `None` until one is sent. */
  readonly status: Option.Option<number>
}

/**
 * One event that the server accepted. An event that was sent twice is recorded twice.
 *
 * @since 3.0.0
 * @category models
 */
export interface ReceivedEvent {
  readonly event: string
  readonly distinct_id: string
  /** Absent when the client sent none. */
  readonly uuid: string | undefined
  /** As it was sent. */
  readonly timestamp: string | undefined
  readonly properties: Readonly<Record<string, unknown>>
  readonly route: CaptureRoute
  /** The whole event as it was sent, for fields of one protocol only, such as `options` or `session_id`. */
  readonly sent: Readonly<Record<string, unknown>>
}

/**
 * One thing that arrived: a request, at the moment the server decides its answer, or an event, at the moment the server
 * accepts it. A request that hangs or is cut off before an answer does not count.
 *
 * @since 3.0.0
 * @category models
 */
export type Arrival =
  | { readonly _tag: "Request"; readonly request: RecordedRequest }
  | { readonly _tag: "Event"; readonly event: ReceivedEvent }

/**
 * An event on its way into the queue, and the queue's answer.
 *
 * @since 3.0.0
 * @category models
 */
export interface RecordedOffer {
  readonly draft: EventDraft
  readonly offered: OfferResult
}

/**
 * A reported exposure.
 *
 * @since 3.0.0
 * @category models
 */
export interface RecordedExposure {
  readonly flag: string
  /** `null`: the flag had no value. */
  readonly value: boolean | string | null
  readonly distinctId: string
  readonly locallyEvaluated: boolean
  /** The value of `$feature_flag_error`. */
  readonly error: string | undefined
  /** The whole `$feature_flag_called` event. */
  readonly event: PostHogEvent
}

/**
 * An `$exception` event that the server accepted, with what PostHog's error tracking makes of it.
 *
 * @since 3.0.0
 * @category models
 */
export interface ReceivedException extends ProcessedException {
  readonly event: ReceivedEvent
}

/**
 * A reported exception.
 *
 * @since 3.0.0
 * @category models
 */
export interface RecordedException extends ProcessedException {
  /** The type and the value of the outermost exception. */
  readonly type: string
  readonly value: string
  readonly level: string | undefined
  readonly handled: boolean | undefined
  readonly source: string | undefined
  readonly distinctId: string
  /** The types of the whole list, the outermost first. */
  readonly types: ReadonlyArray<string>
  /** The whole `$exception` event. */
  readonly event: PostHogEvent
}

const JsonObject = Schema.Record(Schema.String, Schema.Unknown)

/**
 * The body of a request to the `flags` endpoint.
 *
 * @since 3.0.0
 * @category schemas
 */
export const FlagsBody = Schema.Struct({
  token: Schema.optional(Schema.String),
  api_key: Schema.optional(Schema.String),
  distinct_id: Schema.String,
  device_id: Schema.optional(Schema.NullOr(Schema.String)),
  $device_id: Schema.optional(Schema.NullOr(Schema.String)),
  groups: Schema.optional(Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Number]))),
  person_properties: Schema.optional(JsonObject),
  group_properties: Schema.optional(Schema.Record(Schema.String, JsonObject)),
  geoip_disable: Schema.optional(Schema.Boolean),
  evaluation_runtime: Schema.optional(Schema.NullOr(Schema.String)),
  flag_keys_to_evaluate: Schema.optional(Schema.Array(Schema.String)),
  evaluation_contexts: Schema.optional(Schema.Array(Schema.String))
})

/**
 * The body of a request to the `flags` endpoint.
 *
 * @since 3.0.0
 * @category models
 */
export interface FlagsBody extends Schema.Schema.Type<typeof FlagsBody> {}

/**
 * The body of a request to the `batch` and `ai` endpoints. Every event has at least a name and a distinct id.
 *
 * @since 3.0.0
 * @category schemas
 */
export const BatchBody = Schema.Struct({
  api_key: Schema.String,
  batch: Schema.Array(JsonObject),
  sent_at: Schema.optional(Schema.String),
  historical_migration: Schema.optional(Schema.Boolean)
})

/**
 * The body of a request to the `batch` and `ai` endpoints.
 *
 * @since 3.0.0
 * @category models
 */
export interface BatchBody extends Schema.Schema.Type<typeof BatchBody> {}

/**
 * The body of a request to the `events` endpoint.
 *
 * @since 3.0.0
 * @category schemas
 */
export const EventsBody = Schema.Struct({
  created_at: Schema.String,
  historical_migration: Schema.optional(Schema.Boolean),
  batch: Schema.Array(JsonObject)
})

/**
 * The body of a request to the `events` endpoint.
 *
 * @since 3.0.0
 * @category models
 */
export interface EventsBody extends Schema.Schema.Type<typeof EventsBody> {}
