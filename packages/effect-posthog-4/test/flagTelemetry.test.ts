// Generated from packages/effect-posthog/test/flagTelemetry.test.ts by packages/tools/editions.mjs: change that file, not this one.
import { makeLogger } from "./support/standIns.ts"
import { describe, it } from "./support/effectVitest.ts"
import { deepStrictEqual, strictEqual } from "./support/assertions.ts"
import { Effect, Layer, Logger, Tracer } from "effect"
import { evaluateFlags, Flag, FlagSetId, FlagSnapshot, FlagTelemetry, TraceDistinctId } from "effect-posthog-4"
import type { FlagRead } from "effect-posthog-4"
import { LocalEvaluator } from "../src/LocalEvaluator.ts"
import * as Doubles from "./support/doubles.ts"

const ada = { distinctId: "ada" }

const recording = () => {
  const reads: Array<FlagRead> = []
  return { reads, layer: Layer.succeed(FlagTelemetry, (read: FlagRead) => void reads.push(read)) }
}

const services = () => Doubles.services({ local: Doubles.evaluation({ pricing: Doubles.resolved("annual") }) }).layer

describe("FlagTelemetry", () => {
  it.effect("gets the first read of each snapshot and key, whether or not an exposure follows", () => {
    const { layer, reads } = recording()
    return Effect.gen(function*() {
      for (const _ of [1, 2]) {
        const snapshot = yield* evaluateFlags(ada)
        yield* snapshot.getFlag("pricing")
        yield* snapshot.isEnabled("pricing")
        yield* (yield* snapshot.onlyAccessed).isEnabled("pricing")
        snapshot.getFlagPayload("pricing")
      }
      yield* FlagSnapshot.fromValues({ pricing: "annual" }).isEnabled("pricing")
      strictEqual(reads.length, 3)
      strictEqual(reads[0]?.attributes["feature_flag.result.variant"], "annual")
    }).pipe(Effect.provide([services(), layer]))
  })

  it.effect("says whom and which set a read is about where that is wanted", () => {
    const { layer, reads } = recording()
    return Effect.gen(function*() {
      yield* (yield* evaluateFlags(ada)).isEnabled("pricing")
      yield* Effect.flatMap(evaluateFlags(ada), (snapshot) => snapshot.isEnabled("pricing")).pipe(
        Effect.provideService(TraceDistinctId, true),
        Effect.provideService(FlagSetId, "shop")
      )
      deepStrictEqual(
        reads.map(({ attributes }) => [attributes["feature_flag.context.id"], attributes["feature_flag.set.id"]]),
        [[undefined, undefined], ["ada", "shop"]]
      )
    }).pipe(Effect.provide([services(), layer]))
  })

  it.effect("tells errors apart", () => {
    const { layer, reads } = recording()
    const lastError = () => reads.at(-1)?.attributes["error.type"]
    return Effect.gen(function*() {
      yield* (yield* evaluateFlags(ada)).isEnabled("gone")
      strictEqual(lastError(), "flag_not_found")
      yield* Effect.ignore((yield* evaluateFlags(ada)).get(Flag.boolean("pricing")))
      strictEqual(lastError(), "type_mismatch")
      yield* (yield* evaluateFlags({})).isEnabled("pricing")
      strictEqual(lastError(), "targeting_key_missing")
      const unloaded = evaluateFlags({ ...ada, onlyEvaluateLocally: true }).pipe(
        Effect.provide(LocalEvaluator.layerNoop)
      )
      yield* (yield* unloaded).isEnabled("pricing")
      strictEqual(lastError(), "provider_not_ready")
    }).pipe(Effect.provide([services(), layer]))
  })

  it.effect("is not let down by a function that throws", () => {
    const logged: Array<string> = []
    const logger = Logger.layer([makeLogger(({ message }) => logged.push(String(message)))])
    return Effect.gen(function*() {
      const snapshot = yield* evaluateFlags(ada)
      strictEqual(yield* snapshot.isEnabled("pricing"), true)
      deepStrictEqual(logged.map((line) => line.split(",")[0]), ["A function given as FlagTelemetry failed"])
    }).pipe(
      Effect.provideService(FlagTelemetry, () => {
        throw new Error("broken")
      }),
      Effect.provide([services(), logger])
    )
  })

  it.effect("keeps a bounded number of events on one span", () => {
    const events: Array<string> = []
    const attributes: Record<string, unknown> = {}
    const tracer = Tracer.make({
      span: ({ annotations: context, kind, links, name, parent, startTime }) => ({
        _tag: "Span",
        name,
        spanId: "1",
        traceId: "1",
        sampled: true,
        parent,
        context,
        links,
        kind,
        status: { _tag: "Started", startTime },
        attributes: new Map(),
        addLinks: () => {},
        end: () => {},
        attribute: (key, value) => {
          attributes[key] = value
        },
        event: (event) => events.push(event)
      })
    })
    return Effect.gen(function*() {
      const keys = Array.from({ length: 200 }, (_, index) => `flag-${index}`)
      const snapshot = FlagSnapshot.fromValues(Object.fromEntries(keys.map((key) => [key, true])))
      yield* Effect.forEach(keys, (key) => snapshot.isEnabled(key)).pipe(Effect.withSpan("process"))
      strictEqual(events.length, 128)
      deepStrictEqual(attributes, { "posthog.flags.reads_not_recorded": 72 })
    }).pipe(Effect.provide(Layer.succeed(Tracer.Tracer, tracer)))
  })
})
