/**
 * Dates as the server reads them, as far as that can be reproduced: a closed grammar, without the host's own parser.
 *
 * @since 1.0.0
 */
import { numericForm } from "./numericForm.ts"

/**
 * A point in time: whole seconds since the epoch, and nanoseconds.
 *
 * @internal
 */
export interface Instant {
  readonly seconds: number
  readonly nanoseconds: number
}

const relative = /^-?(\d+)([hdwmy])$/

const absolute = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:([Zz])|([+-])(\d\d):(\d\d))?)?$/

/** Seconds within which the server's calendar reaches. */
const farthest = 8e12

const secondsPerUnit: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 604_800 }

const monthLengths: ReadonlyArray<number> = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeapYear(year) ? 29 : monthLengths[month - 1]!

/** Days since the epoch of a date in the proleptic Gregorian calendar; years are counted from March. */
const daysFromDate = (year: number, month: number, day: number): number => {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const dateFromDays = (days: number): { readonly year: number; readonly month: number; readonly day: number } => {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  }
}

/** @internal */
export const instantFromMilliseconds = (milliseconds: number): Instant => {
  const seconds = Math.floor(milliseconds / 1000)
  return { seconds, nanoseconds: Math.round((milliseconds - seconds * 1000) * 1e6) }
}

/**
 * Months are stepped one at a time, and a day that a month lacks is clamped at that step and not restored later.
 */
const monthsBefore = (now: Instant, months: number, monthsPerStep: number): Instant => {
  const days = Math.floor(now.seconds / 86_400)
  let { day, month, year } = dateFromDays(days)
  let left = months
  while (left > 0) {
    // From the 28th on down no step can clamp, so that the rest is one step.
    const step = day > 28 ? monthsPerStep : left
    const index = year * 12 + (month - 1) - step
    year = Math.floor(index / 12)
    month = index - year * 12 + 1
    day = Math.min(day, daysInMonth(year, month))
    left -= step
  }
  return {
    seconds: daysFromDate(year, month, day) * 86_400 + (now.seconds - days * 86_400),
    nanoseconds: now.nanoseconds
  }
}

const relativeInstant = (count: number, unit: string, now: Instant): Instant => {
  switch (unit) {
    case "m":
      return monthsBefore(now, count, 1)
    case "y":
      return monthsBefore(now, count * 12, 12)
    default:
      return { seconds: now.seconds - count * secondsPerUnit[unit]!, nanoseconds: now.nanoseconds }
  }
}

const absoluteInstant = (text: string): Instant | undefined => {
  const match = absolute.exec(text)
  if (match === null) return undefined
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  const hour = Number(match[4] ?? 0)
  const minute = Number(match[5] ?? 0)
  const second = Number(match[6] ?? 0)
  const zoned = match[8] !== undefined || match[9] !== undefined
  if (
    month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59 ||
    // A zone belongs to RFC 3339, which does not leave the seconds out. Without a zone the separator is written large.
    (zoned ? match[6] === undefined : text.charCodeAt(10) === 0x74)
  ) {
    return undefined
  }
  let offset = 0
  if (match[9] !== undefined) {
    const hours = Number(match[10])
    const minutes = Number(match[11])
    if (hours > 23 || minutes > 59) return undefined
    offset = (hours * 3600 + minutes * 60) * (match[9] === "-" ? -1 : 1)
  }
  return {
    seconds: daysFromDate(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset,
    nanoseconds: Number((match[7] ?? "").slice(0, 9).padEnd(9, "0"))
  }
}

/**
 * A date text that does not depend on when it is read, or one that does, or `undefined` for a text outside the grammar.
 *
 * @internal
 */
export const parseDate = (text: string): Instant | ((now: Instant) => Instant) | undefined => {
  const match = relative.exec(text)
  if (match === null) return absoluteInstant(text)
  const count = Number(match[1])
  const unit = match[2]!
  return count < 10_000 ? (now) => relativeInstant(count, unit, now) : undefined
}

/**
 * The instant that a property stands for. Numbers, and texts that are numbers, are seconds since the epoch.
 *
 * @internal
 */
export const propertyInstant = (value: number | string, now: number): Instant | undefined => {
  const number = numericForm(value)
  if (number !== undefined) {
    if (!(Math.abs(number) < farthest)) return undefined
    const seconds = Math.floor(number)
    return { seconds, nanoseconds: Math.round((number - seconds) * 1e9) }
  }
  if (typeof value === "number") return undefined
  const date = parseDate(value)
  return typeof date === "function" ? date(instantFromMilliseconds(now)) : date
}

/**
 * Negative, zero or positive, as `left` is before, at or after `right`.
 *
 * @internal
 */
export const compareInstants = (left: Instant, right: Instant): number =>
  left.seconds === right.seconds ? left.nanoseconds - right.nanoseconds : left.seconds - right.seconds
