/**
 * Operators of property filters. Each is prepared once for its filter value and gives a function of the property value.
 *
 * @since 1.0.0
 */
import type { RegexEngine } from "../../RegexEngine.ts"
import { prepareRegex } from "../regex/prepareRegex.ts"
import type { InstantRange, ParsedDate } from "../values/instant.ts"
import {
  compareDates,
  instantFromMilliseconds,
  needsTimeZone,
  parseDate,
  parsePropertyDate,
  resolveDate
} from "../values/instant.ts"
import { numericForm } from "../values/numericForm.ts"
import type { SemanticVersion, VersionRequirement } from "../values/semanticVersion.ts"
import { compareVersions, parseVersion, parseWildcard, satisfies } from "../values/semanticVersion.ts"
import { asciiLowerForm, isBooleanLike, isOneOf, isTruthy, textForm } from "../values/textForm.ts"
import type { TimeZone } from "../values/timeZone.ts"
import type { Unresolved, Verdict } from "../verdict.ts"
import { inconclusive, requiresServer } from "../verdict.ts"
import type { PropertyCauses } from "./propertyCauses.ts"

/**
 * Judges a property value, which is one that JSON can carry.
 *
 * @internal
 */
export interface Matcher {
  (property: unknown, now: number): Verdict
  /** The verdict on some properties, because the filter value cannot be read. */
  readonly never?: Unresolved | undefined
  /** Whether the verdict may depend on the time zone of the project, which is not known. */
  readonly needsTimeZone?: boolean | undefined
}

/** @internal */
export interface OperatorSettings {
  readonly propertyMatchingVersion: 1 | 2
  readonly regexEngine: RegexEngine | undefined
  /** The time zone of the project, when it is known. */
  readonly timeZone: TimeZone | undefined
}

/**
 * Prepares a matcher, or the verdict when the filter value alone decides. The value is not null. `causes` is the
 * property in causes.
 */
type Preparation = (value: unknown, causes: PropertyCauses, settings: OperatorSettings) => Matcher | Verdict

const noFilterForm = (causes: PropertyCauses): Unresolved =>
  inconclusive(
    "unsupported_definition",
    `the filter on ${causes.name} has a value that the server may write differently`
  )

const withNever = (matcher: Matcher, never: Unresolved | undefined): Matcher =>
  never === undefined ? matcher : Object.assign(matcher, { never })

/** The text form of a filter value. Its digits are lost when it is an integer that a JavaScript number cannot hold. */
const filterText = (value: unknown): string | undefined =>
  typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : textForm(value)

/** Up to here, comparing with one after the other is faster than looking up in a set. */
const fewMembers = 8

const exact = (negated: boolean): Preparation => (value, causes, settings) => {
  if (Array.isArray(value) && value.length === 0) return (property) => isTruthy(property) !== negated
  if (settings.propertyMatchingVersion !== 2 && isBooleanLike(value)) {
    const wanted = isTruthy(value)
    return (property) => (isTruthy(property) === wanted) !== negated
  }
  const members: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
  const texts = members.map(filterText)
  const lowered = texts.filter((text) => text !== undefined).map((text) => text.toLowerCase())
  const never = lowered.length === texts.length ? undefined : noFilterForm(causes)
  const unlike: Verdict = never ?? negated
  const { unreadable } = causes
  if (lowered.length <= fewMembers) {
    return withNever((property) => {
      const equal = isOneOf(property, lowered)
      return equal === undefined ? unreadable : equal ? !negated : unlike
    }, never)
  }
  const wanted = new Set(lowered)
  return withNever((property) => {
    const text = textForm(property)
    return text === undefined ? unreadable : wanted.has(text) || wanted.has(text.toLowerCase()) ? !negated : unlike
  }, never)
}

/** Operators that look for the filter value within the property, without regard to the case of ASCII letters. */
const textual =
  (finds: (text: string, sought: string) => boolean, negated: boolean): Preparation => (value, causes) => {
    const sought = asciiLowerForm(filterText(value))
    if (sought === undefined) return noFilterForm(causes)
    const { unreadable } = causes
    return (property) => {
      const text = asciiLowerForm(property)
      return text === undefined ? unreadable : finds(text, sought) !== negated
    }
  }

