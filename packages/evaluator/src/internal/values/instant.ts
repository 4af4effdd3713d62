/**
 * Dates as the server reads them, as far as that can be reproduced: a closed grammar, without the host's own parser.
 *
 * The server reads a date without an offset, and steps back days and longer, in the time zone of the project. Without
 * knowing it, such a date is a range: the instants that it is in the time zones of the world.
 *
 * @since 1.0.0
 */
import type { CalendarUnit } from "./calendar.ts"
import { daysFromDate, daysInMonth, secondsPerDay, stepBack } from "./calendar.ts"
import { numericForm } from "./numericForm.ts"
import type { TimeZone } from "./timeZone.ts"

/**
 * A point in time: whole seconds since the epoch, and nanoseconds.
 *
 * @internal
 */
export interface Instant {
  readonly seconds: number
  readonly nanoseconds: number
}

/**
 * A date that was read, before it is known when and where it is asked for.
 *
 * - `Instant`: one point in time for everyone.
 * - `WallTime`: a time that clocks show.
 * - `HoursAgo`: a length of time before now.
 * - `StepsAgo`: steps of the calendar before now.
 *
 * @internal
 */
export type ParsedDate =
  | { readonly _tag: "Instant"; readonly instant: Instant }
  | { readonly _tag: "WallTime"; readonly wallTime: Instant }
  | { readonly _tag: "HoursAgo"; readonly hours: number }
  | { readonly _tag: "StepsAgo"; readonly count: number; readonly unit: CalendarUnit }

/**
 * The instants that a date may be, the ends included. `wallTime` is set for a range that comes from a time on clocks.
 *
 * @internal
 */
export interface InstantRange {
  readonly earliest: Instant
  readonly latest: Instant
  readonly wallTime: Instant | undefined
}

const relative = /^-?(\d+)([hdwmy])$/

const absolute = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-])(\d\d):(\d\d))?)?$/

/** Seconds within which the server's calendar reaches. */
const farthest = 8e12

const secondsPerHour = 3600

/** The offsets of the world's time zones. */
const westernmost = -12 * secondsPerHour

const easternmost = 14 * secondsPerHour

/** How much the offset of one time zone changed at most, since the last time zone crossed the date line in 2011. */
const largestChange = 3 * secondsPerHour

const dateLineCrossed = daysFromDate(2012, 1, 1) * secondsPerDay

/** @internal */
export const instantFromMilliseconds = (milliseconds: number): Instant => {
  const seconds = Math.floor(milliseconds / 1000)
  return { seconds, nanoseconds: Math.round((milliseconds - seconds * 1000) * 1e6) }
}

const later = ({ nanoseconds, seconds }: Instant, by: number): Instant => ({ seconds: seconds + by, nanoseconds })

const parseAbsolute = (text: string): ParsedDate | undefined => {
  const match = absolute.exec(text)
  if (match === null) return undefined
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  const hour = Number(match[4] ?? 0)
  const minute = Number(match[5] ?? 0)
  const second = Number(match[6] ?? 0)
  const hasOffset = match[8] !== undefined || match[9] !== undefined
  if (
    month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59 ||
    // An offset belongs to RFC 3339, which does not leave the seconds out. Without an offset the separator is upper case.
    (hasOffset ? match[6] === undefined : text.charCodeAt(10) === 0x74)
  ) {
    return undefined
  }
  const wallTime = {
    seconds: daysFromDate(year, month, day) * secondsPerDay + hour * secondsPerHour + minute * 60 + second,
    nanoseconds: Number((match[7] ?? "").slice(0, 9).padEnd(9, "0"))
  }
  if (!hasOffset) return { _tag: "WallTime", wallTime }
  if (match[9] === undefined) return { _tag: "Instant", instant: wallTime }
  const hours = Number(match[10])
  const minutes = Number(match[11])
  if (hours > 23 || minutes > 59) return undefined
  const offset = (hours * secondsPerHour + minutes * 60) * (match[9] === "-" ? -1 : 1)
  return { _tag: "Instant", instant: later(wallTime, -offset) }
}

/**
 * Reads a date text. `undefined` for a text outside the grammar.
 *
 * @internal
 */
export const parseDate = (text: string): ParsedDate | undefined => {
  const match = relative.exec(text)
  if (match === null) return parseAbsolute(text)
  const count = Number(match[1])
  if (count >= 10_000) return undefined
  return match[2] === "h" ? { _tag: "HoursAgo", hours: count } : {
    _tag: "StepsAgo",
    count,
    unit: match[2] as CalendarUnit
  }
}

