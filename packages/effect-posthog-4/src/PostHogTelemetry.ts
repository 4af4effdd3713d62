// Generated from packages/effect-posthog/src/PostHogTelemetry.ts by packages/tools/editions.mjs: change that file, not this one.
/**
 * Logs, traces and metrics of Effect, sent to PostHog over OTLP with the identity of the request on them.
 *
 * An entry point of its own, `effect-posthog/PostHogTelemetry`, which the root does not re-export: it needs
 * `@effect/opentelemetry`, an optional peer.
 *
 * @since 3.0.0
 */
import * as Context from "effect/Context"
import * as OtlpExporter from "effect/observability/OtlpExporter"
import * as References from "effect/References"
import * as OtlpLogger from "effect/observability/OtlpLogger"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import * as HttpClient from "effect/http/HttpClient"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { oneLine } from "./internal/quote.ts"
import { requestContextRef } from "./internal/requestContext.ts"
import type { RequestContext } from "./internal/requestContext.ts"
import { Warnings } from "./internal/warnings.ts"
import { PostHogConfig } from "./PostHogConfig.ts"
import type { Settings } from "./PostHogConfig.ts"

/**
 * What is sent, and as what.
 *
 * @since 3.0.0
 * @category configuration
 */
export interface Options {
  /** The name of the service. Default: `OTEL_SERVICE_NAME`, else `"effect-posthog"`. */
  readonly serviceName?: string | undefined
  /** Default: `OTEL_SERVICE_VERSION`, else none. */
  readonly serviceVersion?: string | undefined
  /** Attributes of the service. Default: `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** Default: `true`. */
  readonly logs?: boolean | undefined
  /** Default: `true`. */
  readonly traces?: boolean | undefined
  /** Metrics never carry an identity. Default: `true`. */
  readonly metrics?: boolean | undefined
  /** Time between two requests of logs or traces. Default: 1 second for logs, 5 seconds for traces. */
  readonly exportInterval?: Duration.Input | undefined
}

const identityOf = ({ distinctId, sessionId }: RequestContext): ReadonlyArray<readonly [string, string]> => [
  ...(distinctId === undefined || distinctId === "" ? [] : [["posthogDistinctId", distinctId] as const]),
  ...(sessionId === undefined || sessionId === "" ? [] : [["sessionId", sessionId] as const])
]

const withIdentity = (logger: Logger.Logger<unknown, void>): Logger.Logger<unknown, void> =>
  Logger.make((entry) => {
    const identity = identityOf(entry.fiber.getRef(requestContextRef))
    if (identity.length === 0) return logger.log(entry)
    const fiber: Fiber.Fiber<unknown, unknown> = Object.create(entry.fiber, {
      getRef: {
        value: <A>(reference: Context.Reference<A>): A => {
          const value = entry.fiber.getRef(reference)
          return reference.key === References.CurrentLogAnnotations.key
            ? { ...value, ...Object.fromEntries(identity) }
            : value
        }
      }
    })
    return logger.log({ ...entry, fiber })
  })

const currentContext = (): RequestContext =>
  Fiber.getCurrent()?.getRef(requestContextRef) ?? {}

// A span is made by the fiber that it is about.
const tracerWithIdentity = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    span: (...given) => {
      const span = tracer.span(...given)
      for (const [name, value] of identityOf(currentContext())) span.attribute(name, value)
      return span
    },
    ...(tracer.context === undefined ? {} : { context: (primitive, fiber) => tracer.context!(primitive, fiber) })
  })

/** How often an exporter tries to send the same data. */
const attempts = 4

const isTransient = (status: number): boolean => status === 408 || status === 429 || status >= 500

/**
 * Warns when the data of an exporter is lost, and again only after PostHog has taken some: the exporter itself says so at
 * Debug, and drops everything for the next minute.
 */
