/**
 * Time zones: which instant the clocks on a wall show, by the platform's own time zone data.
 *
 * @since 1.0.0
 */
import { daysFromDate, secondsPerDay } from "./calendar.ts"

/**
 * A time zone. Wall clock times are seconds from the epoch, as a clock in UTC would show them.
 *
 * @internal
 */
export interface TimeZone {
  /** What the clocks show at an instant. */
  readonly wallTime: (seconds: number) => number
  /**
   * The instant at which the clocks show a time: the earlier of two when clocks are set back, `undefined` for a time that
   * is skipped when clocks are set forward.
   */
  readonly instant: (wallTime: number) => number | undefined
}

const utc: TimeZone = { wallTime: (seconds) => seconds, instant: (wallTime) => wallTime }

/** Clocks change at the quarters of an hour, those of more than a century ago excepted. */
const secondsPerQuarter = 900

/** Quarters whose offset is remembered. */
const mostRemembered = 1024

/** A platform's formatter accepts instants within this many seconds of the epoch. */
const farthest = 8.64e12

class PlatformTimeZone implements TimeZone {
  private readonly format: Intl.DateTimeFormat
  private readonly offsets = new Map<number, number>()

  constructor(format: Intl.DateTimeFormat) {
    this.format = format
  }

  wallTime(seconds: number): number {
    return seconds + this.offset(seconds)
  }

  instant(wallTime: number): number | undefined {
    // No offset reaches a day, so these two lie before and after the time on any clock, and around any one change of it.
    const before = wallTime - this.offset(wallTime - secondsPerDay)
    const after = wallTime - this.offset(wallTime + secondsPerDay)
    const first = Math.min(before, after)
    if (this.wallTime(first) === wallTime) return first
    const second = Math.max(before, after)
    return this.wallTime(second) === wallTime ? second : undefined
  }

  /** Seconds by which the clocks are ahead of UTC. */
  private offset(seconds: number): number {
    const quarter = Math.floor(seconds / secondsPerQuarter)
    let offset = this.offsets.get(quarter)
    if (offset === undefined) {
      const start = this.offsetAt(quarter * secondsPerQuarter)
      offset = start === this.offsetAt((quarter + 1) * secondsPerQuarter - 1) ? start : Number.NaN
      if (this.offsets.size >= mostRemembered) this.offsets.clear()
      this.offsets.set(quarter, offset)
    }
    return Number.isNaN(offset) ? this.offsetAt(seconds) : offset
  }

  private offsetAt(seconds: number): number {
    const at = Math.min(farthest, Math.max(-farthest, seconds))
    let year = 0
    let month = 1
    let day = 1
    let time = 0
    let isBeforeEra = false
    for (const { type, value } of this.format.formatToParts(at * 1000)) {
      switch (type) {
        case "year":
          year = Number(value)
          break
        case "month":
          month = Number(value)
          break
        case "day":
          day = Number(value)
          break
        case "hour":
          time += Number(value) * 3600
          break
        case "minute":
          time += Number(value) * 60
          break
        case "second":
          time += Number(value)
          break
        case "era":
          isBeforeEra = value.startsWith("B")
          break
      }
    }
    return daysFromDate(isBeforeEra ? 1 - year : year, month, day) * secondsPerDay + time - Math.floor(at)
  }
}

/** Time zones by name. A program asks for one or two. */
const known = new Map<string, TimeZone | undefined>()

const mostKnown = 16

/**
 * The time zone of an IANA name, or `undefined` for a name that the platform does not know.
 *
 * @internal
 */
export const findTimeZone = (name: unknown): TimeZone | undefined => {
  if (typeof name !== "string" || name === "") return undefined
  if (name === "UTC") return utc
  if (known.has(name)) return known.get(name)
  const zone = makeTimeZone(name)
  if (known.size >= mostKnown) known.clear()
  known.set(name, zone)
  return zone
}

const makeTimeZone = (name: string): TimeZone | undefined => {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric"
    })
    return format.resolvedOptions().timeZone === "UTC" ? utc : new PlatformTimeZone(format)
  } catch {
    return undefined
  }
}