const includes = (text: string, sought: string): boolean => text.includes(sought)

const startsWith = (text: string, sought: string): boolean => text.startsWith(sought)

const endsWith = (text: string, sought: string): boolean => text.endsWith(sought)

const includesAny = (negated: boolean): Preparation => (value, causes) => {
  const members: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
  const sought = members.map((member) => asciiLowerForm(filterText(member))).filter((text) => text !== undefined)
  const never = sought.length === members.length ? undefined : noFilterForm(causes)
  const absent: Verdict = never ?? negated
  const { unreadable } = causes
  return withNever((property) => {
    const text = asciiLowerForm(property)
    if (text === undefined) return sought.length === 0 ? absent : unreadable
    return sought.some((member) => text.includes(member)) ? !negated : absent
  }, never)
}

const regex = (negated: boolean): Preparation => (value, causes, settings) => {
  const pattern = filterText(value)
  if (pattern === undefined) return noFilterForm(causes)
  const notPortable = inconclusive(
    "unsupported_definition",
    `the regular expression on ${causes.name}, or its text, may mean something else to the server`
  )
  const tooExpensive = requiresServer(
    "unsupported_definition",
    `the regular expression on ${causes.name} cannot be searched for in bounded time`
  )
  const prepared = prepareRegex(pattern, settings.regexEngine)
  switch (prepared._tag) {
    case "Invalid":
      return false
    case "NotPortable":
      return notPortable
    case "TooExpensive":
      return tooExpensive
    case "Searching": {
      const { unreadable } = causes
      return (property) => {
        const text = textForm(property)
        if (text === undefined) return unreadable
        const found = prepared.search(text)
        return found === "notPortable" ? notPortable : found === "tooExpensive" ? tooExpensive : found !== negated
      }
    }
  }
}

const numeric = (holds: (property: number, wanted: number) => boolean): Preparation => (value) => {
  const wanted = numericForm(value)
  if (wanted === undefined) return false
  return (property) => {
    const number = numericForm(property)
    return number !== undefined && holds(number, wanted)
  }
}

const between = (negated: boolean): Preparation => (value) => {
  if (!Array.isArray(value) || value.length !== 2) return false
  const low = numericForm(value[0])
  const high = numericForm(value[1])
  if (low === undefined || high === undefined || !(low <= high)) return false
  return (property) => {
    const number = numericForm(property)
    // The server takes "NaN" for a malformed number, which no range holds and no negated range either.
    return number !== undefined && !Number.isNaN(number) && (number >= low && number <= high) !== negated
  }
}

/** Resolves a date, and remembers the outcome for the `now` it was last asked for: an evaluation asks with one. */
const resolving = (
  date: ParsedDate,
  zone: TimeZone | undefined
): (now: number) => InstantRange | "skipped" => {
  let anchor = Number.NaN
  let range: InstantRange | "skipped"
  return (now) => {
    if (now !== anchor) {
      range = resolveDate(date, instantFromMilliseconds(now), zone)
      anchor = now
    }
    return range
  }
}

const date = (holds: (order: number) => boolean): Preparation => (value, causes, { timeZone }) => {
  if (typeof value !== "string") return false
  const parsed = parseDate(value)
  const unreadableFilter = inconclusive(
    "unsupported_definition",
    `the filter on ${causes.name} has a date that only the server can read`
  )
  const unreadable = inconclusive("missing_context", `${causes.name} has a date that only the server can read`)
  const noTimeZone = inconclusive(
    "missing_context",
    `the filter on ${causes.name} compares dates for which the time zone of the project is needed`
  )
  const wanted = parsed === undefined ? undefined : resolving(parsed, timeZone)
  const matcher: Matcher = (property, now) => {
    if (typeof property !== "string" && (typeof property !== "number" || !Number.isFinite(property))) return false
    if (wanted === undefined) return unreadableFilter
    const seen = parsePropertyDate(property)
    if (seen === undefined) return unreadable
    const left = resolveDate(seen, instantFromMilliseconds(now), timeZone)
    const right = wanted(now)
    // The server takes a time that clocks never showed for no date.
    return left === "skipped" || right === "skipped" ? false : compareDates(left, right, holds) ?? noTimeZone
  }
  return Object.assign(matcher, {
    never: wanted === undefined ? unreadableFilter : undefined,
    needsTimeZone: timeZone === undefined && parsed !== undefined && needsTimeZone(parsed)
  })
}

