import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

const seconds = /^\d+(\.\d+)?$/

// The date form that HTTP prescribes and its two obsolete ones, one of which leaves out that it is in GMT.
const httpDate = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? .*\d\d:\d\d:\d\d(?: \d{4})?( gmt)?$/i

const millisUntil = (text: string, now: number): number => {
  const match = httpDate.exec(text)
  if (match === null) return 0
  return Option.match(DateTime.make(match[1] === undefined ? `${text} GMT` : text), {
    onNone: () => 0,
    onSome: (date) => DateTime.toEpochMillis(date) - now
  })
}

/**
 * The delay a `Retry-After` header asks for, or `undefined` when it asks for none that lies ahead.
 *
 * @internal
 */
export const parseRetryAfter = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const text = header?.trim() ?? ""
  const millis = seconds.test(text) ? Number(text) * 1000 : millisUntil(text, now)
  return millis > 0 && Number.isFinite(millis) ? Duration.millis(millis) : undefined
}
