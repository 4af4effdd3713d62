import { Fault, PostHogServer } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Logger, Metric, Redacted } from "effect"
import { PostHog, PostHogConfig, RequestContext } from "effect-posthog"
import * as PostHogTelemetry from "effect-posthog/PostHogTelemetry"

const telemetry = (options: PostHogTelemetry.Options, enabled = true) =>
  Layer.unwrapEffect(
    Effect.map(PostHogServer.PostHogServer, ({ url }) =>
      PostHogTelemetry.layerWith({ exportInterval: "20 millis", ...options }).pipe(
        Layer.provide(PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), host: url, enabled })),
        Layer.provide(FetchHttpClient.layer)
      ))
  )

// Without the console, that is: a program's own logger would print what is sent.
const silent = Logger.remove(Logger.defaultLogger)

const text = (value: unknown): string => JSON.stringify(value)

describe("PostHogTelemetry", () => {
  it.live("sends logs and spans with the identity of their request, and metrics without", () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.PostHogServer
      const program = Effect.log("order placed").pipe(
        Effect.withSpan("place order"),
        RequestContext.with({ distinctId: "ada-17", sessionId: "session-3" }),
        Effect.zipRight(Metric.increment(Metric.counter("orders")))
      )
      // The exporters send what is left when their scope closes.
      yield* program.pipe(Effect.provide(telemetry({ serviceName: "shop" })), Effect.provide(silent))
      const [logs] = yield* server.requestsTo("logs")
      const [traces] = yield* server.requestsTo("traces")
      const [metrics] = yield* server.requestsTo("metrics")
      for (const request of [logs, traces, metrics]) {
        strictEqual(request?.headers["authorization"], "Bearer phc_test")
        assert.include(text(request?.body), `"shop"`)
      }
      for (const request of [logs, traces]) {
        assert.include(text(request?.body), `{"key":"posthogDistinctId","value":{"stringValue":"ada-17"}}`)
        assert.include(text(request?.body), `{"key":"sessionId","value":{"stringValue":"session-3"}}`)
      }
      assert.include(text(logs?.body), "order placed")
      assert.include(text(traces?.body), "place order")
      assert.include(text(metrics?.body), "orders")
      assert.notInclude(text(metrics?.body), "ada-17")
    }).pipe(Effect.provide(PostHogServer.layer())))

  it.live("leaves out the signals that are switched off, and everything for a disabled client", () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.PostHogServer
      const program = Effect.provide(Effect.withSpan(Effect.log("hello"), "work"), silent)
      yield* Effect.provide(program, telemetry({ logs: false, metrics: false }))
      deepStrictEqual((yield* server.requests).map(({ path }) => path), ["/i/v1/traces"])
      yield* server.reset
      yield* Effect.provide(program, telemetry({}, false))
      deepStrictEqual(yield* server.requests, [])
    }).pipe(Effect.provide(PostHogServer.layer())))

  it.live("warns once of each kind of data that PostHog refuses", () =>
    Effect.gen(function*() {
      const server = yield* PostHogServer.PostHogServer
      yield* server.always("logs", Fault.status(401))
      const warnings: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel.label === "WARN") warnings.push(String(message))
      })
      yield* Effect.withSpan(Effect.log("hello"), "work").pipe(
        Effect.provide(telemetry({ metrics: false })),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      assert.isNotEmpty(yield* server.requestsTo("traces"))
      deepStrictEqual(warnings, ["PostHog does not take logs, which are dropped: it answered with status 401"])
    }).pipe(Effect.provide(PostHogServer.layer())))

  it.effect("costs a disabled program nothing", () =>
    Effect.provide(
      Effect.void,
      PostHogTelemetry.layer.pipe(Layer.provideMerge(PostHog.layerDisabled), Layer.provide(FetchHttpClient.layer))
    ))
})
