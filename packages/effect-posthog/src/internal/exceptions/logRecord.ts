import * as Cause from "effect/Cause"
import * as HashMap from "effect/HashMap"
import type * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as library from "../library.ts"
import { type Level, levelOf } from "./levels.ts"
import { ofLogRecord, type Origin } from "./origin.ts"
import { isError } from "./reading.ts"

/** The levels by which records of the log are chosen. */
type Severity = Exclude<Level, "log">

const logLevels: Readonly<Record<Severity, LogLevel.LogLevel>> = {
  fatal: LogLevel.Fatal,
  error: LogLevel.Error,
  warning: LogLevel.Warning,
  info: LogLevel.Info,
  debug: LogLevel.Debug
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

const failuresIn = ({ cause, message }: Logger.Logger.Options<unknown>): ReadonlyArray<unknown> =>
  Cause.isEmptyType(cause)
    ? (Array.isArray(message) ? message : [message]).filter(isError).slice(0, mostFailures)
    : [cause]

// Otherwise a delivery that fails would make the next event.
const isOurs = (annotations: HashMap.HashMap<string, unknown>): boolean =>
  Option.contains(HashMap.get(annotations, "package"), library.name)

/**
 * A record with something to report, or `undefined`. A logger runs within the step of the fiber that logs.
 *
 * @internal
 */
export const recordOf = (record: Logger.Logger.Options<unknown>, minimum: Severity): LogRecord | undefined => {
  if (LogLevel.lessThan(record.logLevel, logLevels[minimum] ?? LogLevel.Error) || isOurs(record.annotations)) {
    return undefined
  }
  const failures = failuresIn(record)
  return failures.length === 0
    ? undefined
    : { failures, level: levelOf(record.logLevel._tag) ?? "error", origin: ofLogRecord(record) }
}
