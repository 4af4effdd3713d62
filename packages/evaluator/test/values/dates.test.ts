import { compile, evaluateFlag, explain, matchProperty, requirements } from "@effect-posthog/evaluator"
import { assert, describe, it } from "@effect/vitest"
import { instant } from "../support/referenceDates.ts"

/** `npx pnpm check` sets EVALUATOR_PEOPLE to 20,000. */
const people = Number(process.env["EVALUATOR_PEOPLE"] ?? 5_000)

const zones = [
  "UTC",
  "America/Los_Angeles",
  "America/St_Johns",
  "Europe/Berlin",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Australia/Adelaide",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Pacific/Marquesas",
  "Etc/GMT+12"
]

const hour = 3_600_000

/** Around each, the clocks of some zone are set forward or back. */
const changes = [
  "2024-03-10T10:00:00Z",
  "2024-03-31T01:00:00Z",
  "2024-04-06T15:00:00Z",
  "2024-10-05T16:00:00Z",
  "2024-10-27T01:00:00Z",
  "2024-11-03T09:00:00Z"
].map(Date.parse)

const operators = ["is_date_before", "is_date_after", "is_date_exact"] as const

type Operator = (typeof operators)[number]

const random = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) % below
  }
}

/** A date text or a number near an instant, in one of the forms that people send. */
const near = (time: number, next: (below: number) => number): string | number => {
  const iso = new Date(time).toISOString()
  switch (next(7)) {
    case 0:
      return iso.slice(0, 10)
    case 1:
      return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`
    case 2:
      return iso.slice(0, 19)
    case 3:
      return iso
    case 4:
      return `${iso.slice(0, 19)}+05:30`
    case 5:
      return Math.floor(time / 1000)
    default:
      return iso.slice(0, 23)
  }
}

const relative = (next: (below: number) => number): string =>
  `-${[next(80), next(10), next(4), next(14), next(3)][next(5)]!}${["h", "d", "w", "m", "y"][next(5)]!}`

interface Case {
  readonly operator: Operator
  readonly wanted: string
  readonly seen: string | number
  readonly now: number
}

const cases = (count: number, seed: number): ReadonlyArray<Case> => {
  const next = random(seed)
  return Array.from({ length: count }, () => {
    const now = changes[next(changes.length)]! + (next(192) - 96) * (hour / 2) + next(1000)
    const isRelative = next(2) === 0
    const border = now + (next(192) - 96) * (hour / 2)
    const wanted = isRelative ? relative(next) : String(near(border, (below) => next(below) % 5))
    const at = isRelative ? instant(wanted, now, "UTC") as number : border
    const seen = next(20) === 0 ? relative(next) : near(at + (next(193) - 96) * (hour / 2), next)
    return { operator: operators[next(3)]!, wanted, seen, now }
  })
}

const expected = ({ now, operator, seen, wanted }: Case, zone: string): boolean => {
  const left = typeof seen === "number" ? seen * 1000 : instant(seen, now, zone)!
  const right = instant(wanted, now, zone)!
  if (left === "skipped" || right === "skipped") return false
  return operator === "is_date_before" ? left < right : operator === "is_date_after" ? left > right : left === right
}

const match = ({ now, operator, seen, wanted }: Case, timeZone: string | undefined) =>
  matchProperty({ key: "k", type: "person", operator, value: wanted }, { k: seen }, now, { timeZone })

describe("dates", () => {
  it("are decided as in the time zone of the project, across clock changes", () => {
    let skipped = 0
    for (const [i, one] of cases(people, 3).entries()) {
      const zone = zones[i % zones.length]!
      assert.strictEqual(match(one, zone), expected(one, zone), `${zone} ${JSON.stringify(one)}`)
      if (instant(one.wanted, one.now, zone) === "skipped") skipped++
    }
    assert.isAbove(skipped, 0)
  }, 300_000)

  it("are never decided without a time zone against any time zone, and always away from the border", () => {
    // Times that the clocks of a time zone skip are left out.
    const isShown = (one: Case, zone: string) =>
      instant(one.wanted, one.now, zone) !== "skipped" &&
      (typeof one.seen === "number" || instant(one.seen, one.now, zone) !== "skipped")
    let decided = 0
    for (const one of cases(people / 4, 2)) {
      const answer = match(one, undefined)
      if (answer !== "inconclusive") {
        decided++
        for (const zone of zones) {
          if (expected(one, zone) !== answer) assert.isFalse(isShown(one, zone), `${zone} ${JSON.stringify(one)}`)
        }
        continue
      }
      const left = typeof one.seen === "number" ? one.seen * 1000 : instant(one.seen, one.now, "UTC") as number
      const right = instant(one.wanted, one.now, "UTC") as number
      // Months and years can start from another date, and can go back to when time zones crossed the date line.
      const isLong = /[my]$/.test(one.wanted) || /[my]$/.test(String(one.seen))
      assert.isAtMost(Math.abs(left - right) / hour, isLong ? 96 : 17, JSON.stringify(one))
    }
    assert.isAbove(decided, people / 12)
  }, 300_000)

  it("with an offset, and hours ago, need no time zone", () => {
    const now = Date.parse("2024-03-31T01:30:00Z")
    for (const seen of ["2024-03-30T23:30:00Z", "2024-03-31T01:30:00+02:00", 1_711_841_400, "1711841400"]) {
      for (const timeZone of [undefined, ...zones]) {
        assert.isTrue(match({ operator: "is_date_exact", wanted: "-2h", seen, now }, timeZone))
        assert.isTrue(match({ operator: "is_date_exact", wanted: "2024-03-30T23:30:00Z", seen, now }, timeZone))
      }
    }
  })

  it("on the same clocks need no time zone", () => {
    const compare = (operator: Operator, seen: string, wanted: string) =>
      match({ operator, seen, wanted, now: 0 }, undefined)
    assert.isTrue(compare("is_date_before", "2024-03-31 11:59", "2024-03-31T12:00:00"))
    assert.isTrue(compare("is_date_exact", "2024-03-31", "2024-03-31 00:00"))
    assert.isFalse(compare("is_date_after", "2024-03-31", "2024-03-31T00:00:00.000"))
  })

  it("take the first of two instants with the same time, and a time that clocks skip is not a date", () => {
    const at = (zone: string, wanted: string, seen: string) =>
      operators.map((operator) => match({ operator, wanted, seen, now: 0 }, zone))
    assert.deepStrictEqual(at("Europe/Berlin", "2024-10-27 02:30", "2024-10-27T00:30:00Z"), [false, false, true])
    assert.deepStrictEqual(at("Europe/Berlin", "2024-03-31 02:30", "2024-03-31T00:30:00Z"), [false, false, false])
    assert.deepStrictEqual(at("America/Los_Angeles", "2024-11-03T01:00:00", "2024-11-03T08:00:00Z"), [
      false,
      false,
      true
    ])
    assert.deepStrictEqual(at("Australia/Lord_Howe", "2024-10-06 02:15", "2024-10-05T15:45:00Z"), [false, false, false])
    // The whole day was left out at the date line.
    assert.deepStrictEqual(at("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"), [false, false, false])
    assert.deepStrictEqual(at("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"), [false, false, true])
  })

  it("days and longer are steps of the calendar, hours are lengths of time", () => {
    // Noon in Berlin, a day after the clocks were set forward.
    const now = Date.parse("2024-04-01T10:00:00Z")
    const isExactly = (wanted: string, seen: string) =>
      match({ operator: "is_date_exact", wanted, seen, now }, "Europe/Berlin")
    assert.isTrue(isExactly("-2d", "2024-03-30T11:00:00Z"))
    assert.isTrue(isExactly("-48h", "2024-03-30T10:00:00Z"))
    assert.isTrue(isExactly("-1w", "2024-03-25T11:00:00Z"))
    assert.isTrue(isExactly("-1m", "2024-03-01T11:00:00Z"))
    assert.isTrue(isExactly("-1y", "2023-04-01T10:00:00Z"))
    // In Kiritimati it is April already, in UTC it is March.
    const evening = Date.parse("2024-03-31T20:00:00Z")
    const month = (timeZone: string, seen: string) =>
      match({ operator: "is_date_exact", wanted: "-1m", seen, now: evening }, timeZone)
    assert.isTrue(month("UTC", "2024-02-29T20:00:00Z"))
    assert.isTrue(month("Pacific/Kiritimati", "2024-02-29T20:00:00Z"))
    assert.isTrue(month("Asia/Kolkata", "2024-02-29T20:00:00Z"))
    assert.isTrue(month("Etc/GMT+12", "2024-02-29T20:00:00Z"))
  })

  it("lose the fraction of a negative number, as on the server", () => {
    const before = (seen: number) =>
      match({ operator: "is_date_exact", wanted: "1969-12-31T23:59:58Z", seen, now: 0 }, "UTC")
    assert.isTrue(before(-1.5))
    assert.isTrue(before(-2))
    assert.isFalse(before(-1))
  })

  const flag = (value: string, operator = "is_date_after") => ({
    flags: [{
      key: "f",
      active: true,
      filters: { groups: [{ properties: [{ key: "signed_up", type: "person", operator, value }] }] }
    }]
  })

  it("leave a flag undecided near the border, with a cause, unless the time zone is given", () => {
    const document = flag("2024-06-01")
    const context = { distinctId: "a", personProperties: { signed_up: "2024-06-01T03:00:00Z" } }
    const without = compile(document)
    assert.deepStrictEqual(evaluateFlag(without.definitions, "f", context, 0), {
      _tag: "Inconclusive",
      reason: "missing_context",
      cause:
        "the filter on person property \"signed_up\" compares dates for which the time zone of the project is needed"
    })
    assert.strictEqual(explain(without.definitions, "f", context, 0).conditions[0]?.verdict, "inconclusive")
    assert.isTrue(requirements(without.definitions).get("f")?.timeZone)
    for (const [timeZone, value] of [["UTC", true], ["America/Los_Angeles", false]] as const) {
      const { definitions, problems } = compile(document, { timeZone })
      assert.deepStrictEqual(problems, [])
      const result = evaluateFlag(definitions, "f", context, 0)
      assert.strictEqual(result._tag === "Resolved" && result.value, value)
      assert.isFalse(requirements(definitions).get("f")?.timeZone)
    }
    for (const value of ["-3h", "2024-06-01T00:00:00Z"]) {
      assert.isFalse(requirements(compile(flag(value)).definitions).get("f")?.timeZone)
    }
  })

  it("report a time zone that the platform does not know, and decide as without one", () => {
    const names: ReadonlyArray<unknown> = ["Mars/Olympus", "", "Europe/Berlin\n\u202e", 7, {}, "x".repeat(10_000)]
    for (const timeZone of names) {
      const { definitions, problems } = compile(flag("2024-06-01"), { timeZone: timeZone as string })
      assert.deepStrictEqual(problems.map(({ code, key, path }) => [code, key, path]), [
        ["UnusableTimeZone", undefined, "timeZone"]
      ])
      assert.match(problems[0]!.message, /^[ -~]{1,150}$/)
      const context = { distinctId: "a", personProperties: { signed_up: "2024-06-01T03:00:00Z" } }
      assert.strictEqual(evaluateFlag(definitions, "f", context, 0)._tag, "Inconclusive")
      assert.strictEqual(
        match({ operator: "is_date_after", wanted: "2024-06-01", seen: 1_717_210_800, now: 0 }, timeZone as string),
        "inconclusive"
      )
    }
  })
})
