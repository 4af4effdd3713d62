// Generated from packages/effect-posthog/test/configuration.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Context, Duration, Effect, Layer, Redacted } from "effect"
import { PostHogConfig, type PostHogConfigError } from "effect-posthog-4"
import type { Options } from "effect-posthog-4/PostHogConfig"

const settings = (options: Partial<Options> = {}) =>
  Layer.build(PostHogConfig.layer({ apiKey: Redacted.make("phc_test"), ...options })).pipe(
    Effect.map((context) => Context.get(context, PostHogConfig)),
    Effect.scoped
  )

const problem = (options: Record<string, unknown>): Effect.Effect<PostHogConfigError> =>
  Effect.orDie(Effect.mapError(Effect.flip(settings(options as Partial<Options>)), () => new Error("the options were accepted")))

describe("PostHogConfig.layer", () => {
  it.effect("fills in the defaults", () =>
    Effect.gen(function*() {
      const { definitions, events, flags, ...more } = yield* settings()
      strictEqual(more.host, "https://us.i.posthog.com")
      deepStrictEqual([more.enabled, more.disableGeoip, more.isServer], [true, true, true])
      strictEqual(more.secretKey, undefined)
      strictEqual(more.dedup.capacity, 50_000)
      deepStrictEqual(
        [Duration.toMillis(flags.requestTimeout), flags.maxRetries, flags.onlyEvaluateLocally],
        [3000, 1, false]
      )
      deepStrictEqual(
        [Duration.toMillis(definitions.pollInterval), Duration.toMillis(definitions.requestTimeout)],
        [30_000, 10_000]
      )
      deepStrictEqual(
        [events.protocol, events.compression, events.flushAt, events.maxBatchSize, events.queueSize, events.whenFull],
        ["v0", "gzip", 20, 100, 10_000, "dropOldest"]
      )
      deepStrictEqual(
        [events.flushInterval, events.requestTimeout, events.retryBase, events.shutdownTimeout].map(Duration.toMillis),
        [5000, 10_000, 1000, 30_000]
      )
    }))

  it.effect("tidies hosts and keys", () =>
    Effect.gen(function*() {
      const host = (text: string) => Effect.map(settings({ host: text }), ({ host }) => host)
      strictEqual(yield* host("  "), "https://us.i.posthog.com")
      strictEqual(yield* host(" http://localhost:8000/ "), "http://localhost:8000")
      strictEqual(yield* host("https://proxy.example.com/ingest///"), "https://proxy.example.com/ingest")
      strictEqual(yield* host("https://app.posthog.com"), "https://us.i.posthog.com")
      strictEqual(yield* host("https://us.posthog.com/"), "https://us.i.posthog.com")
      strictEqual(yield* host("https://eu.posthog.com"), "https://eu.i.posthog.com")
      const { apiKey, secretKey } = yield* settings({
        apiKey: Redacted.make(" phc_a\n"),
        secretKey: Redacted.make(" phs_b ")
      })
      strictEqual(Redacted.value(apiKey), "phc_a")
      strictEqual(secretKey === undefined ? undefined : Redacted.value(secretKey), "phs_b")
    }))

  it.effect("bounds retries of flags instead of refusing them", () =>
    Effect.gen(function*() {
      const retries = (maxRetries: number) =>
        Effect.map(settings({ flags: { maxRetries } }), ({ flags }) => flags.maxRetries)
      deepStrictEqual(yield* Effect.forEach([-3, 0, 2.7, 9, 99, Infinity], retries), [0, 0, 2, 9, 9, 9])
    }))

  const unusable: ReadonlyArray<readonly [option: string, options: Record<string, unknown>]> = [
    ["apiKey", { apiKey: Redacted.make("") }],
    ["apiKey", { apiKey: Redacted.make("  ") }],
    ["apiKey", { apiKey: "phc_not_redacted" }],
    ["apiKey", { apiKey: Redacted.make("phc_\u0000") }],
    ["apiKey", { apiKey: Redacted.make("phx_personal") }],
    ["apiKey", { apiKey: Redacted.make("phs_secret") }],
    ["apiKey", { apiKey: Redacted.make(`"phc_quoted"`) }],
    ["host", { host: "us.i.posthog.com" }],
    ["host", { host: "no url" }],
    ["host", { host: "ftp://example.com" }],
    ["host", { host: "http://user:password@example.com" }],
    ["host", { host: "https://example.com/?a=1" }],
    ["host", { host: 7 }],
    ["secretKey", { secretKey: Redacted.make("phc_project") }],
    ["secretKey", { secretKey: Redacted.make("") }],
    ["enabled", { enabled: "yes" }],
    ["flags.maxRetries", { flags: { maxRetries: Number.NaN } }],
    ["flags.requestTimeout", { flags: { requestTimeout: 0 } }],
    ["flags.requestTimeout", { flags: { requestTimeout: "soon" } }],
    ["flags.requestTimeout", { flags: { requestTimeout: Duration.infinity } }],
    ["flags.evaluationContexts", { flags: { evaluationContexts: "backend" } }],
    ["flags.evaluationContexts", { flags: { evaluationContexts: [1] } }],
    ["definitions.timeZone", { definitions: { timeZone: "Mars/Olympus" } }],
    ["definitions.timeZone", { definitions: { timeZone: 1 } }],
    ["definitions.pollInterval", { definitions: { pollInterval: "never" } }],
    ["events.flushAt", { events: { flushAt: 0 } }],
    ["events.maxBatchSize", { events: { maxBatchSize: -1 } }],
    ["events.queueSize", { events: { queueSize: 1.5 } }],
    ["events.protocol", { events: { protocol: "v9" } }],
    ["events.compression", { events: { compression: "br" } }],
    ["events.compression", { events: { compression: "zstd" } }],
    ["events.whenFull", { events: { whenFull: "explode" } }],
    ["events.retryBase", { events: { retryBase: -1 } }],
    ["events.shutdownTimeout", { events: { shutdownTimeout: Number.NaN } }],
    ["events.shutdownTimeout", { events: { shutdownTimeout: "-1 seconds" } }],
    ["events.beforeSend", { events: { beforeSend: [1] } }],
    ["dedup.capacity", { dedup: { capacity: 0 } }]
  ]

  for (const [option, options] of unusable) {
    it.effect(`fails for ${JSON.stringify(options)}, naming ${option}`, () =>
      Effect.gen(function*() {
        const failure = yield* problem(options)
        strictEqual(failure._tag, "PostHogConfigError")
        strictEqual(failure.option, option)
        strictEqual(failure.message, `${option}: ${failure.problem}`)
      }))
  }

  it.effect("understands hosts as people write them", () =>
    Effect.gen(function*() {
      const written: ReadonlyArray<readonly [string, string]> = [
        ["HTTPS://US.I.PostHog.com/", "https://us.i.posthog.com"],
        ["http://app.posthog.com", "https://us.i.posthog.com"],
        ["https://app.posthog.com:443/", "https://us.i.posthog.com"],
        ["https://eu.posthog.com", "https://eu.i.posthog.com"],
        ["http://eu.i.posthog.com", "https://eu.i.posthog.com"],
        ["https://PostHog.example:8443/ingest//", "https://posthog.example:8443/ingest"],
        [" http://localhost:8000 ", "http://localhost:8000"]
      ]
      for (const [given, host] of written) strictEqual((yield* settings({ host: given })).host, host)
    }))

  it.effect("suggests the URL that a host without a scheme was meant to be", () =>
    Effect.gen(function*() {
      const such = ", such as https://us.i.posthog.com or https://eu.i.posthog.com"
      const hosts: ReadonlyArray<readonly [host: string, advice: string]> = [
        ["eu.i.posthog.com", ": did you mean https://eu.i.posthog.com?"],
        ["proxy.example.com:8443/ingest", ": did you mean https://proxy.example.com:8443/ingest?"],
        ["EU", ": did you mean https://eu.i.posthog.com?"],
        ["localhost:8000", ": did you mean http://localhost:8000?"],
        ["127.0.0.1:8000", ": did you mean http://127.0.0.1:8000?"],
        ["[::1]:8000/ingest", ": did you mean http://[::1]:8000/ingest?"],
        ["posthog:8000", ": did you mean http://posthog:8000?"],
        ["posthog", such],
        ["phx_secret", such],
        ["user:secret@example.com", such],
        ["ftp://example.com", such],
        ["//example.com", such],
        ["http//example.com", such]
      ]
      for (const [host, advice] of hosts) {
        strictEqual((yield* problem({ host })).message, `host: is not an http or https URL${advice}`)
      }
    }))

  it.effect("lets a disabled client do without a key", () =>
    Effect.gen(function*() {
      strictEqual((yield* settings({ apiKey: Redacted.make(""), enabled: false })).enabled, false)
    }))
})
