import { PostHogTest } from "@effect-posthog/testkit"
import type { Logger } from "@opentelemetry/api-logs"
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs"
import { Effect, Layer } from "effect"
import { evaluateFlags, FlagTelemetry } from "effect-posthog"
import type { EmitFlagRead } from "effect-posthog/FlagTelemetry"
import { strict as assert } from "node:assert"

// #region bridge
/** Reads of flags as OpenTelemetry's log-based events, beside the events on spans. */
const flagLogs = (logger: Logger) => {
  const emit: EmitFlagRead = (read, span) => {
    FlagTelemetry.spanEvent(read, span)
    const seconds = Number(read.time / 1_000_000_000n)
    logger.emit({
      eventName: read.name,
      attributes: read.attributes as Record<string, string>,
      timestamp: [seconds, Number(read.time % 1_000_000_000n)]
    })
  }
  return Layer.succeed(FlagTelemetry, emit)
}
// #endregion

const exporter = new InMemoryLogRecordExporter()
const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] })

const program = Effect.gen(function*() {
  const flags = yield* evaluateFlags({ distinctId: "ada" })
  yield* flags.getFlag("pricing")
  yield* flags.getFlag("pricing")
})

await Effect.runPromise(
  program.pipe(
    Effect.provide(flagLogs(provider.getLogger("flags"))),
    Effect.provide(PostHogTest.layer({ flags: { pricing: "annual" } }))
  )
)
const records = exporter.getFinishedLogRecords()
assert.equal(records.length, 1)
assert.equal(records[0]?.eventName, "feature_flag.evaluation")
assert.equal(records[0]?.attributes["feature_flag.key"], "pricing")
assert.equal(records[0]?.attributes["feature_flag.result.variant"], "annual")