const withWarning = (signal: string) => (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  const warnings = new Warnings("PostHogTelemetry")
  let failures = 0
  const failed = (problem: string, isFinal: boolean) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      failures++
      return isFinal || failures >= attempts
        ? warnings.once("lost", `PostHog does not take ${oneLine(signal)}, which are dropped: ${problem}`, now)
        : Effect.void
    })
  const answered = (status: number) => {
    if (status >= 300) return failed(`it answered with status ${status}`, !isTransient(status))
    failures = 0
    warnings.settle("lost")
    return Effect.void
  }
  return client.pipe(
    HttpClient.tap(({ status }) => answered(status)),
    HttpClient.tapError((error) =>
      error.response !== undefined ? answered(error.response.status) : failed("it cannot be reached", false)
    )
  )
}

const warning = (signal: string): Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient> =>
  Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, withWarning(signal)))

const exporters = (
  { apiKey, host }: Settings,
  { attributes, exportInterval, logs = true, metrics = true, serviceName, serviceVersion, traces = true }: Options
) => {
  const common = {
    headers: { authorization: `Bearer ${Redacted.value(apiKey)}` },
    resource: {
      serviceName: serviceName ?? "effect-posthog",
      serviceVersion,
      ...(attributes === undefined ? {} : { attributes: { ...attributes } })
    },
    ...(exportInterval === undefined ? {} : { exportInterval })
  }
  const urlOf = (signal: string) => `${host}/i/v1/${signal}`
  return Layer.mergeAll(
    logs
      ? Layer.provide(
        Logger.layer([Effect.map(OtlpLogger.make({ ...common, url: urlOf("logs") }), withIdentity)], { mergeWithExisting: true }),
        warning("logs")
      )
      : Layer.empty,
    traces
      ? Layer.provide(
        Layer.unwrap(
          Effect.map(
            OtlpTracer.make({ ...common, url: urlOf("traces") }),
            (tracer) => Layer.succeed(Tracer.Tracer, tracerWithIdentity(tracer))
          )
        ),
        warning("traces")
      )
      : Layer.empty,
    metrics
      ? Layer.provide(OtlpMetrics.layer({ ...common, url: urlOf("metrics") }), warning("metrics"))
      : Layer.empty
  ).pipe(Layer.provide([OtlpSerialization.layerJson, OtlpExporter.layerFlusher]))
}

const serviceNameFromEnvironment = Effect.map(Effect.option(Config.String("OTEL_SERVICE_NAME")), Option.getOrUndefined)

/**
 * {@link layer} with options.
 *
 * @since 3.0.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<never, never, PostHogConfig | HttpClient.HttpClient> =>
  Layer.unwrap(Effect.gen(function*() {
    const settings = yield* PostHogConfig
    if (!settings.enabled) return Layer.empty
    const serviceName = options.serviceName ?? (yield* serviceNameFromEnvironment)
    return exporters(settings, { ...options, serviceName })
  }))

/**
 * Sends the logs, spans and metrics of the program to the project.
 *
 * **When to use**
 *
 * To see a person's requests beside their events and exceptions in PostHog. With a collector of your own, point it at
 * PostHog instead.
 *
 * **Details**
 *
 * Uses Effect's OTLP exporters, as JSON, to `{host}/i/v1/logs`, `/traces` and `/metrics` with the project API key. Log
 * records and spans of a fiber with a `RequestContext` carry `posthogDistinctId` and `sessionId`; metrics carry neither.
 * What cannot be sent is dropped for a minute, with one warning until PostHog takes that kind of data again.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 * import { Effect, Layer } from "effect"
 * import { PostHog } from "effect-posthog"
 * import * as PostHogTelemetry from "effect-posthog/PostHogTelemetry"
 *
 * const Live = PostHogTelemetry.layer.pipe(
 *   Layer.provideMerge(PostHog.layerDisabled),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * await Effect.runPromise(Effect.log("started").pipe(Effect.provide(Live)))
 * ```
 *
 * @since 3.0.0
 * @category layers
 */
export const layer: Layer.Layer<never, never, PostHogConfig | HttpClient.HttpClient> = layerWith({})