/**
 * Reads the date that a property stands for. Numbers, and texts that are numbers, are seconds since the epoch.
 *
 * @internal
 */
export const parsePropertyDate = (value: number | string): ParsedDate | undefined => {
  const number = numericForm(value)
  if (number === undefined) return typeof value === "string" ? parseDate(value) : undefined
  if (!(Math.abs(number) < farthest)) return undefined
  const seconds = Math.floor(number)
  // The server takes the fraction of a negative number for none.
  const nanoseconds = number < 0 ? 0 : Math.round((number - seconds) * 1e9)
  return nanoseconds < 1e9 ? { _tag: "Instant", instant: { seconds, nanoseconds } } : undefined
}

const at = (instant: Instant): InstantRange => ({ earliest: instant, latest: instant, wallTime: undefined })

const inZone = (wallTime: Instant, zone: TimeZone): InstantRange | "skipped" => {
  const seconds = zone.instant(wallTime.seconds)
  return seconds === undefined ? "skipped" : at({ seconds, nanoseconds: wallTime.nanoseconds })
}

const stepWallTime = (wallTime: Instant, count: number, unit: CalendarUnit): Instant => {
  const days = Math.floor(wallTime.seconds / secondsPerDay)
  return later(wallTime, (stepBack(days, count, unit) - days) * secondsPerDay)
}

/** The steps depend on the date, which differs between time zones, and the offset may change on the way. */
const stepsInAnyZone = (now: Instant, count: number, unit: CalendarUnit): InstantRange => {
  const firstDay = Math.floor((now.seconds + westernmost) / secondsPerDay)
  const lastDay = Math.floor((now.seconds + easternmost) / secondsPerDay)
  let fewest = Infinity
  let most = -Infinity
  for (let day = firstDay; day <= lastDay; day++) {
    const days = day - stepBack(day, count, unit)
    fewest = Math.min(fewest, days)
    most = Math.max(most, days)
  }
  const earliest = later(now, -most * secondsPerDay)
  const latest = later(now, -fewest * secondsPerDay)
  const change = earliest.seconds - secondsPerDay >= dateLineCrossed ? largestChange : easternmost - westernmost
  return { earliest: later(earliest, -change), latest: later(latest, change), wallTime: undefined }
}

/**
 * The instants that a date may be when it is asked for `now`: one in a time zone that is known. "skipped" for a time that
 * the clocks of that zone never showed; the server takes it for no date.
 *
 * @internal
 */
export const resolveDate = (date: ParsedDate, now: Instant, zone: TimeZone | undefined): InstantRange | "skipped" => {
  switch (date._tag) {
    case "Instant":
      return at(date.instant)
    case "HoursAgo":
      return at(later(now, -date.hours * secondsPerHour))
    case "WallTime": {
      const { wallTime } = date
      return zone === undefined
        ? { earliest: later(wallTime, -easternmost), latest: later(wallTime, -westernmost), wallTime }
        : inZone(wallTime, zone)
    }
    case "StepsAgo": {
      const { count, unit } = date
      if (zone === undefined) return stepsInAnyZone(now, count, unit)
      const wallTime = { seconds: zone.wallTime(now.seconds), nanoseconds: now.nanoseconds }
      return inZone(stepWallTime(wallTime, count, unit), zone)
    }
  }
}

/**
 * Whether a date depends on the time zone of the project.
 *
 * @internal
 */
export const needsTimeZone = (date: ParsedDate): boolean => date._tag === "WallTime" || date._tag === "StepsAgo"

const compareInstants = (left: Instant, right: Instant): number =>
  left.seconds === right.seconds ? left.nanoseconds - right.nanoseconds : left.seconds - right.seconds

/**
 * Whether an order holds between two dates: `holds` is asked about a negative number for a date before the other, zero for
 * the same instant, a positive number for a date after the other. `undefined` when the answer depends on the time zone.
 *
 * @internal
 */
export const compareDates = (
  left: InstantRange,
  right: InstantRange,
  holds: (order: number) => boolean
): boolean | undefined => {
  // Two times on the clocks of one time zone are in the order of their instants.
  if (left.wallTime !== undefined && right.wallTime !== undefined) {
    return holds(compareInstants(left.wallTime, right.wallTime))
  }
  const lowest = Math.sign(compareInstants(left.earliest, right.latest))
  const highest = Math.sign(compareInstants(left.latest, right.earliest))
  const answer = holds(lowest)
  for (let order = lowest + 1; order <= highest; order++) if (holds(order) !== answer) return undefined
  return answer
}
