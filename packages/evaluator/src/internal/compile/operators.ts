/**
 * Operators of property filters. Each is prepared once for its filter value and gives a function of the property value.
 *
 * @since 1.0.0
 */
import type { RegexEngine } from "../../RegexEngine.ts"
import type { EvaluationState } from "../evaluationState.ts"
import type { PropertyValue } from "../propertyValue.ts"
import { prepareRegex } from "../regex/prepareRegex.ts"
import type { InstantRange, ParsedDate } from "../values/instant.ts"
import { compareDates, instantFromMilliseconds, needsTimeZone, parseDate, resolveDate } from "../values/instant.ts"
import { numericForm } from "../values/numericForm.ts"
import type { SemanticVersion, VersionRequirement } from "../values/semanticVersion.ts"
import { compareVersions, parseVersion, parseWildcard, satisfies } from "../values/semanticVersion.ts"
import { asciiLower, isBooleanLike, isTruthy, textForm } from "../values/textForm.ts"
import type { TimeZone } from "../values/timeZone.ts"
import type { Unresolved, Verdict } from "../verdict.ts"
import { exhausted, inconclusive, requiresServer } from "../verdict.ts"
import type { PropertyCauses } from "./propertyCauses.ts"
import type { Steps } from "./steps.ts"

/**
 * Judges a property whose value JSON can carry and is not too large.
 *
 * @internal
 */
export interface Matcher {
  (property: PropertyValue, state: EvaluationState): Verdict
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

/**
 * The text forms of the members of a list, folded. `isComplete`: each member has one.
 *
 * @internal
 */
export interface FoldedMembers {
  readonly texts: ReadonlyArray<string>
  readonly isComplete: boolean
  /** The same texts, when they are many. */
  readonly set: ReadonlySet<string> | undefined
}

/** A preparation that gets the members of the filter value folded, by which it compares. */
interface ListPreparation {
  readonly fold: (text: string) => string
  readonly prepare: (
    value: unknown,
    folded: FoldedMembers,
    causes: PropertyCauses,
    settings: OperatorSettings
  ) => Matcher | Verdict
}

const noFilterForm = (causes: PropertyCauses): Unresolved =>
  inconclusive(
    "unsupported_definition",
    `the filter on ${causes.name} has a value that the server may write differently`
  )

const withNever = (matcher: Matcher, never: Unresolved | undefined): Matcher =>
  never === undefined ? matcher : Object.assign(matcher, { never })

/**
 * Texts of filters are compared up to here, those in lists included.
 *
 * @internal
 */
export const longestFilterText = 100_000

/** The text form of a filter value. Its digits are lost when it is an integer that a JavaScript number cannot hold. */
const filterText = (value: unknown): string | undefined => {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) return undefined
  return typeof value === "string" && value.length > longestFilterText ? undefined : textForm(value)
}

/** Up to here, comparing with one after the other is faster than looking up in a set. */
const fewMembers = 8

/** Lists of more members are folded in steps. */
const longList = 64

const foldMember = (member: unknown, fold: ListPreparation["fold"], texts: Array<string>): void => {
  const text = filterText(member)
  if (text !== undefined) texts.push(fold(text))
}

const foldNow = (value: unknown, fold: ListPreparation["fold"]): FoldedMembers => {
  const texts: Array<string> = []
  if (!Array.isArray(value)) {
    foldMember(value, fold, texts)
    return { texts, isComplete: texts.length === 1, set: undefined }
  }
  for (let i = 0; i < value.length; i++) foldMember(value[i], fold, texts)
  return {
    texts,
    isComplete: texts.length === value.length,
    set: texts.length > fewMembers ? new Set(texts) : undefined
  }
}

function* foldInSteps(
  members: ReadonlyArray<unknown>,
  fold: ListPreparation["fold"],
  steps: Steps
): Generator<void, FoldedMembers, void> {
  const texts: Array<string> = []
  const set = new Set<string>()
  for (let i = 0; i < members.length; i++) {
    const before = texts.length
    foldMember(members[i], fold, texts)
    const text = texts[before]
    if (text !== undefined) set.add(text)
    if (steps.take(1 + (text === undefined ? 0 : text.length / charactersPerStep))) yield
  }
  return { texts, isComplete: texts.length === members.length, set }
}

const charactersPerStep = 256

const lower = (text: string): string => text.toLowerCase()

const exact = (negated: boolean): ListPreparation => ({
  fold: lower,
  prepare: (value, { isComplete, set, texts }, causes, settings) => {
    if (Array.isArray(value) && value.length === 0) return (property) => property.isTruthy !== negated
    if (settings.propertyMatchingVersion !== 2 && isBooleanLike(value)) {
      const wanted = isTruthy(value)
      return (property) => (property.isTruthy === wanted) !== negated
    }
    const never = isComplete ? undefined : noFilterForm(causes)
    const unlike: Verdict = never ?? negated
    const { unreadable } = causes
    if (set !== undefined) {
      return withNever(
        (property) => property.text === undefined ? unreadable : set.has(property.lower()) ? !negated : unlike,
        never
      )
    }
    if (texts.length === 1) {
      const [wanted] = texts
      return withNever(
        (property) => property.text === undefined ? unreadable : property.lower() === wanted ? !negated : unlike,
        never
      )
    }
    return withNever(
      (property) => property.text === undefined ? unreadable : texts.includes(property.lower()) ? !negated : unlike,
      never
    )
  }
})

