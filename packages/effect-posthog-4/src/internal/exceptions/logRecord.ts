// Generated from packages/effect-posthog/src/internal/exceptions/logRecord.ts by packages/tools/editions.mjs: change that file, not this one.
import * as References from "effect/References"
import type * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as library from "../library.ts"
import { type Level, levelOf } from "./levels.ts"
import { ofLogRecord, type Origin } from "./origin.ts"
import { isError } from "./reading.ts"

/** The levels by which records of the log are chosen. */
type Severity = Exclude<Level, "log">

const logLevels: Readonly<Record<Severity, LogLevel.LogLevel>> = {
  fatal: "Fatal",
  error: "Error",
  warning: "Warn",
  info: "Info",
  debug: "Debug"
}

const mostFailures = 10

/**
 * What a logger keeps of a record until it is reported.
 *
 * @internal
 */
export interface LogRecord {
  readonly failures: ReadonlyArray<unknown>
  readonly level: Level
  readonly origin: Origin
}

const failuresIn = ({ cause, message }: Logger.Options<unknown>): ReadonlyArray<unknown> =>
  (cause.reasons.length === 0)
    ? (Array.isArray(message) ? message : [message]).filter(isError).slice(0, mostFailures)
    : [cause]

// Otherwise a delivery that fails would make the next event.
const isOurs = ({ fiber }: Logger.Options<unknown>): boolean =>
  fiber.getRef(References.CurrentLogAnnotations)["package"] === library.name

/**
 * A record with something to report, or `undefined`. A logger runs within the step of the fiber that logs.
 *
 * @internal
 */
export const recordOf = (record: Logger.Options<unknown>, minimum: Severity): LogRecord | undefined => {
  if (LogLevel.isLessThan(record.logLevel, logLevels[minimum] ?? "Error") || isOurs(record)) {
    return undefined
  }
  const failures = failuresIn(record)
  return failures.length === 0
    ? undefined
    : { failures, level: levelOf(record.logLevel) ?? "error", origin: ofLogRecord(record) }
}
