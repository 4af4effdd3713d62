import type { FileSystem } from "@effect/platform"
import { HttpServerResponse } from "@effect/platform"
import { Data, Effect, Layer, type Option } from "effect"
import type { EventId, EventQueue } from "effect-posthog"
import * as Exceptions from "effect-posthog/Exceptions"
import { describe, expect, it } from "tstyche"

declare const job: Effect.Effect<number, "failed", FileSystem.FileSystem>
type Reported = Effect.Effect<number, "failed", FileSystem.FileSystem | EventQueue>

describe("Exceptions", () => {
  it("reporting needs a queue and never fails", () => {
    expect(Exceptions.report(new Error("x"))).type.toBe<Effect.Effect<Option.Option<EventId>, never, EventQueue>>()
    expect(Exceptions.report).type.not.toBeCallableWith(new Error("x"), { level: "loud" })
  })

  it("withReporting keeps the types of the effect in every form", () => {
    expect(job.pipe(Exceptions.withReporting)).type.toBe<Reported>()
    expect(job.pipe(Exceptions.withReporting())).type.toBe<Reported>()
    expect(job.pipe(Exceptions.withReporting({ defectsOnly: true }))).type.toBe<Reported>()
    expect(Exceptions.withReporting(job)).type.toBe<Reported>()
    expect(Exceptions.withReporting(job, { handled: true, ignore: () => false })).type.toBe<Reported>()
    expect(Exceptions.withReporting).type.not.toBeCallableWith({ defectOnly: true })
  })

  it("main, rpc and middleware add the queue alone", () => {
    expect(job.pipe(Exceptions.main)).type.toBe<Reported>()
    expect(Exceptions.rpc({ next: job })).type.toBe<Reported>()
    expect(Exceptions.rpcWith({ defectsOnly: false })({ next: job })).type.toBe<Reported>()
    expect(Exceptions.middleware(HttpServerResponse.json({}))).type.toBe<
      Effect.Effect<
        HttpServerResponse.HttpServerResponse,
        Effect.Effect.Error<ReturnType<typeof HttpServerResponse.json>>,
        EventQueue
      >
    >()
    expect(Exceptions.middlewareWith({ minStatus: 400 })(HttpServerResponse.text("x"))).type.toBe<
      Effect.Effect<HttpServerResponse.HttpServerResponse, never, EventQueue>
    >()
  })

  it("layers", () => {
    expect(Exceptions.layerLogger).type.toBe<Layer.Layer<never, never, EventQueue>>()
    expect(Exceptions.layerLoggerWith({ minimumLevel: "fatal" })).type.toBe<Layer.Layer<never, never, EventQueue>>()
    expect(Exceptions.layerSourceContext).type.toBe<Layer.Layer<never, never, FileSystem.FileSystem>>()
    expect(Layer.fail("down" as const).pipe(Exceptions.tapLayer)).type.toBe<
      Layer.Layer<unknown, "down", EventQueue>
    >()
  })

  it("the keys are those of Effect 4", () => {
    expect(Exceptions.ignore).type.toBe<"~effect/ErrorReporter/ignore">()
    expect(Exceptions.severity).type.toBe<"~effect/ErrorReporter/severity">()
    expect(Exceptions.attributes).type.toBe<"~effect/ErrorReporter/attributes">()
    class Quiet extends Data.TaggedError("Quiet")<{ readonly id: string }> {
      readonly [Exceptions.ignore] = true
      readonly [Exceptions.severity] = "Warn"
      readonly [Exceptions.attributes] = { id: this.id }
    }
    expect(new Quiet({ id: "1" })[Exceptions.ignore]).type.toBe<true>()
  })
})
