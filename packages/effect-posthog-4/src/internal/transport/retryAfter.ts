// Generated from packages/effect-posthog/src/internal/transport/retryAfter.ts by packages/tools/editions.mjs: change that file, not this one.
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

const seconds = /^\d+(\.\d+)?$/

// The date form that HTTP prescribes, with its obsolete variant in the same order, and the obsolete one of C.
const dayFirst = /^[a-z]{3,9}, (?<day>\d\d)[ -](?<month>[a-z]{3})[ -](?<year>\d\d|\d{4}) (?<time>\d\d:\d\d:\d\d) gmt$/i
const monthFirst = /^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/i

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

const parseHttpDate = (text: string): Option.Option<DateTime.Utc> => {
  const fields = (dayFirst.exec(text) ?? monthFirst.exec(text))?.groups
  if (fields === undefined) return Option.none()
  const { day = "", month = "", time = "", year = "" } = fields
  const number = months.indexOf(month.toLowerCase()) + 1
  const pad = (digits: string) => digits.trim().padStart(2, "0")
  return DateTime.make(`${year.padStart(4, "20")}-${pad(String(number))}-${pad(day)}T${time}Z`)
}

/**
 * The delay a `Retry-After` header asks for, or `undefined` when it asks for none that lies ahead.
 *
 * @internal
 */
export const parseRetryAfter = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const text = header?.trim() ?? ""
  const millis = seconds.test(text)
    ? Number(text) * 1000
    : Option.match(parseHttpDate(text), { onNone: () => 0, onSome: (date) => DateTime.toEpochMillis(date) - now })
  return millis > 0 && Number.isFinite(millis) ? Duration.millis(millis) : undefined
}