/** Operators that look for the filter value within the property, without regard to the case of ASCII letters. */
const textual =
  (finds: (text: string, sought: string) => boolean, negated: boolean): Preparation => (value, causes) => {
    const text = filterText(value)
    if (text === undefined) return noFilterForm(causes)
    const sought = asciiLower(text)
    const { unreadable } = causes
    return (property) => property.text === undefined ? unreadable : finds(property.asciiLower(), sought) !== negated
  }

const includes = (text: string, sought: string): boolean => text.includes(sought)

const startsWith = (text: string, sought: string): boolean => text.startsWith(sought)

const endsWith = (text: string, sought: string): boolean => text.endsWith(sought)

const includesAny = (negated: boolean): ListPreparation => ({
  fold: asciiLower,
  prepare: (_, { isComplete, texts }, causes) => {
    const never = isComplete ? undefined : noFilterForm(causes)
    const absent: Verdict = never ?? negated
    const { unreadable } = causes
    return withNever((property, state) => {
      if (property.text === undefined) return texts.length === 0 ? absent : unreadable
      const text = property.asciiLower()
      if (!state.afford(texts.length * (1 + text.length / charactersPerStep))) return exhausted
      for (let i = 0; i < texts.length; i++) if (text.includes(texts[i]!)) return !negated
      return absent
    }, never)
  }
})

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
      return (property, state) => {
        const { text } = property
        if (text === undefined) return unreadable
        if (!state.afford(prepared.work(text))) return exhausted
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
    const number = property.number()
    return number !== undefined && holds(number, wanted)
  }
}

const between = (negated: boolean): Preparation => (value) => {
  if (!Array.isArray(value) || value.length !== 2) return false
  const low = numericForm(value[0])
  const high = numericForm(value[1])
  if (low === undefined || high === undefined || !(low <= high)) return false
  return (property) => {
    const number = property.number()
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
  const matcher: Matcher = (property, { now }) => {
    const { scalar } = property
    if (typeof scalar !== "string" && (typeof scalar !== "number" || !Number.isFinite(scalar))) return false
    if (wanted === undefined) return unreadableFilter
    const left = property.date()
    if (left === undefined) return unreadable
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
  return ({ text }) => {
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

const listPreparations: ReadonlyMap<string, ListPreparation> = new Map([
  ["exact", exact(false)],
  ["is_not", exact(true)],
  ["icontains_multi", includesAny(false)],
  ["not_icontains_multi", includesAny(true)]
])

const preparations: ReadonlyMap<string, Preparation> = new Map<string, Preparation>([
  ["icontains", textual(includes, false)],
  ["not_icontains", textual(includes, true)],
  ["starts_with", textual(startsWith, false)],
  ["not_starts_with", textual(startsWith, true)],
  ["ends_with", textual(endsWith, false)],
  ["not_ends_with", textual(endsWith, true)],
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
 * Whether an operator asks only if the property is there. All others leave a value that is too large to the server.
 *
 * @internal
 */
export const asksForPresence = (operator: string): boolean => operator === "is_set" || operator === "is_not_set"

/** @internal */
export interface PreparedOperator {
  readonly matches: Matcher | Verdict
  readonly isExpensive: boolean
}

/**
 * Prepares what takes long for a filter value of any length: a list that an operator compares by its members.
 *
 * @internal
 */
export function* foldLongList(
  operator: string,
  value: unknown,
  steps: Steps
): Generator<void, FoldedMembers | undefined, void> {
  const list = Array.isArray(value) && value.length > longList ? listPreparations.get(operator) : undefined
  return list === undefined ? undefined : yield* foldInSteps(value as ReadonlyArray<unknown>, list.fold, steps)
}

/**
 * A prepared filter value, or `undefined` for an operator that is not known. `folded` is what `foldLongList` gave.
 *
 * @internal
 */
export const prepareOperator = (
  operator: string,
  value: unknown,
  causes: PropertyCauses,
  settings: OperatorSettings,
  folded: FoldedMembers | undefined
): PreparedOperator | undefined => {
  if (asksForPresence(operator)) return { matches: operator === "is_set", isExpensive: false }
  const isAbsent = value === undefined || value === null
  const list = listPreparations.get(operator)
  if (list !== undefined) {
    const members = isAbsent ? undefined : folded ?? foldNow(value, list.fold)
    return {
      matches: members === undefined ? false : list.prepare(value, members, causes, settings),
      isExpensive: false
    }
  }
  const prepare = preparations.get(operator)
  if (prepare === undefined) return undefined
  const isExpensive = expensive.has(operator) || operator.startsWith("semver") || operator.startsWith("is_date")
  return { matches: isAbsent ? false : prepare(value, causes, settings), isExpensive }
}
