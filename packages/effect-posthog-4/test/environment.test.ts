// Generated from packages/effect-posthog/test/environment.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "./support/standIns.ts"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { assert, describe, it } from "./support/effectVitest.ts"
import { assertNone, deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Config, ConfigProvider, Effect, Layer, Logger, Redacted } from "effect"
import { evaluateFlags, Events, PostHog, PostHogConfig } from "effect-posthog-4"

const reading = (variables: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.fromEnv({ env: Object.fromEntries(new Map(Object.entries(variables))) }))

const fromEnv = (variables: Readonly<Record<string, string>>) =>
  PostHog.layerFromEnv.pipe(Layer.provide([FetchHttpClient.layer, reading(variables)]))

const settings = (variables: Readonly<Record<string, string>>) =>
  Effect.provide(PostHogConfig, fromEnv({ POSTHOG_API_KEY: "phc_test", ...variables }))

describe("PostHog.layerFromEnv", () => {
  it.effect("reads the key, the host, the secret and the mode", () =>
    Effect.gen(function*() {
      const { apiKey, enabled, events, host, secretKey } = yield* settings({
        POSTHOG_HOST: "https://eu.i.posthog.com",
        POSTHOG_SECRET_KEY: "phs_test",
        POSTHOG_CAPTURE_MODE: "v1"
      })
      deepStrictEqual([enabled, host, events.protocol], [true, "https://eu.i.posthog.com", "v1"])
      strictEqual(Redacted.value(apiKey), "phc_test")
      strictEqual(secretKey === undefined ? undefined : Redacted.value(secretKey), "phs_test")
    }))

  it.effect("takes an empty variable for one that is not set", () =>
    Effect.gen(function*() {
      const { enabled, events, host, secretKey } = yield* settings({
        POSTHOG_HOST: "",
        POSTHOG_SECRET_KEY: " ",
        POSTHOG_CAPTURE_MODE: "",
        POSTHOG_DISABLED: ""
      })
      deepStrictEqual([enabled, host, secretKey, events.protocol], [true, "https://us.i.posthog.com", undefined, "v0"])
    }))

  it.effect("warns of a mode that it does not know, and uses the older one", () =>
    Effect.gen(function*() {
      const warnings: Array<string> = []
      const logger = makeLogger(({ logLevel, message }) => warnings.push(`${logLevel.label} ${message}`))
      const { events } = yield* Effect.provide(
        settings({ POSTHOG_CAPTURE_MODE: "v7" }),
        Logger.layer([logger])
      )
      strictEqual(events.protocol, "v0")
      deepStrictEqual(warnings, ["WARN POSTHOG_CAPTURE_MODE is neither v0 nor v1; events are sent with v0"])
    }))

  it.effect("is disabled, and needs no key, with POSTHOG_DISABLED=true", () =>
    Effect.gen(function*() {
      deepStrictEqual((yield* evaluateFlags({ distinctId: "ada" })).keys, [])
      assertNone(yield* Events.capture({ event: "paid", distinctId: "ada" }))
    }).pipe(Effect.provide(fromEnv({ POSTHOG_DISABLED: "true" }))))

  it.effect("fails without a key, and for what is neither true nor false", () =>
    Effect.gen(function*() {
      const failure = (variables: Readonly<Record<string, string>>) =>
        Effect.map(Effect.flip(Layer.build(fromEnv(variables))), ({ _tag }) => _tag)
      deepStrictEqual(
        yield* Effect.all([
          failure({}),
          failure({ POSTHOG_API_KEY: "" }),
          failure({ POSTHOG_API_KEY: "phc_test", POSTHOG_DISABLED: "perhaps" }),
          failure({ POSTHOG_API_KEY: "phc_test", POSTHOG_SECRET_KEY: "phc_test" })
        ]),
        ["ConfigError", "ConfigError", "ConfigError", "PostHogConfigError"]
      )
    }).pipe(Effect.scoped))
})

describe("PostHogConfig.layerFromEnv", () => {
  it.effect("names the variable at fault", () =>
    Effect.gen(function*() {
      const message = (variables: Readonly<Record<string, string>>) =>
        Effect.map(
          Effect.flip(Layer.build(Layer.provide(PostHogConfig.layerFromEnv, reading(variables)))),
          (error) => error._tag === "PostHogConfigError" ? error.message : error._tag
        )
      assert.include(
        yield* message({ POSTHOG_API_KEY: "phc_test", POSTHOG_SECRET_KEY: "phc_test" }),
        "POSTHOG_SECRET_KEY (secretKey): is a project API key"
      )
      assert.include(yield* message({ POSTHOG_API_KEY: "phc_test", POSTHOG_HOST: "eu" }), "POSTHOG_HOST (host)")
    }).pipe(Effect.scoped))
})

describe("PostHog.layerConfig", () => {
  it.effect("reads options from configs, and takes functions beside them", () =>
    Effect.gen(function*() {
      const { events, host } = yield* PostHogConfig
      deepStrictEqual([host, events.flushAt, events.beforeSend.length], ["https://posthog.example", 7, 1])
    }).pipe(Effect.provide(
      PostHog.layerConfig(
        {
          apiKey: Config.Redacted("KEY"),
          host: Config.String("HOST"),
          events: { flushAt: Config.Int("FLUSH_AT") }
        },
        { beforeSend: (event) => event }
      ).pipe(Layer.provide([
        FetchHttpClient.layer,
        reading({ KEY: "phc_test", HOST: "https://posthog.example/", FLUSH_AT: "7" })
      ]))
    )))
})
