// Generated from packages/effect-posthog/src/internal/promise/logging.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { PromiseLogger } from "../../PostHogPromise.ts"

const textOf = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => typeof part === "string" ? part : part instanceof Error ? part.message : JSON.stringify(part))
    .join(" ")

const detailsOf = (annotations: Readonly<Record<string, unknown>>, cause: Cause.Cause<unknown>) => ({
  ...annotations,
  ...((cause.reasons.length === 0) ? {} : { cause: Cause.pretty(cause) })
})

const methodOf = (logger: PromiseLogger, level: LogLevel.LogLevel): PromiseLogger["warn"] | undefined => {
  if (LogLevel.isGreaterThanOrEqualTo(level, "Error")) return logger.error
  if (LogLevel.isGreaterThanOrEqualTo(level, "Warn")) return logger.warn
  return LogLevel.isGreaterThanOrEqualTo(level, "Info") ? logger.info : logger.debug
}

const given = (logger: PromiseLogger): Logger.Logger<unknown, void> =>
  Logger.make(({ cause, fiber, logLevel, message }) => {
    try {
      methodOf(logger, logLevel)?.call(logger, textOf(message), detailsOf(fiber.getRef(References.CurrentLogAnnotations), cause))
    } catch {
      // A logger that throws must not take down what it logs about, and there is no other place to say so.
    }
  })

/**
 * Where a client for code outside Effect logs to: the logger given, or standard error, which keeps the program's output
 * clean.
 *
 * @internal
 */
export const loggerLayer = (logger: PromiseLogger | undefined): Layer.Layer<never> =>
  logger === undefined
    ? Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)])
    : Layer.merge(
      Logger.layer([given(logger)]),
      Layer.succeed(References.MinimumLogLevel, logger.debug === undefined ? "Info" : "Debug")
    )

/**
 * Logs without a client, which may be closed.
 *
 * @internal
 */
export const logBeside = (layer: Layer.Layer<never>, effect: Effect.Effect<void>): void => {
  Effect.runFork(Effect.provide(effect, layer))
}
