/**
 * One instance of the library, as a test asks for it.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import {
  DedupStore,
  DefinitionsSource,
  EventQueue,
  Events,
  EventTransport,
  Flags,
  type InvalidEventError,
  PostHog,
  PostHogConfig,
  type PostHogConfigError
} from "effect-posthog"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Journal from "./Journal.ts"
import type { Capture, GetFeatureFlag, Init } from "./Messages.ts"
import type { Mode } from "./Mode.ts"

export interface State {
  readonly pending_events: number
  readonly total_events_captured: number
  readonly total_events_sent: number
  readonly total_retries: number
  readonly last_error: string | null
  readonly requests_made: ReadonlyArray<Journal.RequestMade>
}

export interface Client {
  /** Answers with the uuid of the event, or `null` when it was not taken. */
  readonly capture: (message: Capture) => Effect.Effect<string | null, InvalidEventError>
  readonly captureAi: (message: Capture) => Effect.Effect<string | null, InvalidEventError>
  /** Resolves when everything captured has been delivered or given up; answers with how many were delivered. */
  readonly flush: Effect.Effect<number>
  readonly getFeatureFlag: (message: GetFeatureFlag) => Effect.Effect<boolean | string | null>
  readonly state: Effect.Effect<State>
  /** Ends the client at once: what is queued is discarded, what waits for a retry is not sent. */
  readonly discard: Effect.Effect<void>
}

/** How many events start a delivery when a test does not say. */
const defaultFlushAt = 100

const atLeast = (least: number, value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.max(least, Math.trunc(value))

const optionsOf = (init: Init, { codec, protocol }: Mode): PostHog.Options => {
  const flushAt = atLeast(1, init.flush_at) ?? defaultFlushAt
  return {
    apiKey: Redacted.make(init.api_key),
    host: init.host,
    // The flag suite expects it to be off unless it says otherwise.
    disableGeoip: init.disable_geoip ?? false,
    events: {
      protocol,
      flushAt,
      flushInterval: atLeast(1, init.flush_interval_ms),
      maxBatchSize: Math.max(flushAt, defaultFlushAt),
      maxRetries: atLeast(0, init.max_retries),
      // Short, because tests give three attempts five seconds.
      retryBase: "250 millis",
      compression: init.enable_compression === true ? codec : "none",
      historicalMigration: init.historical_migration,
      shutdownTimeout: 0
    }
  }
}

const optionProperties: ReadonlyMap<string, string> = new Map([["disable_skew_correction", "$ignore_sent_at"]])

const captureMessage = (
  { distinct_id, event, options, properties, timestamp, uuid }: Capture
): Events.CaptureMessage => {
  const merged: Record<string, unknown> = { ...properties }
  for (const [name, value] of Object.entries(options ?? {})) merged[optionProperties.get(name) ?? `$${name}`] = value
  return { event, distinctId: distinct_id, properties: merged, timestamp, uuid }
}

/**
 * Requests of a client that has been discarded are never sent: they wait until they are interrupted.
 */
const gated = (client: HttpClient.HttpClient) => {
  let open = true
  return {
    client: HttpClient.mapRequestEffect(client, (request) => (open ? Effect.succeed(request) : Effect.never)),
    close: Effect.sync(() => {
      open = false
    })
  }
}

/**
 * A client of its own: queue, timers, deduplication, counters. Every request of it carries `X-Test-Id` when there is a
 * test id.
 */
export const make = (
  init: Init,
  mode: Mode,
  testId: string | undefined
): Effect.Effect<Client, PostHogConfigError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const journal = yield* Journal.make
    const marked = HttpClient.mapRequest(
      yield* HttpClient.HttpClient,
      testId === undefined ? (request) => request : HttpClientRequest.setHeader("X-Test-Id", testId)
    )
    const gate = gated(journal.watchHttp(marked))
    const transport = Layer.map(EventTransport.layer, (context) =>
      Context.make(EventTransport, journal.watchTransport(Context.get(context, EventTransport))))

    const scope = yield* Scope.make()
    const services = yield* PostHog.layerServices.pipe(
      Layer.provide(Layer.mergeAll(transport, DedupStore.layerMemory, DefinitionsSource.layerHttp)),
      Layer.provide(PostHogConfig.layer(optionsOf(init, mode))),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, gate.client)),
      Layer.buildWithScope(scope),
      Effect.onError((cause) =>
        Scope.close(scope, Exit.failCause(cause))
      )
    )
    const queue = Context.get(services, EventQueue)

    const capture = (send: typeof Events.strict.capture) => (message: Capture) =>
      send(captureMessage(message)).pipe(Effect.map(Option.getOrNull), Effect.provide(services))

    return {
      capture: capture(Events.strict.capture),
      captureAi: capture(Events.strict.captureAi),
      flush: Effect.gen(function*() {
        const before = yield* queue.counts
        yield* queue.flush
        return (yield* queue.counts).delivered - before.delivered
      }),
      getFeatureFlag: (message: GetFeatureFlag) =>
        Flags.getFeatureFlag({
          key: message.key,
          distinctId: message.distinct_id,
          personProperties: message.person_properties,
          groups: message.groups,
          groupProperties: message.group_properties,
          disableGeoip: message.disable_geoip
        }).pipe(
          Effect.map(Option.getOrNull),
          // The exposure has been reported with the failure; there is no value.
          Effect.catchTag("RemoteFlagsError", () => Effect.succeed(null)),
          Effect.provide(services)
        ),
      state: Effect.zipWith(queue.counts, journal.entries, (counts, entries) => ({
        pending_events: counts.queued,
        total_events_captured: counts.accepted,
        total_events_sent: entries.sent,
        total_retries: entries.retries,
        last_error: entries.lastError,
        requests_made: entries.requests
      })),
      discard: Effect.zipRight(gate.close, Scope.close(scope, Exit.void))
    }
  }).pipe(Effect.uninterruptible)
