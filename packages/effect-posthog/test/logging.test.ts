import { PostHogTest } from "@effect-posthog/testkit"
import { FetchHttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Effect, Layer, Logger, LogLevel, Redacted } from "effect"
import { evaluateFlags, Events, FlagOverrides, PostHog } from "effect-posthog"

/** Where each message that an effect logs says it is from. */
const modules = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const found: Array<Readonly<Record<string, unknown>>> = []
    const logger = Logger.make(({ annotations }) => {
      found.push(Object.fromEntries(annotations))
    })
    yield* effect.pipe(
      Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
      Logger.withMinimumLogLevel(LogLevel.Debug)
    )
    return found
  })

const from = (module: string) => ({ package: "effect-posthog", module })

const ada = { distinctId: "ada" }

describe("what the library logs says where it is from", () => {
  it.effect("when flags are evaluated, read and captured", () =>
    Effect.gen(function*() {
      const program = Effect.gen(function*() {
        const posthog = yield* PostHogTest.PostHogTest
        yield* evaluateFlags({})
        yield* posthog.limitRemote()
        yield* evaluateFlags(ada)
        yield* posthog.failFlags("beta")
        const flags = yield* evaluateFlags(ada)
        yield* flags.only(["unheard-of"])
        yield* posthog.failRemote("Timeout")
        yield* Events.captureWithFlags({ event: "paid", ...ada })
        yield* Events.captureWithFlags({ event: "paid", ...ada, flags })
      })
      const lines = yield* modules(Effect.provide(program, PostHogTest.layer({ flags: { beta: true } })))
      // Each module once: how often it logs is its own test's business.
      deepStrictEqual(
        [...new Set(lines.map((line) => `${line["package"]} ${line["module"]}`))].sort(),
        ["EvaluateFlags", "EventQueue", "Events", "FlagSnapshot"].map((module) => `effect-posthog ${module}`)
      )
    }))

  it.effect("to each client: what one was told does not silence another", () =>
    Effect.gen(function*() {
      const client = PostHog.layer({ apiKey: Redacted.make("phc_test"), host: "http://127.0.0.1:9" }).pipe(
        Layer.provide(FetchHttpClient.layer)
      )
      const program = Effect.all([evaluateFlags(), evaluateFlags()]).pipe(Effect.provide(client))
      const lines = yield* Effect.all([modules(program), modules(program)])
      const warned = lines.map((all) => all.filter(({ module }) => module === "EvaluateFlags").length)
      // A debug line for each, and one warning.
      deepStrictEqual(warned, [1, 1])
    }))

  it.effect("when layers are built", () =>
    Effect.gen(function*() {
      const overrides = FlagOverrides.layer({ beta: true }).pipe(Layer.provide(PostHog.layerDisabled))
      const client = PostHog.layerFromEnv.pipe(Layer.provide([
        FetchHttpClient.layer,
        Layer.setConfigProvider(
          ConfigProvider.fromMap(new Map([["POSTHOG_API_KEY", "phc_test"], ["POSTHOG_CAPTURE_MODE", "v7"]]))
        )
      ]))
      deepStrictEqual(
        [
          ...yield* modules(Effect.scoped(Layer.build(overrides))),
          ...yield* modules(Effect.scoped(Layer.build(client)))
        ],
        [from("FlagOverrides"), from("PostHogConfig")]
      )
    }))
})
