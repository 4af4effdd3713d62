/**
 * What `PostHog.layer` takes, and what becomes of it.
 *
 * @since 0.1.0
 */
import type { RegexEngine } from "@effect-posthog/evaluator"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { BeforeSend } from "./EventDraft.ts"

/**
 * How events travel: `"v0"` is the batch endpoint every PostHog version serves, `"v1"` the newer analytics endpoint
 * that answers event by event.
 *
 * @since 0.1.0
 * @category models
 */
export type CaptureProtocol = "v0" | "v1"

/**
 * How request bodies that carry events are compressed. `"deflate"` and `"br"` need the `"v1"` protocol.
 *
 * @since 0.1.0
 * @category models
 */
export type CompressionCodec = "none" | "gzip" | "deflate" | "br"

/**
 * What the event queue does with one more event when it is full: give up the oldest queued event, refuse the new one,
 * or make the capturing fiber wait (interruptibly) for room.
 *
 * @since 0.1.0
 * @category models
 */
export type WhenFull = "dropOldest" | "dropNewest" | "backpressure"

/**
 * The options of `PostHog.layer`. Durations are `Duration.DurationInput`; every size is an integer of at least one.
 *
 * @since 0.1.0
 * @category configuration
 */
export interface Options {
  /** The project API key (`phc_...`). Blank space around it is removed. */
  readonly apiKey: Redacted.Redacted<string>
  /** Where PostHog is. Default: `https://us.i.posthog.com`. */
  readonly host?: string | undefined
  /** A personal (`phx_...`) or project secret key (`phs_...`). Switches local evaluation on. */
  readonly secretKey?: Redacted.Redacted<string> | undefined
  /** `false`: nothing is evaluated, nothing is sent. Default: `true`. */
  readonly enabled?: boolean | undefined
  /** Keep PostHog from deriving a location from the address that sends the request. Default: `true`. */
  readonly disableGeoip?: boolean | undefined
  /** Mark events with `$is_server`. Default: `true`. */
  readonly isServer?: boolean | undefined
  /** Properties put on every event, below the event's own. Default: none. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  /** Remote flag evaluation. */
  readonly flags?: FlagsOptions | undefined
  /** Flag definitions for local evaluation. */
  readonly definitions?: DefinitionsOptions | undefined
  /** The event pipeline. */
  readonly events?: EventsOptions | undefined
  /** Exposure deduplication. */
  readonly dedup?: DedupOptions | undefined
}

/**
 * Options of remote flag evaluation.
 *
 * @since 0.1.0
 * @category configuration
 */
export interface FlagsOptions {
  /** Bounds each attempt, its body included. Default: 3 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** Retries after the first attempt, 0 to 9. Default: 1. */
  readonly maxRetries?: number | undefined
  /** Evaluate only flags tagged with one of these, and untagged ones. Default: none, which is no restriction. */
  readonly evaluationContexts?: ReadonlyArray<string> | undefined
  /** Never ask the server for flag values. Default: `false`. */
  readonly onlyEvaluateLocally?: boolean | undefined
}

/**
 * Options of the flag definitions loader.
 *
 * @since 0.1.0
 * @category configuration
 */
export interface DefinitionsOptions {
  /** Time between the end of one load and the start of the next. Default: 30 seconds; at least 100 milliseconds. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /** Bounds each load, its body included. Default: 10 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** A linear-time engine for patterns that the built-in one declines. Default: those flags go to the server. */
  readonly regexEngine?: RegexEngine | undefined
  /** A larger definitions document is refused and the loaded one kept. Default: 32 MiB. */
  readonly maxDocumentBytes?: number | undefined
}

/**
 * Options of the event pipeline.
 *
 * @since 0.1.0
 * @category configuration
 */
export interface EventsOptions {
  /** Default: `"v0"`. */
  readonly protocol?: CaptureProtocol | undefined
  /** Number of queued events that starts a delivery. Default: 20. */
  readonly flushAt?: number | undefined
  /** How long an event waits in the queue at most before a delivery starts. Default: 5 seconds. */
  readonly flushInterval?: Duration.DurationInput | undefined
  /** Events in one request at most. Default: 100. */
  readonly maxBatchSize?: number | undefined
  /**
   * Events in the queue at most. Under `"dropOldest"` what is being sent does not count: it cannot be dropped any more,
   * and newer events are not dropped for it. Default: 10,000.
   */
  readonly queueSize?: number | undefined
  /** Default: `"dropOldest"`. */
  readonly whenFull?: WhenFull | undefined
  /** Retries of one batch after its first attempt. Default: 3. */
  readonly maxRetries?: number | undefined
  /** Delay before the first retry; doubles with each, up to 30 seconds. Default: 1 second. */
  readonly retryBase?: Duration.DurationInput | undefined
  /** Bounds each attempt, its body included. Default: 10 seconds. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** Default: `"gzip"`. */
  readonly compression?: CompressionCodec | undefined
  /** Mark requests as an import of old events. Default: `false`. */
  readonly historicalMigration?: boolean | undefined
  /** Time the queue has to drain when its scope closes. Default: 30 seconds. */
  readonly shutdownTimeout?: Duration.DurationInput | undefined
  /** One or more hooks that see each event before it is queued, in order. Default: none. */
  readonly beforeSend?: BeforeSend | ReadonlyArray<BeforeSend> | undefined
}

/**
 * Options of exposure deduplication.
 *
 * @since 0.1.0
 * @category configuration
 */
export interface DedupOptions {
  /** Exposures remembered by `DedupStore.layerMemory`. Default: 50,000. */
  readonly capacity?: number | undefined
}

/**
 * The options after validation, with every default filled in. Sizes are counts, durations are `Duration`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly apiKey: Redacted.Redacted<string>
  /** Without trailing slashes. */
  readonly host: string
  readonly secretKey: Redacted.Redacted<string> | undefined
  readonly enabled: boolean
  readonly disableGeoip: boolean
  readonly isServer: boolean
  readonly properties: Readonly<Record<string, unknown>>
  readonly flags: {
    readonly requestTimeout: Duration.Duration
    readonly maxRetries: number
    readonly evaluationContexts: ReadonlyArray<string>
    readonly onlyEvaluateLocally: boolean
  }
  readonly definitions: {
    readonly pollInterval: Duration.Duration
    readonly requestTimeout: Duration.Duration
    readonly regexEngine: RegexEngine | undefined
    readonly maxDocumentBytes: number
  }
  readonly events: {
    readonly protocol: CaptureProtocol
    readonly flushAt: number
    readonly flushInterval: Duration.Duration
    readonly maxBatchSize: number
    readonly queueSize: number
    readonly whenFull: WhenFull
    readonly maxRetries: number
    readonly retryBase: Duration.Duration
    readonly requestTimeout: Duration.Duration
    readonly compression: CompressionCodec
    readonly historicalMigration: boolean
    readonly shutdownTimeout: Duration.Duration
    readonly beforeSend: ReadonlyArray<BeforeSend>
  }
  readonly dedup: { readonly capacity: number }
}
