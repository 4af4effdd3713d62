// Dates of the second evaluator: see reference.ts. Time zones are looked up in what a clock on the wall would read, hour by
// hour, and every offset that a zone has around a time is tried.

const clocks = new Map<string, Intl.DateTimeFormat>()

/** What clocks show at an instant, as milliseconds of a clock in UTC. Instants and wall times have whole seconds here. */
const wall = (zone: string, instant: number): number => {
  let clock = clocks.get(zone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" })
    clocks.set(zone, clock)
  }
  const fraction = ((instant % 1000) + 1000) % 1000
  return Date.parse(`${clock.format(instant - fraction).replace(" ", "T")}Z`) + fraction
}

const hour = 3_600_000

const offsets = new Map<string, Map<number, number>>()

const offsetAround = (zone: string, hours: number): number => {
  const ofZone = offsets.get(zone) ?? new Map<number, number>()
  offsets.set(zone, ofZone)
  const offset = ofZone.get(hours) ?? wall(zone, hours * hour) - hours * hour
  ofZone.set(hours, offset)
  return offset
}

/** The first instant at which clocks show a time, or "skipped" when they never do. */
const onClocks = (zone: string, time: number): number | "skipped" => {
  const around = new Set<number>()
  const middle = Math.floor(time / hour)
  for (let i = -27; i <= 27; i++) around.add(offsetAround(zone, middle + i))
  const found = [...around].map((offset) => time - offset).filter((instant) => wall(zone, instant) === time)
  return found.length === 0 ? "skipped" : Math.min(...found)
}

const stepBack = (time: number, count: number, unit: string): number => {
  const at = new Date(time)
  if (unit === "d" || unit === "w") {
    at.setUTCDate(at.getUTCDate() - count * (unit === "d" ? 1 : 7))
    return at.getTime()
  }
  for (let i = 0; i < count; i++) {
    const day = at.getUTCDate()
    at.setUTCDate(1)
    if (unit === "m") at.setUTCMonth(at.getUTCMonth() - 1)
    else at.setUTCFullYear(at.getUTCFullYear() - 1)
    const last = new Date(at)
    last.setUTCMonth(at.getUTCMonth() + 1, 0)
    at.setUTCDate(Math.min(day, last.getUTCDate()))
  }
  return at.getTime()
}

const exists = (date: string): boolean => {
  const [year, month, day] = date.split("-").map(Number)
  if (month! < 1 || month! > 12 || day! < 1) return false
  const last = new Date(0)
  last.setUTCFullYear(year!, month!, 0)
  return day! <= last.getUTCDate()
}

/**
 * 5.8 with the project's time zone: the instant of a date text, in milliseconds (the cases do not go below). `undefined` for
 * a text that only the server can read.
 */
export const instant = (text: string, now: number, zone: string): number | "skipped" | undefined => {
  const relative = /^-?(\d+)([hdwmy])$/.exec(text)
  if (relative !== null) {
    const count = Number(relative[1])
    if (count >= 10_000) return undefined
    return relative[2] === "h" ? now - count * hour : onClocks(zone, stepBack(wall(zone, now), count, relative[2]!))
  }
  if (!exists(text.slice(0, 10))) return undefined
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/.test(text)) {
    const parsed = Date.parse(text)
    return Number.isNaN(parsed) ? undefined : parsed
  }
  const naive = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?)?$/.exec(text)
  if (naive === null) return undefined
  const time = Date.parse(`${naive[1]}T${naive[2] ?? "00:00"}${naive[3] ?? ":00"}Z`)
  return Number.isNaN(time) ? undefined : onClocks(zone, time)
}
