import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { PromiseLogger } from "../../PostHogPromise.ts"

const textOf = (message: unknown): string =>
  (Array.isArray(message) ? message : [message])
    .map((part) => typeof part === "string" ? part : part instanceof Error ? part.message : JSON.stringify(part))
    .join(" ")

const detailsOf = (annotations: HashMap.HashMap<string, unknown>, cause: Cause.Cause<unknown>) => ({
  ...Object.fromEntries(HashMap.toEntries(annotations)),
  ...(Cause.isEmpty(cause) ? {} : { cause: Cause.pretty(cause) })
})

const methodOf = (logger: PromiseLogger, level: LogLevel.LogLevel): PromiseLogger["warn"] | undefined => {
  if (LogLevel.greaterThanEqual(level, LogLevel.Error)) return logger.error
  if (LogLevel.greaterThanEqual(level, LogLevel.Warning)) return logger.warn
  return LogLevel.greaterThanEqual(level, LogLevel.Info) ? logger.info : logger.debug
}

const given = (logger: PromiseLogger): Logger.Logger<unknown, void> =>
  Logger.make(({ annotations, cause, logLevel, message }) => {
    try {
      methodOf(logger, logLevel)?.call(logger, textOf(message), detailsOf(annotations, cause))
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
    ? Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))
    : Layer.merge(
      Logger.replace(Logger.defaultLogger, given(logger)),
      Logger.minimumLogLevel(logger.debug === undefined ? LogLevel.Info : LogLevel.Debug)
    )

/**
 * Logs without a client, which may be closed.
 *
 * @internal
 */
export const logBeside = (layer: Layer.Layer<never>, effect: Effect.Effect<void>): void => {
  Effect.runFork(Effect.provide(effect, layer))
}
