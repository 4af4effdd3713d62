/**
 * The proleptic Gregorian calendar, in plain arithmetic.
 *
 * @since 1.0.0
 */

/** @internal */
export const secondsPerDay = 86_400

const monthLengths: ReadonlyArray<number> = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** @internal */
export const daysInMonth = (year: number, month: number): number =>
  month === 2 && isLeapYear(year) ? 29 : monthLengths[month - 1]!

/**
 * Days from the epoch to a date. Years are counted from March, so that a leap day is the last day of a year.
 *
 * @internal
 */
export const daysFromDate = (year: number, month: number, day: number): number => {
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

/** A day that a month lacks is clamped at the step that meets it, and is not restored by later steps. */
const monthsBefore = (days: number, months: number, monthsPerStep: number): number => {
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
  return daysFromDate(year, month, day)
}

/** @internal */
export type CalendarUnit = "d" | "w" | "m" | "y"

/**
 * The day that lies so many days, weeks, months or years before a day; both count from the epoch.
 *
 * @internal
 */
export const stepBack = (days: number, count: number, unit: CalendarUnit): number => {
  switch (unit) {
    case "d":
      return days - count
    case "w":
      return days - count * 7
    case "m":
      return monthsBefore(days, count, 1)
    case "y":
      return monthsBefore(days, count * 12, 12)
  }
}