const version = (
  prepare: (wanted: SemanticVersion) => (property: SemanticVersion) => boolean
): Preparation =>
(value, causes) => {
  const text = filterText(value)
  if (text === undefined) return noFilterForm(causes)
  const wanted = parseVersion(text)
  return wanted === undefined ? false : matchVersion(causes, prepare(wanted))
}

const matchVersion = (causes: PropertyCauses, holds: (property: SemanticVersion) => boolean): Matcher => {
  const { unreadable } = causes
  return (property) => {
    const text = textForm(property)
    if (text === undefined) return unreadable
    const version = parseVersion(text)
    return version !== undefined && holds(version)
  }
}

const versionOrder = (holds: (order: number) => boolean): Preparation =>
  version((wanted) => (property) => holds(compareVersions(property, wanted)))

const versionRequirement = (kind: VersionRequirement["kind"]): Preparation =>
  version(({ core, preRelease }) => (property) => satisfies(property, { kind, core, preRelease }))

const versionWildcard: Preparation = (value, causes) => {
  const text = filterText(value)
  if (text === undefined) return noFilterForm(causes)
  const requirement = parseWildcard(text)
  switch (requirement) {
    case "invalid":
      return false
    case "unknown":
      return inconclusive(
        "unsupported_definition",
        `the filter on ${causes.name} has a version requirement that only the server can read`
      )
    default:
      return matchVersion(causes, (property) => satisfies(property, requirement))
  }
}

const preparations: ReadonlyMap<string, Preparation> = new Map<string, Preparation>([
  ["exact", exact(false)],
  ["is_not", exact(true)],
  ["icontains", textual(includes, false)],
  ["not_icontains", textual(includes, true)],
  ["starts_with", textual(startsWith, false)],
  ["not_starts_with", textual(startsWith, true)],
  ["ends_with", textual(endsWith, false)],
  ["not_ends_with", textual(endsWith, true)],
  ["icontains_multi", includesAny(false)],
  ["not_icontains_multi", includesAny(true)],
  ["regex", regex(false)],
  ["not_regex", regex(true)],
  ["gt", numeric((property, wanted) => property > wanted)],
  ["gte", numeric((property, wanted) => property >= wanted)],
  ["lt", numeric((property, wanted) => property < wanted)],
  ["lte", numeric((property, wanted) => property <= wanted)],
  ["between", between(false)],
  ["not_between", between(true)],
  ["is_date_before", date((order) => order < 0)],
  ["is_date_after", date((order) => order > 0)],
  ["is_date_exact", date((order) => order === 0)],
  ["semver_eq", versionOrder((order) => order === 0)],
  ["semver_neq", versionOrder((order) => order !== 0)],
  ["semver_gt", versionOrder((order) => order > 0)],
  ["semver_gte", versionOrder((order) => order >= 0)],
  ["semver_lt", versionOrder((order) => order < 0)],
  ["semver_lte", versionOrder((order) => order <= 0)],
  ["semver_tilde", versionRequirement("tilde")],
  ["semver_caret", versionRequirement("caret")],
  ["semver_wildcard", versionWildcard],
  // These belong to cohort and flag filters; on a property they never match.
  ["in", () => false],
  ["not_in", () => false],
  ["flag_evaluates_to", () => false]
])

/** Operators that read the text or the structure of a property at some length. */
const expensive: ReadonlySet<string> = new Set(["regex", "not_regex"])

/**
 * A prepared filter value, or `undefined` for an operator that is not known.
 *
 * @internal
 */
export const prepareOperator = (
  operator: string,
  value: unknown,
  causes: PropertyCauses,
  settings: OperatorSettings
): { readonly matches: Matcher | Verdict; readonly isExpensive: boolean } | undefined => {
  const isExpensive = expensive.has(operator) || operator.startsWith("semver") || operator.startsWith("is_date")
  const prepare = preparations.get(operator)
  if (prepare === undefined) {
    return operator === "is_set" || operator === "is_not_set"
      ? { matches: operator === "is_set", isExpensive }
      : undefined
  }
  return { matches: value === undefined || value === null ? false : prepare(value, causes, settings), isExpensive }
}
