// Generated from packages/effect-posthog/src/internal/timestamp.ts by packages/tools/editions.mjs: change that file, not this one.
import * as DateTime from "effect/DateTime"
import type { Timestamp } from "../EventDraft.ts"

/**
 * Epoch milliseconds as RFC 3339 in UTC. Events come in bursts, so the last text is kept.
 *
 * @internal
 */
export const makeUtcFormatter = (): (epochMillis: number) => string => {
  let last = Number.NaN
  let text = ""
  let second = Number.NaN
  let prefix = ""

  const format = (epochMillis: number): string => {
    const current = Math.floor(epochMillis / 1000)
    if (current !== second) {
      prefix = DateTime.formatIso(DateTime.makeUnsafe(current * 1000)).slice(0, -4)
      second = current
    }
    const millis = Math.floor(epochMillis - current * 1000)
    return `${prefix}${millis < 10 ? "00" : millis < 100 ? "0" : ""}${millis}Z`
  }

  return (epochMillis) => {
    if (epochMillis !== last) {
      text = format(epochMillis)
      last = epochMillis
    }
    return text
  }
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|([+-])(\d\d):?(\d\d))$/i

const daysInMonth = (year: number, month: number): number =>
  month === 2
    ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28)
    : month === 4 || month === 6 || month === 9 || month === 11
    ? 30
    : 31

const fourDigitYear = /^\d{4}-/

const isoOf = (epochMillis: number): string | undefined => {
  const made = DateTime.make(epochMillis)
  if (made._tag === "None") return undefined
  const text = DateTime.formatIso(made.value)
  return fourDigitYear.test(text) ? text : undefined
}

// An offset moves minutes and what is above them; seconds and their fraction are kept as the caller wrote them.
const fromText = (text: string): string | undefined => {
  const match = rfc3339.exec(text.trim())
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  if (
    month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 60 ||
    offsetHour > 23 || offsetMinute > 59
  ) {
    return undefined
  }
  const offset = (match[8] === "-" ? 1 : -1) * (offsetHour * 60 + offsetMinute)
  const midnight = DateTime.make(`${match[1]}-${match[2]}-${match[3]}T00:00:00.000Z`)
  if (midnight._tag === "None") return undefined
  // A leap second becomes the first second of the next minute, as everywhere that counts POSIX time.
  const seconds = (hour * 60 + minute + offset) * 60 + second
  const iso = isoOf(DateTime.toEpochMillis(midnight.value) + seconds * 1000)
  return iso === undefined ? undefined : `${iso.slice(0, 19)}${match[7] ?? ""}Z`
}

/**
 * A caller's timestamp as RFC 3339 in UTC, or `undefined` when it is none.
 *
 * @internal
 */
export const toUtc = (timestamp: Timestamp): string | undefined => {
  if (typeof timestamp === "string") return fromText(timestamp)
  try {
    if (DateTime.isDateTime(timestamp)) return isoOf(DateTime.toEpochMillis(timestamp))
    return timestamp instanceof Date ? isoOf(timestamp.getTime()) : undefined
  } catch {
    return undefined
  }
}
